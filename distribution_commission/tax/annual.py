from .brackets import PPM, get_tax, round_half_up
from .types import Due

_MONTHS = 12


def settle_year(table, income, withheld, extra=0):
    """Return the tax of a year, and the balance that a person settles for it (年度汇算).

    As if labour remuneration were the person's only comprehensive income (综合所得) of the year.
    Sources: PIT law of the PRC Art. 6 (60,000 a year, 20 % expenses), Art. 11 and the annual table,
    which is the cumulative one; implementing rules Art. 14. In force since 2019-01-01.

    :param Table table: The cumulative one.
    :param int income: Gross of the year.
    :param int withheld:
    :param int extra: Other deductions.
    :return: The tax, and what is left to pay; negative: what can be claimed back from 1 March to 30 June.
    :rtype: tuple[Due, int]
    """
    base = max(0, income * (PPM - table.expense_ppm) - (table.deduction * _MONTHS + extra) * PPM)
    tax, rate_ppm, quick = get_tax(table.brackets, base)
    return Due(tax, round_half_up(base, PPM), rate_ppm, quick, _MONTHS), tax - withheld
