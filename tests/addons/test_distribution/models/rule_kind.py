from odoo import api, models


class Step:
    """An amount for every full 100 of the base."""
    code = 'test_step'
    label = "Amount per 100 sold"
    unit = 'amount'
    needs = ()

    @staticmethod
    def amount(rule, sale):
        """Return the value for each full hundred of the currency."""
        return sale.base // 100_00 * rule.value


class DistributionPlanRule(models.Model):
    _inherit = 'distribution.plan.rule'

    @api.model
    def _engine_kinds(self):
        """Override of `distribution_commission` to add a kind: this file is all it takes."""
        return {**super()._engine_kinds(), Step.code: Step}
