from odoo import fields, models


class DistributionAttributionRelink(models.TransientModel):
    """Ask whom an order is credited to instead, and why; both are told."""
    _name = 'distribution.attribution.relink'
    _description = "Correction of an Attribution"

    attribution_id = fields.Many2one(comodel_name='distribution.attribution', required=True, readonly=True)
    order_id = fields.Many2one(related='attribution_id.order_id')
    company_id = fields.Many2one(related='attribution_id.company_id')
    current_id = fields.Many2one(related='attribution_id.distributor_id', string="Credited now")
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor',
        string="Credit to",
        domain="[('company_id', '=', company_id), ('id', '!=', current_id), ('state', '=', 'active')]",
        help="Empty: nobody.",
    )
    reason = fields.Char(required=True)

    def action_apply(self):
        """Credit the order to the other distributor; what was earned moves with it."""
        self.ensure_one()
        self.attribution_id.sudo()._set_distributor(self.distributor_id.sudo(), self.reason)
        return {'type': 'ir.actions.act_window_close'}
