"""The statements of a day, made of what was really paid; and wrong ones, when told so."""
import csv
import gzip
import hashlib
import io
import secrets
import time
from decimal import ROUND_HALF_UP, Decimal

from wechat_pay_api import PayRefusal, check, pay_endpoint

DOWNLOAD = '/v3/billdownload/file'
_HOUR, _DAY, _LINK_SECONDS = 3600, 86400, 30
_TRADE = str.split(
    '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,'
    '微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注', ',')
_TRADE_TOTALS = str.split('总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额', ',')
_FLOW = str.split(
    '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号', ',')
_FLOW_TOTALS = str.split('资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额', ',')

# What else moves, and how a statement calls it.
_KINDS = {'refund': '退款', 'transfer': '商家转账', 'withdrawal': '提现', 'share': '分账', 'return': '分账回退'}


@pay_endpoint('GET', '/v3/bill/tradebill', query='bill_date bill_type tar_type')
def get_trade_statement(call):
    check(call.request.args['bill_type'] == 'ALL', 'PARAM_ERROR', "bill_type")
    return announce(call, build_trade)


@pay_endpoint('GET', '/v3/bill/fundflowbill', query='bill_date account_type tar_type')
def get_flow_statement(call):
    check(call.request.args['account_type'] in ('BASIC', 'OPERATION', 'FEES'), 'PARAM_ERROR', "account_type")
    return announce(call, build_flow if call.request.args['account_type'] == 'BASIC' else lambda *_nothing: [])


def announce(call, build):
    """Make the file of a day, and say for half a minute where it is."""
    args, merchant = call.request.args, call.merchant
    check(args['tar_type'] == 'GZIP', 'PARAM_ERROR', "tar_type")
    try:
        day = int(time.mktime(time.strptime(args['bill_date'] + ' UTC', '%Y-%m-%d %Z')) - time.timezone)
    except ValueError:
        raise PayRefusal(400, 'PARAM_ERROR', "bill_date") from None
    there = call.state.now() + 8 * _HOUR        # as if UTC were the time of China
    is_creating = there < day + _DAY + 10 * _HOUR or merchant.statements.get('is_creating')
    check(not is_creating, 'STATEMENT_CREATING', "账单生成中")
    check(there < day + 92 * _DAY, 'INVALID_REQUEST', "too old")
    rows = build(merchant, day)
    check(rows, merchant.statements.get('empty', 'NO_STATEMENT_EXIST'), "账单不存在")
    content = write(merchant, rows, build)
    token = secrets.token_urlsafe(24)
    merchant.files[token] = (gzip.compress(content), call.state.now() + _LINK_SECONDS)
    digest = hashlib.sha1(content if not merchant.statements.get('is_hash_wrong') else b'else').hexdigest()
    host = merchant.statements.get('url', 'https://api.mch.weixin.qq.com')
    return {
        'hash_type': 'SHA1', 'hash_value': digest, 'download_url': f'{host}{DOWNLOAD}?token={token}&tartype=gzip'}


@pay_endpoint('GET', DOWNLOAD, query='token tartype')
def download(call):
    token = call.request.args['token']
    check(not any(token in other.files for other in call.state.merchants.values() if other is not call.merchant),
          'NO_AUTH', "another merchant's", 403)
    content, until = call.merchant.files.get(token, (b'', 0))
    check(call.state.now() < until, 'INVALID_REQUEST', "the link is over")
    return content


# -- what is in them

def get_fee(merchant, amount):
    return int((Decimal(amount) * Decimal(merchant.fee_rate)).quantize(Decimal(1), ROUND_HALF_UP))


def get_entries(merchant, day=None):
    """Return what was paid, the first first; of a day, or of all."""
    entries = sorted(merchant.money, key=lambda entry: entry['time'])
    return [entry for entry in entries if day is None or day <= entry['time'] + 8 * _HOUR < day + _DAY]


def build_trade(merchant, day):
    rows = []
    for entry in get_entries(merchant, day):
        if entry['kind'] not in ('payment', 'refund'):
            continue
        refund = merchant.refunds[entry['number']] if entry['kind'] == 'refund' else None
        number = refund['asked']['out_trade_no'] if refund else entry['number']
        order = merchant.orders[number]
        asked, amount = order['asked'], entry['amount']
        rows.append(dict(zip(_TRADE, (
            to_text(entry['time']), asked['appid'], merchant.mchid, '0', '', order['id'], number, order['openid'],
            asked['trade_type'], 'REFUND' if refund else 'SUCCESS', 'OTHERS', 'CNY',
            yuan(0 if refund else amount), '0.00', refund['id'] if refund else '0', entry['number'] if refund else '0',
            yuan(amount if refund else 0), '0.00', 'ORIGINAL' if refund else '', 'SUCCESS' if refund else '', asked['description'], '',
            yuan(0 if refund else get_fee(merchant, amount)) + '000', '0.60%', yuan(0 if refund else amount),
            yuan(amount if refund else 0), ''), strict=True)))
    return rows


