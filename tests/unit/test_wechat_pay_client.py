"""The client of WeChat Pay against the fake platform: what is asked, what is believed, what is unknown."""
import datetime
import json
import time

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256

from distribution_wechat_client import BadPush, Unreachable, pay
from distribution_wechat_client.pay import transport

MERCHANT, PLATFORM, OTHER = (rsa.generate_private_key(65537, 2048) for _side in range(3))
MCHID, KEY_ID, APIV3_KEY, APP_ID = '1900000001', 'PUB_KEY_ID_0100', 'k' * 32, 'wx00000000000000a1'
BILLS = '/v3/fund-app/mch-transfer/transfer-bills'


def to_pem(key):
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()


def make_certificate(key, serial):
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "Test")])
    begin = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    return x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(
        serial).not_valid_before(begin).not_valid_after(begin + datetime.timedelta(5000)).sign(
            key, SHA256()).public_bytes(serialization.Encoding.PEM).decode()


CERTIFICATE, SERIAL = make_certificate(PLATFORM, 0x0C2D), 'C2D'


@pytest.fixture
def fake(process):
    process.tell('reset')
    process.tell('accounts', appid=APP_ID, secret='s')
    process.openid = process.tell('people', name='zhang')['openids'][APP_ID]
    process.tell(
        'merchants', mchid=MCHID, serial='0A1B', apiv3_key=APIV3_KEY, platform_serial=SERIAL, app_ids=[APP_ID],
        public_key=to_pem(MERCHANT.public_key()), platform_private_key=to_pem(PLATFORM),
        platform_certificate=CERTIFICATE, public_key_id=KEY_ID)
    return process


def connect(fake, mode='key', private_key=MERCHANT, platform=PLATFORM):
    keys = {
        'key': pay.PlatformKeys(KEY_ID, to_pem(platform.public_key())),
        'certificate': pay.PlatformKeys(certificates={SERIAL: make_certificate(platform, 0x0C2D)}),
        'both': pay.PlatformKeys(KEY_ID, to_pem(platform.public_key()), {SERIAL: CERTIFICATE}),
        'none': pay.PlatformKeys()}
    return pay.PayMerchant(MCHID, '0A1B', to_pem(private_key), APIV3_KEY, keys[mode], fake.url)


def make_transfer(fake, **changes):
    return pay.Transfer(**{
        'number': 'T1', 'app_id': APP_ID, 'openid': fake.openid, 'amount': 1000, 'scene': '1005', 'remark': "佣金",
        'reports': (('岗位类型', "推广员"), ('报酬说明', "佣金")), 'name': None, 'perception': None,
        'notify_url': 'https://shop.example.com/pay', **changes})


def make_order(number='SO-0001', amount=1234):
    return pay.Order(number, APP_ID, "茶", amount, 'https://shop.example.com/pay', '2099-01-01T00:00:00+08:00')


@pytest.mark.parametrize('mode', ['key', 'certificate', 'both'])
def test_the_connection_is_checked_in_each_mode(fake, mode):
    connect(fake, mode).check_connection()
    [call] = fake.calls('/v3/security/echo')
    assert call['status'] == 200


@pytest.mark.parametrize('tamper', ['wrong', 'stale', 'unsigned'])
def test_an_answer_that_is_not_the_platforms_leaves_the_outcome_unknown(fake, tamper):
    fake.tell('merchants', mchid=MCHID, tamper=tamper)
    with pytest.raises(pay.Unverified):
        connect(fake).create_transfer(make_transfer(fake))
    fake.tell('merchants', mchid=MCHID, tamper='')
    assert connect(fake).get_transfer('T1').state == 'WAIT_USER_CONFIRM'


def test_an_answer_under_another_key_is_not_believed(fake):
    for mode in ('key', 'certificate'):
        with pytest.raises(pay.Unverified):
            connect(fake, mode, platform=OTHER).check_connection()
    with pytest.raises(pay.Unverified):
        connect(fake, 'none').check_connection()


