"""The published examples of WeChat Pay, through the code that pays."""
import json
from pathlib import Path

import pytest

from distribution_wechat_client import BadPush, MalformedPush, pay

VECTORS = json.loads(Path(__file__).with_name('vectors').joinpath('wechat_pay.json').read_text())['vectors']
BY_ID = {vector['id']: vector for vector in VECTORS}
NOW = 1795226400
NOTICE = BY_ID['derived-notify-transaction-success-pubkey']
KEY_ID = NOTICE['headers']['Wechatpay-Serial']


def vectors(group, count):
    found = [pytest.param(vector, id=vector['id']) for vector in VECTORS if vector['group'] == group]
    assert len(found) == count
    return pytest.mark.parametrize('vector', found)


def get_keys(vector, serial=None):
    """Both kinds of keys at once, as far as the example has them."""
    certificate = vector.get('certificate_pem')
    return pay.PlatformKeys(
        serial or KEY_ID, vector.get('public_key_pem', ''),
        {pay.get_certificate_serial(certificate): certificate} if certificate else None)


def open_vector(vector, now=NOW, headers=None, body=None, keys=None, apiv3_key=None):
    return pay.open_notice(
        vector['body'].encode() if body is None else body, {**vector['headers'], **(headers or {})},
        keys or get_keys(vector), apiv3_key or vector['apiv3_key'], now)


@vectors('rsa-sha256-sign', 4)
def test_a_text_is_signed(vector):
    key = pay.load_private_key(vector['private_key_pem'])
    assert pay.sign(key, vector['message'].encode()) == vector['expected_signature']
    assert pay.is_signed(key.public_key(), vector['message'].encode(), vector['expected_signature'])


def test_a_request_is_signed_with_its_header():
    vector = BY_ID['pay-request-sign-jsapi']
    key, body = pay.load_private_key(vector['private_key_pem']), vector['body'].encode()
    parts = vector['method'], vector['url_path'], vector['timestamp'], vector['nonce'], body
    assert pay.prepare_request_message(*parts).decode() == vector['message']
    header = pay.prepare_authorization(vector['mchid'], vector['serial_no'], key, *parts)
    assert sorted(header.split(' ', 1)[1].split(',')) == sorted(
        vector['authorization_header'].split(' ', 1)[1].split(','))


@vectors('canonical-message', 1)
def test_what_is_signed_of_a_request(vector):
    parts = vector['method'], vector['url_path'], vector['timestamp'], vector['nonce'], vector['body'].encode()
    assert pay.prepare_request_message(*parts).decode() == vector['message']


def test_what_is_signed_of_a_body_that_ends_with_a_line():
    assert pay.prepare_request_message('POST', '/p', '1', 'n', b'{}\n') == b'POST\n/p\n1\nn\n{}\n\n'


@pytest.mark.parametrize('name, package', [
    ('pay-paysign-jsapi', 'prepay_id=wx201410272009395522657a690389285100'),
    ('pay-paysign-app', 'wx201410272009395522657a690389285100')])
def test_a_payment_is_signed(name, package):
    vector = BY_ID[name]
    key = pay.load_private_key(vector['private_key_pem'])
    assert pay.sign_payment(
        key, 'wx2421b1c4370ec43b', '1554208460', '593BEC0C930BF1AFEB40B4A08C8FB242', package
    ) == vector['expected_signature']


@vectors('rsa-sha256-verify', 2)
def test_a_signature_of_the_platform_is_verified(vector):
    keys = get_keys(vector)
    key = keys.find(KEY_ID if 'public_key_pem' in vector else vector['serial'])
    message, signature = vector['message'].encode(), vector['signature']
    assert pay.is_signed(key, message, signature)
    for wrong in ((b'wrong source', signature), (message, 'not base64!'), (message, ''), (message, signature[:-4])):
        assert not pay.is_signed(key, *wrong)
    assert keys.find('F5765756002FDD78') is None


def test_an_answer_is_verified_in_public_key_mode():
    vector = BY_ID['pay-response-verify-public-key']
    headers = {
        'Wechatpay-Timestamp': vector['timestamp'], 'Wechatpay-Nonce': vector['nonce'], 'Wechatpay-Serial': KEY_ID,
        'Wechatpay-Signature': vector['signature']}
    get_keys(vector).check(headers, vector['body'].encode(), int(vector['timestamp']))
    with pytest.raises(BadPush):
        get_keys(vector).check(headers, vector['body'].encode() + b' ', int(vector['timestamp']))


