from odoo import fields, models


class DistributionUplineChange(models.TransientModel):
    """Ask for the next upline and the reason; the history keeps both."""
    _name = 'distribution.upline.change'
    _description = "Upline Change"

    distributor_id = fields.Many2one(comodel_name='distribution.distributor', required=True, readonly=True)
    company_id = fields.Many2one(related='distributor_id.company_id')
    current_id = fields.Many2one(related='distributor_id.parent_id', string="Current Upline")
    parent_id = fields.Many2one(
        comodel_name='distribution.distributor',
        string="New Upline",
        domain="[('company_id', '=', company_id), ('id', '!=', distributor_id), ('state', '=', 'active')]",
        help="Empty: nobody.",
    )
    reason = fields.Char(required=True)

    def action_apply(self):
        """Move the distributor with its team. Orders confirmed before stay as they were."""
        self.ensure_one()
        self.distributor_id._set_upline(self.parent_id, self.reason)
        return {'type': 'ir.actions.act_window_close'}