def test_a_merchant_with_a_wrong_key_is_told_so(fake):
    with pytest.raises(pay.NotNow) as caught:
        connect(fake, private_key=OTHER).check_connection()
    assert (caught.value.status, caught.value.code) == (401, 'SIGN_ERROR')


def test_certificates_are_fetched_without_any_before(fake):
    assert connect(fake, 'none').fetch_certificates() == {SERIAL: CERTIFICATE}
    fake.tell('merchants', mchid=MCHID, platform_certificate='')
    assert connect(fake).fetch_certificates() == {}
    fake.tell('merchants', mchid=MCHID, platform_certificate=CERTIFICATE, tamper='wrong')
    with pytest.raises(pay.Unverified):
        connect(fake, 'none').fetch_certificates()


@pytest.mark.parametrize('fault, kind', [
    ({'status': 500, 'text': '{"code":"SYSTEM_ERROR"}'}, Unreachable), ({'status': 502}, Unreachable),
    ({'status': 404}, Unreachable), ({'status': 302, 'location': 'https://example.com'}, Unreachable),
    ({'status': 200, 'text': '{"state":"SUCCESS"}'}, pay.Unverified),
    ({'status': 429, 'text': '{"code":"FREQUENCY_LIMITED"}'}, pay.NotNow),
    ({'status': 403, 'text': '{"code":"NOT_ENOUGH"}'}, pay.NotNow),
    ({'status': 400, 'text': '{"code":"PARAM_ERROR"}'}, pay.PayRefused),
    ({'status': 404, 'text': '{"code":"NOT_FOUND"}'}, pay.UnknownNumber),
    ({'status': 404, 'text': '{"code":"ELSE"}'}, pay.PayRefused)])
def test_each_answer_has_a_kind(fake, fault, kind):
    fake.tell('faults', path=f'{BILLS}*', **fault)
    with pytest.raises((Unreachable, pay.PayRefused)) as caught:
        connect(fake).get_transfer('T1')
    assert type(caught.value) is kind


def test_every_call_has_a_time_limit(fake, monkeypatch):
    monkeypatch.setattr(transport, 'TIMEOUT', 0.2)
    fake.tell('faults', path=BILLS, seconds=0.6)
    with pytest.raises(Unreachable, match="ReadTimeout"):
        connect(fake).create_transfer(make_transfer(fake))
    monkeypatch.undo()
    time.sleep(0.8)
    assert connect(fake).get_transfer('T1').state == 'WAIT_USER_CONFIRM'     # it had arrived
    unreachable = pay.PayMerchant('1', '1', to_pem(MERCHANT), APIV3_KEY, pay.PlatformKeys(), 'http://127.0.0.1:9')
    with pytest.raises(Unreachable, match="ConnectionError"):
        unreachable.check_connection()


def test_a_transfer_goes_its_way(fake):
    client = connect(fake)
    made = client.create_transfer(make_transfer(fake))
    assert (made.state, bool(made.package)) == ('WAIT_USER_CONFIRM', True)
    assert client.create_transfer(make_transfer(fake)) == made       # the same number is the same transfer
    fake.tell('transfer', mchid=MCHID, number='T1', states=['TRANSFERING', 'SUCCESS'])
    done = client.get_transfer('T1')
    assert (done.state, done.amount, done.openid, done.app_id, done.mchid) == (
        'SUCCESS', 1000, fake.openid, APP_ID, MCHID)
    assert [entry['amount'] for entry in fake.tell('money', mchid=MCHID)['money']] == [1000]
    with pytest.raises(pay.PayRefused):
        client.cancel_transfer('T1')


def test_a_transfer_is_cancelled_or_expires(fake):
    client = connect(fake)
    client.create_transfer(make_transfer(fake))
    assert client.cancel_transfer('T1').state == client.cancel_transfer('T1').state == 'CANCELING'
    fake.tell('transfer', mchid=MCHID, number='T1', states=['CANCELLED'])
    assert client.get_transfer('T1').state == 'CANCELLED'
    client.create_transfer(make_transfer(fake, number='T2'))
    fake.tell('transfer', mchid=MCHID, number='T2', states=[], hours=24)
    expired = client.get_transfer('T2')
    assert (expired.state, expired.reason) == ('FAIL', 'OVERDUE_CLOSE')
    assert fake.tell('money', mchid=MCHID)['money'] == []
    client.create_transfer(make_transfer(fake, number='T3'))
    fake.tell('transfer', mchid=MCHID, number='T3', states=['TRANSFERING'])
    with pytest.raises(pay.PayRefused):
        client.cancel_transfer('T3')


