from typing import NamedTuple


class SaleLine(NamedTuple):
    """What was sold on one line, as the documents stand now."""

    id: int
    role: str                   # 'goods' earns, 'discount' lowers the goods, 'ignored' does neither
    sold: int                   # minor units of the company's currency: paid for, line discount off, no tax
    refunded: int               # of it, taken back by credit notes
    quantity: int               # thousandths: paid for less taken back
    template_id: int = 0        # product template, 0: none
    category_path: str = '/'    # '/1/7/': every category above the product, as in parent_path


class Payee(NamedTuple):
    """One who may earn on an order."""

    tier: int                   # 1: credited with the sale, 2: its upline, ...
    distributor_id: int
    level_id: int = 0           # as pinned at confirmation, 0: none


class Order(NamedTuple):
    """An order, with those who may earn on it."""

    id: int
    lines: tuple                # of SaleLine
    payees: tuple               # of Payee


class Rule(NamedTuple):
    """One row of a plan: whom it pays (tier), on what (scope), how much (kind and value)."""

    id: int
    tier: int
    kind: str
    value: int                  # ppm for a rate, minor units for an amount
    template_id: int = 0        # 0: any
    category_id: int = 0        # 0: any
    level_id: int = 0           # 0: any


class Accrual(NamedTuple):
    """What one payee earns on one line, and why."""

    line_id: int
    tier: int
    distributor_id: int
    rule_id: int
    base: int
    amount: int
    trace: dict                 # see `explain`
