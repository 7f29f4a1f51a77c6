"""The client against the fake platform, which checks each parameter and shares no code with it."""
import logging
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

import distribution_wechat_client as wechat

FAKES = Path(__file__).resolve().parents[1] / 'fakes'
APP_ID, SECRET, MINI, MINI_SECRET = 'wx00000000000000a1', 'a-secret-1', 'wx00000000000000m1', 'a-secret-2'
SITE = 'https://shop.example.com/my?a=1'


@pytest.fixture
def fake(process):
    process.tell('reset')
    process.tell(
        'accounts', appid=APP_ID, secret=SECRET, oauth_host='shop.example.com',
        templates={'T1': ['thing1', 'amount2']})
    process.tell(
        'accounts', appid=MINI, secret=MINI_SECRET, kind='mini', pages=['pages/home'], templates={'T2': ['thing1']})
    process.tell('people', name='ann', follows=[APP_ID], phone='13800138000')
    process.tell('people', name='bob')
    process.tell('browser', person='ann')
    yield process
    assert process.log['violations'] == []


class Tokens:
    """A store in memory, as one worker alone would have it."""

    client = token = None

    def get(self, refused=None):
        if not self.token or self.token == refused:
            self.token, self.seconds = self.client.fetch_token()
        return self.token


def connect(kind, fake, app_id, secret):
    tokens = Tokens()
    client = tokens.client = kind(app_id, secret, tokens, fake.url)
    return client


@pytest.fixture
def official(fake):
    return connect(wechat.OfficialAccount, fake, APP_ID, SECRET)


@pytest.fixture
def mini(fake):
    return connect(wechat.MiniProgram, fake, MINI, MINI_SECRET)


def openid(fake, name='ann', app_id=APP_ID):
    return fake.tell('people', name=name, follows=[APP_ID], phone='13800138000')['openids'][app_id]


def authorize(fake, official, is_silent=True, **faults):
    """Go through the page of the login; return the code."""
    address = wechat.get_authorize_url(APP_ID, SITE, 'abc123', is_silent, fake.url)
    response = requests.get(address, allow_redirects=False, timeout=5)
    query = parse_qs(urlsplit(response.headers['Location']).query)
    assert query['state'] == ['abc123'] and query['a'] == ['1']
    return query['code'][0]


# -- token

def test_the_token_is_fetched_once_for_many_calls(fake, official):
    for _call in range(3):
        official.create_qr('ABCD-2345')
    assert fake.log['token_fetches'][APP_ID] == 1


def test_a_token_that_was_replaced_elsewhere_is_fetched_once_more(fake, official):
    official.create_qr('ABCD-2345')
    fake.tell('tokens', appid=APP_ID)
    official.create_qr('ABCD-2345')
    assert fake.log['token_fetches'][APP_ID] == 2


@pytest.mark.parametrize('code', [40001, 40014, 42001])
def test_a_refused_token_is_tried_again_once_and_never_more(fake, official, code):
    fake.tell('faults', path='/cgi-bin/qrcode/create', errcode=code)
    assert official.create_qr('ABCD-2345').url
    assert len(fake.calls('/cgi-bin/qrcode/create')) == 2
    fake.tell('faults', path='/cgi-bin/qrcode/create', errcode=code, times=9)
    with pytest.raises(wechat.TokenRefused):
        official.create_qr('ABCD-2345')
    assert len(fake.calls('/cgi-bin/qrcode/create')) == 4


@pytest.mark.parametrize('change, code', [
    ({'secret': 'another'}, 40125), ({'ip_list': ['192.0.2.1']}, 61004)])
def test_wrong_credentials_are_told_apart(fake, official, change, code):
    fake.tell('accounts', appid=APP_ID, **change)
    with pytest.raises(wechat.BadCredentials) as caught:
        official.create_qr('ABCD-2345')
    assert caught.value.code == code


def test_an_unknown_account_is_wrong_credentials(fake):
    client = wechat.Transport('wx0', 's', None, fake.url)
    with pytest.raises(wechat.BadCredentials):
        client.fetch_token()


def test_a_refused_secret_is_no_refused_token(fake, official):
    fake.tell('faults', path='/cgi-bin/stable_token', errcode=40001)
    with pytest.raises(wechat.BadCredentials):
        official.create_qr('ABCD-2345')
    assert len(fake.calls('/cgi-bin/stable_token')) == 1


