"""Transfers to people (商家转账): asked for by the merchant, confirmed by the payee on the phone."""
from typing import NamedTuple
from urllib.parse import quote

from ..errors import Unreachable
from ..transport import extract

BILLS = '/v3/fund-app/mch-transfer/transfer-bills'
_RECEIPTS = '/v3/fund-app/mch-transfer/elecsign/out-bill-no'
# ACCEPTED → PROCESSING → WAIT_USER_CONFIRM → TRANSFERING → one of these; CANCELING on the way to the last.
FINAL_STATES = ('SUCCESS', 'FAIL', 'CANCELLED')
OPEN_STATES = ('ACCEPTED', 'PROCESSING', 'WAIT_USER_CONFIRM', 'TRANSFERING', 'CANCELING')
SMALLEST = 10               # fen, of a bill; fixed by the platform
NAME_REFUSED_BELOW = 30
NAME_NEEDED_FROM = 200_000


class Transfer(NamedTuple):
    """What is asked for."""

    number: str             # letters and digits, at most 32: the same one is carried out once
    app_id: str
    openid: str             # of that app_id
    amount: int             # fen
    scene: str              # 1005: commissions
    remark: str             # at most 32 characters, the payee sees it
    reports: tuple          # (kind, text) as the scene wants them
    name: str | None        # of the payee, compared by the platform
    perception: str | None  # how WeChat calls it towards the payee
    notify_url: str | None
    authorization: str | None = None    # the number of the payee's consent to receive without confirming


class TransferState(NamedTuple):
    """What the platform says about a bill; empty where an answer does not tell."""

    number: str
    state: str
    amount: int | None
    platform_number: str
    package: str            # opens the page of the confirmation, for this payee
    reason: str
    app_id: str
    openid: str
    mchid: str


def split(amount, largest):
    """Return the amounts of as few bills as possible, all about the same.

    :param int amount: Fen.
    :param int largest: Of one bill; 0: no limit.
    :rtype: list[int]
    """
    count = -(-amount // largest) if largest else 1
    share, rest = divmod(amount, count)
    return [share + 1] * rest + [share] * (count - rest)


class Transfers:
    """The calls about transfers; part of `PayMerchant`."""

    def create_transfer(self, transfer):
        """Ask for a transfer, or ask again for the same one.

        :param Transfer transfer:
        :rtype: TransferState
        :raise Unreachable: Whether it was taken is unknown: ask by `get_transfer`.
        """
        path, payee = BILLS, {'openid': transfer.openid}
        if transfer.authorization:
            path, payee = f'{BILLS}/transfer', {'out_authorization_no': transfer.authorization}
        return read_transfer(self.request('POST', path, {
            **payee,
            'appid': transfer.app_id,
            'out_bill_no': transfer.number,
            'transfer_scene_id': transfer.scene,
            'user_name': self._keys.encrypt(transfer.name) if transfer.name else None,
            'transfer_amount': transfer.amount,
            'transfer_remark': transfer.remark,
            'notify_url': transfer.notify_url,
            'user_recv_perception': transfer.perception,
            'transfer_scene_report_infos': [
                {'info_type': kind, 'info_content': text} for kind, text in transfer.reports],
        }), transfer.number)

    def get_transfer(self, number):
        """Ask what became of a transfer.

        :rtype: TransferState
        :raise UnknownNumber: The platform has none of this number.
        """
        return read_transfer(self.request('GET', f'{BILLS}/out-bill-no/{quote(number, safe="")}'), number)

    def cancel_transfer(self, number):
        """Take back what the payee has not confirmed yet; asking tells when it is.

        :rtype: TransferState
        """
        return read_transfer(self.request('POST', f'{BILLS}/out-bill-no/{quote(number, safe="")}/cancel'), number)

    def create_receipt(self, number):
        """Ask for the receipt of a transfer that was made under the name of the payee."""
        self.request('POST', _RECEIPTS, {'out_bill_no': number})

    def get_receipt(self, number):
        """Return the state of a receipt, and once it is finished where it is and its hash.

        :rtype: dict
        """
        return self.request('GET', f'{_RECEIPTS}/{quote(number, safe="")}')


def read_transfer(data, number=None):
    """Return what an answer or a notice says about a transfer.

    :param dict data:
    :param str|None number: That was asked about.
    :rtype: TransferState
    :raise Unreachable: when it makes no sense, or is about another one.
    """
    state, amount = extract(data, 'state', str), data.get('transfer_amount')
    if extract(data, 'out_bill_no', str) != (number or data['out_bill_no']):
        raise Unreachable("the answer is about another bill")
    if state not in FINAL_STATES + OPEN_STATES or isinstance(amount, bool) or not isinstance(amount, int | None):
        raise Unreachable("the answer makes no sense")
    names = 'transfer_bill_no', 'package_info', 'fail_reason', 'appid', 'openid', 'mch_id'
    texts = [str(data.get(name) or '') for name in names]
    return TransferState(data['out_bill_no'], state, amount, *texts)
