"""Profit sharing as WeChat Pay carries it out: out of frozen payments, within a share of them, for thirty days."""
import secrets

from wechat_pay_api import (
    PayRefusal,
    check,
    check_fen,
    check_payee,
    check_text,
    decrypt_name,
    pay_endpoint,
    to_time,
)

SHARING = '/v3/profitsharing'
_NUMBER = r'[0-9A-Za-z_\-|*@]+'
_TYPES = ('MERCHANT_ID', 'PERSONAL_OPENID')
_SECONDS, _DAYS, _COUNT_MAX, _RETURN_DAYS = 60, 30 * 86400, 50, 180 * 86400
_FEE = 60       # in 10,000, of a payment


# -- receivers

@pay_endpoint('POST', SHARING + '/receivers/add', 'appid type account relation_type', 'name')
def add_receiver(call):
    body, merchant = call.body, call.merchant
    check_receiver(call, body)
    check(body['relation_type'] == 'DISTRIBUTOR', 'PARAM_ERROR', "relation_type")
    check('name' in body or body['type'] != 'MERCHANT_ID', 'PARAM_ERROR', "name")
    name = decrypt_name(call, body['name']) if 'name' in body else None
    merchant.receivers.setdefault(to_key(body['appid'], body), name)        # what there is, is not overwritten
    return {name: body[name] for name in ('type', 'account', 'relation_type')}


@pay_endpoint('POST', SHARING + '/receivers/delete', 'appid type account')
def delete_receiver(call):
    check_receiver(call, call.body)
    call.merchant.receivers.pop(to_key(call.body['appid'], call.body), None)
    return {name: call.body[name] for name in ('type', 'account')}


def check_receiver(call, body):
    check(body['type'] in _TYPES, 'PARAM_ERROR', "type")
    if body['type'] == 'PERSONAL_OPENID':
        check_payee(call, body['appid'], body['account'])
    else:
        check(body['appid'] in call.merchant.app_ids, 'APPID_MCHID_NOT_MATCH', "appid")
        check_text(body['account'], 32, r'[0-9]{8,32}')


def to_key(app_id, body):
    return f'{app_id} {body["type"]} {body["account"]}'


# -- sharing and unfreezing

