from odoo import fields, models


class DistributionAttribution(models.Model):
    _inherit = 'distribution.attribution'

    plan_version_id = fields.Many2one(
        comodel_name='distribution.plan.version', ondelete='restrict', readonly=True, index='btree_not_null')
    commission_ids = fields.One2many(
        comodel_name='distribution.commission', inverse_name='attribution_id', readonly=True)

    def _set_distributor(self, distributor, reason):
        """Override of `distribution_core` to let the commissions follow."""
        super()._set_distributor(distributor, reason)
        self.order_id._distribution_notify('relinked')
