from ..brackets import PPM, get_tax, round_half_up
from ..types import Due


class Cumulative:
    """China: cumulative withholding by internet platform enterprises (累计预扣法).

    Income of the year so far, less 20 % expenses, less 5,000 for each counted month, by the annual table;
    less what was withheld before. A negative rest is carried: nothing is given back within the year.

    Sources: STA announcement 2025 no. 16 (in force since 2025-10-01), with table 1 of no. 61 of 2018.

    The announcement counts the months in which the person *continuously* earned. How a month without income
    is treated is not settled by its text, so it is a figure of the table, for the accountant to confirm:

    - `from_first`: every month from the first one with income on;
    - `reset`: the months since the last one without income;
    - `paid_months`: the months with income.
    """

    code = 'cumulative'
    label = "China: cumulative, of platform enterprises"
    period = 'year'
    gives_back = False

    @staticmethod
    def due(table, months):
        """Return the tax on the year so far."""
        counted = _count(table.gap_policy, [month.income for month in months])
        deductions = table.deduction * counted + sum(month.exempt + month.other for month in months)
        income = sum(month.income for month in months)
        base = income * (PPM - table.expense_ppm) - deductions * PPM
        tax, rate_ppm, quick = get_tax(table.brackets, base)
        return Due(tax, round_half_up(base, PPM), rate_ppm, quick, counted)


def _count(gap_policy, incomes):
    """Return how many months give a deduction.

    >>> [_count(policy, [0, 5, 0, 5, 5]) for policy in ('from_first', 'reset', 'paid_months')]
    [4, 2, 3]
    """
    paid = [income > 0 for income in incomes]
    if gap_policy == 'paid_months':
        return sum(paid)
    if gap_policy == 'reset':
        return paid[::-1].index(False) if False in paid else len(paid)
    return len(paid) - paid.index(True) if True in paid else 0
