from ..brackets import PPM, get_tax, round_half_up
from ..types import Due


class Labour:
    """China: labour remuneration of residents, merged over the calendar month (劳务报酬所得, 预扣预缴).

    Income of up to 4,000: less 800; above: less 20 %. Then table 2: 20 % up to 20,000, 30 % up to 50,000,
    40 % above.

    Sources: STA announcement 2018 no. 61, Art. 8 and table 2 (in force since 2019-01-01); what belongs to
    one item and one month is one time: implementing rules of the PIT law, Art. 14 (1).
    """

    code = 'labour'
    label = "China: labour remuneration, merged over the month"
    period = 'month'
    gives_back = True

    @staticmethod
    def due(table, months):
        """Return the tax on the month as one payment."""
        income = months[-1].income
        if income <= table.expense_fixed_until:
            base = (income - table.expense_fixed) * PPM
        else:
            base = income * (PPM - table.expense_ppm)
        base = max(0, base)
        tax, rate_ppm, quick = get_tax(table.brackets, base)
        return Due(tax, round_half_up(base, PPM), rate_ppm, quick, 1)
