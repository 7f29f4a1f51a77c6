from odoo import fields, models


class DistributionCutoff(models.TransientModel):
    """Ask for the day at whose end "earned, not settled" is read."""
    _name = 'distribution.cutoff'
    _description = "Cut-off Day"

    date = fields.Date(string="At the End of", required=True, default=fields.Date.context_today)

    def action_show(self):
        """Button: show the report as of the day."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('distribution_commission.distribution_unsettled_report_action')
        return {
            **action,
            'name': self.env._("Earned, Not Settled on %s", fields.Date.to_string(self.date)),
            'context': {'distribution_as_of': fields.Date.to_string(self.date)},
        }