@vectors('derived-response', 1)
def test_the_answer_about_a_payment_is_verified(vector):
    get_keys(vector).check(vector['headers'], vector['body'].encode(), NOW)


@vectors('aes-gcm', 2)
def test_a_text_is_decrypted(vector):
    parts = vector['nonce'], vector['associated_data'], vector['ciphertext_b64']
    assert pay.decrypt(vector['key_utf8'].encode(), *parts).decode() == vector['plaintext']
    for key, *wrong in (
        (b'x' * len(vector['key_utf8']), *parts), (vector['key_utf8'].encode(), parts[0], 'other', parts[2]),
        (vector['key_utf8'].encode(), parts[0], parts[1], 'AAAA' + parts[2][4:]),
        (vector['key_utf8'].encode(), *parts[:2], '?')):
        with pytest.raises(BadPush):
            pay.decrypt(key, *wrong)


@vectors('rsa-oaep-sha1', 2)
def test_a_name_is_decrypted_and_encrypted(vector):
    key = pay.load_private_key(vector['private_key_pem'])
    assert pay.decrypt_text(key, vector['ciphertext_b64']) == vector['plaintext']
    assert pay.decrypt_text(key, pay.encrypt_text(key.public_key(), "张三")) == "张三"
    for wrong in ('MTIzNA==', '?', ''):
        with pytest.raises(BadPush):
            pay.decrypt_text(key, wrong)


@vectors('certificates', 1)
def test_certificates_are_read(vector):
    body = vector['response_body'].encode()
    certificates = pay.read_certificates(body, vector['apiv3_key'])
    assert list(certificates) == [vector['expected_serial']]
    assert certificates[vector['expected_serial']].strip() == vector['expected_certificate_pem'].strip()
    renamed = body.replace(vector['expected_serial'].encode(), b'0123456789ABCDEF')
    for content, key in ((body, 'x' * 32), (renamed, vector['apiv3_key']), (b'{}', 'x' * 32), (b'[', 'x' * 32)):
        with pytest.raises(pay.Unverified):
            pay.read_certificates(content, key)


@vectors('notify', 1)
def test_the_published_notice_is_opened(vector):
    notice = open_vector(vector, 1624523846)
    assert (notice.key, notice.kind, notice.subject) == (
        '3119dfba-e649-5eec-ab1e-3412bc4d2e17', 'PAYSCORE.USER_OPEN_SERVICE', 'payscore')
    assert notice.data == json.loads(vector['plaintext'])
    for now in (1624523846 + 300, 1624523846 - 300, NOW):
        with pytest.raises(BadPush):
            open_vector(vector, now)
    assert open_vector(vector, 1624523846 + 299).key


@vectors('derived-notify', 4)
def test_notices_of_all_kinds_are_opened(vector):
    assert open_vector(vector).data == json.loads(vector['plaintext'])


def test_each_notice_is_opened_by_the_key_that_it_names_only():
    by_key, by_certificate = NOTICE, BY_ID['derived-notify-transaction-success-cert']
    only_key = pay.PlatformKeys(KEY_ID, NOTICE['public_key_pem'])
    serial = pay.get_certificate_serial(NOTICE['certificate_pem'])
    only_certificate = pay.PlatformKeys(certificates={serial.lower(): NOTICE['certificate_pem']})
    assert open_vector(by_key, keys=only_key) and open_vector(by_certificate, keys=only_certificate)
    for vector, keys in ((by_key, only_certificate), (by_certificate, only_key)):
        with pytest.raises(BadPush, match="not known"):
            open_vector(vector, keys=keys)
    assert (only_key.serial, only_certificate.serial, get_keys(NOTICE).serial) == (KEY_ID, serial, KEY_ID)


@vectors('derived-negative', 1)
def test_a_probe_of_the_platform_is_refused(vector):
    with pytest.raises(BadPush, match="wrong signature"):
        open_vector(vector, keys=get_keys(NOTICE), apiv3_key=NOTICE['apiv3_key'])