@pytest.mark.parametrize('mode', ['key', 'certificate'])
def test_a_name_is_sent_encrypted(fake, mode):
    fake.tell('merchants', mchid=MCHID, largest_transfer=10 ** 6)
    client = connect(fake, mode)
    transfer = make_transfer(fake, amount=200_000, name="张三")
    client.create_transfer(transfer)
    client.create_transfer(transfer)        # encrypted differently, and the same for the platform
    calls = fake.calls(BILLS)
    assert "张三" not in json.dumps(calls, ensure_ascii=False)
    assert calls[0]['body'] != calls[1]['body']


@pytest.mark.parametrize('changes', [
    {'amount': 9}, {'amount': 20_001}, {'number': 'T-1'}, {'number': 'T' * 33}, {'app_id': 'wx0'}, {'openid': 'o1'},
    {'scene': '9999'}, {'reports': ()}, {'reports': (('岗位类型', "推广员"),)}, {'remark': "佣" * 33},
    {'perception': "奖励"}, {'notify_url': 'http://shop.example.com/pay'}, {'notify_url': 'https://a.com/pay?x=1'},
    {'amount': 29, 'name': "张三"}])
def test_the_platform_refuses_what_it_does_not_take(fake, changes):
    with pytest.raises(pay.PayRefused):
        connect(fake).create_transfer(make_transfer(fake, **changes))
    assert fake.tell('money', mchid=MCHID)['bills'] == {}


def test_a_number_is_good_for_one_transfer_only(fake):
    client = connect(fake)
    client.create_transfer(make_transfer(fake))
    with pytest.raises(pay.PayRefused):
        client.create_transfer(make_transfer(fake, amount=1001))
    with pytest.raises(pay.UnknownNumber):
        client.get_transfer('T2')


def test_a_payment_is_announced_paid_and_refunded(fake):
    client = connect(fake)
    prepay_id = client.prepare_jsapi(make_order(), fake.openid)
    invocation = client.sign_prepay(APP_ID, prepay_id, '1', 'n')
    assert pay.is_signed(
        MERCHANT.public_key(), f'{APP_ID}\n1\nn\nprepay_id={prepay_id}\n'.encode(), invocation['paySign'])
    assert client.get_order('SO-0001').state == 'NOTPAY'
    fake.tell('pay', mchid=MCHID, number='SO-0001', openid=fake.openid)
    paid = client.get_order('SO-0001')
    assert (paid.state, paid.amount, paid.currency, paid.app_id, paid.mchid) == ('SUCCESS', 1234, 'CNY', APP_ID, MCHID)
    with pytest.raises(pay.PayRefused):
        client.close_order('SO-0001')
    refund = client.create_refund('R1', 'SO-0001', 1000, 1234, 'https://shop.example.com/pay')
    assert client.create_refund('R1', 'SO-0001', 1000, 1234, 'https://shop.example.com/pay') == refund
    assert (refund.state, refund.amount) == ('PROCESSING', 1000)
    with pytest.raises(pay.PayRefused):
        client.create_refund('R2', 'SO-0001', 235, 1234, 'https://shop.example.com/pay')
    fake.tell('refund', mchid=MCHID, number='R1')
    assert client.get_refund('R1').state == 'SUCCESS'
    assert [(entry['kind'], entry['amount']) for entry in fake.tell('money', mchid=MCHID)['money']] == [
        ('payment', 1234), ('refund', 1000)]


