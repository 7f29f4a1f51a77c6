"""Who is credited with an order? Nothing in this package imports odoo.

Facts go in as NamedTuples, a decision with its evidence comes out. The package reads no clock, no
database and no global state, so that a decision can be replayed under another policy.
"""
from .decide import chain, decide
from .identity import identities
from .types import Buyer, Claim, Decision, Member, Policy, Tier

__all__ = [
    'Buyer', 'Claim', 'Decision', 'Member', 'Policy', 'Tier', 'chain', 'decide', 'identities',
]
