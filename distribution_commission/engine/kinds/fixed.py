from ..money import scale


class Fixed:
    code = 'fixed'
    label = "Fixed amount per unit"
    unit = 'amount'
    needs = ()

    @staticmethod
    def amount(rule, sale):
        """Return an amount per unit; the quantity is in thousandths."""
        return scale(rule.value, sale.quantity, 1000) if sale.base else 0
