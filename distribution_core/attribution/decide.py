from datetime import datetime, timedelta

from . import binding
from .types import Decision, Tier

_STAFF, _HELD, _CODE, _TOUCH, _FALLBACK = range(5)
# The places of regional agents beside the tiers: behind them all, the smaller area first.
AGENTS = {'district': 11, 'city': 12, 'province': 13}
_RANKS = {'staff': _STAFF, 'code': _CODE, 'scan': _TOUCH, 'visit': _TOUCH}


def decide(claims, buyer, policy, now):
    """Choose whom to credit with an order.

    The first admissible claim wins: a staff entry, then a binding that holds, a typed code, a
    touch (the last or the first, as the policy says), and at the end a binding that does not hold.
    The order in which claims are given does not matter.

    A claim is refused because it is of the `future`, `expired`, `unbound` (the policy knows no
    bindings), `known` (the customer had bought before, and only new ones can be won), or because
    its distributor is `inactive`, has `unaccepted` the agreement, or is the buyer `self`.

    :param list[Claim] claims:
    :param Buyer buyer:
    :param Policy policy:
    :param datetime now: UTC.
    :rtype: Decision
    """
    refused = []
    ranked = sorted(claims, key=lambda claim: _rank(claim, buyer, policy, now))
    for position, claim in enumerate(ranked, start=1):
        reason = _refusal(claim, buyer, policy, now)
        if not reason:
            return Decision(claim, tuple(refused), tuple(ranked[position:]))
        refused.append((claim, reason))
    return Decision(None, tuple(refused))


def chain(claim, buyer, depth):
    """Return who stands where above an order, the credited distributor first.

    A member that may not earn keeps its place and blocks nobody above.

    :param Claim claim: The one that won.
    :param Buyer buyer:
    :param int depth: How many tiers the policy allows.
    :rtype: list[Tier]
    """
    return [
        Tier(tier, member, _member_refusal(member, buyer))
        for tier, member in enumerate(claim.uplines[:depth], start=1)
    ]


def appoint(agencies, buyer):
    """Return the regional agents of an order, the smallest area first.

    An agent that may not earn keeps its place and blocks nobody.

    :param Iterable[Agency] agencies: At most one of each kind.
    :param Buyer buyer:
    :rtype: list[Tier]
    """
    return [
        Tier(AGENTS[agency.kind], agency.member, _member_refusal(agency.member, buyer))
        for agency in sorted(agencies, key=lambda agency: AGENTS[agency.kind])
    ]


def _rank(claim, buyer, policy, now):
    if claim.source == 'binding':
        rank = _HELD if binding.holds(claim, buyer, policy, now) else _FALLBACK
    else:
        rank = _RANKS[claim.source]
    return (
        rank,
        datetime.max - claim.at if policy.model == 'last' else claim.at - datetime.min,
        claim.member.id,
        claim.touch_id or 0,
    )


def _refusal(claim, buyer, policy, now):
    if claim.at > now:
        return 'future'
    if claim.source == 'binding':
        reason = binding.refusal(claim, policy, now)
    elif claim.source == 'staff':
        reason = ''
    else:
        reason = _touch_refusal(claim, buyer, policy, now)
    return reason or _member_refusal(claim.member, buyer)


def _touch_refusal(claim, buyer, policy, now):
    if now >= claim.at + timedelta(days=policy.window_days):
        return 'expired'
    if policy.binding_mode == 'new' and buyer.first_order_at and buyer.first_order_at < claim.at:
        return 'known'
    return ''


def _member_refusal(member, buyer):
    if member.state == 'unaccepted':
        return 'unaccepted'
    if member.state != 'active':
        return 'inactive'
    if not member.identities.isdisjoint(buyer.identities):
        return 'self'
    return ''
