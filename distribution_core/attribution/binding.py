"""Whose customer is it? A binding outlives the visit that led to it.

===========  =================================================================================
mode         who has the customer
===========  =================================================================================
`none`       nobody: each order stands for itself
`first`      the first distributor who was credited, until the binding is ended
`last`       the last one who was credited; while protected, nobody else can win the customer
`new`        as `first`, but only customers who had not bought before the touch can be won
`expiring`   as `first`, for `binding_days` since the last credited order
===========  =================================================================================

In `first`, `new` and `expiring` a customer who has not bought for `takeover_days` is free to be won
by others. In every mode a binding younger than `protection_days` stands.
"""
from datetime import timedelta


def holds(claim, buyer, policy, now):
    """Whether a binding stands before codes and touches of others; else it only fills in for missing ones.

    :param Claim claim: Of source `binding`.
    :param Buyer buyer:
    :param Policy policy:
    :param datetime now: UTC.
    :rtype: bool
    """
    if now < claim.at + timedelta(days=policy.protection_days):
        return True
    if policy.binding_mode == 'last':
        return False
    if not policy.takeover_days:
        return True
    quiet_since = max(claim.at, buyer.last_order_at or claim.at)
    return now < quiet_since + timedelta(days=policy.takeover_days)


def refusal(claim, policy, now):
    """Why a binding does not count: `unbound`, `expired`, or '' when it does."""
    if policy.binding_mode == 'none':
        return 'unbound'
    if claim.expires_at and now >= claim.expires_at:
        return 'expired'
    return ''


def follow(bound, won, policy):
    """What the order that was credited makes of the customer's binding.

    A staff entry speaks for its order only, so it leaves the binding as it is. A distributor who is
    suspended loses the order, not the customer.

    :param Claim|None bound: The binding that was open when the order was decided on.
    :param Claim|None won: The claim that won the order.
    :param Policy policy:
    :return: `open` (there is none yet), `move` (to the distributor who won), `renew` (its time
        begins again) or '' (nothing changes).
    :rtype: str
    """
    if policy.binding_mode == 'none' or won is None or won.source == 'staff':
        return ''
    if bound is None:
        return 'open'
    if bound.member.id != won.member.id:
        return '' if bound.member.state == 'suspended' else 'move'
    return 'renew' if policy.binding_mode == 'expiring' else ''


def expiry(at, policy):
    """Return when a binding that begins at a moment stops to count; None: never."""
    return at + timedelta(days=policy.binding_days) if policy.binding_mode == 'expiring' else None
