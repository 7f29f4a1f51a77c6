from odoo import api, models


class DistributionCommission(models.Model):
    _inherit = 'distribution.commission'

    @api.model
    def _sync(self, facts, now):
        """Override of `distribution_commission` to look at the coupons of the same orders."""
        posted = super()._sync(facts, now)
        if facts:
            self.env['distribution.coupon'].sudo()._sync(facts)
        return posted
