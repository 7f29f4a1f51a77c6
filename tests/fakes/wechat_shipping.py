"""Deliveries of a mini program's orders, as the platform is told of them."""
import re

from wechat_api import endpoint, require

_TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d)')
_COMPANIES = {'SF', 'ZTO', 'YTO', 'YD', 'STO', 'JD', 'EMS', 'DB'}
_EXPRESS, _KINDS = 1, (1, 2, 3, 4)
_MASKED = re.compile(r'[+\d-]{0,8}\*{4}\d{4}')


@endpoint(
    'POST', '/wxa/sec/order/upload_shipping_info', needs_token=True,
    body='order_key delivery_mode logistics_type shipping_list upload_time payer', body_optional='is_all_delivered')
def upload_shipping_info(call):
    body = call.body
    key, parcels = body['order_key'], body['shipping_list']
    require(key.get('order_number_type') == 2 and set(key) == {'order_number_type', 'transaction_id'}, 10060014, "order_key")
    order = _find(call, key['transaction_id'])
    require(order['openid'] == body['payer'].get('openid'), 10060031, "支付单不属于 openid 所指定的用户")
    require(body['logistics_type'] in _KINDS, 10060005, "logistics_type")
    require(isinstance(body['upload_time'], str) and _TIME.fullmatch(body['upload_time']), 268485216, "upload_time")
    require(body['delivery_mode'] in (1, 2), 268485224, "delivery_mode")
    require(body['delivery_mode'] == 2 or len(parcels) == 1, 10060014, "one parcel")
    require(body['delivery_mode'] == 1 or body['logistics_type'] == _EXPRESS, 10060006, "非快递发货时不允许使用分拆发货模式")
    require(body['delivery_mode'] == 1 or isinstance(body.get('is_all_delivered'), bool), 10060007, "is_all_delivered")
    require(0 < len(parcels) <= 15, 10060024, "物流信息列表太长")
    for parcel in parcels:
        _check_parcel(parcel, body['logistics_type'])
    told = {'kind': body['logistics_type'], 'parcels': parcels}
    if order.get('shipping'):
        require(order['shipping'][-1] != told, 10060023, "发货信息未更新")
        require(len(order['shipping']) < 2, 10060003, "支付单已使用重新发货机会")
    require(order['state'] == 'SUCCESS', 10060004, "支付单处于不可发货的状态")
    order.setdefault('shipping', []).append(told)
    return {'errcode': 0, 'errmsg': 'ok'}


@endpoint('POST', '/wxa/sec/order/get_order', needs_token=True, body='transaction_id')
def get_order(call):
    order = _find(call, call.body['transaction_id'])
    state = 5 if order['state'] == 'REFUND' else order.get('shipping_state') or (2 if order.get('shipping') else 1)
    return {'errcode': 0, 'errmsg': 'ok', 'order': {
        'transaction_id': order['id'], 'openid': order['openid'], 'order_state': state,
        'shipping': {'shipping_list': (order.get('shipping') or [{'parcels': []}])[-1]['parcels']}}}


def _check_parcel(parcel, kind):
    require(set(parcel) <= {'item_desc', 'tracking_no', 'express_company', 'contact'}, 10060014, "shipping_list")
    require(parcel.get('item_desc'), 10060008, "商品描述 item_desc 字段不能为空")
    require(len(parcel['item_desc']) <= 120, 10060009, "商品描述 item_desc 字段太长")
    if kind == _EXPRESS:
        require(0 < len(parcel.get('tracking_no', '')) <= 128, 10060026, "tracking_no")
        require(parcel.get('express_company') in _COMPANIES, 10060025, "express_company")
        phone = parcel.get('contact', {}).get('receiver_contact', '')
        require(parcel['express_company'] != 'SF' or _MASKED.fullmatch(phone), 10060014, "contact")
    else:
        require(not {'tracking_no', 'express_company'} & set(parcel), 10060014, "no express")


def _find(call, transaction):
    """Return a paid order of a merchant by the number of its payment."""
    for merchant in call.state.merchants.values():
        for order in merchant.orders.values():
            if order['id'] == transaction and order['paid'] and order['asked']['appid'] == call.account.appid:
                return order
    require(False, 10060001, "支付单不存在")
