"""Payments of customers and refunds, as WeChat Pay carries them out."""
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

ORDERS = '/v3/pay/transactions'
REFUNDS = '/v3/refund/domestic/refunds'
_FIELDS = 'appid mchid description out_trade_no notify_url amount'
_SECONDS, _REFUNDS_MAX = 7 * 86400, 50


@pay_endpoint('POST', ORDERS + '/jsapi', _FIELDS + ' payer', 'time_expire settle_info')
def create_jsapi(call):
    check(set(call.body['payer']) == {'openid'}, 'PARAM_ERROR', "payer")
    check_payee(call, call.body['appid'], call.body['payer']['openid'])
    take(call, 'JSAPI')
    return {'prepay_id': f'wx{secrets.token_hex(17)}'}


@pay_endpoint('POST', ORDERS + '/native', _FIELDS, 'time_expire settle_info')
def create_native(call):
    take(call, 'NATIVE')
    return {'code_url': f'weixin://wxpay/bizpayurl?pr={secrets.token_hex(5)}'}


@pay_endpoint('POST', ORDERS + '/h5', _FIELDS + ' scene_info', 'time_expire settle_info')
def create_h5(call):
    scene = call.body['scene_info']
    check(set(scene) == {'payer_client_ip', 'h5_info'}, 'PARAM_ERROR', "scene_info")
    check(scene['h5_info'].get('type') in ('Wap', 'iOS', 'Android'), 'PARAM_ERROR', "h5_info")
    check_text(scene['payer_client_ip'], 45, r'[0-9a-f.:]+')
    take(call, 'MWEB')
    return {'h5_url': f'https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx{secrets.token_hex(5)}&package=1'}


def take(call, trade_type):
    """Take an order; the same number again has to be the same order."""
    body, merchant = call.body, call.merchant
    check_text(body['out_trade_no'], 32, r'[0-9A-Za-z_\-|*]{6,32}')
    asked = {**body, 'trade_type': trade_type}
    if order := merchant.orders.get(body['out_trade_no']):
        check(order['asked'] == asked, 'INVALID_REQUEST', "268498688: the number was used with other data")
        check(order['state'] == 'NOTPAY', 'ORDERPAID' if order['state'] == 'SUCCESS' else 'ORDER_CLOSED')
        return
    check(body['appid'] in merchant.app_ids, 'APPID_MCHID_NOT_MATCH')
    check(body['mchid'] == merchant.mchid, 'PARAM_ERROR', "mchid")
    check_text(body['description'], 127)
    check_url(body['notify_url'], ('http', 'https'))
    check(set(body['amount']) == {'total', 'currency'} and body['amount']['currency'] == 'CNY', 'PARAM_ERROR', "amount")
    check_fen(body['amount']['total'])
    check(body.get('settle_info', {'profit_sharing': True}) == {'profit_sharing': True}, 'PARAM_ERROR', "settle_info")
    merchant.orders[body['out_trade_no']] = {
        'asked': asked, 'state': 'NOTPAY', 'id': f'4200{secrets.randbelow(10 ** 24):024}', 'openid': '',
        'created': call.state.now(), 'paid': None, 'refunded': 0, 'unfrozen': 'settle_info' not in body}


@pay_endpoint('GET', ORDERS + '/out-trade-no/{}', query='mchid')
def query(call):
    check(call.request.args['mchid'] == call.merchant.mchid, 'PARAM_ERROR', "mchid")
    return show(call.state, call.merchant, find(call))


@pay_endpoint('POST', ORDERS + '/out-trade-no/{}/close', 'mchid')
def close(call):
    order = find(call)
    check(order['state'] in ('NOTPAY', 'CLOSED'), 'ORDERPAID', "it is paid")
    order['state'] = 'CLOSED'


@pay_endpoint('POST', REFUNDS, 'out_trade_no out_refund_no amount', 'reason notify_url')
def refund(call):
    body, merchant = call.body, call.merchant
    check_text(body['out_refund_no'], 64, r'[0-9A-Za-z_\-|*@]+')
    known = merchant.refunds.get(body['out_refund_no'])
    if known:
        check(known['asked'] == body, 'INVALID_REQUEST', "the number was used with other data")
        return show_refund(known)
    order = merchant.orders.get(body['out_trade_no'])
    check(order and order['state'] in ('SUCCESS', 'REFUND'), 'RESOURCE_NOT_EXISTS', "no such payment", 404)
    check(set(body['amount']) == {'refund', 'total', 'currency'}, 'PARAM_ERROR', "amount")
    check(body['amount']['total'] == order['asked']['amount']['total'], 'INVALID_REQUEST', "total")
    check_fen(body['amount']['refund'])
    check(order['refunded'] + body['amount']['refund'] <= order['asked']['amount']['total'], 'INVALID_REQUEST', "too much")
    count = sum(item['asked']['out_trade_no'] == body['out_trade_no'] for item in merchant.refunds.values())
    check(count < _REFUNDS_MAX, 'INVALID_REQUEST', "50 refunds")
    if 'notify_url' in body:
        check_url(body['notify_url'], ('http', 'https'))
    order.update(state='REFUND', refunded=order['refunded'] + body['amount']['refund'])
    known = merchant.refunds[body['out_refund_no']] = {
        'asked': body, 'state': 'PROCESSING', 'id': f'5030{secrets.randbelow(10 ** 20):020}', 'transaction': order['id'],
        'created': call.state.now()}
    return show_refund(known)