@pay_endpoint('POST', SHARING + '/orders', 'appid transaction_id out_order_no receivers unfreeze_unsplit')
def share(call):
    body, merchant = call.body, call.merchant
    check_text(body['out_order_no'], 64, _NUMBER)
    if known := merchant.sharings.get(body['out_order_no']):
        check(known['asked'] == body, 'INVALID_REQUEST', "the number was used with other data")
        return show(known)
    check(body['appid'] in merchant.app_ids, 'APPID_MCHID_NOT_MATCH', "appid")
    check(type(body['unfreeze_unsplit']) is bool, 'PARAM_ERROR', "unfreeze_unsplit")
    amount = check_shares(call)
    order = find_payment(call, body['transaction_id'])
    check_frozen(call, order)
    check(call.state.now() - order['paid'] >= _SECONDS, 'INVALID_REQUEST', "订单处理中")
    count = sum(item['asked']['transaction_id'] == order['id'] for item in merchant.sharings.values())
    check(count < _COUNT_MAX, 'INVALID_REQUEST', "50 sharings")
    total = order['asked']['amount']['total']
    check(get_shared(merchant, order) + amount <= total * merchant.share_ratio // 10_000, 'RULE_LIMIT', "超出最大分账比例", 403)
    check(amount <= get_unsplit(call.state, merchant, order), 'NOT_ENOUGH', "分账金额不足", 403)
    item = keep(call, [
        {**row, 'result': 'PENDING', 'detail_id': f'3602{secrets.randbelow(10 ** 12):012}'} for row in body['receivers']])
    if not merchant.share_waits:
        work_on_sharing(call.state, merchant, item)
    return show(item)


def check_shares(call):
    """Check the receivers of a call; return what they get together."""
    rows = call.body['receivers']
    check(isinstance(rows, list) and 0 < len(rows) <= _COUNT_MAX, 'PARAM_ERROR', "receivers")
    for row in rows:
        check({'type', 'account', 'amount', 'description'} == set(row) - {'name'}, 'PARAM_ERROR', "receiver")
        check_receiver(call, {'appid': call.body['appid'], **row})
        check_fen(row['amount'])
        check_text(row['description'], 80)
    check(len({(row['type'], row['account']) for row in rows}) == len(rows), 'PARAM_ERROR', "a receiver twice")
    return sum(row['amount'] for row in rows)


@pay_endpoint('GET', SHARING + '/orders/{}', query='transaction_id')
def query(call):
    item = call.merchant.sharings.get(call.number)
    if not item or item['asked']['transaction_id'] != call.request.args['transaction_id']:
        raise PayRefusal(404, 'RESOURCE_NOT_EXISTS', "记录不存在")
    return show(item)


@pay_endpoint('POST', SHARING + '/orders/unfreeze', 'transaction_id out_order_no description')
def unfreeze(call):
    body, merchant = call.body, call.merchant
    check_text(body['out_order_no'], 64, _NUMBER)
    check_text(body['description'], 80)
    if known := merchant.sharings.get(body['out_order_no']):
        return show(known)      # whatever it was: it says yes, and does nothing
    order = find_payment(call, body['transaction_id'])
    check_frozen(call, order)
    item = keep(call, [])
    if not merchant.share_waits:
        work_on_sharing(call.state, merchant, item)
    return show(item)


@pay_endpoint('GET', SHARING + '/transactions/{}/amounts')
def query_unsplit(call):
    order = find_payment(call, call.number)
    return {'transaction_id': order['id'], 'unsplit_amount': get_unsplit(call.state, call.merchant, order)}


def find_payment(call, number):
    for order in call.merchant.orders.values():
        if order['id'] == number and order['paid']:
            return order
    raise PayRefusal(404, 'ORDER_NOT_EXIST', "订单不存在")


def check_frozen(call, order):
    check('settle_info' in order['asked'], 'INVALID_REQUEST', "非分账订单不支持分账")
    thaw(call.state, order)
    check(not order['unfrozen'], 'INVALID_REQUEST', "订单已完结分账")
    check(order['refunded'] < order['asked']['amount']['total'], 'INVALID_REQUEST', "订单已全额退款")


def thaw(state, order):
    """After thirty days, all is the merchant's."""
    if state.now() - order['paid'] >= _DAYS:
        order['unfrozen'] = True


def get_shared(merchant, order):
    """Return what was or is to be shared of a payment; what was returned counts, what failed does not."""
    return sum(
        row['amount'] for item in merchant.sharings.values() if item['asked']['transaction_id'] == order['id']
        for row in item['rows'] if row['result'] != 'CLOSED')


def get_unsplit(state, merchant, order):
    thaw(state, order)
    total = order['asked']['amount']['total']
    rest = total - total * _FEE // 10_000 - order['refunded'] - get_shared(merchant, order)
    return 0 if order['unfrozen'] else max(0, rest)


def keep(call, rows):
    item = call.merchant.sharings[call.body['out_order_no']] = {
        'asked': call.body, 'rows': rows, 'state': 'PROCESSING', 'id': f'3008{secrets.randbelow(10 ** 24):024}',
        'created': call.state.now()}
    return item


def show(item):
    answer = {
        'transaction_id': item['asked']['transaction_id'], 'out_order_no': item['asked']['out_order_no'],
        'order_id': item['id'], 'state': item['state']}
    if item['rows']:
        answer['receivers'] = [
            {**row, 'create_time': to_time(item['created']), 'finish_time': to_time(item['created'])}
            for row in item['rows']]
    return answer


# -- returns

@pay_endpoint('POST', SHARING + '/return-orders', 'out_order_no out_return_no return_mchid amount description')
def create_return(call):
    body, merchant = call.body, call.merchant
    check_text(body['out_return_no'], 64, _NUMBER)
    check_text(body['description'], 80)
    check_fen(body['amount'])
    if known := merchant.returns.get(body['out_return_no']):
        check(known['asked'] == body, 'INVALID_REQUEST', "the number was used with other data")
        return show_return(known)
    item = merchant.sharings.get(body['out_order_no'])
    check(item, 'RESOURCE_NOT_EXISTS', "no such sharing", 404)
    rows = [row for row in item['rows'] if (row['type'], row['account'], row['result']) == (
        'MERCHANT_ID', body['return_mchid'], 'SUCCESS')]
    check(rows, 'INVALID_REQUEST', "nothing was shared with this merchant")
    check(call.state.now() - item['created'] < _RETURN_DAYS, 'INVALID_REQUEST', "180 days")
    check(body['return_mchid'] in merchant.consents, 'NO_AUTH', "the receiver has not agreed", 403)
    others = [other for other in merchant.returns.values() if other['asked']['out_order_no'] == body['out_order_no']]
    check(len(others) < _COUNT_MAX, 'INVALID_REQUEST', "50 returns")
    returned = sum(other['asked']['amount'] for other in others if other['result'] != 'FAILED')
    check(returned + body['amount'] <= rows[0]['amount'], 'INVALID_REQUEST', "too much")
    known = merchant.returns[body['out_return_no']] = {
        'asked': body, 'result': 'PROCESSING', 'reason': '', 'created': call.state.now(),
        'id': f'3108{secrets.randbelow(10 ** 20):020}'}
    if not merchant.share_waits:
        work_on_return(call.state, merchant, known)
    return show_return(known)


@pay_endpoint('GET', SHARING + '/return-orders/{}', query='out_order_no')
def query_return(call):
    item = call.merchant.returns.get(call.number)
    if not item or item['asked']['out_order_no'] != call.request.args['out_order_no']:
        raise PayRefusal(404, 'RESOURCE_NOT_EXISTS', "记录不存在")
    return show_return(item)


def show_return(item):
    return {
        **{name: item['asked'][name] for name in ('out_order_no', 'out_return_no', 'return_mchid', 'amount', 'description')},
        'return_id': item['id'], 'result': item['result'], 'create_time': to_time(item['created']),
        **({'fail_reason': item['reason']} if item['reason'] else {})}


# -- what is known

def work(state, merchant, number):
    """Work on what waits; tell what is frozen of each payment, who may receive, and what was asked for."""
    if number in merchant.sharings:
        work_on_sharing(state, merchant, merchant.sharings[number])
    elif number:
        work_on_return(state, merchant, merchant.returns[number])
    return {
        'unsplit': {name: get_unsplit(state, merchant, order) for name, order in merchant.orders.items() if order['paid']},
        'receivers': merchant.receivers, 'returns': {name: item['result'] for name, item in merchant.returns.items()},
        'sharings': {name: item['state'] for name, item in merchant.sharings.items()}}


def work_on_sharing(state, merchant, item):
    asked = item['asked']
    for row in item['rows']:
        known = to_key(asked['appid'], row) in merchant.receivers
        reason = merchant.share_faults.get(row['account']) or ('' if known else 'NO_RELATION')
        row['result'] = 'CLOSED' if reason else 'SUCCESS'
        if reason:
            row['fail_reason'] = reason
        else:
            merchant.money.append({
                'kind': 'share', 'number': asked['out_order_no'], 'amount': row['amount'], 'openid': row['account'],
                'time': state.now()})
    item['state'] = 'FINISHED'
    order = next(order for order in merchant.orders.values() if order['id'] == asked['transaction_id'])
    if not item['rows'] or asked['unfreeze_unsplit']:
        merchant.money.append({
            'kind': 'unfreeze', 'number': asked['out_order_no'], 'openid': '',
            'amount': get_unsplit(state, merchant, order), 'time': state.now()})
        order['unfrozen'] = True


def work_on_return(state, merchant, item):
    asked = item['asked']
    item['reason'] = merchant.share_faults.get(asked['return_mchid'], '')
    item['result'] = 'FAILED' if item['reason'] else 'SUCCESS'
    if not item['reason']:
        merchant.money.append({
            'kind': 'return', 'number': asked['out_return_no'], 'amount': asked['amount'], 'openid': asked['return_mchid'],
            'time': state.now()})
