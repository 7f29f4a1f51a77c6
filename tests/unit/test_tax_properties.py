import json

from hypothesis import given
from hypothesis import strategies as st
from test_tax_vectors import CUMULATIVE, LABOUR, NONRESIDENT

from distribution_tax import (
    METHODS,
    PPM,
    Bracket,
    Month,
    Table,
    explain,
    get_bracket,
    gross_up,
    replay,
    withhold,
)

FLAT = Table((Bracket(0, 100_000),))
BY_MONTH = st.sampled_from([
    (METHODS['none'], Table()), (METHODS['flat'], FLAT), (METHODS['labour'], LABOUR),
    (METHODS['nonresident'], NONRESIDENT),
])
GAPS = st.sampled_from(['from_first', 'reset', 'paid_months'])
CUMULATIVES = GAPS.map(lambda gap: (METHODS['cumulative'], CUMULATIVE._replace(gap_policy=gap)))
SCHEMES = st.one_of(BY_MONTH, CUMULATIVES)
money = st.integers(0, 10**9)
years = st.lists(st.lists(money, max_size=3), min_size=1, max_size=12)


def pay(method, table, payments, history=()):
    """Pay one after the other in one month; return the month and what was withheld each time."""
    month, taxes = Month(), []
    for amount in payments:
        result = withhold(method, table, [*history, month], amount)
        month = month._replace(income=result.income - sum(past.income for past in history)
                               if method.period == 'year' else result.income,
                               withheld=month.withheld + result.tax)
        taxes.append(result.tax)
    return month, taxes


def pay_year(method, table, year):
    """Pay a year, month by month; return the months and (payment, tax) of each."""
    months, pairs = [], []
    for payments in year:
        month, taxes = pay(method, table, payments, months)
        months.append(month)
        pairs += zip(payments, taxes, strict=True)
    return months, pairs


@given(scheme=SCHEMES, year=years)
def test_tax_is_never_negative_and_never_above_the_payment(scheme, year):
    _months, pairs = pay_year(*scheme, year)
    assert all(0 <= tax <= amount for amount, tax in pairs)


@given(scheme=SCHEMES, low=money, high=money)
def test_who_earns_more_pays_no_less_and_keeps_no_less(scheme, low, high):
    low, high = sorted((low, high))
    (tax_low, tax_high) = (withhold(*scheme, [Month()], amount).tax for amount in (low, high))
    assert tax_low <= tax_high
    assert low - tax_low <= high - tax_high


@given(scheme=SCHEMES, payments=st.lists(money, min_size=1, max_size=6), before=st.lists(money, max_size=2))
def test_a_month_pays_the_same_however_it_was_split(scheme, payments, before):
    history, _pairs = pay_year(*scheme, [[income] for income in before])
    split, _taxes = pay(*scheme, payments, history)
    whole, _taxes = pay(*scheme, [sum(payments)], history)
    assert split.income == whole.income
    # After a gap the cumulative method may ask for more than a small payment is: the rest is carried.
    if scheme[0].period == 'month' or scheme[1].gap_policy != 'reset':
        assert split.withheld == whole.withheld


@given(scheme=SCHEMES, payments=st.lists(money, min_size=1, max_size=4))
def test_the_order_of_payments_does_not_change_the_tax_of_a_month(scheme, payments):
    assert pay(*scheme, payments)[0] == pay(*scheme, payments[::-1])[0]


@given(scheme=BY_MONTH, kept=money, returned=money)
def test_a_payment_that_comes_back_brings_its_tax_back(scheme, kept, returned):
    method, _table = scheme
    paid, _taxes = pay(*scheme, [kept, returned])
    back = withhold(*scheme, [paid], -returned)
    assert method.gives_back
    assert paid.withheld + back.tax == withhold(*scheme, [Month()], kept).tax


@given(scheme=CUMULATIVES, amount=money)
def test_the_cumulative_method_gives_nothing_back_within_the_year(scheme, amount):
    month, _taxes = pay(*scheme, [amount])
    assert withhold(*scheme, [month], -amount).tax == 0


@given(year=years, gap=GAPS)
def test_the_cumulative_method_never_withholds_more_than_was_due_at_its_highest(year, gap):
    method, table = METHODS['cumulative'], CUMULATIVE._replace(gap_policy=gap)
    months, _pairs = pay_year(method, table, year)
    highest = 0
    for count in range(1, len(months) + 1):
        highest = max(highest, method.due(table, months[:count]).tax)
        assert sum(month.withheld for month in months[:count]) <= highest


@given(scheme=SCHEMES, year=years, amount=st.integers(-10**9, 10**9))
def test_the_explanation_evaluates_to_the_tax(scheme, year, amount):
    months, _pairs = pay_year(*scheme, year)
    trace = json.loads(json.dumps(explain(*scheme, months, amount)))
    assert replay(trace, METHODS) == trace['tax'] == withhold(*scheme, months, amount).tax


@given(scheme=SCHEMES, net=money)
def test_of_the_grossed_up_payment_the_net_is_left_and_of_a_cent_more_more_is(scheme, net):
    gross = gross_up(*scheme, net)
    assert gross - withhold(*scheme, [Month()], gross).tax == net
    assert gross + 1 - withhold(*scheme, [Month()], gross + 1).tax > net


@given(base=st.integers(1, 10**9), table=st.sampled_from([LABOUR, CUMULATIVE, NONRESIDENT]))
def test_the_quick_deduction_says_the_same_as_adding_up_the_slices(base, table):
    rate, quick = get_bracket(table.brackets, base * PPM)
    tops = [bracket.above for bracket in table.brackets[1:]] + [10**12]
    slices = sum(
        max(0, min(base, top) - bracket.above) * bracket.rate_ppm
        for bracket, top in zip(table.brackets, tops, strict=True))
    assert base * rate - quick == slices
