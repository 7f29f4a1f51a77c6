"""Statements of a day: what was paid and refunded, and what moved on the account."""
import zlib
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from ..transport import extract
from .errors import BadStatement, NoStatement
from .statement_file import CHINA, read_flow, read_trade
from .transport import is_announced

DAYS_BACK = 90
MAX_STATEMENT_BYTES = 100 * 1024 * 1024
_READY = time(10)           # of the next day
_HASH = 'SHA1'
_GZIP = 31                  # of zlib: with the head of a gzip file
_GZIP_MARK = b'\x1f\x8b'


class Statement(NamedTuple):
    """A day; without content when nothing happened."""

    content: bytes          # the file, as its hash was told
    rows: tuple


class Statements:
    """The calls about statements; part of `PayMerchant`."""

    def get_trade_statement(self, day):
        """Fetch what was paid and refunded on a day of China.

        :param date day:
        :rtype: Statement
        :raise StatementNotReady:
        :raise BadStatement: The file is not what was announced, or makes no sense.
        """
        content = self._fetch_statement('/v3/bill/tradebill', {
            'bill_date': day.isoformat(), 'bill_type': 'ALL', 'tar_type': 'GZIP'})
        return Statement(content, read_trade(content, self.mchid) if content else ())

    def get_flow_statement(self, day, account='BASIC'):
        """Fetch what moved on an account on a day of China.

        :param date day:
        :param str account: BASIC, OPERATION or FEES.
        :rtype: Statement
        :raise StatementNotReady:
        :raise BadStatement: The file is not what was announced, or makes no sense.
        """
        content = self._fetch_statement('/v3/bill/fundflowbill', {
            'bill_date': day.isoformat(), 'account_type': account, 'tar_type': 'GZIP'})
        return Statement(content, read_flow(content) if content else ())

    def _fetch_statement(self, path, query):
        """Return the file, which is fetched at once: its address is good for half a minute."""
        try:
            answer = self.request('GET', path, query=query)
        except NoStatement:
            return b''
        content = _unpack(self.download(extract(answer, 'download_url', str)))
        extract(answer, 'hash_value', str)
        if not is_announced(content, answer, _HASH):
            raise BadStatement("the file is not what was announced")
        return content


def get_bounds(day):
    """Return when a day of China begins and ends, in UTC; the end is not part of it.

    :param date day:
    :rtype: tuple[datetime, datetime]
    """
    begin = datetime.combine(day, time(), CHINA).astimezone(UTC).replace(tzinfo=None)
    return begin, begin + timedelta(days=1)


def get_last_day(now):
    """Return the last day that has a statement.

    :param datetime now: UTC, naive.
    :rtype: date
    """
    there = now + CHINA.utcoffset(None)
    return there.date() - timedelta(days=1 if there.time() >= _READY else 2)


def get_fee(amount, rate):
    """Return the fee of a payment, rounded to fen, half a fen up.

    :param int amount: Fen.
    :param int rate: Per 100,000.
    :rtype: int
    """
    return (amount * rate + 50_000) // 100_000


def _unpack(content):
    """Return a file, unpacked as far as it was not on its way; a small one cannot become a huge one."""
    if not content.startswith(_GZIP_MARK):
        return _check_size(content)
    unpacker = zlib.decompressobj(_GZIP)
    try:
        unpacked = _check_size(unpacker.decompress(content, MAX_STATEMENT_BYTES + 1))
    except zlib.error:
        raise BadStatement("the file cannot be unpacked") from None
    if not unpacker.eof or unpacker.unused_data:
        raise BadStatement("the file is not whole")
    return unpacked


def _check_size(content):
    if len(content) > MAX_STATEMENT_BYTES:
        raise BadStatement("the file is too large")
    return content
