from typing import NamedTuple


class Decision(NamedTuple):
    """Which default applies to a payee, and whether money may leave."""

    payee: str
    may_pay: bool = True


def decide(kind, *, is_resident=True, is_platform=False, has_invoice=True):
    """Return how a payee is taxed: a fact about the payee, and one about the payer.

    Sources (China): implementing rules of the PIT law Art. 6 (1) (employees: wages, not here), Art. 6 (2)
    (persons: labour remuneration); STA 2018 no. 61 Art. 8 and 9 (residents, non-residents); STA 2025 no. 16
    (payers that are internet platform enterprises, from 2025-10-01). Businesses declare by themselves (PIT
    law Art. 12) and are paid against their invoice.

    :param str kind: individual, sole_trader, company or employee.
    :param bool is_platform: The payer is an internet platform enterprise.
    :param bool has_invoice: Of a business, with a matching name and tax number.
    :rtype: Decision
    """
    if kind == 'employee':
        return Decision('employee', may_pay=False)
    if kind in ('company', 'sole_trader'):
        return Decision(kind, may_pay=has_invoice)
    if not is_resident:
        return Decision('nonresident')
    return Decision('platform' if is_platform else 'individual')
