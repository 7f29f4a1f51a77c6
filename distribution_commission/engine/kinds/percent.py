from ..money import apply_rate


class Percent:
    code = 'percent'
    label = "Percentage"
    unit = 'rate'
    needs = ()

    @staticmethod
    def amount(rule, sale):
        """Return a share of the base."""
        return apply_rate(sale.base, rule.value)
