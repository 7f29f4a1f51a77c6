from odoo import fields, models


class DistributionAttribution(models.Model):
    _inherit = 'distribution.attribution'

    plan_version_id = fields.Many2one(
        comodel_name='distribution.plan.version', ondelete='restrict', readonly=True, index='btree_not_null')
    commission_ids = fields.One2many(
        comodel_name='distribution.commission', inverse_name='attribution_id', readonly=True)
