"""Kinds, scopes and limits of rules: properties, and worked examples as tables."""
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from distribution_engine import (
    KINDS,
    PPM,
    Limits,
    Order,
    Payee,
    Rule,
    SaleLine,
    accrue,
    cut,
    evaluate,
    net_amounts,
)

PAYEES = (Payee(1, 10, 1), Payee(2, 20, 2), Payee(3, 30, 3))
AGENTS = (Payee(11, 40, 1), Payee(13, 10, 1))
BANDS = ((0, 50_000), (1000_00, 80_000), (5000_00, 100_000))
NO_CAP = 10**6 * PPM

money = st.integers(0, 10**9)
limits = st.builds(
    Limits, order=st.integers(0, 10**8), tier=st.integers(0, 10**8), min_order=st.integers(0, 10**6),
    guards_margin=st.booleans(), cut=st.sampled_from(['proportional', 'upper_first']))
bands = st.dictionaries(st.integers(1, 10**9), st.integers(0, PPM), max_size=5).map(
    lambda bands: ((0, 50_000), *sorted(bands.items())))
rules = st.lists(
    st.builds(Rule, id=st.integers(1, 10**6), tier=st.sampled_from([1, 2, 3, 11, 12, 13]),
              kind=st.sampled_from(list(KINDS)), value=st.integers(0, PPM), bands=bands,
              scopes=st.sampled_from([(), (('product', frozenset({1, 2})),), (('level', frozenset({1})),)])),
    min_size=1, max_size=6, unique_by=lambda rule: rule.id)


@st.composite
def goods(draw, id_):
    sold = draw(money)
    return SaleLine(id_, 'goods', sold, draw(st.integers(0, sold)), draw(st.integers(0, 99_000)),
                    {'product': [draw(st.integers(1, 3))]}, draw(st.none() | money))


@st.composite
def orders(draw):
    lines = [draw(goods(id_)) for id_ in range(1, draw(st.integers(1, 5)) + 1)]
    if draw(st.booleans()):
        lines.append(SaleLine(9, 'discount', -draw(money), 0, 1000))
    return Order(1, tuple(lines), PAYEES + AGENTS)


def line(sold, id_=1, quantity=1000, **values):
    return SaleLine(id_, 'goods', sold, values.pop('refunded', 0), quantity, **values)


def amounts(lines, rules, payees=PAYEES, **options):
    """Return the amounts by (line, tier)."""
    options.setdefault('cap_ppm', NO_CAP)
    accruals = accrue(Order(1, tuple(lines), payees), rules, **options)
    return {(accrual.line_id, accrual.tier): accrual.amount for accrual in accruals}


# === PROPERTIES === #

@settings(max_examples=300)
@given(order=orders(), rules=rules, limits=limits, cap=st.integers(1, PPM))
def test_the_explanation_evaluates_to_the_amount_after_a_trip_through_json(order, rules, limits, cap):
    for accrual in accrue(order, rules, limits=limits, cap_ppm=cap):
        assert evaluate(json.loads(json.dumps(accrual.trace))) == accrual.amount == accrual.trace['amount']


@settings(max_examples=300)
@given(order=orders(), rules=rules, limits=limits, data=st.data())
def test_the_order_of_lines_and_payees_does_not_matter(order, rules, limits, data):
    shuffled = order._replace(
        lines=tuple(data.draw(st.permutations(order.lines))),
        payees=tuple(data.draw(st.permutations(order.payees))))
    assert accrue(shuffled, rules, limits=limits) == accrue(order, rules, limits=limits)


@settings(max_examples=300)
@given(order=orders(), rules=rules, limits=limits, data=st.data())
def test_partial_refunds_in_any_order_end_at_nothing(order, rules, limits, data):
    """The ledger posts differences between targets: their sum is the last target, whatever came between."""
    posted, before = 0, order
    posted += sum(accrual.amount for accrual in accrue(before, rules, limits=limits))
    for id_ in data.draw(st.permutations([line.id for line in order.lines])):
        lines = {line.id: line for line in before.lines}
        lines[id_] = lines[id_]._replace(refunded=lines[id_].sold, quantity=0)
        after = before._replace(lines=tuple(lines.values()))
        target = sum(accrual.amount for accrual in accrue(after, rules, limits=limits))
        assert target >= 0
        posted += target - sum(accrual.amount for accrual in accrue(before, rules, limits=limits))
        assert posted == target
        before = after
    assert posted == 0


