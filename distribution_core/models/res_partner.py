from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = 'res.partner'

    distributor_ids = fields.One2many(
        comodel_name='distribution.distributor',
        inverse_name='partner_id',
        string="Distributorships",
        groups='distribution_core.group_distribution_user',
    )
    distribution_binding_ids = fields.One2many(
        comodel_name='distribution.binding',
        inverse_name='partner_id',
        string="Customer of",
        groups='distribution_core.group_distribution_user',
    )

    @api.depends('distributor_ids.state', 'distributor_ids.level_id.pricelist_id')
    def _compute_product_pricelist(self):
        """Override of `product`: the level of a distributor may bring a pricelist."""
        super()._compute_product_pricelist()
