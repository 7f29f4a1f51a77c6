from odoo.http import Controller, request, route


class DistributionRulesPage(Controller):
    """What distributors are paid, for everybody to read without logging in (R22)."""

    @route('/distribution/rules', type='http', auth='public', website=True, readonly=True)
    def distribution_rules(self, **_kwargs):
        """Show the rules in force, and those that come."""
        versions_sudo = request.env['distribution.plan.version'].sudo()
        version_sudo, coming_sudo = versions_sudo._get_public(request.env.company)
        return request.render('distribution_portal.distribution_rules', {
            'version_sudo': version_sudo,
            'coming_sudo': coming_sudo,
        })
