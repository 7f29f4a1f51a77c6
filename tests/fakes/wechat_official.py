"""The API of official accounts: token, ticket, web login, codes to scan, messages."""
import re
import secrets
from urllib.parse import urlencode, urlsplit

from wechat_api import endpoint, require
from wechat_state import CODE_SECONDS, Refusal
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

AUTHORIZE = '/connect/oauth2/authorize'
_AUTHORIZE_ORDER = ['appid', 'redirect_uri', 'response_type', 'scope', 'state']
_STATE = re.compile(r'[a-zA-Z0-9]{1,128}')
_MESSAGE_ID_SECONDS = 600
_EXPIRE_MAX = 2_592_000
_PNG = b'\x89PNG\r\n\x1a\n'
_DAY = r'\d{4}年\d{1,2}月\d{1,2}日'
# What a keyword of a type takes.
_FIELD_PATTERNS = {
    'thing': r'.{1,20}',
    'character_string': r'[\x21-\x7e]{1,32}',
    'letter': r'[A-Za-z]{1,32}',
    'number': r'[0-9.]{1,32}',
    'symbol': r'.{1,5}',
    'time': rf'{_DAY}( \d{{1,2}}:\d{{2}})?|\d{{1,2}}:\d{{2}}',
    'date': rf'{_DAY}( \d{{1,2}}:\d{{2}})?',
    'amount': r'[¥￥$€£]?\d{1,10}(\.\d{1,2})?元?',
    'phrase': r'[\u4e00-\u9fff]{1,5}',
    'name': r"[\u4e00-\u9fff]{1,10}|[\u4e00-\u9fffA-Za-z'. ]{1,20}",
}


# -- token and ticket

@endpoint('POST', '/cgi-bin/stable_token', body='grant_type appid secret', body_optional='force_refresh')
def stable_token(call):
    require(call.body['grant_type'] == 'client_credential', 40002, "invalid grant_type")
    account = call.state.account(call.body['appid'], call.body['secret'])
    allowed = account.ip_list is None or call.request.remote_addr in account.ip_list
    require(allowed, 61004, f"access clientip is not registered {call.request.remote_addr}")
    return call.state.fetch_token(account, call.body.get('force_refresh') is True)


@endpoint('GET', '/cgi-bin/ticket/getticket', query='type', needs_token=True)
def get_ticket(call):
    require(call.query['type'] == 'jsapi', 40097, "invalid type")
    now = call.state.now()
    account = call.account
    if not account.ticket or account.ticket[1] - now <= CODE_SECONDS:
        account.ticket = (f'kgt8ON7y_{secrets.token_urlsafe(60)}', now + 7200)
    return {'errcode': 0, 'errmsg': 'ok', 'ticket': account.ticket[0], 'expires_in': int(account.ticket[1] - now)}


# -- web login

def authorize(state, request):
    """The page in WeChat's browser that sends people back with a code; it is no API."""
    names = [pair.partition('=')[0] for pair in request.query_string.decode().split('&')]
    if names != _AUTHORIZE_ORDER:
        state.violations.append(f"authorize: the parameters are {names}, in this order")
        return _refuse_page(10013, "parameters")
    query = request.args
    account = state.accounts.get(query['appid'])
    if not account:
        return _refuse_page(10012, "appid")
    if account.kind != 'service':
        return _refuse_page(10005, "no right to this scope")
    if query['response_type'] != 'code' or query['scope'] not in ('snsapi_base', 'snsapi_userinfo'):
        return _refuse_page(10005, "scope")
    if not _STATE.fullmatch(query['state']):
        state.violations.append("authorize: the state is not 1 to 128 letters and digits")
        return _refuse_page(10013, "state")
    if urlsplit(query['redirect_uri']).hostname != account.oauth_host:
        return _refuse_page(10003, "redirect_uri is not of the domain of the account")
    person = state.people.get(state.browser)
    if not person:
        return _refuse_page(10006, "open it in WeChat")
    code = state.issue_code('web', account, person, scope=query['scope'])
    joint = '&' if urlsplit(query['redirect_uri']).query else '?'
    return redirect(f"{query['redirect_uri']}{joint}{urlencode({'code': code, 'state': query['state']})}")


