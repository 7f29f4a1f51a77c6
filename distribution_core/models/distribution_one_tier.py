from odoo import api, models
from odoo.exceptions import ValidationError


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    @api.constrains('parent_id', 'company_id')
    def _check_one_tier(self):
        """With the profile “China, one tier” no relation between distributors is stored at all."""
        policy_sudo = self.env['distribution.policy'].sudo()
        below = self.filtered('parent_id')
        for company in below.company_id:
            if policy_sudo._is_one_tier(company):
                raise ValidationError(self.env._(
                    "%s pays one tier: no distributor stands above another one.", company.display_name))
