"""The frame of WeChat Pay in the fake platform: whoever calls is verified, and what is answered is signed."""
import base64
import json
import time

import pytest
import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

MERCHANT, PLATFORM = (rsa.generate_private_key(65537, 2048) for _side in range(2))
APIV3_KEY, ECHO = 'k' * 32, '/v3/security/echo'


def to_pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


@pytest.fixture
def connect(process):
    def connect(**values):
        process.tell('reset')
        process.tell('merchants', **{
            'mchid': '1900000001', 'serial': '0A1B', 'apiv3_key': APIV3_KEY, 'platform_serial': '0C2D',
            'public_key': MERCHANT.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode(),
            'platform_private_key': to_pem(PLATFORM), 'platform_certificate': 'PEM', 'public_key_id': 'PUB_KEY_ID_1',
            **values})
        return process
    return connect


def call(fake, method='POST', path=ECHO, body=b'{"a":1}', signed=None, age=0, serial='0A1B', headers=None):
    timestamp, nonce = str(int(time.time()) - age), 'nonce'
    message = f'{method}\n{path}\n{timestamp}\n{nonce}\n'.encode() + (body if signed is None else signed) + b'\n'
    signature = base64.b64encode(MERCHANT.sign(message, padding.PKCS1v15(), SHA256())).decode()
    authorization = (
        f'WECHATPAY2-SHA256-RSA2048 mchid="1900000001",nonce_str="{nonce}",signature="{signature}",'
        f'timestamp="{timestamp}",serial_no="{serial}"')
    return requests.request(
        method, fake.url + path, data=body, timeout=5, headers={'Authorization': authorization, **(headers or {})})


def verify(response):
    message = f"{response.headers['Wechatpay-Timestamp']}\n{response.headers['Wechatpay-Nonce']}\n{response.text}\n"
    PLATFORM.public_key().verify(
        base64.b64decode(response.headers['Wechatpay-Signature']), message.encode(), padding.PKCS1v15(), SHA256())


@pytest.mark.parametrize('asked, serial', [('PUB_KEY_ID_1', 'PUB_KEY_ID_1'), ('0C2D', '0C2D'), ('', '0C2D')])
def test_a_call_that_is_signed_gets_an_answer_that_is_signed(connect, asked, serial):
    response = call(connect(), headers={'Wechatpay-Serial': asked})
    assert (response.status_code, response.json(), response.headers['Wechatpay-Serial']) == (200, {'a': 1}, serial)
    verify(response)


@pytest.mark.parametrize('wrong', [
    {'signed': b'{"a": 1}'}, {'age': 301}, {'age': -301}, {'serial': 'FFFF'}, {'headers': {'Authorization': ''}},
    {'headers': {'Authorization': 'Bearer x'}}])
def test_a_call_that_is_signed_wrongly_is_refused(connect, wrong):
    response = call(connect(), **wrong)
    assert (response.status_code, response.json()['code']) == (401, 'SIGN_ERROR')
    assert 'Wechatpay-Signature' not in response.headers


def test_the_query_is_part_of_what_is_signed(connect):
    fake = connect()
    assert call(fake, 'GET', '/v3/certificates?algorithm_type=RSA', b'').status_code == 200
    assert call(fake, path='/v3/unknown').status_code == 404


def test_the_answer_can_be_wrong_when_told_so(connect):
    with pytest.raises(InvalidSignature):
        verify(call(connect(tamper='wrong')))
    assert 'Wechatpay-Signature' not in call(connect(tamper='unsigned')).headers
    stale = call(connect(tamper='stale'))
    verify(stale)
    assert time.time() - int(stale.headers['Wechatpay-Timestamp']) > 300


def test_certificates_are_given_out_encrypted_or_there_are_none(connect):
    [item] = call(connect(), 'GET', '/v3/certificates', b'').json()['data']
    sealed = item['encrypt_certificate']
    assert AESGCM(APIV3_KEY.encode()).decrypt(
        sealed['nonce'].encode(), base64.b64decode(sealed['ciphertext']), b'certificate') == b'PEM'
    response = call(connect(platform_certificate=''), 'GET', '/v3/certificates', b'')
    assert (response.status_code, json.loads(response.text)['code']) == (404, 'RESOURCE_NOT_EXISTS')