def _refuse_page(code, reason):
    return Response(f'<html><h3>{code}: {reason}</h3></html>', content_type='text/html')


@endpoint('GET', '/sns/oauth2/access_token', query='appid secret code grant_type')
def exchange_code(call):
    require(call.query['grant_type'] == 'authorization_code', 40002, "invalid grant_type")
    account = call.state.account(call.query['appid'], call.query['secret'])
    code, person = call.state.use_code('web', account, call.query['code'])
    return _issue_web_token(call.state, account, person, code['scope'])


@endpoint('GET', '/sns/oauth2/refresh_token', query='appid grant_type refresh_token')
def refresh_web_token(call):
    require(call.query['grant_type'] == 'refresh_token', 40002, "invalid grant_type")
    account = call.state.account(call.query['appid'])
    found = call.state.web_tokens.get(call.query['refresh_token'])
    require(found and found['kind'] == 'refresh' and found['appid'] == account.appid, 40030, "invalid refresh_token")
    return _issue_web_token(call.state, account, call.state.people[found['person']], found['scope'])


def _issue_web_token(state, account, person, scope):
    token, refresh = secrets.token_urlsafe(60), secrets.token_urlsafe(60)
    facts = {'appid': account.appid, 'person': person.name, 'scope': scope}
    state.web_tokens[token] = {'kind': 'access', 'until': state.now() + 7200, **facts}
    state.web_tokens[refresh] = {'kind': 'refresh', 'until': state.now() + 30 * 86400, **facts}
    answer = {
        'access_token': token, 'expires_in': 7200, 'refresh_token': refresh, 'openid': person.openid(account),
        'scope': scope}
    if scope == 'snsapi_userinfo' and account.is_bound:
        answer['unionid'] = person.unionid(account)
    if person.is_snapshot:
        answer['is_snapshotuser'] = 1
    return answer


@endpoint('GET', '/sns/userinfo', query='access_token openid', query_optional='lang')
def web_userinfo(call):
    found, account, person = _find_web_token(call)
    require(found['scope'] == 'snsapi_userinfo', 48001, "api unauthorized")
    answer = {
        'openid': person.openid(account), 'nickname': person.name, 'sex': 0, 'language': '', 'province': '',
        'city': '', 'country': '', 'headimgurl': f'https://thirdwx.qlogo.cn/mmopen/{person.name}/132', 'privilege': []}
    return {**answer, **({'unionid': person.unionid(account)} if account.is_bound else {})}


@endpoint('GET', '/sns/auth', query='access_token openid')
def web_auth(call):
    _find_web_token(call)
    return {'errcode': 0, 'errmsg': 'ok'}


def _find_web_token(call):
    found = call.state.web_tokens.get(call.query['access_token'])
    require(found and found['kind'] == 'access', 40001, "invalid credential")
    require(found['until'] > call.state.now(), 42001, "access_token expired")
    account, person = call.state.accounts[found['appid']], call.state.people[found['person']]
    require(call.query['openid'] == person.openid(account), 40003, "invalid openid")
    return found, account, person


# -- codes to scan

@endpoint(
    'POST', '/cgi-bin/qrcode/create', body='action_name action_info', body_optional='expire_seconds', needs_token=True)
def create_qr(call):
    name, scene = call.body['action_name'], _get_scene(call.body)
    limited = 'LIMIT' in name
    require(name in ('QR_SCENE', 'QR_STR_SCENE', 'QR_LIMIT_SCENE', 'QR_LIMIT_STR_SCENE'), 40052, "invalid action name")
    _check_scene(scene, name, limited)
    seconds = call.body.get('expire_seconds', 60)
    require(not (limited and 'expire_seconds' in call.body), 40053, "invalid action info: expire_seconds")
    require(type(seconds) is int and 1 <= seconds <= _EXPIRE_MAX, 40051, "invalid expire_seconds")
    call.account.qr_permanent += limited
    require(call.account.qr_permanent <= 100_000, 45029, "too many permanent codes")
    ticket = f'gQH47joAAAAAAAAAASxodHRwOi8v{secrets.token_urlsafe(24)}=='
    call.state.tickets[ticket] = {
        'appid': call.account.appid, 'scene': next(iter(scene.values())), 'until': call.state.now() + seconds}
    answer = {'ticket': ticket, 'url': f'http://weixin.qq.com/q/{secrets.token_urlsafe(12)}'}
    return answer if limited else {**answer, 'expire_seconds': seconds}