def build_flow(merchant, day):
    """Return the movements of a day, with the balance that all before it have left."""
    rows, balance = [], merchant.opening
    for entry in get_entries(merchant):
        for kind, name, is_income, amount in get_movements(merchant, entry):
            balance += amount if is_income else -amount
            if not day <= entry['time'] + 8 * _HOUR < day + _DAY:
                continue
            platform_number = get_platform_number(merchant, entry)
            rows.append(dict(zip(_FLOW, (
                to_text(entry['time']), platform_number,
                hashlib.md5(f'{merchant.mchid} {entry["number"]} {kind}'.encode()).hexdigest(), name, kind,
                '收入' if is_income else '支出', yuan(amount), yuan(balance), 'system',
                get_remark(merchant, entry), entry['number']), strict=True)))
    return rows


def get_balance(merchant):
    """Return what is on the account now."""
    return merchant.opening + sum(
        amount if is_income else -amount
        for entry in merchant.money for _kind, _name, is_income, amount in get_movements(merchant, entry))


def get_movements(merchant, entry):
    """Yield what an entry moves: kind, name, whether it comes, fen."""
    if entry['kind'] == 'payment':
        yield '交易', '交易', True, entry['amount']
        if fee := get_fee(merchant, entry['amount']):
            yield '扣除交易手续费', '扣除交易手续费', False, fee
    elif entry['kind'] in _KINDS:       # what is unfrozen moves nothing
        kind = _KINDS[entry['kind']]
        given_back = get_fee(merchant, entry['amount']) if kind == '退款' and merchant.is_fee_given_back else 0
        yield kind, kind, entry['kind'] == 'return', entry['amount'] - given_back


def get_remark(merchant, entry):
    if entry['kind'] != 'refund' or not merchant.is_fee_given_back:
        return ''
    return f'退款总金额{yuan(entry["amount"])}元;含手续费{yuan(get_fee(merchant, entry["amount"]))}元'


def get_platform_number(merchant, entry):
    kept = {'payment': merchant.orders, 'refund': merchant.refunds, 'transfer': merchant.bills}.get(entry['kind'], {})
    item = kept.get(entry['number'], {})
    return item.get('id') or item.get('bill_no') or entry['number']


# -- how it is written

def write(merchant, rows, build):
    """Return the file; with what is wrong with it, when told so."""
    faults = merchant.statements
    is_trade = build is build_trade
    if faults.get('of', 'trade') == ('trade' if is_trade else 'flow') and 'row' in faults:
        rows = TAMPER[faults['row']](rows, '订单金额' if is_trade else '收支金额(元)')
    count = [f'{len(rows)}.0' if is_trade else f'{len(rows)}']
    totals = count + (get_trade_totals if is_trade else get_flow_totals)(rows)
    if faults.get('is_total_wrong'):
        totals[2] += '1' if '.' in totals[2] else '.1'
    text, end = io.StringIO(), '\r\n' if is_trade else '\n'
    writer = csv.writer(text, quoting=csv.QUOTE_NONE, lineterminator=end, quotechar=None, escapechar=None)
    head = _TRADE if is_trade else _FLOW
    writer.writerow(head)
    for row in rows:        # no writer: what is in a text is not escaped
        text.write(','.join(f'`{row[name]}' for name in head) + end)
    writer.writerow(_TRADE_TOTALS if is_trade else _FLOW_TOTALS)
    text.write(','.join(f'`{total}' for total in totals) + end)
    return ('\ufeff' if is_trade else '').encode() + text.getvalue().encode()


def get_trade_totals(rows):
    return [str(sum(Decimal(row[name]) for row in rows)) for name in (
        '应结订单金额', '退款金额', '充值券退款金额', '手续费', '订单金额', '申请退款金额')]


def get_flow_totals(rows):
    totals = []
    for kind in ('收入', '支出'):
        amounts = [Decimal(row['收支金额(元)']) for row in rows if row['收支类型'] == kind]
        totals += [str(len(amounts)), str(sum(amounts, Decimal('0.00')))]
    return totals


def change(row, **values):
    return {**row, **values}


# What may be wrong with the first row; totals are right all the same.
TAMPER = {
    'amount': lambda rows, amount: [change(rows[0], **{amount: f'{Decimal(rows[0][amount]) + 1}'}), *rows[1:]],
    'missing': lambda rows, _amount: rows[1:],
    'unknown': lambda rows, _amount: [
        change(rows[0], **{name: 'UNKNOWN1' for name in rows[0] if name in (
            '商户订单号', '微信订单号', '业务凭证号', '微信支付业务单号', '资金流水单号')}), *rows],
    'fee': lambda rows, _amount: [change(rows[0], 手续费=f'{Decimal(rows[0]["手续费"]) + 1}'), *rows[1:]]
    if '手续费' in rows[0] else [
        change(row, **{'收支金额(元)': f'{Decimal(row["收支金额(元)"]) + 1}'}) if '手续费' in row['业务类型'] else row
        for row in rows],
    'duplicate': lambda rows, _amount: [rows[0], *rows],
    'state': lambda rows, _amount: [change(rows[0], 交易状态='REVOKED'), *rows[1:]],
}


def yuan(fen):
    return f'{Decimal(fen) / 100:.2f}'


def to_text(seconds):
    return time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(seconds + 8 * _HOUR))
