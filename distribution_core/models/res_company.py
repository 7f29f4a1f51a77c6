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

    def _distribution_get_users(self, group):
        """Return the employees of a company who are in a group, the longest serving first.

        :param str group: As in `distribution_core`, without the name of the module.
        :rtype: res.users
        """
        self.ensure_one()
        users_sudo = self.env.ref(f'distribution_core.{group}').sudo().all_user_ids
        return users_sudo.filtered(
            lambda user: user.active and not user.share and self in user.company_ids).sorted('id')