@settings(max_examples=300)
@given(order=orders(), rules=rules, limits=limits, cap=st.integers(1, PPM))
def test_no_limit_is_exceeded(order, rules, limits, cap):
    accruals = accrue(order, rules, limits=limits, cap_ppm=cap)
    nets = net_amounts(order.lines)
    for line in order.lines:
        paid = sum(accrual.amount for accrual in accruals if accrual.line_id == line.id)
        if paid:
            assert 2 * PPM * paid <= 2 * nets[line.id][0] * cap + PPM
            if limits.guards_margin and line.cost is not None:
                assert paid <= nets[line.id][0] - line.cost
    if limits.order:
        assert sum(accrual.amount for accrual in accruals) <= limits.order
    for payee in PAYEES if limits.tier else ():
        assert sum(accrual.amount for accrual in accruals if accrual.tier == payee.tier) <= limits.tier
    if sum(net for net, _discount in nets.values()) < limits.min_order:
        assert not accruals


@settings(max_examples=300)
@given(order=orders(), rules=rules, limits=limits, cap=st.integers(1, PPM))
def test_where_upper_tiers_give_way_first_an_upline_never_changes_a_lower_tier(order, rules, limits, cap):
    limits = limits._replace(cut='upper_first')

    def lower(payees):
        accruals = accrue(order._replace(payees=payees), rules, limits=limits, cap_ppm=cap)
        return {(a.line_id, a.tier): a.amount for a in accruals if a.tier < 3}

    assert lower(PAYEES) == lower(PAYEES[:2])


@settings(max_examples=300)
@given(order=orders(), rules=rules)
def test_who_is_refused_earns_nothing_and_blocks_nobody(order, rules):
    """Without the second tier the others earn the same; by differential rules the upper one more."""
    def earned(payees, kinds):
        accruals = accrue(order._replace(payees=payees), rules, cap_ppm=NO_CAP)
        return {(a.line_id, a.tier): a.amount for a in accruals if a.tier != 2 and a.trace['rule']['kind'] in kinds}

    refused = (PAYEES[0], PAYEES[2])
    others = set(KINDS) - {'differential'}
    assert earned(refused, others) == earned(PAYEES, others)
    after = earned(refused, KINDS)
    assert all(after[key] >= amount for key, amount in earned(PAYEES, KINDS).items())
    assert all(accrual.tier != 2 for accrual in accrue(order._replace(payees=refused), rules))


@settings(max_examples=300)
@given(bands=bands, measure=st.integers(0, 10**9))
def test_every_amount_is_in_exactly_one_band(bands, measure):
    for amount in (measure, *(bound for bound, _rate in bands), *(max(0, bound - 1) for bound, _rate in bands)):
        bounds = [bound for bound, _rate in bands] + [float('inf')]
        rates = [rate for (_, rate), low, high in zip(bands, bounds, bounds[1:], strict=False) if low <= amount < high]
        assert len(rates) == 1
        paid = amounts([line(10**9, quantity=amount)], [Rule(1, 1, 'bands_quantity', 0, bands=bands)])
        assert paid.get((1, 1), 0) == rates[0] * 1000


@settings(max_examples=300)
@given(sold=st.lists(st.integers(1, 10**9), min_size=1, max_size=6), value=st.integers(0, 10**6))
def test_an_amount_per_order_is_paid_once_to_the_cent(sold, value):
    lines = [line(amount, id_) for id_, amount in enumerate(sold, start=1)]
    assert sum(amounts(lines, [Rule(1, 1, 'fixed_order', value)]).values()) == value


@settings(max_examples=300)
@given(sold=st.lists(st.integers(1, 10**9), min_size=2, max_size=6), value=st.integers(0, 10**6))
def test_a_refund_of_one_line_takes_its_share_of_an_amount_per_order(sold, value):
    lines = [line(amount, id_) for id_, amount in enumerate(sold, start=1)]
    rules = [Rule(1, 1, 'fixed_order', value)]
    before = amounts(lines, rules)
    lines[0] = lines[0]._replace(refunded=lines[0].sold, quantity=0)
    before.pop((1, 1), None)
    assert amounts(lines, rules) == before


