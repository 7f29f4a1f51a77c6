from datetime import datetime
from typing import NamedTuple


class Member(NamedTuple):
    """A distributor, as the decision sees one."""

    id: int
    state: str                      # only 'active' may be credited; 'unaccepted': active without agreement
    level_id: int | None
    identities: frozenset           # see `identity.identities`


class Claim(NamedTuple):
    """One reason to credit a distributor with an order: a visit, a typed code, a binding, a staff entry."""

    source: str                     # 'staff', 'binding', 'code', 'scan' or 'visit'
    at: datetime                    # UTC; of a binding: when it began
    uplines: tuple                  # the claiming Member first, then its uplines, nearest first
    touch_id: int | None = None     # the recorded touch that proves the claim
    expires_at: datetime | None = None      # of a binding: from then on it does not count

    @property
    def member(self):
        return self.uplines[0]


class Buyer(NamedTuple):
    """Who buys."""

    identities: frozenset
    first_order_at: datetime | None = None      # UTC; None: never bought before
    last_order_at: datetime | None = None       # UTC; before the order that is decided on


class Policy(NamedTuple):
    """Which claim wins, and for how long a claim counts. Half-open: from the beginning until before the end."""

    model: str = 'last'             # 'last' or 'first' touch
    window_days: int = 30           # a touch counts so long
    binding_mode: str = 'none'      # 'none', 'first', 'last', 'new' or 'expiring': see `binding`
    binding_days: int = 0           # in the mode 'expiring' a binding counts so long
    protection_days: int = 0        # nobody else may win a customer so long after the binding began
    takeover_days: int = 0          # who has not bought for so long may be won by others; 0: never


class Decision(NamedTuple):
    """The claim that won, if any, and why the others did not."""

    claim: Claim | None
    refused: tuple                  # of (Claim, reason), see `decide`
    lost: tuple = ()                # of the Claims that stood behind the winner


class Agency(NamedTuple):
    """An area that an order is delivered to, with its regional agent."""

    kind: str                       # 'district', 'city' or 'province'
    territory_id: int
    member: Member


class Tier(NamedTuple):
    """One member of the chain of an order, or one of its regional agents."""

    tier: int                       # 1: credited with the sale, 2: its upline, ...; agents: see `AGENTS`
    member: Member
    refusal: str                    # '' when this tier earns, else 'inactive', 'unaccepted' or 'self'
