from odoo import api, models


class ResCompany(models.Model):
    _inherit = 'res.company'

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `base` to give every company the default policy."""
        companies = super().create(vals_list)
        companies._distribution_create_policies()
        return companies

    def _distribution_create_policies(self):
        """Create the default policy where a company has none."""
        policy_sudo = self.env['distribution.policy'].sudo()
        have = policy_sudo.search([('company_id', 'in', self.ids)]).company_id
        policy_sudo.create([{'company_id': company.id} for company in self - have])
