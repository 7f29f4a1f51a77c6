from ..money import scale


class Fixed:
    code = 'fixed'
    label = "Fixed amount per unit"
    unit = 'amount'

    @staticmethod
    def amount(value, base, quantity):
        """Return an amount per unit; the value is in minor units, the quantity in thousandths."""
        return scale(value, quantity, 1000) if base else 0
