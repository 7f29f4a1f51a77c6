from odoo import api, fields, models


class DistributionPlanRule(models.Model):
    _inherit = 'distribution.plan.rule'

    website_ids = fields.Many2many(
        comodel_name='website', relation='distribution_plan_rule_website_rel', ondelete='restrict',
        string="Websites", check_company=True, help="Orders of any one of these websites. Empty: any.")

    @api.model
    def _get_scope_fields(self):
        """Override of `distribution_commission` to add the website."""
        return {**super()._get_scope_fields(), 'website': 'website_ids'}
