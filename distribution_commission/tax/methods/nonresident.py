from ..brackets import PPM, get_tax, round_half_up
from ..types import Due


class NonResident:
    """China: labour remuneration of non-residents: 80 % of it, by the monthly table.

    Sources: PIT law of the PRC Art. 6 and 11; STA announcement 2018 no. 61, Art. 9 and table 3 (the annual
    table divided by 12; in force since 2019-01-01). One month of one item is one time, as for residents.
    """

    code = 'nonresident'
    label = "China: labour remuneration of non-residents"
    period = 'month'
    gives_back = True

    @staticmethod
    def due(table, months):
        """Return the tax on the month as one payment."""
        base = max(0, months[-1].income * (PPM - table.expense_ppm))
        tax, rate_ppm, quick = get_tax(table.brackets, base)
        return Due(tax, round_half_up(base, PPM), rate_ppm, quick, 1)
