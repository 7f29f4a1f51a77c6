"""Payments of customers, and refunds."""
from typing import NamedTuple
from urllib.parse import quote, urlencode

from ..errors import Unreachable
from ..transport import extract
from .signature import sign_payment

_ORDERS = '/v3/pay/transactions'
_REFUNDS = '/v3/refund/domestic/refunds'
_NUMBER = '/out-trade-no/'


class Order(NamedTuple):
    """What a customer shall pay."""

    number: str             # 6 to 32: digits, letters, _ - | *
    app_id: str
    description: str
    amount: int             # fen
    notify_url: str
    expires: str | None     # RFC 3339
    is_shared: bool = False     # frozen when it is paid, until it is shared or unfrozen


class OrderState(NamedTuple):
    """What the platform says about a payment."""

    number: str
    state: str              # NOTPAY, SUCCESS, CLOSED, REFUND (paid, and then refunds began), …
    platform_number: str
    amount: int | None
    currency: str
    app_id: str
    mchid: str
    paid_at: str = ''       # RFC 3339


class RefundState(NamedTuple):
    """What the platform says about a refund."""

    number: str
    order_number: str
    state: str              # PROCESSING, SUCCESS, CLOSED, ABNORMAL
    platform_number: str
    amount: int | None


class PayerCard(NamedTuple):
    """A bank card that takes the money of a refund; number and name are sealed by `Orders.seal`."""

    bank_type: str          # ICBC_DEBIT, …
    sealed_number: str
    sealed_name: str


class Orders:
    """The calls about payments and refunds; part of `PayMerchant`."""

    def prepare_jsapi(self, order, openid):
        """Announce a payment in WeChat or in a mini program; good for two hours.

        :param Order order:
        :param str openid: Of the order's app.
        :return: The id that the page names.
        :rtype: str
        """
        answer = self.request('POST', f'{_ORDERS}/jsapi', {**self._prepare_order(order), 'payer': {'openid': openid}})
        return extract(answer, 'prepay_id', str)

    def prepare_native(self, order):
        """Announce a payment; return what the code to scan says."""
        return extract(self.request('POST', f'{_ORDERS}/native', self._prepare_order(order)), 'code_url', str)

    def prepare_h5(self, order, client_ip, redirect_url):
        """Announce a payment in another browser on a phone; return the address that opens WeChat, for five minutes."""
        answer = self.request('POST', f'{_ORDERS}/h5', {
            **self._prepare_order(order),
            'scene_info': {'payer_client_ip': client_ip, 'h5_info': {'type': 'Wap'}},
        })
        url = extract(answer, 'h5_url', str)
        return f'{url}{"&" if "?" in url else "?"}{urlencode({"redirect_url": redirect_url})}'

    def sign_prepay(self, app_id, prepay_id, timestamp, nonce):
        """Return what a page hands to WeChat, so that it asks the customer to pay.

        :rtype: dict
        """
        package = f'prepay_id={prepay_id}'
        return {
            'appId': app_id, 'timeStamp': timestamp, 'nonceStr': nonce, 'package': package, 'signType': 'RSA',
            'paySign': sign_payment(self._private_key, app_id, timestamp, nonce, package)}

    def get_order(self, number):
        """Ask what became of a payment.

        :rtype: OrderState
        :raise UnknownNumber:
        """
        return read_order(self.request(
            'GET', f'{_ORDERS}{_NUMBER}{quote(number, safe="")}', query={'mchid': self.mchid}), number)

    def close_order(self, number):
        """See to it that it cannot be paid any more."""
        self.request('POST', f'{_ORDERS}{_NUMBER}{quote(number, safe="")}/close', {'mchid': self.mchid})

    def create_refund(self, number, order_number, amount, total, notify_url, reason=None):
        """Ask for a refund, or ask again for the same one.

        :param str number: The same one is carried out once.
        :param int amount: Fen.
        :param int total: Of the payment.
        :rtype: RefundState
        """
        return read_refund(self.request('POST', _REFUNDS, {
            'out_trade_no': order_number, 'out_refund_no': number, 'reason': reason, 'notify_url': notify_url,
            'amount': {'refund': amount, 'total': total, 'currency': 'CNY'}}), number)

    def get_refund(self, number):
        """Ask what became of a refund.

        :rtype: RefundState
        :raise UnknownNumber:
        """
        return read_refund(self.request('GET', f'{_REFUNDS}/{quote(number, safe="")}'), number)

    def seal(self, text):
        """Return a text as only the platform can read it."""
        return self._keys.encrypt(text)

    def apply_abnormal_refund(self, refund_id, number, card=None):
        """Say where the money of a refund shall go that did not arrive: to a card of the payer, or to the merchant.

        :param str refund_id: The platform's number.
        :param str number: Of the refund.
        :param PayerCard|None card: None: the merchant's own account.
        :rtype: RefundState
        """
        return read_refund(self.request('POST', f'{_REFUNDS}/{quote(refund_id, safe="")}/apply-abnormal-refund', {
            'out_refund_no': number,
            'type': 'USER_BANK_CARD' if card else 'MERCHANT_BANK_CARD',
            'bank_type': card and card.bank_type,
            'bank_account': card and card.sealed_number,
            'real_name': card and card.sealed_name,
        }), number)

    def _prepare_order(self, order):
        return {
            'appid': order.app_id, 'mchid': self.mchid, 'description': order.description, 'out_trade_no': order.number,
            'notify_url': order.notify_url, 'time_expire': order.expires,
            'amount': {'total': order.amount, 'currency': 'CNY'},
            'settle_info': {'profit_sharing': True} if order.is_shared else None}


def read_order(data, number=None):
    """Return what an answer or a notice says about a payment.

    :rtype: OrderState
    :raise Unreachable: when it makes no sense, or is about another one.
    """
    if extract(data, 'out_trade_no', str) != (number or data['out_trade_no']):
        raise Unreachable("the answer is about another payment")
    money = data.get('amount') or {}
    if not isinstance(money, dict):
        raise Unreachable("an amount is no object")
    return OrderState(
        data['out_trade_no'], extract(data, 'trade_state', str), str(data.get('transaction_id') or ''),
        _get_amount(money, 'total'), str(money.get('currency') or ''), str(data.get('appid') or ''),
        str(data.get('mchid') or ''), str(data.get('success_time') or ''))


def read_refund(data, number=None):
    """Return what an answer or a notice says about a refund; a notice names the state differently.

    :rtype: RefundState
    :raise Unreachable: when it makes no sense, or is about another one.
    """
    if extract(data, 'out_refund_no', str) != (number or data['out_refund_no']):
        raise Unreachable("the answer is about another refund")
    state = data.get('status') or extract(data, 'refund_status', str)
    return RefundState(
        data['out_refund_no'], str(data.get('out_trade_no') or ''), state, str(data.get('refund_id') or ''),
        _get_amount(data.get('amount') or {}, 'refund'))


def _get_amount(money, name):
    value = money.get(name) if isinstance(money, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | None):
        raise Unreachable("an amount is no number of fen")
    return value
