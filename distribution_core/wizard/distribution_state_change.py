from odoo import fields, models


class DistributionStateChange(models.TransientModel):
    """Ask why, before a distributor is suspended or closed."""
    _name = 'distribution.state.change'
    _description = "Distributor State Change"

    distributor_ids = fields.Many2many(
        comodel_name='distribution.distributor',
        string="Distributors",
        required=True,
        readonly=True,
    )
    target_state = fields.Selection(
        selection=[('suspended', "Suspend"), ('closed', "Close")],
        string="Action",
        required=True,
    )
    reason = fields.Char(required=True)

    def action_apply(self):
        """Move the distributors to the state, with the reason in their history."""
        self.ensure_one()
        if self.target_state == 'suspended':
            self.distributor_ids._set_suspended(self.reason)
        else:
            self.distributor_ids._set_closed(self.reason)
        return {'type': 'ir.actions.act_window_close'}
