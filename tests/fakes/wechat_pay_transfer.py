"""Transfers to people as WeChat Pay carries them out: with a person who confirms, or does not."""
import hashlib
import json
import secrets

from wechat_pay_api import (
    PayRefusal,
    check,
    check_fen,
    check_payee,
    check_text,
    check_url,
    decrypt_name,
    pay_endpoint,
    to_time,
)

BILLS = '/v3/fund-app/mch-transfer/transfer-bills'
RECEIPTS = '/v3/fund-app/mch-transfer/elecsign/out-bill-no'
FILES = '/v3/fake-receipts/{}'
SCENES = {'1005': {'岗位类型', '报酬说明'}, '1000': {'活动名称', '奖励说明'}}
PERCEPTIONS = {'1005': {'劳务报酬', '报销款', '企业补贴', '开工利是'}, '1000': {'活动奖励', '现金奖励'}}
NEXT = {
    'ACCEPTED': {'PROCESSING', 'WAIT_USER_CONFIRM', 'FAIL', 'CANCELING'},
    'PROCESSING': {'WAIT_USER_CONFIRM', 'FAIL', 'CANCELING'},
    'WAIT_USER_CONFIRM': {'TRANSFERING', 'SUCCESS', 'FAIL', 'CANCELING'},
    'TRANSFERING': {'SUCCESS', 'FAIL'},
    'CANCELING': {'CANCELLED', 'SUCCESS'},
}
FINAL = {'SUCCESS', 'FAIL', 'CANCELLED'}
DAY, MONTH = 86400, 30 * 86400


@pay_endpoint(
    'POST', BILLS,
    'appid out_bill_no transfer_scene_id openid transfer_amount transfer_remark transfer_scene_report_infos',
    'user_name notify_url user_recv_perception')
def create(call):
    body, merchant = call.body, call.merchant
    check_text(body['out_bill_no'], 32, r'[0-9A-Za-z]+')
    asked = {**body, 'user_name': decrypt_name(call, body['user_name']) if 'user_name' in body else None}
    return find_known(call, asked) or take(call, asked, merchant.first_state, secrets.token_urlsafe(40))


def find_known(call, asked):
    """Return what the number of a transfer was used for before, or None; it has to be the very same."""
    bill = call.merchant.bills.get(asked['out_bill_no'])
    if bill:
        check(bill['asked'] == asked, 'INVALID_REQUEST', "the number was used with other data")
    return bill and show(call, bill)


def take(call, asked, first_state, package):
    """Take a transfer: its money is set aside."""
    merchant = call.merchant
    person = check_payee(call, asked['appid'], asked['openid'])
    check_form(merchant, call.body)
    check(asked['transfer_amount'] <= merchant.balance, 'NOT_ENOUGH', "the balance is too low", 403)
    merchant.balance -= asked['transfer_amount']
    bill = merchant.bills[asked['out_bill_no']] = {
        'asked': asked, 'state': first_state, 'reason': '', 'created': call.state.now(), 'updated': call.state.now(),
        'bill_no': f'1330000{secrets.token_hex(12)}', 'real_name': person.name, 'package': package}
    return show(call, bill)


def check_form(merchant, body):
    amount, scene = body['transfer_amount'], body['transfer_scene_id']
    check_fen(amount, 10)
    check(amount <= merchant.largest_transfer, 'INVALID_REQUEST', "超过单笔转账上下限")
    check('user_name' in body or amount < 200_000, 'PARAM_ERROR', "user_name is needed")
    check('user_name' not in body or amount >= 30, 'PARAM_ERROR', "user_name is refused")
    check_text(body['transfer_remark'], 32)
    if 'notify_url' in body:
        check_url(body['notify_url'])
    infos = body['transfer_scene_report_infos']
    check(scene in SCENES, 'NO_AUTH', "scene", 403)
    check(isinstance(infos, list) and {info.get('info_type') for info in infos} == SCENES[scene]
          and len(infos) == len(SCENES[scene]), 'PARAM_ERROR', "需传入转账场景报备信息")
    for info in infos:
        check(set(info) == {'info_type', 'info_content'}, 'PARAM_ERROR', "report")
        check_text(info['info_content'], 32)
    check(body.get('user_recv_perception', '劳务报酬') in PERCEPTIONS[scene], 'INVALID_REQUEST', "perception")


