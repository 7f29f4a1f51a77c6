from odoo import models


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    def action_preview_pages(self):
        """Button: show the pages as the distributor sees them, to read only."""
        self.ensure_one()
        return {'type': 'ir.actions.act_url', 'url': f'/distribution/preview/{self.id}', 'target': 'new'}
