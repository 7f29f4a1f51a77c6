from ..money import apply_rate


class Percent:
    code = 'percent'
    label = "Percentage"
    unit = 'rate'

    @staticmethod
    def amount(value, base, quantity):
        """Return a share of the base; the value is a rate in ppm."""
        return apply_rate(base, value)
