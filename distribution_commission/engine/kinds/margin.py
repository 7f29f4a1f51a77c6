from ..money import apply_rate


class Margin:
    code = 'margin'
    label = "Percentage of the margin"
    unit = 'rate'
    needs = ('cost',)

    @staticmethod
    def amount(rule, sale):
        """Return a share of what is left of the base after the cost, nothing of a loss."""
        return apply_rate(max(0, sale.base - sale.cost), rule.value)
