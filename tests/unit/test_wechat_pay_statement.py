"""Statements of WeChat Pay: how files are read and checked, and fetched from the fake platform."""
# ruff: noqa: F811  the fixture `fake` is a parameter
import csv
import gzip
import hashlib
import json
import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_wechat_pay_client import MCHID, connect, fake, make_order, make_transfer  # noqa: F401

from distribution_wechat_client import Unreachable, pay
from distribution_wechat_client.pay import statements

VECTORS = json.loads(Path(__file__).with_name('vectors').joinpath('wechat_pay.json').read_text())['vectors']
[VECTOR] = [vector for vector in VECTORS if vector['group'] == 'bill']
FIXTURE = VECTOR['content_utf8'].encode()
TRADE_HEAD = FIXTURE.decode('utf-8-sig').splitlines()[0].split(',')
FLOW_HEAD = str.split(
    '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号', ',')
DOWNLOAD = '/v3/billdownload/file'
TODAY = datetime.now(tz=pay.statement_file.CHINA).date()
DAY = TODAY - timedelta(days=3)


# -- the published file

def test_the_published_statement_is_read():
    assert hashlib.sha1(FIXTURE).hexdigest() == VECTOR['sha1']
    rows = pay.read_trade(FIXTURE, '1921000401')
    assert len(rows) == 45
    assert [sum(row.amount for row in rows if row.kind == kind) for kind in ('payment', 'refund')] == [47, 14]
    assert sum(row.fee for row in rows) == 8
    assert rows[0] == pay.TradeRow(
        datetime(2019, 2, 18, 21, 1, 46), 'refund', 'REF4200000263201902167700963919', '50000709672019011908420787722',
        'autotest_20190216081946_82335', 1, 0, 'SUCCESS', '系统拨测-cheeryin-test_micropay_succ')
    assert rows[-1] == pay.TradeRow(
        datetime(2019, 2, 18, 17, 51, 59), 'payment', 'autotest_20190219015157_13391', '4200000263201902167700136502',
        'autotest_20190219015157_13391', 3, 1, 'SUCCESS', 'autotest')


@pytest.mark.parametrize('old, new, match', [
    ('`45.0,', '`44.0,', "总交易单数"),
    ('`0.47,`0.14,`0.0,`0.08,`0.47,`0.14', '`0.48,`0.14,`0.0,`0.08,`0.47,`0.14', "应结订单总金额"),
    ('`0.47,`0.14,`0.0,`0.08,`0.47,`0.14', '`0.47,`0.13,`0.0,`0.08,`0.47,`0.14', "退款总金额"),
    ('`0.47,`0.14,`0.0,`0.08,`0.47,`0.14', '`0.47,`0.14,`0.1,`0.08,`0.47,`0.14', "充值券退款总金额"),
    ('`0.47,`0.14,`0.0,`0.08,`0.47,`0.14', '`0.47,`0.14,`0.0,`0.09,`0.47,`0.14', "手续费总金额"),
    ('`0.47,`0.14,`0.0,`0.08,`0.47,`0.14', '`0.47,`0.14,`0.0,`0.08,`0.46,`0.14', " 订单总金额|^订单总金额"),
    ('`0.47,`0.14,`0.0,`0.08,`0.47,`0.14', '`0.47,`0.14,`0.0,`0.08,`0.47,`0.15', "申请退款总金额"),
    ('总交易单数', '交易单数', "总交易单数"),
    ('微信订单号', '订单号', "微信订单号"),
    ('`1921000401', '`1921000402', "another merchant"),
    ('`2019-02-19 05:01:46', '`2019-02-30 05:01:46', "time"),
    ('`0.00,`0.01,`\r', '`0.00,`\r', "columns"),
    ('`0.00,`0.01,`\r', '`0.00,`一,`\r', "no number"),
    ('`0.00,`0.01,`\r', '`0.00,`0.01,`,`\r', "columns"),
    ('\r\n总交易单数', '\r\n`总交易单数', "no totals"),
])
def test_a_statement_that_contradicts_itself_is_not_believed(old, new, match):
    changed = FIXTURE.decode().replace(old, new, 1).encode()
    assert changed != FIXTURE
    with pytest.raises(pay.BadStatement, match=match):
        pay.read_trade(changed, '1921000401')


@pytest.mark.parametrize('content', [
    b'', b'\xff', b'a', b'a\n`b\n', b'a\nb\nc\n', b'`1\n`2\n`3\n', b'\0', b'<html>\r\n'])
