from ..money import allocate, scale


class FixedPerOrder:
    code = 'fixed_order'
    label = "Fixed amount per order"
    unit = 'amount'
    needs = ('shares', 'position')

    @staticmethod
    def amount(rule, sale):
        """Return the line's share of an amount that an order pays once.

        Shared over the lines by what they are worth without refunds, so that a refund of one line
        takes its share and leaves the others theirs.
        """
        whole = sale.shares[sale.position]
        if not whole:
            return 0
        share = allocate(rule.value, sale.shares)[sale.position]
        return scale(share, min(sale.base, whole), whole)
