from ..types import Due


class Nothing:
    """Nothing is withheld: the payee declares, or the law asks for nothing."""

    code = 'none'
    label = "No withholding"
    period = 'month'
    gives_back = True

    @staticmethod
    def due(table, months):
        """Return no tax."""
        return Due(0)
