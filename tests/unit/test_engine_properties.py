from hypothesis import given
from hypothesis import strategies as st

from distribution_engine import (
    KINDS,
    PPM,
    Order,
    Payee,
    Rule,
    Sale,
    SaleLine,
    accrue,
    allocate,
    evaluate,
    net_amounts,
    scale,
)

money = st.integers(0, 10**11)
PAYEES = (Payee(1, 10, 1), Payee(2, 20, 2), Payee(3, 30, 1))


@st.composite
def sale_lines(draw, id_):
    role = draw(st.sampled_from(['goods', 'goods', 'discount', 'ignored']))
    sold = draw(money)
    refunded = draw(st.integers(0, sold))
    sign = -1 if role == 'discount' else 1
    return SaleLine(
        id_, role, sign * sold, sign * refunded, draw(st.integers(0, 99_000)),
        {'product': [draw(st.integers(1, 3))], 'category': draw(st.sampled_from([[1], [1, 2], [3]]))},
        draw(st.none() | money))


@st.composite
def orders(draw, payees=PAYEES):
    lines = tuple(draw(sale_lines(id_)) for id_ in range(1, draw(st.integers(0, 6)) + 1))
    return Order(1, lines, payees)


scopes = st.dictionaries(
    st.sampled_from(['product', 'category', 'level']), st.frozensets(st.integers(1, 3), min_size=1, max_size=2),
    max_size=2).map(lambda scopes: tuple(scopes.items()))
bands = st.dictionaries(st.integers(1, 10**11), st.integers(0, PPM), max_size=4).map(
    lambda bands: ((0, 50_000), *sorted(bands.items())))
rules = st.lists(st.builds(
    Rule, id=st.integers(1, 10**6), tier=st.integers(1, 3), kind=st.sampled_from(list(KINDS)),
    value=st.integers(0, PPM), scopes=scopes, bands=bands), max_size=8, unique_by=lambda rule: rule.id)
caps = st.integers(1, PPM)


@given(amount=st.integers(-10**12, 10**12), numerator=st.integers(0, 10**9), denominator=st.integers(1, 10**9))
def test_a_refund_mirrors_its_sale(amount, numerator, denominator):
    assert scale(-amount, numerator, denominator) == -scale(amount, numerator, denominator)


@given(total=st.integers(-10**12, 10**12), weights=st.lists(st.integers(0, 10**6), min_size=1).filter(any))
def test_shares_add_up_to_the_total_and_have_its_sign(total, weights):
    shares = allocate(total, weights)
    assert sum(shares) == total
    assert all(share * total >= 0 for share in shares)


@given(order=orders())
def test_discounts_are_shared_over_the_goods_to_the_cent(order):
    nets = net_amounts(order.lines)
    goods = sum(line.sold - line.refunded for line in order.lines if line.role == 'goods')
    discount = sum(line.sold - line.refunded for line in order.lines if line.role == 'discount')
    assert sum(net for net, _share in nets.values()) == max(0, goods + discount)
    assert all(net >= 0 for net, _share in nets.values())


@given(order=orders(), rules=rules, cap=caps)
def test_a_line_never_pays_more_than_its_cap(order, rules, cap):
    bases = {line_id: net for line_id, (net, _share) in net_amounts(order.lines).items()}
    paid = dict.fromkeys(bases, 0)
    for accrual in accrue(order, rules, cap_ppm=cap):
        paid[accrual.line_id] += accrual.amount
    for line_id, amount in paid.items():
        assert amount <= scale(bases[line_id], cap, PPM)


@given(order=orders(), rules=rules, cap=caps)
def test_the_explanation_evaluates_to_the_amount(order, rules, cap):
    for accrual in accrue(order, rules, cap_ppm=cap):
        assert evaluate(accrual.trace) == accrual.amount == accrual.trace['amount']


@given(order=orders(), rules=rules, cap=caps)
def test_a_fully_refunded_order_earns_nothing(order, rules, cap):
    refunded = order._replace(lines=tuple(
        line._replace(refunded=line.sold, quantity=0) for line in order.lines))
    assert accrue(refunded, rules, cap_ppm=cap) == []


@given(order=orders(), rules=rules)
def test_an_upline_never_changes_what_a_lower_tier_earns(order, rules):
    def lower(payees):
        accruals = accrue(order._replace(payees=payees), rules, cap_ppm=10**6 * PPM)
        return [accrual for accrual in accruals if accrual.tier < 3]

    assert lower(PAYEES) == lower(PAYEES[:2])


@given(order=orders(), rules=rules, cap=caps)
def test_who_may_not_earn_gets_nothing_and_blocks_nobody(order, rules, cap):
    without_second = accrue(order._replace(payees=(PAYEES[0], PAYEES[2])), rules, cap_ppm=10**6 * PPM)
    everybody = accrue(order, rules, cap_ppm=10**6 * PPM)
    assert without_second == [accrual for accrual in everybody if accrual.tier != 2]


@given(order=orders(), rules=rules, cap=caps)
def test_nobody_earns_twice_on_a_line_and_tier_and_never_nothing(order, rules, cap):
    accruals = accrue(order, rules, cap_ppm=cap)
    assert len({(accrual.line_id, accrual.tier) for accrual in accruals}) == len(accruals)
    assert all(accrual.amount > 0 for accrual in accruals)


@given(order=orders(), rules=rules, extra=rules)
def test_the_list_is_the_precedence(order, rules, extra):
    """What is put below the list never changes what the list pays already."""
    extra = [rule._replace(id=rule.id + 10**7) for rule in extra]
    above = {(a.line_id, a.tier): a.rule_id for a in accrue(order, rules, cap_ppm=10**6 * PPM)}
    below = {(a.line_id, a.tier): a.rule_id for a in accrue(order, rules + extra, cap_ppm=10**6 * PPM)}
    assert {key: below[key] for key in above} == above


def test_every_kind_pays_nothing_on_nothing():
    for kind in KINDS.values():
        rule = Rule(1, 1, kind.code, 500_000, bands=((0, 500_000),))
        assert kind.amount(rule, Sale(0, 0, cost=0, shares=(0,))) == 0
        assert kind.amount(rule, Sale(0, 0, cost=0, shares=(100,), admitted_base=100)) == 0


def test_worked_examples():
    for case, sold, rates, cap, expected in [
        ("500 at 20 % is 100", 500_00, [200_000], PPM, [100_00]),
        ("100 at 10 %, then 50 at 5 %", 100_00, [100_000], PPM, [10_00]),
        ("50 at 5 %", 50_00, [50_000], PPM, [2_50]),
        ("15 % and 10 % over two tiers", 200_00, [150_000, 100_000], PPM, [30_00, 20_00]),
        ("24 % and 12 % cut to 30 %", 100_00, [240_000, 120_000], 300_000, [20_00, 10_00]),
    ]:
        order = Order(1, (SaleLine(1, 'goods', sold, 0, 1000),), PAYEES)
        rules = [Rule(tier, tier, 'percent', rate) for tier, rate in enumerate(rates, start=1)]
        assert [accrual.amount for accrual in accrue(order, rules, cap_ppm=cap)] == expected, case
