from odoo import fields, models


class DistributionLevelGrant(models.TransientModel):
    """Ask for the next level and the reason; the history keeps both."""
    _name = 'distribution.level.grant'
    _description = "Level by Hand"

    distributor_ids = fields.Many2many(comodel_name='distribution.distributor', required=True)
    level_id = fields.Many2one(comodel_name='distribution.level', string="New Level", help="Empty: none.")
    kept_until = fields.Date(help="The nightly run does not take the level before this day. It may still promote.")
    reason = fields.Char(required=True)

    def action_apply(self):
        """Give the level. Orders confirmed before stay as they were."""
        self.ensure_one()
        self.distributor_ids._set_level(self.level_id, self.reason, self.kept_until)
        return {'type': 'ir.actions.act_window_close'}