@pytest.mark.parametrize('change', [
    pytest.param({'headers': {'Wechatpay-Signature': ''}}, id='no signature'),
    pytest.param({'headers': {'Wechatpay-Nonce': 'other'}}, id='another nonce'),
    pytest.param({'headers': {'Wechatpay-Timestamp': str(NOW + 1)}}, id='another time'),
    pytest.param({'headers': {'Wechatpay-Timestamp': '-1'}}, id='no time'),
    pytest.param({'headers': {'Wechatpay-Timestamp': f'{NOW}000'}}, id='milliseconds'),
    pytest.param({'headers': {'Wechatpay-Serial': 'PUB_KEY_ID_1'}}, id='another key'),
    pytest.param({'headers': {'Wechatpay-Serial': '0' + KEY_ID}}, id='a key with a nought before it'),
    pytest.param({'headers': {'Wechatpay-Signature-Type': 'SM2'}}, id='another kind of signature'),
    pytest.param({'body': NOTICE['body'].encode() + b'\n'}, id='a byte more'),
    pytest.param({'body': NOTICE['body'].replace('SUCCESS', 'REFUND').encode()}, id='another event'),
    pytest.param({'body': b'x' * 70_000}, id='too large'),
    pytest.param({'apiv3_key': 'y' * 32}, id='for another merchant'),
    pytest.param({'now': NOW + 300}, id='five minutes later'),
])
def test_a_notice_with_a_change_is_refused(change):
    with pytest.raises(BadPush):
        open_vector(NOTICE, **change)


def test_a_signed_notice_without_sense_is_refused():
    key = pay.load_private_key(BY_ID['java-platform-keypair']['wechat_pay_private_key_pem'])
    for text in ('[]', '{', '{}', '{"resource": {"algorithm": "none"}}', '{"resource": 1}',
                 '{"resource": {"algorithm": "AEAD_AES_256_GCM", "nonce": 1}}', '[' * 40_000):
        message = pay.prepare_answer_message(NOW, 'n', text.encode())
        headers = {
            'Wechatpay-Timestamp': str(NOW), 'Wechatpay-Nonce': 'n', 'Wechatpay-Serial': KEY_ID,
            'Wechatpay-Signature': pay.sign(key, message)}
        with pytest.raises(MalformedPush):
            pay.open_notice(text.encode(), headers, get_keys(NOTICE), NOTICE['apiv3_key'], NOW)


@pytest.mark.parametrize('amount, largest, parts', [
    (20_000, 20_000, [20_000]), (20_001, 20_000, [10_001, 10_000]), (20_005, 20_000, [10_003, 10_002]),
    (50_000, 20_000, [16_667, 16_667, 16_666]), (10, 20_000, [10]), (99, 0, [99]), (400_001, 200_000, [133_334, 133_334, 133_333])])
def test_an_amount_is_split_into_bills_that_the_platform_takes(amount, largest, parts):
    assert pay.split(amount, largest) == parts
    assert sum(parts) == amount and all(part >= pay.SMALLEST for part in parts)


@vectors('rsa-pkcs1v15-decrypt', 1)
def test_a_name_under_the_older_padding_is_refused(vector):
    """It lets attackers read by asking; nothing that is called here uses it."""
    with pytest.raises(BadPush):
        pay.decrypt_text(pay.load_private_key(vector['private_key_pem']), vector['ciphertext_b64'])


@vectors('apiv2', 2)
def test_the_signatures_of_the_older_interface_prove_nothing(vector):
    """They are made with a key that both sides have, over XML."""
    fields = dict(field.split('=') for field in vector['string_a'].split('&'))
    content = ''.join(f'<{name}>{value}</{name}>' for name, value in {**fields, 'sign': vector['expected']}.items())
    body = f'<xml>{content}</xml>'.encode()
    with pytest.raises(BadPush):
        pay.open_notice(body, {}, get_keys(NOTICE), NOTICE['apiv3_key'], NOW)
    with pytest.raises(BadPush):
        open_vector(NOTICE, body=body)
    with pytest.raises(BadPush):
        open_vector(NOTICE, headers={'Wechatpay-Signature': vector['expected']})


def test_every_example_is_used():
    tested = Path(__file__).read_text() + Path(__file__).with_name('test_wechat_pay_statement.py').read_text()
    assert not [
        vector['id'] for vector in VECTORS
        if f"'{vector['id']}'" not in tested and f"'{vector['group']}'" not in tested]
