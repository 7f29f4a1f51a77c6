from ..brackets import PPM, get_tax
from ..types import Due


class Flat:
    """A share of what is paid, from the first cent: the table's one bracket."""

    code = 'flat'
    label = "Percentage"
    period = 'month'
    gives_back = True

    @staticmethod
    def due(table, months):
        """Return the share of the month, so that parts round as the whole does."""
        income = months[-1].income
        tax, rate_ppm, quick = get_tax(table.brackets, income * PPM)
        return Due(tax, income, rate_ppm, quick, 1)
