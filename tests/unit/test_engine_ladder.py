"""Ladders: properties, and worked examples to the cent."""
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distribution_engine import (
    PPM,
    Entry,
    Ladder,
    Limits,
    Order,
    Payee,
    Rule,
    SaleLine,
    accrue,
    climb,
    evaluate,
    get_entries,
    get_step,
    net_amounts,
    reward,
)

STEPS = ((0, 50_000), (50_000_00, 80_000), (100_000_00, 100_000))
MARGINAL, WHOLE = (Ladder(1, 'month', method, STEPS) for method in ('marginal', 'whole'))
SELLER = Payee(1, 10, 1)

money = st.integers(0, 10**9)
steps = st.dictionaries(st.integers(1, 10**9), st.integers(0, PPM), max_size=5).map(
    lambda bounds: ((0, 30_000), *sorted(bounds.items())))
ladders = st.builds(
    Ladder, id=st.just(1), period=st.just('month'), method=st.sampled_from(['marginal', 'whole']), steps=steps)
entries = st.dictionaries(st.integers(1, 10**6), st.integers(1, 10**9), min_size=1, max_size=8).map(
    lambda nets: [entry(line_id, net) for line_id, net in nets.items()])
limits = st.builds(
    Limits, order=st.integers(0, 10**8), tier=st.integers(0, 10**8), min_order=st.integers(0, 10**6),
    guards_margin=st.booleans(), cut=st.sampled_from(['proportional', 'upper_first']))


def entry(line_id, net, limits=()):
    return Entry(line_id, 10, net, {
        'base': {'sold': net, 'refunded': 0, 'discount': 0, 'net': net},
        'quantity': 1000, 'tier': 1, 'level_id': 0, 'passed_over': []}, limits)


def goods(line_id, sold, **values):
    return SaleLine(line_id, 'goods', sold, values.pop('refunded', 0), 1000, **values)


@st.composite
def orders(draw, id_=1):
    first = 10 * id_
    lines = [
        goods(line_id, sold, refunded=draw(st.integers(0, sold)), cost=draw(st.none() | money))
        for line_id in range(first, first + draw(st.integers(1, 4))) for sold in [draw(money)]
    ]
    if draw(st.booleans()):
        lines.append(SaleLine(first + 9, 'discount', -draw(money), 0, 1000))
    return Order(id_, tuple(lines), (SELLER, Payee(2, 20)))


def paid(accruals):
    return sum(accrual.amount for accrual in accruals)


# === PROPERTIES === #

@settings(max_examples=300)
@given(ladder=ladders, entries=entries)
def test_the_lines_together_get_exactly_what_the_ladder_gives(ladder, entries):
    assert paid(climb(ladder, entries)) == reward(ladder, sum(entry.net for entry in entries))


@settings(max_examples=300)
@given(ladder=ladders, entries=entries)
def test_a_line_gets_its_share_to_the_cent(ladder, entries):
    total = sum(entry.net for entry in entries)
    for accrual in climb(ladder, entries):
        assert abs(accrual.amount * total - reward(ladder, total) * accrual.base) < total


@settings(max_examples=300)
@given(ladder=ladders, entries=entries, data=st.data())
def test_the_order_of_arrival_does_not_matter(ladder, entries, data):
    assert climb(ladder, data.draw(st.permutations(entries))) == climb(ladder, entries)


@settings(max_examples=300)
@given(ladder=ladders, entries=entries, data=st.data())
def test_refunds_in_any_order_take_each_line_back_exactly_and_end_at_nothing(ladder, entries, data):
    """The ledger posts differences line by line: a line that is gone has given back exactly what it got."""
    posted = {accrual.line_id: accrual.amount for accrual in climb(ladder, entries)}
    left = list(entries)
    for gone in data.draw(st.permutations(entries)):
        left.remove(gone)
        targets = {accrual.line_id: accrual.amount for accrual in climb(ladder, left)}
        assert gone.line_id not in targets
        moves = {line_id: targets.get(line_id, 0) - posted.get(line_id, 0) for line_id in posted | targets}
        assert moves.get(gone.line_id, 0) == -posted.get(gone.line_id, 0)
        posted = {line_id: posted.get(line_id, 0) + move for line_id, move in moves.items()}
        assert sum(posted.values()) == reward(ladder, sum(entry.net for entry in left))
    assert not any(posted.values())


