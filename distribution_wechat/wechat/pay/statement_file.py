"""The files that WeChat Pay makes of a day: read by the names of their columns, checked against their own totals."""
import csv
import io
import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import NamedTuple

from .errors import BadStatement

CHINA = timezone(timedelta(hours=8))        # the days of statements; there is no summer time
_MARK = '`'                                 # begins each value, not each name
_NUMBER = re.compile(r'-?[0-9]{1,15}(\.[0-9]{1,6})?')
_FEE = '手续费'
# What is refunded may leave less the part of the fee that is given back; the remark says so.
_REFUND_LESS_FEE = re.compile(r'退款总金额([0-9.]+)元;含手续费([0-9.]+)元')
# Names in the totals, and the columns whose sums they are.
_TRADE_TOTALS = {
    '应结订单总金额': '应结订单金额', '退款总金额': '退款金额', '充值券退款总金额': '充值券退款金额',
    '手续费总金额': '手续费', '订单总金额': '订单金额', '申请退款总金额': '申请退款金额'}


class TradeRow(NamedTuple):
    """A payment, or a refund."""

    time: datetime          # UTC, naive
    kind: str               # payment, refund
    number: str             # the merchant's
    platform_number: str
    order_number: str       # the merchant's, of the payment
    amount: int             # fen
    fee: int                # fen; below zero when it is given back
    state: str              # SUCCESS, …
    title: str


class FlowRow(NamedTuple):
    """A movement of the merchant's account."""

    time: datetime          # UTC, naive
    is_fee: bool
    number: str             # the merchant's
    platform_number: str    # of what it is about; a payment and its fee share it
    flow_number: str        # of the movement
    amount: int             # fen; below zero when it leaves
    fee: int                # fen, that a refund leaves less, as it is given back with it
    balance: int            # fen, after it
    title: str
    remark: str


def read_trade(content, mchid):
    """Return the rows of a trade statement.

    :param bytes content: The file.
    :param str mchid: Whose it has to be.
    :rtype: tuple[TradeRow]
    :raise BadStatement:
    """
    lines, totals = _read(content)
    _check_total('总交易单数', totals, len(lines))
    for name, column in _TRADE_TOTALS.items():
        if name in totals:
            _check_total(name, totals, sum((_to_number(_get(line, column)) for line in lines), Decimal()))
    if any(_get(line, '商户号') != mchid for line in lines):
        raise BadStatement("the statement is of another merchant")
    return tuple(_to_trade_row(line) for line in lines)


def read_flow(content):
    """Return the rows of a fund flow statement, the first first.

    :param bytes content: The file.
    :rtype: tuple[FlowRow]
    :raise BadStatement:
    """
    lines, totals = _read(content)
    rows = tuple(_to_flow_row(line) for line in lines)
    _check_total('资金流水总笔数', totals, len(rows))
    for word, amounts in (
        ('收入', [row.amount for row, line in zip(rows, lines, strict=True) if _is_income(line)]),
        ('支出', [-row.amount for row, line in zip(rows, lines, strict=True) if not _is_income(line)]),
    ):
        _check_total(f'{word}笔数', totals, len(amounts))
        _check_total(f'{word}金额', totals, Decimal(sum(amounts)) / 100)
    return rows if find_break(rows) is None or find_break(rows[::-1]) is not None else rows[::-1]


def find_break(rows):
    """Return the place of the first movement whose balance does not follow from the one before it, or None.

    :param Sequence[FlowRow] rows: The first first.
    :rtype: int|None
    """
    return next((
        place for place in range(1, len(rows))
        if rows[place - 1].balance + rows[place].amount != rows[place].balance), None)


def _read(content):
    """Return the lines as dicts by the names of the columns, and the totals."""
    try:
        text = content.decode('utf-8-sig')
    except UnicodeDecodeError:
        raise BadStatement("the statement is no text") from None
    try:
        records = [record for record in csv.reader(
            io.StringIO(text, newline=''), quoting=csv.QUOTE_NONE, strict=True) if record]
    except csv.Error:
        raise BadStatement("the statement is no table") from None
    heads = [place for place, record in enumerate(records) if not record[0].startswith(_MARK)]
    if len(heads) != 2 or heads[0] != 0 or heads[1] != len(records) - 2:
        raise BadStatement("the statement has no head, or no totals")
    head, total_head = records[0], records[-2]
    lines = [_name(head, record) for record in records[1:-2]]
    return lines, _name(total_head, records[-1])


def _name(head, record):
    """Return a line by names; a comma in a text is no end of it, as each value begins with a mark."""
    values = []
    for part in record:
        if part.startswith(_MARK):
            values.append(part[1:])
        else:
            values[-1] += f',{part}'
    if len(values) != len(head) or len(set(head)) != len(head):
        raise BadStatement("a line has not the columns of the head")
    return {name.strip(): value.strip() for name, value in zip(head, values, strict=True)}


def _get(line, *names):
    for name in names:
        if name in line:
            return line[name]
    raise BadStatement(f"the statement has no column {names[0]}")


def _to_number(text):
    if not _NUMBER.fullmatch(text):
        raise BadStatement("an amount is no number")
    return Decimal(text)


def _to_fen(text):
    fen = _to_number(text) * 100
    if fen != fen.to_integral_value():
        raise BadStatement("an amount is no number of fen")
    return int(fen)


def _to_time(text):
    try:
        moment = datetime.strptime(text, '%Y-%m-%d %H:%M:%S')
    except ValueError:
        raise BadStatement("a time is none") from None
    return moment - CHINA.utcoffset(None)


def _check_total(name, totals, value):
    if _to_number(_get(totals, name)) != value:
        raise BadStatement(f"{name} is {totals[name]}, the lines add up to {value}")


def _to_trade_row(line):
    refund_number = _get(line, '微信退款单号')
    is_refund = refund_number not in ('', '0')
    amounts = ('申请退款金额', '退款金额') if is_refund else ('订单金额', '应结订单金额')
    return TradeRow(
        time=_to_time(_get(line, '交易时间')),
        kind='refund' if is_refund else 'payment',
        number=_get(line, '商户退款单号' if is_refund else '商户订单号'),
        platform_number=refund_number if is_refund else _get(line, '微信订单号'),
        order_number=_get(line, '商户订单号'),
        amount=_to_fen(_get(line, *amounts)),
        fee=_to_fen(_get(line, '手续费')),
        state=_get(line, '退款状态' if is_refund else '交易状态'),
        title=_get(line, '商品名称'))


def _is_income(line):
    kind = _get(line, '收支类型')
    if kind not in ('收入', '支出'):
        raise BadStatement("a movement neither comes nor leaves")
    return kind == '收入'


def _to_flow_row(line):
    fen, kind = _to_fen(_get(line, '收支金额(元)')), _get(line, '业务类型')
    return FlowRow(
        time=_to_time(_get(line, '记账时间')),
        is_fee=_FEE in kind,
        number=_get(line, '业务凭证号'),
        platform_number=_get(line, '微信支付业务单号'),
        flow_number=_get(line, '资金流水单号'),
        amount=fen if _is_income(line) else -fen,
        fee=0 if _is_income(line) else _get_fee_given_back(fen, _get(line, '备注')),
        balance=_to_fen(_get(line, '账户结余(元)')),
        title=kind or _get(line, '业务名称'),
        remark=_get(line, '备注'))


def _get_fee_given_back(fen, remark):
    found = _REFUND_LESS_FEE.search(remark)
    if not found:
        return 0
    whole, fee = (_to_fen(text) for text in found.groups())
    return fee if whole - fee == fen else 0
