from ..money import apply_rate


class Differential:
    code = 'differential'
    label = "Differential between levels"
    unit = 'rate'
    needs = ('below',)

    @staticmethod
    def amount(rule, sale):
        """Return a share of the base less what lower tiers earn on it by rules of this kind.

        With a rule for each level this is 级差: all tiers together earn what the highest of their
        levels would alone.
        """
        return max(0, apply_rate(sale.base, rule.value) - sale.below)
