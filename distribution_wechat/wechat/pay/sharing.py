"""Profit sharing (分账): a part of what a customer paid goes to others, and the rest is unfrozen."""
from typing import NamedTuple
from urllib.parse import quote

from ..errors import Unreachable
from ..transport import extract

_SHARING = '/v3/profitsharing'
_ORDERS, _RETURNS = f'{_SHARING}/orders', f'{_SHARING}/return-orders'
PERSON, MERCHANT = 'PERSONAL_OPENID', 'MERCHANT_ID'
_RELATION = 'DISTRIBUTOR'
_RECEIVERS_MAX = 50         # of one call; fixed by the platform
_STATES = ('PROCESSING', 'FINISHED')
_RESULTS = ('PENDING', 'SUCCESS', 'CLOSED')
_RETURN_RESULTS = ('PROCESSING', 'SUCCESS', 'FAILED')


class Receiver(NamedTuple):
    """Somebody whom something may be shared with."""

    kind: str               # PERSON or MERCHANT
    account: str            # openid, or merchant number
    name: str | None        # of a merchant: its full legal name; of a person: compared when given


class Share(NamedTuple):
    """What one receiver shall get of a payment."""

    kind: str
    account: str
    amount: int             # fen
    description: str


class ShareResult(NamedTuple):
    """What one receiver got."""

    kind: str
    account: str
    amount: int
    result: str             # PENDING, SUCCESS or CLOSED: each receiver has its own
    reason: str


class SharingState(NamedTuple):
    """What the platform says about a sharing."""

    number: str
    payment: str            # the platform's number of the payment
    state: str              # PROCESSING; FINISHED: it was worked on, which is no success yet
    platform_number: str
    results: tuple          # of ShareResult


class ReturnState(NamedTuple):
    """What the platform says about a return of what was shared."""

    number: str
    order_number: str
    result: str             # PROCESSING, SUCCESS or FAILED
    amount: int
    reason: str


class Sharing:
    """The calls about profit sharing; part of `PayMerchant`."""

    def add_receiver(self, app_id, receiver):
        """Make somebody a receiver of this merchant; once more is no error.

        :param str app_id: Of which the openid is.
        :param Receiver receiver:
        """
        self.request('POST', f'{_SHARING}/receivers/add', {
            'appid': app_id, 'type': receiver.kind, 'account': receiver.account, 'relation_type': _RELATION,
            'name': self._keys.encrypt(receiver.name) if receiver.name else None})

    def delete_receiver(self, app_id, receiver):
        """Let somebody be a receiver no more."""
        self.request('POST', f'{_SHARING}/receivers/delete', {
            'appid': app_id, 'type': receiver.kind, 'account': receiver.account})

    def create_sharing(self, number, app_id, payment, shares):
        """Share a payment, or ask again for the same sharing; the rest stays frozen.

        :param str number: The same one is carried out once.
        :param str app_id: Of which the openids are.
        :param str payment: The platform's number of the payment.
        :param list[Share] shares: Each receiver once.
        :rtype: SharingState
        :raise Unreachable: Whether it was taken is unknown: ask by `get_sharing`.
        """
        if not 0 < len({(share.kind, share.account) for share in shares}) == len(shares) <= _RECEIVERS_MAX:
            raise ValueError("a sharing has 1 to 50 receivers, each once")
        return read_sharing(self.request('POST', _ORDERS, {
            'appid': app_id, 'transaction_id': payment, 'out_order_no': number, 'unfreeze_unsplit': False,
            'receivers': [
                {'type': share.kind, 'account': share.account, 'amount': share.amount, 'description': share.description}
                for share in shares],
        }), number, payment)

    def get_sharing(self, number, payment):
        """Ask what became of a sharing, or of an unfreezing.

        :rtype: SharingState
        :raise UnknownNumber:
        """
        return read_sharing(self.request(
            'GET', f'{_ORDERS}/{quote(number, safe="")}', query={'transaction_id': payment}), number, payment)

    def unfreeze(self, number, payment, description):
        """Give the rest of a payment to the merchant; `get_unsplit` tells when it is.

        :param str number: A new one: under the number of a sharing, the platform says yes and does nothing.
        :rtype: SharingState
        """
        return read_sharing(self.request('POST', f'{_ORDERS}/unfreeze', {
            'transaction_id': payment, 'out_order_no': number, 'description': description}), number, payment)

    def get_unsplit(self, payment):
        """Return how much of a payment is frozen.

        :return: Fen.
        :rtype: int
        """
        answer = self.request('GET', f'{_SHARING}/transactions/{quote(payment, safe="")}/amounts')
        if extract(answer, 'transaction_id', str) != payment:
            raise Unreachable("the answer is about another payment")
        return _get_fen(answer, 'unsplit_amount')

    def create_return(self, number, order_number, mchid, amount, description):
        """Take back from a merchant what was shared with it, or ask again for the same.

        :param str number: The same one is carried out once.
        :param str order_number: Of the sharing.
        :param str mchid: Of the receiver.
        :rtype: ReturnState
        """
        return read_return(self.request('POST', _RETURNS, {
            'out_order_no': order_number, 'out_return_no': number, 'return_mchid': mchid, 'amount': amount,
            'description': description}), number, order_number)

    def get_return(self, number, order_number):
        """Ask what became of a return.

        :rtype: ReturnState
        :raise UnknownNumber:
        """
        return read_return(self.request(
            'GET', f'{_RETURNS}/{quote(number, safe="")}', query={'out_order_no': order_number}), number, order_number)


def read_sharing(data, number, payment):
    """Return what an answer says about a sharing.

    :rtype: SharingState
    :raise Unreachable: when it makes no sense, or is about another one.
    """
    if (extract(data, 'out_order_no', str), extract(data, 'transaction_id', str)) != (number, payment):
        raise Unreachable("the answer is about another sharing")
    state, rows = extract(data, 'state', str), data.get('receivers', [])
    if state not in _STATES or not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreachable("the answer makes no sense")
    return SharingState(number, payment, state, str(data.get('order_id') or ''), tuple(map(_read_result, rows)))


def read_return(data, number, order_number):
    """Return what an answer says about a return.

    :rtype: ReturnState
    :raise Unreachable: when it makes no sense, or is about another one.
    """
    if (extract(data, 'out_return_no', str), extract(data, 'out_order_no', str)) != (number, order_number):
        raise Unreachable("the answer is about another return")
    result = extract(data, 'result', str)
    if result not in _RETURN_RESULTS:
        raise Unreachable("the answer makes no sense")
    return ReturnState(number, order_number, result, _get_fen(data, 'amount'), str(data.get('fail_reason') or ''))


def _read_result(row):
    result = extract(row, 'result', str)
    if result not in _RESULTS:
        raise Unreachable("the answer makes no sense")
    return ShareResult(
        extract(row, 'type', str), extract(row, 'account', str), _get_fen(row, 'amount'), result,
        str(row.get('fail_reason') or ''))


def _get_fen(data, name):
    value = data.get(name)
    if type(value) is not int or value < 0:
        raise Unreachable("an amount is no number of fen")
    return value
