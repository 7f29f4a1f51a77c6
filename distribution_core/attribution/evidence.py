"""A decision as JSON, and back: what is kept with an order, so that another policy can be replayed.

Of the identities that were compared only the result is kept: whether a member was the buyer.
"""
from datetime import datetime

from .types import Buyer, Claim, Member, Policy

_BUYER = frozenset({'buyer'})


def to_evidence(decision, buyer, policy):
    """Return all that a decision was made from, and what came out.

    :param Decision decision:
    :param Buyer buyer:
    :param Policy policy:
    :return: `claim` (or None), `refused` (each with its `reason`), `lost`, `buyer` and `policy`.
    :rtype: dict
    """
    return {
        'claim': _describe(decision.claim, buyer) if decision.claim else None,
        'refused': [{**_describe(claim, buyer), 'reason': reason} for claim, reason in decision.refused],
        'lost': [_describe(claim, buyer) for claim in decision.lost],
        'buyer': {'first_order_at': _to_text(buyer.first_order_at), 'last_order_at': _to_text(buyer.last_order_at)},
        'policy': policy._asdict(),
    }


def from_evidence(evidence):
    """Return what `decide` takes, from what `to_evidence` gave.

    :param dict evidence:
    :rtype: tuple[list[Claim], Buyer, Policy]
    """
    described = [evidence['claim']] if evidence['claim'] else []
    described += evidence['refused'] + evidence['lost']
    return (
        [_read(claim) for claim in described],
        Buyer(_BUYER, **{name: _from_text(value) for name, value in evidence['buyer'].items()}),
        Policy(**evidence['policy']),
    )


def _describe(claim, buyer):
    return {
        'distributor_id': claim.member.id,
        'source': claim.source,
        'at': _to_text(claim.at),
        'touch_id': claim.touch_id,
        'expires_at': _to_text(claim.expires_at),
        'members': [
            [member.id, member.state, member.level_id, not member.identities.isdisjoint(buyer.identities)]
            for member in claim.uplines
        ],
    }


def _read(described):
    return Claim(
        source=described['source'],
        at=_from_text(described['at']),
        uplines=tuple(
            Member(id_, state, level_id, _BUYER if is_buyer else frozenset())
            for id_, state, level_id, is_buyer in described['members']
        ),
        touch_id=described['touch_id'],
        expires_at=_from_text(described['expires_at']),
    )


def _to_text(moment):
    return moment.isoformat(sep=' ') if moment else None


def _from_text(text):
    return datetime.fromisoformat(text) if text else None