def test_the_money_of_an_abnormal_refund_is_sent_elsewhere(fake):
    client = connect(fake)
    client.prepare_jsapi(make_order('SO-A001'), fake.openid)
    fake.tell('pay', mchid=MCHID, number='SO-A001', openid=fake.openid)
    for number, card in (('RA1', pay.PayerCard('ICBC_DEBIT', client.seal('6222021234567890'), client.seal("张三"))), ('RA2', None)):
        refund = client.create_refund(number, 'SO-A001', 100, 1234, 'https://shop.example.com/pay')
        with pytest.raises(pay.PayRefused):     # it is under way
            client.apply_abnormal_refund(refund.platform_number, number, card)
        fake.tell('refund', mchid=MCHID, number=number, state='ABNORMAL')
        assert client.get_refund(number).state == 'ABNORMAL'
        for wrong in (pay.PayerCard('ICBC', client.seal('6222021234567890'), client.seal("张三")),
                      pay.PayerCard('ICBC_DEBIT', '6222021234567890', client.seal("张三")),
                      pay.PayerCard('ICBC_DEBIT', client.seal('no card'), client.seal("张三"))):
            with pytest.raises(pay.PayRefused):
                client.apply_abnormal_refund(refund.platform_number, number, wrong)
        with pytest.raises(pay.UnknownNumber):
            client.apply_abnormal_refund('5030', number, card)
        assert client.apply_abnormal_refund(refund.platform_number, number, card).state == 'PROCESSING'
        fake.tell('refund', mchid=MCHID, number=number)
        assert client.get_refund(number).state == 'SUCCESS'


def test_other_ways_to_pay_are_announced_and_closed(fake):
    client = connect(fake)
    assert client.prepare_native(make_order('SO-N001')).startswith('weixin://')
    url = client.prepare_h5(make_order('SO-H001'), '203.0.113.9', 'https://shop.example.com/payment/status')
    assert url.endswith('&redirect_url=https%3A%2F%2Fshop.example.com%2Fpayment%2Fstatus')
    client.close_order('SO-N001')
    client.close_order('SO-N001')
    assert client.get_order('SO-N001').state == 'CLOSED'
    with pytest.raises(pay.PayRefused):
        client.prepare_native(make_order('SO-N001'))
    with pytest.raises(pay.UnknownNumber):
        client.get_order('SO-X001')
    with pytest.raises(pay.PayRefused):
        client.prepare_native(make_order('SO-H001', amount=1235))


def test_the_fake_calls_back_as_the_platform_does(fake):
    keys = pay.PlatformKeys(KEY_ID, to_pem(PLATFORM.public_key()), {SERIAL: CERTIFICATE})
    connect(fake).create_transfer(make_transfer(fake))
    fake.tell('transfer', mchid=MCHID, number='T1', states=['SUCCESS'])
    for by_key in (True, False):
        sent = fake.tell('notice', mchid=MCHID, kind='transfer', number='T1', by_key=by_key)
        notice = pay.open_notice(sent['body'].encode(), sent['headers'], keys, APIV3_KEY, time.time())
        state = pay.read_transfer(notice.data)
        assert (notice.kind, state.number, state.state, state.amount, state.openid) == (
            'MCHTRANSFER.BILL.FINISHED', 'T1', 'SUCCESS', 1000, fake.openid)
    for wrong in ({'stale': 400}, {'changes': {'id': 'other'}}, {'headers': {'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/x'}}):
        sent = fake.tell('notice', mchid=MCHID, kind='transfer', number='T1', **wrong)
        with pytest.raises(BadPush):
            pay.open_notice(sent['body'].encode(), sent['headers'], keys, APIV3_KEY, time.time())


