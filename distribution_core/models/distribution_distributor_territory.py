from odoo import fields, models


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    territory_ids = fields.One2many(
        comodel_name='distribution.territory',
        inverse_name='distributor_id',
        string="Territories",
        groups='distribution_core.group_distribution_user,base.group_portal',
    )

    # === ACTION METHODS === #

    def action_view_territories(self):
        """Smart button: the areas that this distributor is and was the agent of."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('distribution_core.distribution_territory_action'),
            'domain': [('distributor_id', '=', self.id)],
            'context': {'default_distributor_id': self.id, 'default_company_id': self.company_id.id},
        }

    # === BUSINESS METHODS === #

    def _set_closed(self, reason):
        """Override to free the areas of those who leave."""
        super()._set_closed(reason)
        self.sudo().territory_ids._end()