@settings(max_examples=300)
@given(steps=steps, total=st.integers(0, 2 * 10**9))
def test_step_by_step_is_continuous_and_never_falls(steps, total):
    ladder = Ladder(1, 'month', 'marginal', steps)
    for amount in (total, *(lower for lower, _rate in steps), *(max(0, lower - 1) for lower, _rate in steps)):
        assert 0 <= reward(ladder, amount + 1) - reward(ladder, amount) <= 1


@settings(max_examples=300)
@given(steps=steps, total=st.integers(0, 2 * 10**9))
def test_each_cent_of_the_sales_is_in_exactly_one_step(steps, total):
    """Counted with rates of one hundred percent for one step and nothing for the others."""
    for method in ('marginal', 'whole'):
        only = [
            reward(Ladder(1, 'month', method, tuple(
                (lower, PPM if lower == chosen else 0) for lower, _rate in steps)), total)
            for chosen, _rate in steps
        ]
        assert sum(only) == total
        assert method == 'marginal' or sorted(only)[:-1] == [0] * (len(steps) - 1)


@settings(max_examples=300)
@given(ladder=ladders, order=orders(), rates=st.lists(st.integers(0, PPM // 4), min_size=2, max_size=2),
       cap=st.integers(1, PPM), limits=limits)
def test_rules_and_ladder_together_keep_every_limit(ladder, order, rates, cap, limits):
    rules = [Rule(1, 1, 'percent', rates[0]), Rule(2, 2, 'percent', rates[1])]
    options = {'cap_ppm': cap, 'limits': limits}
    earned = accrue(order, rules, **options)
    found = get_entries(order, [ladder], rules, **options).get(ladder.id, [])
    accruals = climb(ladder, found)
    nets = net_amounts(order.lines)
    for line in order.lines:
        on_line = paid(a for a in accruals if a.line_id == line.id)
        together = on_line + paid(a for a in earned if a.line_id == line.id)
        if on_line:
            assert 2 * PPM * together <= 2 * nets[line.id][0] * cap + PPM
            if limits.guards_margin and line.cost is not None:
                assert together <= nets[line.id][0] - line.cost
    if limits.order and accruals:
        assert paid(earned) + paid(accruals) <= limits.order
    if limits.tier and accruals:
        assert paid(a for a in earned if a.tier == 1) + paid(accruals) <= limits.tier
    if sum(net for net, _discount in nets.values()) < limits.min_order:
        assert not found


@settings(max_examples=300)
@given(ladder=ladders, order=orders(), other=orders(id_=2), cap=st.integers(1, PPM), limits=limits)
def test_the_explanation_evaluates_to_the_amount_after_a_trip_through_json(ladder, order, other, cap, limits):
    options = {'cap_ppm': cap, 'limits': limits}
    found = [
        entry for each in (order, other)
        for entry in get_entries(each, [ladder], [Rule(1, 1, 'percent', 100_000)], **options).get(ladder.id, [])]
    for accrual in climb(ladder, found):
        trace = json.loads(json.dumps(accrual.trace))
        assert evaluate(trace) == accrual.amount == trace['amount']
        assert trace['rounding'] in (0, 1)


# === WORKED EXAMPLES === #

@pytest.mark.parametrize(('sales', 'marginal', 'whole'), [
    (0, 0, 0),
    (1, 0, 0),
    (49_999_99, 2_500_00, 2_500_00),
    (50_000_00, 2_500_00, 4_000_00),
    (50_000_01, 2_500_00, 4_000_00),
    (99_999_99, 6_500_00, 8_000_00),
    (100_000_00, 6_500_00, 10_000_00),
    (100_000_05, 6_500_01, 10_000_01),
    (120_000_00, 8_500_00, 12_000_00),
])
def test_five_eight_and_ten_percent_of_a_hundred_thousand(sales, marginal, whole):
    assert (reward(MARGINAL, sales), reward(WHOLE, sales)) == (marginal, whole)


def test_lines_share_what_the_ladder_gives():
    for case, ladder, nets, expected in [
        ("60 and 40 thousand, by parts", MARGINAL, (60_000_00, 40_000_00), (3_900_00, 2_600_00)),
        ("60 and 40 thousand, the whole", WHOLE, (60_000_00, 40_000_00), (6_000_00, 4_000_00)),
        ("the second refunded: by parts", MARGINAL, (60_000_00,), (3_300_00,)),
        ("the second refunded: the whole falls a step", WHOLE, (60_000_00,), (4_800_00,)),
        ("three that cannot be shared evenly", MARGINAL, (33_33, 33_33, 33_34), (1_67, 1_66, 1_67)),
    ]:
        found = climb(ladder, [entry(line_id, net) for line_id, net in enumerate(nets, start=1)])
        assert tuple(accrual.amount for accrual in found) == expected, case


def test_a_line_counts_for_the_first_ladder_that_admits_it():
    tea = Ladder(1, 'month', 'marginal', STEPS, (('category', frozenset([7])),))
    silver = Ladder(2, 'quarter', 'whole', STEPS, (('level', frozenset([1])),))
    lines = (goods(1, 100_00, facts={'category': [7]}), goods(2, 200_00, facts={'category': [8]}))
    order = Order(1, lines, (SELLER,))
    found = get_entries(order, [tea, silver], [])
    assert {id_: [(e.line_id, e.net) for e in of_ladder] for id_, of_ladder in found.items()} == {
        1: [(1, 100_00)], 2: [(2, 200_00)]}
    assert found[2][0].trace['passed_over'] == [[1, 'category']]
    other_level = order._replace(payees=(SELLER._replace(level_id=9),))
    assert list(get_entries(other_level, [tea, silver], [])) == [1]


def test_what_others_sell_counts_for_nobody_above():
    order = Order(1, (goods(1, 100_00),), (Payee(2, 20),))
    assert get_entries(order, [MARGINAL], []) == {}


def test_a_ladder_gets_what_the_rules_leave():
    rules = [Rule(1, 1, 'percent', 200_000), Rule(2, 2, 'percent', 50_000)]
    ladder = Ladder(1, 'month', 'whole', ((0, 100_000),))
    payees = (SELLER, Payee(2, 20))
    for case, lines, options, expected in [
        ("room for all", [goods(1, 100_00)], {}, [10_00]),
        ("the cap of a line", [goods(1, 100_00)], {'cap_ppm': 300_000}, [5_00]),
        ("nothing left", [goods(1, 100_00)], {'cap_ppm': 250_000}, []),
        ("the margin", [goods(1, 100_00, cost=68_00)], {'limits': Limits(guards_margin=True)}, [7_00]),
        ("no cost known", [goods(1, 100_00)], {'limits': Limits(guards_margin=True)}, [10_00]),
        ("the limit of a tier, shared", [goods(1, 100_00), goods(2, 300_00)], {'limits': Limits(tier=90_00)},
         [2_50, 7_50]),
        ("the limit of an order, shared", [goods(1, 100_00), goods(2, 300_00)], {'limits': Limits(order=104_00)},
         [1_00, 3_00]),
        ("the least order, missed", [goods(1, 100_00)], {'limits': Limits(min_order=100_01)}, []),
    ]:
        found = get_entries(Order(1, tuple(lines), payees), [ladder], rules, **options)
        assert [accrual.amount for accrual in climb(ladder, found.get(1, []))] == expected, case


@given(ladder=ladders, entries=entries)
def test_the_rate_that_a_statement_shows_is_what_the_ladder_gives_on_all_sales(ladder, entries):
    for accrual in climb(ladder, entries):
        trace = json.loads(json.dumps(accrual.trace))
        total = trace['sales']
        lower, rate = get_step(trace)
        assert lower == max(bound for bound, _rate in ladder.steps if bound <= total)
        assert abs(reward(ladder, total) - rate * total / PPM) <= total / PPM + 1