def test_answers_without_sense_are_unknown_outcomes():
    for data in ({}, {'out_bill_no': 'T1'}, {'out_bill_no': 'T1', 'state': 'PAID'},
                 {'out_bill_no': 'T2', 'state': 'SUCCESS'}, {'out_bill_no': 'T1', 'state': 'SUCCESS', 'transfer_amount': '1'},
                 {'out_bill_no': 'T1', 'state': 'SUCCESS', 'transfer_amount': True}):
        with pytest.raises(Unreachable):
            pay.read_transfer(data, 'T1')
    with pytest.raises(Unreachable):
        pay.read_order({'out_trade_no': 'A', 'trade_state': 'SUCCESS', 'amount': {'total': '1'}}, 'A')
    for read, data in ((pay.read_order, {'out_trade_no': 'A', 'trade_state': 'SUCCESS'}),
                       (pay.read_refund, {'out_refund_no': 'A', 'status': 'SUCCESS'})):
        assert read(data, 'A').state == read(data).state == 'SUCCESS'
        with pytest.raises(Unreachable, match="another"):
            read(data, 'B')


def test_nothing_secret_is_in_what_is_shown(fake):
    assert repr(connect(fake)) == f'<PayMerchant {MCHID}>'
    with pytest.raises(ValueError, match="https"):
        pay.PayMerchant(MCHID, '1', to_pem(MERCHANT), APIV3_KEY, pay.PlatformKeys(), 'http://example.com')
    assert requests.utils.requote_uri('/a%2Fb') == '/a%2Fb'     # what is signed is what is sent


def make_authorization(fake, **changes):
    return pay.Authorization(**{
        'number': 'A1', 'app_id': APP_ID, 'openid': fake.openid, 'scene': '1005', 'person': "D001", 'perception': None,
        'notify_url': 'https://shop.example.com/pay', **changes})


def test_who_has_consented_receives_without_confirming(fake):
    client = connect(fake)
    asked = client.create_authorization(make_authorization(fake))
    assert (asked.state, bool(asked.package)) == ('WAIT_USER_CONFIRM', True)
    assert client.create_authorization(make_authorization(fake)) == asked
    with pytest.raises(pay.PayRefused, match="授权已关闭"):       # not consented yet
        client.create_transfer(make_transfer(fake, authorization='A1'))
    fake.tell('authorization', mchid=MCHID, number='A1', state='TAKING_EFFECT')
    state = client.get_authorization('A1')
    assert (state.state, state.openid, state.app_id, state.package) == ('TAKING_EFFECT', fake.openid, APP_ID, '')
    assert state.platform_number
    made = client.create_transfer(make_transfer(fake, authorization='A1'))
    assert (made.state, made.package) == ('TRANSFERING', '')
    assert client.create_transfer(make_transfer(fake, authorization='A1')) == made
    fake.tell('transfer', mchid=MCHID, number='T1', states=['SUCCESS'])
    assert [(entry['number'], entry['openid']) for entry in fake.tell('money', mchid=MCHID)['money']] == [('T1', fake.openid)]


def test_a_consent_ends_and_is_asked_for_again_under_its_number(fake):
    client = connect(fake)
    with pytest.raises(pay.UnknownNumber):
        client.get_authorization('A1')
    with pytest.raises(pay.UnknownNumber):
        client.close_authorization('A1')
    client.create_authorization(make_authorization(fake))
    with pytest.raises(pay.PayRefused, match="授权数量达到限制"):
        client.create_authorization(make_authorization(fake, number='A2'))
    fake.tell('authorization', mchid=MCHID, number='A1', state='TAKING_EFFECT')
    client.close_authorization('A1')
    closed = client.get_authorization('A1')
    assert (closed.state, closed.reason) == ('CLOSED', 'CLOSE_VIA_MCH_API')
    with pytest.raises(pay.PayRefused):
        client.create_transfer(make_transfer(fake, authorization='A1'))
    assert client.create_authorization(make_authorization(fake)).state == 'WAIT_USER_CONFIRM'
    fake.tell('merchants', mchid=MCHID, may_authorize=False)
    with pytest.raises(pay.NotNow):
        client.create_authorization(make_authorization(fake))


@pytest.mark.parametrize('data', [
    {}, {'state': 'OPEN'}, {'state': 1}, {'state': 'CLOSED', 'out_authorization_no': 'B'},
    {'state': 'CLOSED', 'out_authorization_no': 7},
])
def test_what_makes_no_sense_about_a_consent_is_an_unknown_outcome(data):
    with pytest.raises(Unreachable):
        pay.read_authorization(data, 'A')
