from typing import NamedTuple


class SaleLine(NamedTuple):
    """What was sold on one line, as the documents stand now."""

    id: int
    role: str                   # 'goods' earns, 'discount' lowers the goods, 'ignored' does neither
    sold: int                   # minor units of the company's currency: paid for, line discount off, no tax
    refunded: int               # of it, taken back by credit notes
    quantity: int               # thousandths: paid for less taken back
    facts: dict = {}            # what scopes ask for: name -> ids, as {'category': [1, 7], 'pricelist': [2]}
    cost: int | None = None     # minor units, of the quantity; None: nobody knows


class Payee(NamedTuple):
    """One who may earn on an order."""

    tier: int                   # 1: credited with the sale, 2: its upline, ...; 11 to 13: regional agents
    distributor_id: int
    level_id: int = 0           # as pinned at confirmation, 0: none


class Order(NamedTuple):
    """An order, with those who may earn on it."""

    id: int
    lines: tuple                # of SaleLine
    payees: tuple               # of Payee
    ordered_at: str = ''        # UTC, as '2026-11-01 08:00:00'


class Rule(NamedTuple):
    """One row of a plan: whom it pays (tier, or agent), on what (scopes, dates), how much (kind and value)."""

    id: int
    tier: int
    kind: str
    value: int                  # ppm for a rate, minor units for an amount
    scopes: tuple = ()          # of (name, ids): the sale has one of the ids under each of the names
    bands: tuple = ()           # of (lower bound, value), ascending from 0; each reaches to the next
    ordered_from: str = ''      # '': always
    ordered_until: str = ''     # not included


class Sale(NamedTuple):
    """What a kind may look at: one line, as one rule pays it to one payee.

    `base` and `quantity` are in every trace; the others in those of the kinds that need them.
    """

    base: int                   # minor units: net of the line
    quantity: int               # thousandths
    cost: int | None = None     # minor units
    admitted_base: int = 0      # net of all lines of the order that the rule pays to this tier
    admitted_quantity: int = 0
    shares: tuple = ()          # what each of these lines is worth without refunds
    position: int = 0           # of this line among them
    below: int = 0              # earned on this line by lower tiers, by rules of the same kind


class Limits(NamedTuple):
    """What is never exceeded, apart from the cap of a line. An amount of 0: no limit."""

    order: int = 0              # minor units: all tiers of an order together
    tier: int = 0               # minor units: one tier of an order
    min_order: int = 0          # minor units: an order that is worth less earns nothing
    guards_margin: bool = False  # a line never pays more than its margin, where the cost is known
    cut: str = 'proportional'   # who gives way: all in proportion, or 'upper_first'


class Accrual(NamedTuple):
    """What one payee earns on one line, and why."""

    line_id: int
    tier: int
    distributor_id: int
    rule_id: int
    base: int
    amount: int
    trace: dict                 # see `explain`