def test_what_is_no_statement_is_not_read(content):
    for read in (pay.read_flow, lambda text: pay.read_trade(text, MCHID)):
        with pytest.raises(pay.BadStatement):
            read(content)


# -- written and read back

texts = st.text(st.characters(exclude_categories=['C', 'Z'], exclude_characters='`'), max_size=20)
titles = st.builds(lambda first, second: f'{first},{second}', texts, texts) | texts | st.just('"quoted" 100% , ok')
fens = st.integers(0, 10 ** 10)
times = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda moment: moment.replace(microsecond=0))
trade_rows = st.lists(st.builds(
    pay.TradeRow, times, st.sampled_from(['payment', 'refund']), st.from_regex(r'[A-Z0-9]{6,20}', fullmatch=True),
    st.from_regex(r'[1-9][0-9]{5,20}', fullmatch=True), st.from_regex(r'[A-Z0-9]{6,20}', fullmatch=True), fens,
    st.integers(-1000, 1000), st.sampled_from(['SUCCESS', 'PROCESSING']), titles), max_size=8)


def yuan(fen):
    return str(Decimal(fen) / 100)


def write(head, lines, totals, end, bom):
    text = end.join([','.join(head), *(','.join(f'`{line.get(name, "")}' for name in head) for line in lines),
                     ','.join(totals), ','.join(f'`{total}' for total in totals.values()), ''])
    return (bom + text).encode()


def write_trade(rows, head=TRADE_HEAD, end='\r\n', bom='\ufeff'):
    lines = []
    for row in rows:
        is_refund = row.kind == 'refund'
        lines.append({
            '交易时间': str(row.time + timedelta(hours=8)), '商户号': MCHID, '手续费': yuan(row.fee), '商品名称': row.title,
            '微信订单号': '4200' if is_refund else row.platform_number,
            '商户订单号': row.order_number if is_refund else row.number,
            '微信退款单号': row.platform_number if is_refund else '0', '商户退款单号': row.number if is_refund else '0',
            '申请退款金额': yuan(row.amount if is_refund else 0), '订单金额': yuan(0 if is_refund else row.amount),
            '交易状态': 'REFUND' if is_refund else row.state, '退款状态': row.state if is_refund else ''})
    return write(head, lines, {
        '总交易单数': f'{len(rows)}.0', '手续费总金额': yuan(sum(row.fee for row in rows)),
        '订单总金额': yuan(sum(row.amount for row in rows if row.kind == 'payment'))}, end, bom)


def normalized(row):
    return row._replace(title=row.title.strip(), order_number=row.order_number if row.kind == 'refund' else row.number)


@given(trade_rows, st.permutations(TRADE_HEAD), st.sampled_from(['\r\n', '\n']), st.sampled_from(['\ufeff', '']))
def test_a_trade_statement_is_read_as_it_was_written(rows, head, end, bom):
    """Columns in any order, commas and quotation marks in names of products."""
    assert pay.read_trade(write_trade(rows, head, end, bom), MCHID) == tuple(normalized(row) for row in rows)


def write_flow(rows, head=FLOW_HEAD, end='\n'):
    lines = [{
        '记账时间': str(row.time + timedelta(hours=8)), '微信支付业务单号': row.platform_number, '资金流水单号': row.flow_number,
        '业务类型': row.title, '收支类型': '收入' if row.amount > 0 else '支出', '收支金额(元)': yuan(abs(row.amount)),
        '账户结余(元)': yuan(row.balance), '备注': row.remark, '业务凭证号': row.number} for row in rows]
    come, left = ([row.amount for row in rows if sign * row.amount > 0] for sign in (1, -1))
    return write(head, lines, {
        '资金流水总笔数': len(rows), '收入笔数': len(come), '收入金额': yuan(sum(come)), '支出笔数': len(left),
        '支出金额': yuan(-sum(left))}, end, '')


def make_flow(amounts, opening=0, remark='a,b'):
    rows, balance = [], opening
    for number, amount in enumerate(amounts):
        balance += amount
        rows.append(pay.FlowRow(
            datetime(2026, 1, 1, 0, 0, number), number % 2 == 1, f'N{number // 2}', f'P{number // 2}', f'F{number}',
            amount, 0, balance, '扣除交易手续费' if number % 2 else '交易', remark))
    return tuple(rows)


@given(st.lists(st.integers(-10 ** 9, 10 ** 9).filter(bool), max_size=8), st.integers(-1000, 10 ** 12),
       st.permutations(FLOW_HEAD), st.booleans(), titles)
