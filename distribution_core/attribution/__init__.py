"""Who is credited with an order, and whose customer is it? Nothing in this package imports odoo.

Facts go in as NamedTuples, a decision with its evidence comes out. The package reads no clock, no
database and no global state, so that a decision can be replayed under another policy.
"""
from .binding import expiry, follow
from .decide import AGENTS, appoint, chain, decide
from .evidence import from_evidence, to_evidence
from .identity import identities
from .types import Agency, Buyer, Claim, Decision, Member, Policy, Tier

__all__ = [
    'AGENTS', 'Agency', 'Buyer', 'Claim', 'Decision', 'Member', 'Policy', 'Tier',
    'appoint', 'chain', 'decide', 'expiry', 'follow', 'from_evidence', 'identities', 'to_evidence',
]
