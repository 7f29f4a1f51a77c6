"""Deliveries of what was bought in a mini program: the platform holds the money back until it is told of them."""
from typing import NamedTuple

from .errors import Refused, Unreachable
from .transport import extract

_PATH = '/wxa/sec/order'
_BY_TRANSACTION = 2         # how an order is named: by WeChat Pay's own number
_WHOLE, _IN_PARCELS = 1, 2
PARCELS_MAX = 15
DESCRIPTION_MAX = 120
# The platform has the delivery already, or has this very one.
_KNOWN = (10060002, 10060003, 10060023)
# How goods reach the customer.
EXPRESS, SAME_CITY, VIRTUAL, PICKUP = 1, 2, 3, 4
# What has become of an order: 1 waits for the delivery, 2 is delivered, 3 received, 4 complete, 5 refunded, 6 to be settled.
TO_DELIVER, DELIVERED, RECEIVED, COMPLETE, REFUNDED, TO_SETTLE = 1, 2, 3, 4, 5, 6


class Parcel(NamedTuple):
    """One consignment."""

    description: str
    number: str = ''        # of the express company
    company: str = ''       # its code at the platform
    phone: str = ''         # of the receiver, masked; one company wants it


class Shipping(NamedTuple):
    """What was delivered of an order, all of it."""

    transaction: str        # WeChat Pay's number of the payment
    openid: str             # of who paid, in the mini program
    kind: int               # EXPRESS, …
    parcels: tuple          # of Parcel; one, unless it is EXPRESS
    uploaded: str           # RFC 3339 with milliseconds


class Shippings:
    """The calls about deliveries; part of `MiniProgram`."""

    def upload_shipping(self, shipping):
        """Tell of a delivery; what the platform has been told already is no error.

        :param Shipping shipping:
        :raise Unreachable: Whether it was taken is unknown: ask by `get_shipping_state`.
        :raise Refused:
        """
        try:
            self.call('POST', f'{_PATH}/upload_shipping_info', body=_prepare(shipping))
        except Refused as refusal:
            if refusal.code not in _KNOWN:
                raise

    def get_shipping_state(self, transaction):
        """Ask what became of an order.

        :param str transaction: WeChat Pay's number of the payment.
        :return: TO_DELIVER, …
        :rtype: int
        """
        answer = self.call('POST', f'{_PATH}/get_order', body={'transaction_id': transaction})
        order = extract(answer, 'order', dict)
        if order.get('transaction_id') != transaction:
            raise Unreachable("the answer is about another order")
        return extract(order, 'order_state', int)


def _prepare(shipping):
    in_parcels = len(shipping.parcels) > 1
    return {
        'order_key': {'order_number_type': _BY_TRANSACTION, 'transaction_id': shipping.transaction},
        'delivery_mode': _IN_PARCELS if in_parcels else _WHOLE,
        'logistics_type': shipping.kind,
        'shipping_list': [_prepare_parcel(parcel) for parcel in shipping.parcels],
        'upload_time': shipping.uploaded,
        'payer': {'openid': shipping.openid},
        **({'is_all_delivered': True} if in_parcels else {}),
    }


def _prepare_parcel(parcel):
    values = {
        'item_desc': parcel.description[:DESCRIPTION_MAX],
        'tracking_no': parcel.number,
        'express_company': parcel.company,
        'contact': parcel.phone and {'receiver_contact': parcel.phone},
    }
    return {name: value for name, value in values.items() if value}
