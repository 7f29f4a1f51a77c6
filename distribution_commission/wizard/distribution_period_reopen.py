from odoo import fields, models


class DistributionPeriodReopen(models.TransientModel):
    """Ask why a closed period is opened again."""
    _name = 'distribution.period.reopen'
    _description = "Reopen a Period"

    period_id = fields.Many2one(comodel_name='distribution.period', required=True, readonly=True)
    reason = fields.Text(required=True, help="Stays in the log of the period.")

    def action_confirm(self):
        """Button: open the period again."""
        self.ensure_one()
        self.period_id._reopen(self.reason)