# -- form of answers

@pytest.mark.parametrize('fault', [
    {'status': 502}, {'status': 500, 'after': True}, {'status': 302, 'text': '{"ticket": "t", "url": "u"}'},
    {'status': 200, 'text': '<html>'},
    {'status': 200, 'text': '[]'}, {'status': 200, 'text': '{}'}, {'status': 200, 'text': '{"ticket": 1, "url": 2}'}])
def test_an_answer_that_makes_no_sense_is_an_unknown_outcome(fake, official, fault):
    fake.tell('faults', path='/cgi-bin/qrcode/create', **fault)
    with pytest.raises(wechat.Unreachable):
        official.create_qr('ABCD-2345')
    assert len(fake.calls('/cgi-bin/qrcode/create')) == 1


def test_nobody_is_followed_to_another_address_with_a_token(fake, official):
    fake.tell('faults', path='/cgi-bin/qrcode/create', status=307, location=f'{fake.url}/cgi-bin/elsewhere')
    with pytest.raises(wechat.Unreachable, match='HTTP 307'):
        official.create_qr('ABCD-2345')
    assert fake.calls('/cgi-bin/elsewhere') == []


def test_who_does_not_answer_in_time_is_not_waited_for(fake, official, monkeypatch):
    monkeypatch.setattr('distribution_wechat_client.transport.TIMEOUT', 0.3)
    official.create_qr('ABCD-2345')
    fake.tell('faults', path='/cgi-bin/qrcode/create', seconds=1, status=200, text='{}')
    with pytest.raises(wechat.Unreachable) as caught:
        official.create_qr('ABCD-2345')
    assert 'ReadTimeout' in str(caught.value)


@pytest.mark.parametrize('code, error', [
    (-1, wechat.Busy), (45009, wechat.QuotaExceeded), (45011, wechat.QuotaExceeded), (47003, wechat.Refused)])
def test_a_refusal_has_a_kind(fake, official, code, error):
    fake.tell('faults', path='/cgi-bin/qrcode/create', errcode=code, errmsg="told to fail rid: 1")
    with pytest.raises(error, match=f'{code}: told to fail rid: 1'):
        official.create_qr('ABCD-2345')


def test_the_quota_of_the_day_is_a_refusal(fake, official):
    fake.tell('accounts', appid=APP_ID, daily_quota={'/cgi-bin/qrcode/create': 1})
    official.create_qr('ABCD-2345')
    with pytest.raises(wechat.QuotaExceeded):
        official.create_qr('ABCD-2345')


# -- login

def test_the_address_of_the_login_has_its_order_and_its_fragment():
    assert wechat.get_authorize_url(APP_ID, SITE, 'abc', is_silent=False) == (
        f'https://open.weixin.qq.com/connect/oauth2/authorize?appid={APP_ID}'
        '&redirect_uri=https%3A%2F%2Fshop.example.com%2Fmy%3Fa%3D1&response_type=code&scope=snsapi_userinfo'
        '&state=abc#wechat_redirect')


def test_a_silent_login_tells_the_openid_alone(fake, official):
    login = official.exchange_code(authorize(fake, official))
    assert (login.openid, login.unionid, login.scope) == (openid(fake), None, 'snsapi_base')
    with pytest.raises(wechat.Refused, match='48001'):
        official.get_userinfo(login)


def test_a_login_with_consent_tells_the_person(fake, official):
    login = official.exchange_code(authorize(fake, official, is_silent=False))
    assert login.unionid
    info = official.get_userinfo(login)
    assert (info['nickname'], info['unionid'], info['openid']) == ('ann', login.unionid, login.openid)


def test_a_code_is_good_once_and_for_five_minutes(fake, official):
    code = authorize(fake, official)
    official.exchange_code(code)
    late = authorize(fake, official)
    fake.tell('clock', seconds=301)
    for wrong, number in ((code, 40029), (late, 40029), ('unknown', 40029)):
        with pytest.raises(wechat.BadCode) as caught:
            official.exchange_code(wrong)
        assert caught.value.code == number
    fake.tell('clock', seconds=-301)
    with pytest.raises(wechat.BadCode, match='40163'):
        official.exchange_code(code)