def _get_scene(body):
    info = body['action_info']
    scene = info.get('scene') if isinstance(info, dict) and set(info) == {'scene'} else None
    require(isinstance(scene, dict) and len(scene) == 1, 40053, "invalid action info")
    return scene


def _check_scene(scene, name, limited):
    if 'STR' in name:
        text = scene.get('scene_str')
        require(isinstance(text, str) and 1 <= len(text) <= 64, 40054, "invalid scene_str")
    else:
        number = scene.get('scene_id')
        top = 100_000 if limited else 2**32 - 1
        require(type(number) is int and 1 <= number <= top, 40053, "invalid scene_id")


def show_qr(state, request):
    """The picture of a code: public, without a token."""
    found = state.tickets.get(request.args.get('ticket', ''))
    if not found or found['until'] <= state.now():
        return Response('', 404)
    return Response(_PNG + secrets.token_bytes(64), content_type='image/jpg')


# -- messages

@endpoint(
    'POST', '/cgi-bin/message/template/send', body='touser template_id data',
    body_optional='url miniprogram client_msg_id', needs_token=True)
def send_template(call):
    person = call.state.person_of(call.account, call.body['touser'])
    require(call.account.appid in person.follows, 43004, "require subscribe")
    check_message(call)
    key = (call.account.appid, call.body['touser'], call.body.get('client_msg_id'))
    sent = call.state.sent_ids.get(key)
    if key[2] and sent and sent[1] > call.state.now() - _MESSAGE_ID_SECONDS:
        return {'errcode': 0, 'errmsg': 'ok', 'msgid': sent[0]}
    msgid = keep_message(call, 'template')
    call.state.sent_ids[key] = (msgid, call.state.now())
    return {'errcode': 0, 'errmsg': 'ok', 'msgid': msgid}


@endpoint(
    'POST', '/cgi-bin/message/subscribe/bizsend', body='touser template_id data', body_optional='page miniprogram',
    needs_token=True)
def send_subscription(call):
    spend_consent(call)
    keep_message(call, 'bizsend')
    return {'errcode': 0, 'errmsg': 'ok'}


def check_message(call):
    """Check template and fields as the platform does: the message names the field."""
    fields = call.account.templates.get(call.body['template_id'])
    require(fields is not None, 40037, "invalid template_id")
    data = call.body['data']
    require(isinstance(data, dict), 47003, "argument invalid! data")
    for name in fields:
        value = data.get(name, {}).get('value') if isinstance(data.get(name), dict) else None
        pattern = _FIELD_PATTERNS.get(name.rstrip('0123456789'), '.{1,20}')
        require(
            isinstance(value, str) and re.fullmatch(pattern, value), 47003,
            f"argument invalid! data.{name}.value invalid")
    require(set(data) == set(fields), 47003, f"argument invalid! {sorted(set(data) - set(fields))}")


def spend_consent(call):
    """One consent of a person is one message."""
    person = call.state.person_of(call.account, call.body['touser'])
    check_message(call)
    key = f"{call.account.appid} {call.body['template_id']}"
    if person.consents.get(key, 0) < 1:
        raise Refusal(43101, "user refuse to accept the msg")
    person.consents[key] -= 1


def keep_message(call, kind):
    msgid = 10**15 + len(call.state.messages)
    call.state.messages.append({'kind': kind, 'appid': call.account.appid, 'msgid': msgid, **call.body})
    return msgid
