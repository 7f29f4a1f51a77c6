from odoo import fields, models


class DistributionApplicationRefuse(models.TransientModel):
    """Ask why, before applications are refused."""
    _name = 'distribution.application.refuse'
    _description = "Refusal of Applications"

    application_ids = fields.Many2many(
        comodel_name='distribution.application', string="Applications", required=True, readonly=True)
    reason = fields.Char(required=True)

    def action_refuse(self):
        """Refuse the applications; each applicant reads the reason in a mail."""
        self.ensure_one()
        self.application_ids.check_access('write')
        self.application_ids._set_refused(self.reason)
        return {'type': 'ir.actions.act_window_close'}