@pay_endpoint('GET', BILLS + '/out-bill-no/{}')
def query(call):
    return show(call, find(call), is_query=True)


@pay_endpoint('POST', BILLS + '/out-bill-no/{}/cancel')
def cancel(call):
    bill = find(call)
    if bill['state'] not in ('CANCELING', 'CANCELLED'):
        check('CANCELING' in NEXT.get(bill['state'], ()), 'INVALID_REQUEST', "cannot be cancelled")
        move(call.state, call.merchant, bill, 'CANCELING')
    return {
        'out_bill_no': call.number, 'transfer_bill_no': bill['bill_no'], 'state': bill['state'],
        'update_time': to_time(bill['updated'])}


@pay_endpoint('POST', RECEIPTS, 'out_bill_no')
def create_receipt(call):
    bill = call.merchant.bills.get(call.body['out_bill_no'])
    check(bill and bill['state'] == 'SUCCESS' and bill['asked']['user_name'], 'INVALID_REQUEST', "no receipt")
    call.merchant.receipts[call.body['out_bill_no']] = f'%PDF receipt {bill["bill_no"]}'.encode()
    return {'state': 'GENERATING', 'create_time': to_time(call.state.now())}


@pay_endpoint('GET', RECEIPTS + '/{}')
def get_receipt(call):
    check(call.number in call.merchant.receipts, 'NOT_FOUND', "no receipt", 404)
    return {
        'state': 'FINISHED', 'hash_type': 'SHA256',
        'hash_value': hashlib.sha256(call.merchant.receipts[call.number]).hexdigest(),
        'download_url': 'https://api.mch.weixin.qq.com' + FILES.format(call.number)}


@pay_endpoint('GET', FILES)
def download_receipt(call):
    return call.merchant.receipts[call.number]


# -- what is known

def find(call):
    bill = call.merchant.bills.get(call.number)
    if not bill or call.state.now() - bill['created'] > MONTH:
        raise PayRefusal(404, 'NOT_FOUND', "记录不存在")
    return bill


def show(call, bill, is_query=False):
    """Return a bill as answers do."""
    expire(call.state, call.merchant, bill)
    asked = bill['asked']
    answer = {
        'out_bill_no': asked['out_bill_no'], 'transfer_bill_no': bill['bill_no'], 'state': bill['state'],
        'create_time': to_time(bill['created'])}
    if bill['reason']:
        answer['fail_reason'] = bill['reason']
    if bill['state'] == 'WAIT_USER_CONFIRM' and not is_query:
        answer['package_info'] = bill['package']
    if is_query:
        answer |= {
            'mch_id': call.merchant.mchid, 'appid': asked['appid'], 'openid': asked['openid'],
            'transfer_amount': asked['transfer_amount'], 'transfer_remark': asked['transfer_remark'],
            'update_time': to_time(bill['updated'])}
    return answer


def prepare_notice(_state, merchant, number):
    """Return what the platform tells of a bill that is over."""
    bill = merchant.bills[number]
    asked = bill['asked']
    return f'MCHTRANSFER-{number}-{bill["state"]}', 'MCHTRANSFER.BILL.FINISHED', 'mch_payment', {
        'out_bill_no': number, 'transfer_bill_no': bill['bill_no'], 'state': bill['state'], 'mch_id': merchant.mchid,
        'transfer_amount': asked['transfer_amount'], 'openid': asked['openid'],
        **({'fail_reason': bill['reason']} if bill['reason'] else {}),
        'create_time': to_time(bill['created']), 'update_time': to_time(bill['updated'])}


def expire(state, merchant, bill):
    if bill['state'] == 'WAIT_USER_CONFIRM' and state.now() - bill['created'] >= DAY:
        move(state, merchant, bill, 'FAIL', 'OVERDUE_CLOSE')


def move(state, merchant, bill, target, reason=''):
    """Let a bill become what it may become; money moves at the end."""
    asked = bill['asked']
    if target not in NEXT.get(bill['state'], ()):
        raise ValueError(f"{bill['state']} cannot become {target}")
    bill.update(state=target, reason=reason, updated=state.now())
    if target == 'SUCCESS':
        merchant.money.append({
            'kind': 'transfer', 'number': asked['out_bill_no'], 'amount': asked['transfer_amount'],
            'openid': asked['openid'], 'name': json.dumps(asked['user_name']), 'time': state.now()})
    elif target in FINAL:
        merchant.balance += asked['transfer_amount']
