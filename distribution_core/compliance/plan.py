from typing import NamedTuple

from .claims import find_claims

# What is not on these lists is not known to be lawful, and fires.
ALLOWED_EVENTS = ('order_delivered_and_return_window_over',)
ALLOWED_BASES = ('sale_line_net', 'sale_line_quantity', 'sale_line_margin', 'own_net_sales')
ALLOWED_ELIGIBILITY = ('agreement', 'adult', 'identity', 'application_approved', 'training_done')
ALLOWED_RANK_INPUTS = ('own_end_customer_sales', 'own_return_rate', 'training_done', 'tenure')
# Always checked, in this order.
PLAN_RULES = ('R01', 'R02', 'R03', 'R04', 'R05', 'R06', 'R07', 'R08', 'R10', 'R22', 'R23', 'R24')
# Events that are no sale and that R24, not R03, is about.
_ADVERTISING_EVENTS = ('share', 'click', 'checkin')


class Plan(NamedTuple):
    """What a commission plan asks for and pays, described without any model.

    Attributes:
        tier_ppm: The most that each paid tier can earn on a line, in parts per million of its net.
        cap_ppm: What all tiers and agents of a line earn together at most. None: there is no cap.
        signed_tiers: For how many tiers somebody signed.
        events: What makes a commission.
        bases: What a commission is computed from.
        eligibility: What a distributor must bring to take part.
        rank_inputs: What a level is computed from.
        invite_quota: How many people a distributor must bring.
        notice_days: Whole days from the publication to the begin. None: the first plan, which changes nothing.
        texts: What the plan says about itself, in all languages.
        ladder_ppm: The most that a ladder on own sales of a period adds to what the tiers earn on a line.
        agent_ppm: As `tier_ppm`, of each kind of regional agent: no tier, but part of what a line pays.
    """
    tier_ppm: tuple = ()
    cap_ppm: int | None = None
    signed_tiers: int = 1
    events: tuple = ALLOWED_EVENTS
    bases: tuple = ()
    eligibility: tuple = ()
    rank_inputs: tuple = ()
    invite_quota: int = 0
    notice_days: int | None = None
    texts: tuple = ()
    ladder_ppm: int = 0
    agent_ppm: tuple = ()


class Bounds(NamedTuple):
    """The numbers of a policy that bound a plan. The lists above are no numbers: nobody can loosen them."""
    max_paid_tiers: int = 2
    max_commission_ppm: int = 300_000
    return_window_days: int = 7
    hold_days: int = 7
    notice_days: int = 7


class Finding(NamedTuple):
    """What one rule says of a plan: whether it holds, what was found, and what is allowed."""
    rule: str
    holds: bool
    found: object
    allowed: object


def judge_plan(plan, bounds):
    """Say of each rule whether a plan keeps it.

    :param Plan plan:
    :param Bounds bounds:
    :return: One finding for each of `PLAN_RULES`, in their order.
    :rtype: list[Finding]
    """
    tiers = len(plan.tier_ppm)
    by_tiers = sum(plan.tier_ppm + plan.agent_ppm)
    highest = by_tiers if plan.cap_ppm is None else plan.cap_ppm
    if plan.ladder_ppm:
        # What the cap would cut off a ladder must not be promised either.
        highest = max(highest, min(by_tiers, highest) + plan.ladder_ppm)
    claims = sorted({claim for text in plan.texts for claim in find_claims(text)})
    rewarded = tuple(event for event in plan.events if event in _ADVERTISING_EVENTS)
    paid_for = tuple(event for event in plan.events if event not in rewarded)
    findings = (
        Finding('R01', tiers <= bounds.max_paid_tiers, tiers, bounds.max_paid_tiers),
        Finding('R02', tiers <= max(1, plan.signed_tiers), tiers, plan.signed_tiers),
        _only('R03', paid_for, ALLOWED_EVENTS),
        _only('R04', plan.bases, ALLOWED_BASES),
        _only('R05', plan.eligibility, ALLOWED_ELIGIBILITY),
        _only('R06', plan.rank_inputs, ALLOWED_RANK_INPUTS),
        Finding('R07', not plan.invite_quota, plan.invite_quota, 0),
        Finding('R08', highest <= bounds.max_commission_ppm, highest, bounds.max_commission_ppm),
        Finding('R10', bounds.hold_days >= bounds.return_window_days, bounds.hold_days, bounds.return_window_days),
        Finding(
            'R22', plan.notice_days is None or plan.notice_days >= bounds.notice_days,
            plan.notice_days, bounds.notice_days),
        Finding('R23', not claims, claims, []),
        Finding('R24', not rewarded, list(rewarded), []),
    )
    return list(findings)


def fired_by_plan(plan, bounds):
    """Return the codes of the rules that a plan breaks.

    :rtype: list[str]
    """
    return [finding.rule for finding in judge_plan(plan, bounds) if not finding.holds]


def _only(rule, found, allowed):
    return Finding(rule, set(found) <= set(allowed), list(found), list(allowed))