@pay_endpoint('GET', REFUNDS + '/{}')
def query_refund(call):
    if call.number not in call.merchant.refunds:
        raise PayRefusal(404, 'RESOURCE_NOT_EXISTS', "no such refund")
    return show_refund(call.merchant.refunds[call.number])


@pay_endpoint('POST', REFUNDS + '/{}/apply-abnormal-refund', 'out_refund_no type', 'bank_type bank_account real_name')
def apply_abnormal(call):
    """Take where the money shall go: to another card of the payer, or to the merchant."""
    body = call.body
    item = call.merchant.refunds.get(body['out_refund_no'])
    if not item or item['id'] != call.number:
        raise PayRefusal(404, 'RESOURCE_NOT_EXISTS', "no such refund")
    check(body['type'] in ('USER_BANK_CARD', 'MERCHANT_BANK_CARD'), 'PARAM_ERROR', "type")
    is_card = body['type'] == 'USER_BANK_CARD'
    check(len(body) == (5 if is_card else 2), 'PARAM_ERROR', "a card for the payer, and for nobody else")
    if is_card:
        check_text(body['bank_type'], 32, r'[A-Z]+_DEBIT')
        check_text(decrypt_name(call, body['bank_account'], "bank_account"), 32, r'[0-9]{8,}')
        check_text(decrypt_name(call, body['real_name'], "real_name"), 64)
    check(item['state'] == 'ABNORMAL', 'INVALID_REQUEST', "it is not abnormal")
    item.update(state='PROCESSING', channel='OTHER_BANKCARD', target=body['type'])
    return show_refund(item)


# -- what is known

def find(call):
    order = call.merchant.orders.get(call.number)
    if not order:
        raise PayRefusal(404, 'ORDER_NOT_EXIST', "订单不存在")
    if order['state'] == 'NOTPAY' and call.state.now() - order['created'] > _SECONDS:
        order['state'] = 'CLOSED'
    return order


def show(_state, merchant, order):
    asked = order['asked']
    answer = {
        'appid': asked['appid'], 'mchid': merchant.mchid, 'out_trade_no': asked['out_trade_no'],
        'trade_state': order['state'], 'trade_state_desc': order['state'], 'amount': {
            'total': asked['amount']['total'], 'currency': 'CNY'}}
    if order['paid']:
        answer |= {
            'transaction_id': order['id'], 'trade_type': asked['trade_type'], 'bank_type': 'OTHERS', 'attach': '',
            'success_time': to_time(order['paid']), 'payer': {'openid': order['openid']}}
        answer['amount'] |= {'payer_total': asked['amount']['total'], 'payer_currency': 'CNY'}
    return answer


def show_refund(item, is_notice=False):
    asked = item['asked']
    return {
        'refund_id': item['id'], 'out_refund_no': asked['out_refund_no'], 'transaction_id': item['transaction'],
        'out_trade_no': asked['out_trade_no'], 'refund_status' if is_notice else 'status': item['state'],
        'user_received_account': "零钱", 'create_time': to_time(item['created']),
        'amount': {
            'total': asked['amount']['total'], 'refund': asked['amount']['refund'],
            'payer_total': asked['amount']['total'], 'payer_refund': asked['amount']['refund'],
            **({} if is_notice else {'currency': 'CNY'})}}


def pay(state, merchant, number, openid):
    """Let somebody pay an order."""
    order = merchant.orders[number]
    if order['state'] != 'NOTPAY':
        raise ValueError(f"{order['state']} cannot be paid")
    order.update(state='SUCCESS', paid=state.now(), openid=openid)
    merchant.money.append({
        'kind': 'payment', 'number': number, 'amount': order['asked']['amount']['total'], 'openid': openid,
        'time': state.now()})


def settle_refund(platform, merchant, number, target):
    """Let a refund arrive, or not."""
    item = merchant.refunds[number]
    item['state'] = target
    asked = item['asked']
    if target == 'SUCCESS':
        merchant.money.append({
            'kind': 'refund', 'number': number, 'amount': asked['amount']['refund'], 'openid': '',
            'time': platform.now()})
    elif target == 'CLOSED':
        merchant.orders[asked['out_trade_no']]['refunded'] -= asked['amount']['refund']


def prepare_notice(state, merchant, number):
    """Return what the platform tells of a payment."""
    return f'TRANSACTION-{number}', 'TRANSACTION.SUCCESS', 'transaction', show(state, merchant, merchant.orders[number])


def prepare_refund_notice(_state, merchant, number):
    """Return what the platform tells of a refund."""
    item = merchant.refunds[number]
    data = {'mchid': merchant.mchid, **show_refund(item, is_notice=True)}
    return f'REFUND-{number}-{item["state"]}', f'REFUND.{item["state"]}', 'refund', data
