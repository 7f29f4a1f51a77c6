from odoo import models


class DistributionPrivacyRequest(models.Model):
    _inherit = 'distribution.privacy.request'

    # === GETTERS === #

    def _get_privacy_sources(self):
        """Override of `distribution_core` to add the trainings done."""
        own = [('distributor_id', 'in', self._get_distributors().ids)]
        return super()._get_privacy_sources() + [
            ('trainings', 'distribution.material.done', own, ('material_id.name', 'at')),
        ]