def test_a_flow_statement_is_read_in_the_order_of_its_balances(amounts, opening, head, is_reversed, remark):
    rows = make_flow(amounts, opening, remark.strip())
    assert pay.read_flow(write_flow(rows[::-1] if is_reversed else rows, head)) == rows
    assert pay.find_break(rows) is None


def test_a_break_in_the_balances_is_found():
    rows = make_flow([100, -1, 500, -3])
    for place in (1, 2, 3):
        assert pay.find_break(rows[:place] + (rows[place]._replace(amount=7),) + rows[place + 1:]) == place
    assert pay.find_break(rows[:1] + rows[2:]) == 1


@pytest.mark.parametrize('old, new', [
    ('`4,`2,', '`5,`2,'), ('`4,`2,`6,', '`4,`2,`6.01,'), ('`4,`2,`6,`2,`0.04', '`4,`2,`6,`2,`0.05'), ('`收入', '`别的'),
    ('`4,`2,', '`4,`1,'), ('`1,`1', '`1.001,`1'), ('`1,`1', '`1e5,`1'), ('`1,`1', '`NaN,`1')])
def test_a_flow_statement_that_contradicts_itself_is_not_believed(old, new):
    content = write_flow(make_flow([100, -1, 500, -3])).decode()
    assert pay.read_flow(content.encode())
    assert old in content
    with pytest.raises(pay.BadStatement):
        pay.read_flow(content.replace(old, new, 1).encode())


@pytest.mark.parametrize('remark, fee', [
    ('退款总金额10.00元;含手续费0.06元', 6), ('退款总金额10.00元;含手续费0.05元', 0), ('退款总金额9.94元;含手续费0.00元', 0),
    ('sold out', 0)])
def test_a_refund_leaves_less_the_fee_that_is_given_back(remark, fee):
    [row] = pay.read_flow(write_flow(make_flow([-994], remark=remark)))
    assert (row.amount, row.fee) == (-994, fee)


# -- days and fees

@pytest.mark.parametrize('now, last', [
    ('2026-03-01 01:59:59', '2026-02-27'), ('2026-03-01 02:00:00', '2026-02-28'),       # 10 o'clock there
    ('2026-02-28 15:59:59', '2026-02-27'), ('2026-02-28 16:00:00', '2026-02-27'),
    ('2026-03-01 15:59:59', '2026-02-28')])
def test_the_last_day_with_a_statement(now, last):
    assert pay.get_last_day(datetime.fromisoformat(now)) == date.fromisoformat(last)


def test_a_day_of_china_is_half_open():
    assert pay.get_bounds(date(2026, 3, 1)) == (datetime(2026, 2, 28, 16), datetime(2026, 3, 1, 16))


@pytest.mark.parametrize('amount, rate, fee', [
    (1000, 600, 6), (83, 600, 0), (84, 600, 1), (250, 600, 2), (249, 600, 1), (0, 600, 0), (1, 39_000, 0),
    (3, 39_000, 1), (10 ** 9, 600, 6_000_000)])
def test_a_fee_is_rounded_to_fen(amount, rate, fee):
    assert pay.get_fee(amount, rate) == fee


# -- fetched

def pay_and_refund(fake, days=3):
    """A payment of 12.34 and one of 0.50, a refund, a transfer and a withdrawal, some days ago."""
    client = connect(fake)
    client.prepare_native(make_order()._replace(description='茶,绿 "一"'))
    client.prepare_native(make_order('SO-0002', 50))
    for number in ('SO-0001', 'SO-0002'):
        fake.tell('pay', mchid=MCHID, number=number)
    client.create_refund('RF-0001', 'SO-0001', 234, 1234, None)
    fake.tell('refund', mchid=MCHID, number='RF-0001')
    client.create_transfer(make_transfer(fake))
    fake.tell('transfer', mchid=MCHID, number='T1', states=['SUCCESS'])
    fake.tell('withdraw', mchid=MCHID, number='W1', amount=30)
    fake.tell('age', mchid=MCHID, seconds=days * 86400)
    return client


def get_day(rows):
    """Return the day of China on which it was, unless midnight came between."""
    [day] = {(row.time + timedelta(hours=8)).date() for row in rows}
    return day


