from datetime import datetime, timedelta

from .types import Decision, Tier

# What somebody says beats what a browser did; among equals the policy's model decides.
_PRECEDENCE = {'staff': 0, 'code': 1, 'scan': 2, 'visit': 2}


def decide(claims, buyer, policy, now):
    """Choose whom to credit with an order.

    The first admissible claim wins: a staff entry before a typed code before a touch, and among
    touches the last or the first as the policy says. The order in which claims are given does not
    matter.

    :param list[Claim] claims:
    :param Buyer buyer:
    :param Policy policy:
    :param datetime now: UTC.
    :rtype: Decision
    """
    refused = []
    for claim in sorted(claims, key=lambda claim: _rank(claim, policy)):
        reason = _refusal(claim, buyer, policy, now)
        if not reason:
            return Decision(claim, tuple(refused))
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


def _rank(claim, policy):
    return (
        _PRECEDENCE[claim.source],
        datetime.max - claim.at if policy.model == 'last' else claim.at - datetime.min,
        claim.member.id,
        claim.touch_id or 0,
    )


def _refusal(claim, buyer, policy, now):
    is_touch = claim.source in ('scan', 'visit')
    if claim.at > now:
        return 'future'
    if is_touch and now >= claim.at + timedelta(days=policy.window_days):
        return 'expired'
    return _member_refusal(claim.member, buyer)


def _member_refusal(member, buyer):
    if member.state != 'active':
        return 'inactive'
    if not member.identities.isdisjoint(buyer.identities):
        return 'self'
    return ''
