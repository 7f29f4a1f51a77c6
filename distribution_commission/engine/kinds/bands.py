from ..money import apply_rate


class BandsByAmount:
    code = 'bands_amount'
    label = "Percentage by order amount"
    unit = 'bands'
    needs = ('admitted_base',)

    @staticmethod
    def amount(rule, sale):
        """Return a share of the base, at the rate of the band that all lines together are in."""
        return apply_rate(sale.base, find_band(rule.bands, sale.admitted_base))


class BandsByQuantity:
    code = 'bands_quantity'
    label = "Percentage by quantity"
    unit = 'bands'
    needs = ('admitted_quantity',)

    @staticmethod
    def amount(rule, sale):
        """Return a share of the base, at the rate of the band that all lines together are in."""
        return apply_rate(sale.base, find_band(rule.bands, sale.admitted_quantity))


def find_band(bands, measure):
    """Return the value of the band `[lower bound, next lower bound)` that a measure is in, 0 below them all.

    >>> bands = [(0, 5), (1000, 8)]
    >>> find_band(bands, 999), find_band(bands, 1000)
    (5, 8)
    """
    value = 0
    for lower, band_value in bands:
        if measure >= lower:
            value = band_value
    return value