@settings(max_examples=300)
@given(sold=money, rates=st.lists(st.integers(0, PPM), min_size=3, max_size=3))
def test_by_level_all_tiers_together_earn_what_the_highest_rate_gives(sold, rates):
    rules = [Rule(tier, tier, 'differential', rate) for tier, rate in enumerate(rates, start=1)]
    alone = amounts([line(sold)], [Rule(1, 1, 'percent', max(rates))])
    assert sum(amounts([line(sold)], rules).values()) == sum(alone.values())


@settings(max_examples=300)
@given(limit=money, parts=st.lists(money, max_size=6), how=st.sampled_from(['proportional', 'upper_first']))
def test_a_cut_reaches_its_limit_to_the_cent_and_raises_nobody_beyond_what_was_earned(limit, parts, how):
    kept = cut(limit, parts, how)
    assert sum(kept) == min(limit, sum(parts))
    assert all(0 <= after <= before for before, after in zip(parts, kept, strict=True))


# === WORKED EXAMPLES === #

def test_kinds_by_example():
    for case, lines, rules, expected in [
        ("20 % of 500", [line(500_00)], [Rule(1, 1, 'percent', 200_000)], {(1, 1): 100_00}),
        ("2.50 a piece, 3 pieces", [line(50_00, quantity=3000)], [Rule(1, 1, 'fixed', 2_50)], {(1, 1): 7_50}),
        ("10 per order over 100 and 200", [line(100_00), line(200_00, 2)], [Rule(1, 1, 'fixed_order', 10_00)],
         {(1, 1): 3_33, (2, 1): 6_67}),
        ("10 per order, half of a line refunded", [line(100_00, refunded=50_00), line(100_00, 2)],
         [Rule(1, 1, 'fixed_order', 10_00)], {(1, 1): 2_50, (2, 1): 5_00}),
        ("10 per order, nothing paid yet", [line(0)], [Rule(1, 1, 'fixed_order', 10_00)], {}),
        ("999.99 is in the first band", [line(999_99)], [Rule(1, 1, 'bands_amount', 0, bands=BANDS)], {(1, 1): 50_00}),
        ("1000 is in the second", [line(1000_00)], [Rule(1, 1, 'bands_amount', 0, bands=BANDS)], {(1, 1): 80_00}),
        ("1000.50, which closed bands lose", [line(1000_50)], [Rule(1, 1, 'bands_amount', 0, bands=BANDS)],
         {(1, 1): 80_04}),
        ("1200 in two lines is 1200", [line(600_00), line(600_00, 2)], [Rule(1, 1, 'bands_amount', 0, bands=BANDS)],
         {(1, 1): 48_00, (2, 1): 48_00}),
        ("a refund leaves the band", [line(1200_00, refunded=300_00)], [Rule(1, 1, 'bands_amount', 0, bands=BANDS)],
         {(1, 1): 45_00}),
        ("10 pieces", [line(100_00, quantity=10_000)],
         [Rule(1, 1, 'bands_quantity', 0, bands=((0, 0), (10_000, 100_000)))], {(1, 1): 10_00}),
        ("9.999 pieces", [line(100_00, quantity=9999)],
         [Rule(1, 1, 'bands_quantity', 0, bands=((0, 0), (10_000, 100_000)))], {}),
        ("15 % over 10 % by level", [line(100_00)],
         [Rule(1, 1, 'differential', 100_000), Rule(2, 2, 'differential', 150_000)], {(1, 1): 10_00, (1, 2): 5_00}),
        ("an upline of a lower level", [line(100_00)],
         [Rule(1, 1, 'differential', 150_000), Rule(2, 2, 'differential', 100_000)], {(1, 1): 15_00}),
        ("nothing below blocks nothing above", [line(100_00)],
         [Rule(1, 1, 'differential', 0), Rule(2, 2, 'percent', 50_000)], {(1, 2): 5_00}),
        ("20 % of a margin of 40", [line(100_00, cost=60_00)], [Rule(1, 1, 'margin', 200_000)], {(1, 1): 8_00}),
        ("a loss", [line(100_00, cost=160_00)], [Rule(1, 1, 'margin', 200_000)], {}),
        ("a cost that nobody knows", [line(100_00)], [Rule(1, 1, 'margin', 200_000)], {}),
    ]:
        assert amounts(lines, rules) == expected, case


