from odoo import models


class ResUsers(models.Model):
    _inherit = 'res.users'

    def _update_last_login(self):
        """Override of `base` to know the visits of this browser as those of the user."""
        super()._update_last_login()
        self.env['distribution.visitor'].sudo()._record(self)
