from werkzeug.exceptions import NotFound

from odoo.http import request, route

from .portal import DistributionPortal

# Pages that only read, and the method that renders each.
_PAGES = {
    'overview': 'distribution_dashboard',
    'outlook': 'distribution_outlook',
    'links': 'distribution_links',
    'commissions': 'distribution_commissions',
    'statements': 'distribution_statements',
    'withdrawals': 'distribution_withdrawals',
    'team': 'distribution_team',
    'messages': 'distribution_messages',
}


class DistributionPreviewPortal(DistributionPortal):
    """The pages of a distributor, for an officer to look at.

    Nobody becomes anybody else: the officer stays who it is, reads what its own rights allow, and the database
    refuses every write of this request.
    """

    # === ROUTES === #

    @route(
        ['/distribution/preview/<int:distributor_id>', '/distribution/preview/<int:distributor_id>/<string:page>'],
        type='http', auth='user', methods=['GET'], website=True, sitemap=False, readonly=True)
    def distribution_preview(self, distributor_id, page='overview', **kwargs):
        """Show a page as the distributor sees it; nothing on it can be used."""
        distributor = self._find_previewed(distributor_id)
        if page not in _PAGES:
            raise NotFound()
        request.env.cr.execute("SET TRANSACTION READ ONLY")
        request.distribution_previewed = distributor
        return getattr(self, _PAGES[page])(**kwargs)

    # === GETTERS === #

    @staticmethod
    def _find_previewed(distributor_id):
        """Return the distributor, for an officer of its company; everybody else finds nothing."""
        if not request.env.user.has_group('distribution_core.group_distribution_user'):
            raise NotFound()
        distributor = request.env['distribution.distributor'].search([
            ('id', '=', distributor_id), ('company_id', 'in', request.env.user.company_ids.ids)])
        if not distributor:
            raise NotFound()
        return distributor

    def _get_own_distributor(self):
        """Override to take the one that is looked at, within a preview."""
        return getattr(request, 'distribution_previewed', None) or super()._get_own_distributor()

    # === RENDERING === #

    def _render_distribution(self, template, distributor, values):
        """Override to say that it is a preview, and to lead from one previewed page to the other."""
        if previewed := getattr(request, 'distribution_previewed', None):
            values = {
                **values,
                'page_name': 'distribution_preview',
                'searchbar_filters': None,
                'searchbar_inputs': None,
                'previewed': previewed,
                'preview_pages': self._get_preview_labels(),
            }
        return super()._render_distribution(template, distributor, values)

    @staticmethod
    def _get_preview_labels():
        return {
            'overview': request.env._("Overview"),
            'links': request.env._("Links"),
            'commissions': request.env._("Commissions"),
            'statements': request.env._("Statements"),
            'withdrawals': request.env._("Withdrawals"),
            'team': request.env._("Team"),
            'messages': request.env._("Messages"),
        }