def test_limits_by_example():
    tiers = [Rule(1, 1, 'percent', 200_000), Rule(2, 2, 'percent', 100_000)]
    for case, lines, limits, cap, expected in [
        ("line, in proportion", [line(100_00)], Limits(), 150_000, {(1, 1): 10_00, (1, 2): 5_00}),
        ("line, upper first", [line(100_00)], Limits(cut='upper_first'), 250_000, {(1, 1): 20_00, (1, 2): 5_00}),
        ("line, nothing left above", [line(100_00)], Limits(cut='upper_first'), 150_000, {(1, 1): 15_00}),
        ("order", [line(100_00), line(100_00, 2)], Limits(order=30_00), PPM,
         {(1, 1): 10_00, (1, 2): 5_00, (2, 1): 10_00, (2, 2): 5_00}),
        ("order, upper first", [line(100_00), line(100_00, 2)], Limits(order=45_00, cut='upper_first'), PPM,
         {(1, 1): 20_00, (1, 2): 5_00, (2, 1): 20_00}),
        ("tier", [line(100_00), line(100_00, 2)], Limits(tier=20_00), PPM,
         {(1, 1): 10_00, (1, 2): 10_00, (2, 1): 10_00, (2, 2): 10_00}),
        ("least order, met", [line(100_00)], Limits(min_order=100_00), PPM, {(1, 1): 20_00, (1, 2): 10_00}),
        ("least order, missed by a cent", [line(99_99)], Limits(min_order=100_00), PPM, {}),
        ("margin", [line(100_00, cost=85_00)], Limits(guards_margin=True), PPM, {(1, 1): 10_00, (1, 2): 5_00}),
        ("margin, upper first", [line(100_00, cost=75_00)], Limits(guards_margin=True, cut='upper_first'), PPM,
         {(1, 1): 20_00, (1, 2): 5_00}),
        ("margin, no cost known", [line(100_00)], Limits(guards_margin=True), PPM, {(1, 1): 20_00, (1, 2): 10_00}),
        ("margin, sold at a loss", [line(100_00, cost=101_00)], Limits(guards_margin=True), PPM, {}),
    ]:
        assert amounts(lines, tiers, limits=limits, cap_ppm=cap) == expected, case


def test_scopes_by_example():
    facts = {'product': [7], 'category': [1, 2], 'pricelist': [5], 'tag': []}
    for case, rule, reason in [
        ("none", {}, None),
        ("one of several", {'scopes': (('category', frozenset({2, 9})),)}, None),
        ("another", {'scopes': (('category', frozenset({9})),)}, 'category'),
        ("all must hold", {'scopes': (('product', frozenset({7})), ('pricelist', frozenset({6})))}, 'pricelist'),
        ("no tag", {'scopes': (('tag', frozenset({1})),)}, 'tag'),
        ("a fact that nobody gives", {'scopes': (('website', frozenset({1})),)}, 'website'),
        ("level", {'scopes': (('level', frozenset({1})),)}, None),
        ("distributor", {'scopes': (('distributor', frozenset({20})),)}, 'distributor'),
        ("from, included", {'ordered_from': '2026-11-01 00:00:00'}, None),
        ("until, not included", {'ordered_until': '2026-11-01 00:00:00'}, 'date'),
        ("later", {'ordered_from': '2026-11-01 00:00:01'}, 'date'),
        ("cost", {'kind': 'margin'}, 'cost'),
    ]:
        order = Order(1, (line(100_00, facts=facts),), PAYEES[:1], '2026-11-01 00:00:00')
        rules = [Rule(1, 1, **{'kind': 'percent', 'value': 100_000, **rule}), Rule(2, 1, 'percent', 50_000)]
        [accrual] = accrue(order, rules)
        assert accrual.amount == (5_00 if reason else 10_00), case
        assert accrual.trace['passed_over'] == ([[1, reason]] if reason else []), case


def test_a_trace_of_the_former_edition_is_still_evaluated():
    trace = {
        'base': {'sold': 100_00, 'refunded': 0, 'discount': 0, 'net': 100_00}, 'quantity': 1000, 'tier': 2,
        'level_id': 0, 'rule': {'id': 1, 'kind': 'percent', 'value': 120_000}, 'passed_over': [],
        'before_cap': 12_00, 'amount': 10_00,
        'cap': {'ppm': 300_000, 'amount': 30_00, 'amounts': [24_00, 12_00], 'position': 1},
    }
    assert evaluate(trace) == 10_00
