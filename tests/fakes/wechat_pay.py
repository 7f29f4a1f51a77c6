"""The frame of WeChat Pay v3: who calls is verified over raw bytes, and what is answered is signed.

The calls themselves are in `wechat_pay_transfer`, `wechat_pay_order` and `wechat_pay_statement`, as `wechat_pay_api` declares them.
"""
import base64
import json
import re
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from wechat_pay_api import PayRefusal, answer_call, load_key
from werkzeug.wrappers import Response

PREFIX = '/v3/'
_CLOCK_SECONDS = 300
_SCHEME = 'WECHATPAY2-SHA256-RSA2048 '
_FIELD = re.compile(r'(\w+)="([^"]*)"')


@dataclass
class Merchant:
    """A merchant, and the keys of the platform towards it."""

    mchid: str
    serial: str                     # of the merchant's certificate
    public_key: str                 # PEM, verifies what the merchant signs
    apiv3_key: str
    platform_private_key: str
    platform_serial: str
    platform_certificate: str = ''
    public_key_id: str = ''         # PUB_KEY_ID_…
    # How answers are signed: '', 'wrong', 'stale', 'unsigned'.
    tamper: str = ''
    app_ids: list = field(default_factory=list)
    balance: int = 10 ** 12         # fen, may be transferred
    largest_transfer: int = 20_000
    first_state: str = 'WAIT_USER_CONFIRM'      # of a new transfer
    may_authorize: bool = True      # people may consent to receive without confirming
    opening: int = 0                # fen, on the account before anything was paid
    fee_rate: str = '0.006'
    is_fee_given_back: bool = False     # with refunds
    statements: dict = field(default_factory=dict)      # what is wrong with them; see `wechat_pay_statement`
    share_ratio: int = 3_000        # in 10,000, of a payment
    share_waits: bool = False       # sharings and returns are worked on when a test says so
    share_faults: dict = field(default_factory=dict)    # account: reason that its share fails for
    consents: list = field(default_factory=list)        # merchants that let be taken back from them
    # -- kept by the platform
    authorizations: dict = field(default_factory=dict)
    bills: dict = field(default_factory=dict)
    orders: dict = field(default_factory=dict)
    refunds: dict = field(default_factory=dict)
    receipts: dict = field(default_factory=dict)
    money: list = field(default_factory=list)   # what was really paid: kind, number, amount, openid, time
    files: dict = field(default_factory=dict)   # statements by the token of their address
    sharings: dict = field(default_factory=dict)
    returns: dict = field(default_factory=dict)
    receivers: dict = field(default_factory=dict)   # 'appid type account': name


def handle(state, request):
    """Verify a call and answer it, signed."""
    body = request.get_data()
    merchant = _verify(state, request, body)
    if not merchant:
        return _answer(401, {'code': 'SIGN_ERROR', 'message': "签名错误"})
    if (request.method, request.path) == ('GET', '/v3/certificates'):
        return _sign(state, request, merchant, *_get_certificates(merchant))
    if (request.method, request.path) == ('POST', '/v3/security/echo'):
        return _sign(state, request, merchant, 200, json.loads(body or b'{}'))
    try:
        answer = answer_call(state, merchant, request)
    except PayRefusal as refusal:
        return _answer(refusal.status, {'code': refusal.code, 'message': refusal.message})
    if isinstance(answer, bytes):       # a file, which nobody signs
        return Response(answer, 200, content_type='application/octet-stream')
    return _sign(state, request, merchant, 200 if answer else 204, answer)


def _verify(state, request, body):
    """Return the merchant that signed a call, or None."""
    header = request.headers.get('Authorization', '')
    fields = dict(_FIELD.findall(header))
    merchant = state.merchants.get(fields.get('mchid'))
    needed = {'mchid', 'nonce_str', 'signature', 'timestamp', 'serial_no'}
    if not merchant or not header.startswith(_SCHEME) or set(fields) != needed:
        return None
    if fields['serial_no'] != merchant.serial:
        return None
    if not fields['timestamp'].isdigit() or abs(state.now() - int(fields['timestamp'])) > _CLOCK_SECONDS:
        return None
    path = request.environ['RAW_URI']
    message = '\n'.join([request.method, path, fields['timestamp'], fields['nonce_str'], '']).encode() + body + b'\n'
    key = serialization.load_pem_public_key(merchant.public_key.encode())
    try:
        key.verify(base64.b64decode(fields['signature']), message, padding.PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return None
    return merchant


def _get_certificates(merchant):
    if not merchant.platform_certificate:
        return 404, {'code': 'RESOURCE_NOT_EXISTS', 'message': "无可用的平台证书"}
    nonce = secrets.token_hex(6)
    sealed = AESGCM(merchant.apiv3_key.encode()).encrypt(
        nonce.encode(), merchant.platform_certificate.encode(), b'certificate')
    return 200, {'data': [{
        'serial_no': merchant.platform_serial,
        'effective_time': '2020-01-01T00:00:00+08:00',
        'expire_time': '2035-01-01T00:00:00+08:00',
        'encrypt_certificate': {
            'algorithm': 'AEAD_AES_256_GCM', 'nonce': nonce, 'associated_data': 'certificate',
            'ciphertext': base64.b64encode(sealed).decode()},
    }]}


def _sign(state, request, merchant, status, content):
    """Answer under the key that the call asked for."""
    if status >= 400:
        return _answer(status, content)
    body = json.dumps(content, ensure_ascii=False, separators=(',', ':')).encode() if status != 204 else b''
    stale = 2 * _CLOCK_SECONDS if merchant.tamper == 'stale' else 0
    by_key = request.headers.get('Wechatpay-Serial', '').startswith('PUB_KEY_ID_')
    headers = {} if merchant.tamper == 'unsigned' else sign_headers(
        state, merchant, body, by_key, stale, b'' if merchant.tamper == 'wrong' else b'\n')
    return Response(body, status, headers, content_type='application/json; charset=utf-8')


def sign_headers(state, merchant, body, by_key, stale=0, end=b'\n'):
    """Return the headers by which an answer or a call is known to be the platform's."""
    timestamp, nonce = str(int(state.now()) - stale), secrets.token_hex(16)
    key = load_key(merchant.platform_private_key)
    signature = key.sign(f'{timestamp}\n{nonce}\n'.encode() + body + end, padding.PKCS1v15(), SHA256())
    return {
        'Wechatpay-Timestamp': timestamp, 'Wechatpay-Nonce': nonce,
        'Wechatpay-Serial': merchant.public_key_id if by_key else merchant.platform_serial,
        'Wechatpay-Signature': base64.b64encode(signature).decode(),
        'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048'}


def _answer(status, content):
    return Response(json.dumps(content, ensure_ascii=False), status, content_type='application/json; charset=utf-8')
