import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution_compliance import PLAN_RULES, Bounds, Plan, find_claims, fired_by_plan, judge_plan

CASES = json.loads((Path(__file__).parent / "vectors" / "policy_cases.json").read_text())["plans"]
BOUNDS = Bounds()
WORDS = st.sampled_from([
    "order_delivered_and_return_window_over", "recruit", "share", "team_sales", "sale_line_net", "deposit",
    "agreement", "downline_headcount", "own_end_customer_sales", "tenure",
])


def describe(case):
    """A plan of the vectors in the terms of the function."""
    tier_ppm = tuple(round(percent * 10_000) for percent in case.get("tier_pct", ()))
    lists = {name: tuple(case[name]) for name in ("events", "bases", "eligibility", "rank_inputs") if name in case}
    numbers = {name: case[name] for name in ("invite_quota", "notice_days") if name in case}
    return Plan(tier_ppm, signed_tiers=len(tier_ppm) if case.get("signoff") else 1, **lists, **numbers)


@st.composite
def plans(draw):
    words = st.lists(WORDS, max_size=3).map(tuple)
    return Plan(
        tier_ppm=tuple(draw(st.lists(st.integers(0, 400_000), max_size=4))),
        agent_ppm=tuple(draw(st.lists(st.integers(0, 400_000), max_size=3))),
        cap_ppm=draw(st.none() | st.integers(0, 1_000_000)),
        signed_tiers=draw(st.integers(0, 4)),
        events=draw(words),
        bases=draw(words),
        eligibility=draw(words),
        rank_inputs=draw(words),
        invite_quota=draw(st.integers(0, 3)),
        notice_days=draw(st.none() | st.integers(-3, 20)),
        texts=tuple(draw(st.lists(st.sampled_from(["躺赚", "Tea", "passive income"]), max_size=2))),
        ladder_ppm=draw(st.integers(0, 400_000)),
    )


def tightened(draw, plan):
    """The same plan, asking for less and paying less, or later."""
    keep = {
        name: tuple(draw(st.lists(st.sampled_from(value), unique=True))) if value else ()
        for name in ("events", "bases", "eligibility", "rank_inputs", "texts") for value in [getattr(plan, name)]
    }
    tiers = plan.tier_ppm[:draw(st.integers(0, len(plan.tier_ppm)))]
    return plan._replace(
        tier_ppm=tuple(draw(st.integers(0, ppm)) for ppm in tiers),
        cap_ppm=None if plan.cap_ppm is None else draw(st.integers(0, plan.cap_ppm)),
        signed_tiers=draw(st.integers(plan.signed_tiers, 4)),
        invite_quota=draw(st.integers(0, plan.invite_quota)),
        notice_days=None if plan.notice_days is None else draw(st.integers(plan.notice_days, 30)),
        ladder_ppm=draw(st.integers(0, plan.ladder_ppm)),
        **keep,
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_vectors(case):
    assert fired_by_plan(describe(case["plan"]), BOUNDS) == case["fires"]


@given(plan=plans(), data=st.data())
def test_tightening_a_plan_never_fires_more(plan, data):
    assert set(fired_by_plan(tightened(data.draw, plan), BOUNDS)) <= set(fired_by_plan(plan, BOUNDS))


@given(plan=plans(), bounds=st.tuples(st.integers(1, 3), st.integers(0, 500_000), st.integers(0, 9), st.integers(0, 9)))
def test_a_looser_policy_never_fires_more(plan, bounds):
    tiers, ppm, hold, notice = bounds
    strict = Bounds(tiers, ppm, 7, hold, notice)
    loose = Bounds(tiers + 1, ppm + 1, 7, hold + 1, max(0, notice - 1))
    assert set(fired_by_plan(plan, loose)) <= set(fired_by_plan(plan, strict))


@given(plan=plans())
def test_every_rule_is_judged_once_and_says_what_it_found(plan):
    assert [finding.rule for finding in judge_plan(plan, BOUNDS)] == list(PLAN_RULES)


@pytest.mark.parametrize(("cap", "fires"), [(300_000, []), (300_001, ["R08"]), (None, ["R08"])])
def test_the_cap_is_what_a_line_pays_at_most(cap, fires):
    assert fired_by_plan(Plan((240_000, 120_000), cap, signed_tiers=2), BOUNDS) == fires


@pytest.mark.parametrize(("tiers", "cap", "ladder", "fires"), [
    ((100_000, 50_000), 300_000, 150_000, []),
    ((100_000, 50_000), 300_000, 150_001, ["R08"]),
    ((100_000, 50_000), 300_000, 0, []),
    ((100_000, 50_000), 300_001, 10_000, ["R08"]),
    ((200_000, 200_000), 250_000, 50_000, []),
    ((), None, 300_001, ["R08"]),
])
def test_the_highest_rate_of_a_ladder_comes_on_top_of_the_tiers(tiers, cap, ladder, fires):
    plan = Plan(tiers, cap, signed_tiers=2, bases=("sale_line_net", "own_net_sales"), ladder_ppm=ladder)
    assert fired_by_plan(plan, BOUNDS) == fires


@pytest.mark.parametrize(("text", "claims"), [
    ("加入我们，躺赚!", ["躺赚"]),
    ("躺 - 赚，月 入 过 万", ["躺赚", "月入过万", "月入"]),
    ("ＰＡＳＳＩＶＥ　Income for you", ["passive income"]),
    ("We promise no guaranteed income.", []),
    ("本方案不承诺保底", []),
    ("不保底，但是稳赚", ["稳赚"]),
    ("每笔销售佣金 10 %，退货期满后结算", []),
    ("10 % of what your customers buy", []),
    ("", []),
    (None, []),
])
def test_income_claims_are_found_and_denials_are_not(text, claims):
    assert find_claims(text) == claims


def test_agents_are_no_tiers_but_part_of_what_a_line_pays():
    bounds = Bounds(max_paid_tiers=1, max_commission_ppm=150_000)
    for agent_ppm, fired in (((30_000,), []), ((30_000, 20_000), []), ((30_000, 30_000), ['R08'])):
        found = fired_by_plan(Plan(tier_ppm=(100_000,), agent_ppm=agent_ppm), bounds)
        assert [rule for rule in found if rule in ('R01', 'R02', 'R08')] == fired
