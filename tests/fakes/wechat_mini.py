"""The API of mini programs: login, phone number, codes, messages."""
import base64
import re
import secrets

from wechat_api import endpoint, require
from wechat_official import keep_message, spend_consent
from werkzeug.wrappers import Response

_SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
_PAGE = re.compile(r'[A-Za-z0-9_\-/]{1,128}')


@endpoint('GET', '/sns/jscode2session', query='appid secret js_code grant_type')
def code_to_session(call):
    require(call.query['grant_type'] == 'authorization_code', 40002, "invalid grant_type")
    account = call.state.account(call.query['appid'], call.query['secret'])
    _code, person = call.state.use_code('login', account, call.query['js_code'])
    require(not person.is_risky, 40226, "code blocked")
    answer = {
        'openid': person.openid(account), 'session_key': base64.b64encode(secrets.token_bytes(16)).decode()}
    return {**answer, **({'unionid': person.unionid(account)} if account.is_bound else {})}


@endpoint('POST', '/wxa/business/getuserphonenumber', body='code', body_optional='openid', needs_token=True)
def get_phone_number(call):
    _code, person = call.state.use_code('phone', call.account, call.body['code'])
    return {'errcode': 0, 'errmsg': 'ok', 'phone_info': {
        'phoneNumber': f'+86{person.phone}', 'purePhoneNumber': person.phone, 'countryCode': '86',
        'watermark': {'timestamp': int(call.state.now()), 'appid': call.account.appid}}}


@endpoint(
    'POST', '/wxa/getwxacodeunlimit', body='scene', needs_token=True,
    body_optional='page check_path env_version width auto_color line_color is_hyaline')
def get_unlimited_code(call):
    body = call.body
    require(isinstance(body['scene'], str) and _SCENE.fullmatch(body['scene']), 40169, "invalid length for scene")
    require('scancode_time' not in body['scene'], 85096, "scancode_time is reserved")
    page = body.get('page', '')
    require(not page or (_PAGE.fullmatch(page) and not page.startswith('/')), 40159, "invalid length for path")
    require(not page or not body.get('check_path', True) or page in call.account.pages, 41030, "invalid page")
    require(body.get('env_version', 'release') in ('release', 'trial', 'develop'), 40097, "invalid env_version")
    require(280 <= body.get('width', 430) <= 1280, 40097, "invalid width")
    return Response(b'\x89PNG\r\n\x1a\n' + body['scene'].encode(), content_type='image/png')


@endpoint(
    'POST', '/cgi-bin/message/subscribe/send', body='touser template_id data',
    body_optional='page miniprogram_state lang', needs_token=True)
def send_subscription(call):
    require(
        call.body.get('miniprogram_state', 'formal') in ('developer', 'trial', 'formal'), 47003,
        "argument invalid! miniprogram_state")
    spend_consent(call)
    keep_message(call, 'subscribe')
    return {'errcode': 0, 'errmsg': 'ok'}
