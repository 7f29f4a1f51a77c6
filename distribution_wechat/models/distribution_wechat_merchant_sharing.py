from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.distribution_commission.models.distribution_plan_legality import PPM_PER_PERCENT


class DistributionWechatMerchant(models.Model):
    """Profit sharing: commissions out of the very payments of their orders, which are frozen until then."""
    _inherit = 'distribution.wechat.merchant'

    is_sharing = fields.Boolean(
        string="Profit Sharing", copy=False,
        help="Payments of orders that are credited to a distributor are frozen at WeChat Pay, until commissions were "
             "paid out of them, nothing more is to be paid, or the last day has come.")
    sharing_rate = fields.Float(
        string="Largest Share (%)", digits=(5, 2), default=30.0,
        help="Of a payment, all distributors together, as the merchant platform says.")
    sharing_days = fields.Integer(
        string="Shared for (days)", default=28,
        help="So long after a payment something is shared out of it; then the rest is unfrozen. Up to 29: after thirty, "
             "WeChat Pay unfreezes it by itself.")

    _check_sharing = models.Constraint(
        'CHECK (NOT COALESCE(is_sharing, FALSE) OR sharing_rate > 0 AND sharing_rate <= 100 AND sharing_days BETWEEN 1 AND 29)',
        "Between 0 and 100 % are shared, for 1 to 29 days.")

    # === CONSTRAINT METHODS === #

    @api.constrains('is_sharing', 'sharing_rate', 'active', 'company_id')
    def _check_sharing_plan(self):
        """Refuse to promise by sharing what the plan in force may exceed."""
        for merchant in self.filtered(lambda merchant: merchant.is_sharing and merchant.active):
            for version in self.env['distribution.plan.version'].sudo().search([
                ('company_id', '=', merchant.company_id.id), ('state', 'in', ('approved', 'active')),
            ]):
                if problem := version._wechat_get_sharing_problem():
                    raise ValidationError(self.env._(
                        "%(version)s: %(problem)s", version=version.display_name, problem=problem))

    # === GETTERS === #

    @api.model
    def _get_sharing_ppm(self, company):
        """Return what may be shared of a payment of a company, the least of its merchants; None: none shares.

        :rtype: int|None
        """
        merchants_sudo = self.sudo().search([('company_id', '=', company.id), ('is_sharing', '=', True)])
        return min((round(merchant.sharing_rate * PPM_PER_PERCENT) for merchant in merchants_sudo), default=None)