def test_a_preview_of_the_page_is_nobody(fake, official):
    fake.tell('people', name='ann', is_snapshot=True)
    with pytest.raises(wechat.SnapshotUser):
        official.exchange_code(authorize(fake, official))


# -- pages, codes, messages

def test_the_ticket_is_fetched(fake, official):
    ticket, seconds = official.fetch_ticket()
    assert len(ticket) > 60 and 0 < seconds <= 7200


def test_a_code_to_scan_is_good_for_30_days(fake, official):
    qr = official.create_qr('ABCD-2345')
    assert qr.seconds == 30 * 86400 and qr.url.startswith('http')
    for wrong in (('', 60), ('x' * 65, 60), ('x', 0), ('x', 30 * 86400 + 1)):
        with pytest.raises(ValueError):
            official.create_qr(*wrong)


def test_a_template_message_is_sent_once_under_one_number(fake, official):
    person = openid(fake)
    numbers = {
        official.send_template(
            person, 'T1', {'thing1': "佣金到账", 'amount2': "10.00元"}, 'https://shop.example.com', 'n1')
        for _again in range(2)}
    [message] = fake.log['messages']
    assert numbers == {str(message['msgid'])}
    assert message['data'] == {'thing1': {'value': "佣金到账"}, 'amount2': {'value': "10.00元"}}


@pytest.mark.parametrize('changes, error', [
    ({'openid': 'unknown'}, wechat.NotDeliverable),
    ({'template_id': 'T9'}, wechat.Refused),
    ({'values': {'thing1': 'x' * 21, 'amount2': '1'}}, wechat.Refused),
    ({'values': {'thing1': 'x'}}, wechat.Refused),
])
def test_a_message_that_cannot_be_sent_is_refused(fake, official, changes, error):
    values = {'openid': openid(fake), 'template_id': 'T1', 'values': {'thing1': 'x', 'amount2': '1'}, **changes}
    with pytest.raises(error):
        official.send_template(**values)
    assert fake.log['messages'] == []


def test_who_does_not_follow_gets_no_message(fake, official):
    person = openid(fake)
    fake.tell('people', name='ann', follows=[])
    with pytest.raises(wechat.NotDeliverable, match='43004'):
        official.send_template(person, 'T1', {'thing1': 'x', 'amount2': '1'})


def test_one_consent_is_one_message(fake, official, mini):
    for app_id, client, template, values in (
            (APP_ID, official, 'T1', {'thing1': 'x', 'amount2': '1'}), (MINI, mini, 'T2', {'thing1': 'x'})):
        person = openid(fake, app_id=app_id)
        fake.tell('consents', appid=app_id, person='ann', template=template)
        client.send_subscription(person, template, values)
        with pytest.raises(wechat.NotDeliverable, match='43101'):
            client.send_subscription(person, template, values)
    assert [message['kind'] for message in fake.log['messages']] == ['bizsend', 'subscribe']


# -- mini program

def test_a_login_of_the_mini_program(fake, mini):
    code = fake.tell('codes', kind='login', appid=MINI, person='ann')['code']
    login = mini.exchange_login_code(code)
    assert (login.openid, bool(login.unionid), bool(login.session_key)) == (openid(fake, app_id=MINI), True, True)
    with pytest.raises(wechat.BadCode):
        mini.exchange_login_code(code)
    fake.tell('people', name='bob', is_risky=True)
    with pytest.raises(wechat.Refused, match='40226'):
        mini.exchange_login_code(fake.tell('codes', kind='login', appid=MINI, person='bob')['code'])


def test_a_phone_number_needs_a_code_of_its_own(fake, mini):
    code = fake.tell('codes', kind='phone', appid=MINI, person='ann')['code']
    assert mini.get_phone_number(code) == '+8613800138000'
    with pytest.raises(wechat.BadCode):
        mini.get_phone_number(fake.tell('codes', kind='login', appid=MINI, person='ann')['code'])


def test_a_code_of_the_mini_program_is_a_picture_or_a_refusal(fake, mini):
    assert mini.get_unlimited_code('s=ABCD-2345', 'pages/home').startswith(b'\x89PNG')
    with pytest.raises(wechat.Refused, match='41030'):
        mini.get_unlimited_code('s=ABCD-2345', 'pages/none')
    for wrong in ('', 'x' * 33, '分销', 'a%20b', 'a b'):
        with pytest.raises(ValueError):
            mini.get_unlimited_code(wrong)


