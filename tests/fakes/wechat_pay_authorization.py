"""Consents to receive transfers without confirming each, as WeChat Pay keeps them; and transfers under them."""
import secrets

from wechat_pay_api import check, check_payee, check_text, check_url, decrypt_name, pay_endpoint, to_time
from wechat_pay_transfer import BILLS, PERCEPTIONS, find_known, take

PATH = '/v3/fund-app/mch-transfer/user-confirm-authorization'
DAY = 86400


@pay_endpoint(
    'POST', PATH, 'out_authorization_no appid openid transfer_scene_id user_display_name authorization_notify_url',
    'user_recv_perception scene_info')
def create(call):
    body, consents = call.body, call.merchant.authorizations
    check_text(body['out_authorization_no'], 32, r'[0-9A-Za-z]+')
    check_text(body['user_display_name'], 64)
    check_url(body['authorization_notify_url'])
    check_payee(call, body['appid'], body['openid'])
    check(call.merchant.may_authorize, 'NO_AUTH', "免确认收款授权", 403)
    scene = body['transfer_scene_id']
    check(scene in PERCEPTIONS, 'NO_AUTH', "scene", 403)
    check(body.get('user_recv_perception', '劳务报酬') in PERCEPTIONS[scene], 'INVALID_REQUEST', "perception")
    known = consents.get(body['out_authorization_no'])
    check(not known or known['asked'] == body, 'INVALID_REQUEST', "the number was used with other data")
    others = [number for number, consent in consents.items() if (
        consent['asked']['openid'], consent['asked']['transfer_scene_id']) == (body['openid'], scene)]
    check(known or not others, 'INVALID_REQUEST', "授权数量达到限制")
    if not known or find(call, known)['state'] == 'CLOSED':
        known = consents[body['out_authorization_no']] = {
            'asked': body, 'state': 'WAIT_USER_CONFIRM', 'reason': '', 'created': call.state.now(), 'id': '',
            'package': secrets.token_urlsafe(40)}
    return show_consent(call, known)


@pay_endpoint('GET', PATH + '/out-authorization-no/{}', query='is_display_authorization')
def query(call):
    return show_consent(call, find(call), is_query=True)


@pay_endpoint('POST', PATH + '/out-authorization-no/{}/close')
def close(call):
    move(find(call), 'CLOSED', 'CLOSE_VIA_MCH_API')
    return show_consent(call, find(call), is_query=True)


@pay_endpoint(
    'POST', BILLS + '/transfer',
    'out_authorization_no appid out_bill_no transfer_scene_id transfer_amount transfer_remark transfer_scene_report_infos',
    'user_name notify_url user_recv_perception')
def transfer(call):
    body = call.body
    check_text(body['out_bill_no'], 32, r'[0-9A-Za-z]+')
    consent = call.merchant.authorizations.get(body['out_authorization_no'])
    check(consent, 'INVALID_REQUEST', "授权不存在")
    asked = {
        **{name: value for name, value in body.items() if name != 'out_authorization_no'},
        'openid': consent['asked']['openid'],
        'user_name': decrypt_name(call, body['user_name']) if 'user_name' in body else None}
    if known := find_known(call, asked):
        return known
    check(find(call, consent)['state'] == 'TAKING_EFFECT', 'INVALID_REQUEST', "授权已关闭")
    check(body['appid'] == consent['asked']['appid'], 'INVALID_REQUEST', "appid")
    return take(call, asked, 'TRANSFERING', '')


# -- what is known

def find(call, consent=None):
    consent = consent or call.merchant.authorizations.get(call.number)
    check(consent, 'NOT_FOUND', "记录不存在", 404)
    if consent['state'] == 'WAIT_USER_CONFIRM' and call.state.now() - consent['created'] >= DAY:
        move(consent, 'CLOSED', 'USER_OVERDUE_UNCONFIRMED')
    return consent


def move(consent, target, reason=''):
    """Let the person consent, or end it."""
    consent.update(state=target, reason=reason)
    if target == 'TAKING_EFFECT':
        consent['id'] = f'AUTH{secrets.token_hex(8)}'


def show_consent(call, consent, is_query=False):
    asked = consent['asked']
    answer = {
        'out_authorization_no': asked['out_authorization_no'], 'state': consent['state'],
        'create_time': to_time(consent['created'])}
    if not is_query:
        return answer | ({'package_info': consent['package']} if consent['state'] == 'WAIT_USER_CONFIRM' else {})
    return answer | describe(call.state, consent)


def describe(state, consent):
    asked = consent['asked']
    answer = {'appid': asked['appid'], 'openid': asked['openid'], 'user_display_name': asked['user_display_name']}
    if consent['id']:
        answer |= {'authorization_id': consent['id'], 'authorize_time': to_time(state.now())}
    if consent['state'] == 'CLOSED':
        answer['close_info'] = {'close_time': to_time(state.now()), 'close_reason': consent['reason']}
    return answer


def prepare_notice(state, merchant, number):
    """Return what the platform tells of a consent."""
    consent = merchant.authorizations[number]
    kind = 'CONFIRMED' if consent['state'] == 'TAKING_EFFECT' else 'CLOSED'
    return f'AUTHORIZATION-{number}-{kind}', f'MCHTRANSFER.AUTHORIZATION.{kind}', 'mch_payment', {
        'out_authorization_no': number, 'state': consent['state'], **describe(state, consent)}
