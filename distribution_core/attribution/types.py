from datetime import datetime
from typing import NamedTuple


class Member(NamedTuple):
    """A distributor, as the decision sees one."""

    id: int
    state: str                      # only 'active' may be credited
    level_id: int | None
    identities: frozenset           # see `identity.identities`


class Claim(NamedTuple):
    """One reason to credit a distributor with an order: a visit, a typed code, a staff entry."""

    source: str                     # 'staff', 'code', 'scan' or 'visit'
    at: datetime                    # UTC
    uplines: tuple                  # the claiming Member first, then its uplines, nearest first
    touch_id: int | None = None     # the recorded touch that proves the claim

    @property
    def member(self):
        return self.uplines[0]


class Buyer(NamedTuple):
    """Who buys."""

    identities: frozenset


class Policy(NamedTuple):
    """Which claim wins, and for how long a touch counts."""

    model: str = 'last'             # 'last' or 'first' touch
    window_days: int = 30


class Decision(NamedTuple):
    """The claim that won, if any, and why the others did not."""

    claim: Claim | None
    refused: tuple                  # of (Claim, reason): 'inactive', 'expired', 'future', 'self'


class Tier(NamedTuple):
    """One member of the chain of an order."""

    tier: int                       # 1: credited with the sale, 2: its upline, ...
    member: Member
    refusal: str                    # '' when this tier earns, else 'inactive' or 'self'