# -- secrets

@pytest.mark.parametrize('url', [
    'http://api.weixin.qq.com', 'ftp://127.0.0.1', 'https://', '', 'https://u:p@api.weixin.qq.com',
    'https://api.weixin.qq.com/?a=1', 'http://127.0.0.1.example.com', 'http://localhost@example.com'])
def test_secrets_go_nowhere_but_by_https(url):
    with pytest.raises(ValueError):
        wechat.check_base_url(url)


@pytest.mark.parametrize('url', [
    'https://api.weixin.qq.com/', 'https://proxy.example.com/wechat', 'http://127.0.0.1:80'])
def test_a_proxy_and_this_machine_are_good_addresses(url):
    assert wechat.check_base_url(url) == url.rstrip('/')


def test_no_secret_is_in_an_error_or_in_the_log_of_anything(fake, official, mini, caplog):
    caplog.set_level(logging.DEBUG)
    code = authorize(fake, official, is_silent=False)
    login = official.exchange_code(code)
    official.get_userinfo(login)
    official.create_qr('ABCD-2345')
    session = mini.exchange_login_code(fake.tell('codes', kind='login', appid=MINI, person='ann')['code'])
    dead = wechat.OfficialAccount(APP_ID, SECRET, official._tokens, 'http://127.0.0.1:9')
    errors = []
    for call in (lambda: official.exchange_code(code), lambda: dead.exchange_code(code), dead.fetch_ticket):
        with pytest.raises(wechat.WechatError) as caught:
            call()
        errors.append(str(caught.value))
    text = caplog.text + ''.join(errors) + repr(official)
    assert 'urllib3' in caplog.text and '/sns/oauth2/access_token' in caplog.text
    for secret in (
        SECRET, MINI_SECRET, code, login.access_token, login.openid, official._tokens.token, session.session_key,
    ):
        assert secret not in text


# -- the fake itself is strict

def test_the_fake_notices_what_the_platform_forgives(process):
    process.tell('reset')
    process.tell('accounts', appid=APP_ID, secret=SECRET)
    token = connect(wechat.OfficialAccount, process, APP_ID, SECRET).fetch_token()[0]
    requests.get(f'{process.url}/cgi-bin/ticket/getticket', {'access_token': token, 'type': 'jsapi', 'x': 1}, timeout=5)
    body = b'{"grant_type": null, "appid": "\\u4f60", "secret": ""}'
    requests.post(f'{process.url}/cgi-bin/stable_token', data=body, timeout=5)
    requests.get(f'{process.url}/connect/oauth2/authorize?redirect_uri=x&appid={APP_ID}', timeout=5)
    requests.get(f'{process.url}/cgi-bin/token', timeout=5)
    assert [violation.partition(': ')[2] or violation for violation in process.log['violations']] == [
        'unknown parameters: x', 'text that is not UTF-8: escapes', 'null values: grant_type',
        "the parameters are ['redirect_uri', 'appid'], in this order", 'GET /cgi-bin/token is no endpoint']


def test_the_fake_keeps_the_rules_of_the_stable_token(process):
    process.tell('reset')
    process.tell('accounts', appid=APP_ID, secret=SECRET)
    client = connect(wechat.OfficialAccount, process, APP_ID, SECRET)
    first, seconds = client.fetch_token()
    assert (client.fetch_token()[0], 7190 < seconds <= 7200) == (first, True)
    process.tell('clock', seconds=6901)
    second, _seconds = client.fetch_token()
    assert second != first
    for token in (first, second):       # both are good for a while
        requests_ok = requests.get(
            f'{process.url}/cgi-bin/ticket/getticket', {'access_token': token, 'type': 'jsapi'}, timeout=5).json()
        assert requests_ok['errcode'] == 0
    process.tell('clock', seconds=300)
    answer = requests.get(
        f'{process.url}/cgi-bin/ticket/getticket', {'access_token': first, 'type': 'jsapi'}, timeout=5).json()
    assert answer['errcode'] == 42001


def test_the_fake_is_a_program_that_needs_nothing_of_the_addon():
    for path in FAKES.glob('*.py'):
        text = path.read_text()
        assert 'distribution_wechat.' not in text and 'import distribution' not in text and 'odoo' not in text
    assert 'wechat_server' not in sys.modules