def test_a_day_is_fetched(fake):
    client = pay_and_refund(fake)
    statement = client.get_trade_statement(DAY)
    assert [(row.kind, row.number, row.amount, row.fee, row.state) for row in statement.rows] == [
        ('payment', 'SO-0001', 1234, 7, 'SUCCESS'), ('payment', 'SO-0002', 50, 0, 'SUCCESS'),
        ('refund', 'RF-0001', 234, 0, 'SUCCESS')]
    assert statement.rows[0].title == '茶,绿 "一"' and get_day(statement.rows) == DAY
    assert statement.rows[2].order_number == 'SO-0001'
    flow = client.get_flow_statement(DAY)
    assert [(row.number, row.is_fee, row.amount, row.balance) for row in flow.rows] == [
        ('SO-0001', False, 1234, 1234), ('SO-0001', True, -7, 1227), ('SO-0002', False, 50, 1277),
        ('RF-0001', False, -234, 1043), ('T1', False, -1000, 43), ('W1', False, -30, 13)]
    assert fake.tell('money', mchid=MCHID)['account'] == 13
    assert len({row.flow_number for row in flow.rows}) == 6


def test_a_day_without_anything_is_empty(fake):
    client = connect(fake)
    for code in ('NO_STATEMENT_EXIST', 'NO_BILL_EXIST'):
        fake.tell('merchants', mchid=MCHID, statements={'empty': code})
        assert client.get_trade_statement(DAY) == client.get_flow_statement(DAY) == (b'', ())
    assert not fake.calls(DOWNLOAD)


def test_a_day_that_is_not_over_is_not_ready(fake):
    client = pay_and_refund(fake, 0)
    for fetch in (client.get_trade_statement, client.get_flow_statement):
        with pytest.raises(pay.StatementNotReady):
            fetch(TODAY)
    assert client.get_flow_statement(DAY, 'FEES').rows == ()


@pytest.mark.parametrize('fault, match', [
    ({'is_hash_wrong': True}, "announced"), ({'is_total_wrong': True}, "add up")])
def test_a_wrong_file_is_not_believed(fake, fault, match):
    client = pay_and_refund(fake)
    fake.tell('merchants', mchid=MCHID, statements=fault)
    for fetch in (client.get_trade_statement, client.get_flow_statement):
        with pytest.raises(pay.BadStatement, match=match):
            fetch(DAY)


def test_the_host_of_the_file_is_not_followed(fake):
    client = pay_and_refund(fake)
    for host in ('https://evil.example.com', '//evil.example.com'):
        fake.tell('merchants', mchid=MCHID, statements={'url': host})
        assert client.get_trade_statement(DAY).rows
    for host in ('.evil.example.com', 'evil'):
        fake.tell('merchants', mchid=MCHID, statements={'url': host})
        with pytest.raises(Unreachable, match="no file"):
            client.get_trade_statement(DAY)


def test_a_link_is_over_after_half_a_minute_and_for_its_merchant_only(fake):
    client = pay_and_refund(fake)
    answer = client.request('GET', '/v3/bill/tradebill', query={
        'bill_date': DAY.isoformat(), 'bill_type': 'ALL', 'tar_type': 'GZIP'})
    assert gzip.decompress(client.download(answer['download_url']))
    fake.tell('clock', seconds=31)
    with pytest.raises(pay.PayRefused, match="INVALID_REQUEST"):
        client.download(answer['download_url'])
    fake.tell('clock', seconds=-31)


@pytest.mark.parametrize('content, match', [
    (gzip.compress(b'x' * 2000), "too large"), (gzip.compress(b'x')[:-3], "not whole"), (b'\x1f\x8bno', "unpacked"),
    (gzip.compress(b'x') + b'more', "not whole"), (b'x' * 2000, "too large")])
def test_a_file_that_is_too_large_or_broken_is_refused(monkeypatch, content, match):
    monkeypatch.setattr(statements, 'MAX_STATEMENT_BYTES', 1000)
    with pytest.raises(pay.BadStatement, match=match):
        statements._unpack(content)
    assert statements._unpack(gzip.compress(b'x' * 1000)) == statements._unpack(b'x' * 1000) == b'x' * 1000


def test_a_hundred_thousand_lines_are_read_in_seconds():
    row = pay.TradeRow(datetime(2026, 1, 1), 'payment', 'SO-1', '4200', 'SO-1', 100, 1, 'SUCCESS', 'a,b')
    content = write_trade([row] * 100_000)
    begin = time.monotonic()
    assert len(pay.read_trade(content, MCHID)) == 100_000
    assert time.monotonic() - begin < 30
    assert csv.field_size_limit() == 131_072
