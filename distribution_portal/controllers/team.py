from odoo.http import request, route

from odoo.addons.portal.controllers.portal import pager as portal_pager

from .portal import DistributionPortal

_TEMPLATE = 'distribution_portal.portal_distribution_team'


class DistributionTeamPortal(DistributionPortal):

    # === ROUTES === #

    @route(
        ['/my/distribution/team', '/my/distribution/team/page/<int:page>'],
        type='http', auth='user', website=True, readonly=True)
    def distribution_team(self, page=1, filterby='all', search='', **_kwargs):
        """List those below with what they sold this month: by their aliases, nothing else is told of them."""
        distributor = self._get_own_distributor()
        if not distributor:
            return self._render_distribution(_TEMPLATE, distributor, {})
        filters = self._get_team_filters(distributor)
        filterby = filterby if filterby in filters else 'all'
        tier = filters[filterby]['tier']
        domain = distributor._get_team_domain(tier, search)
        pager = portal_pager(
            url='/my/distribution/team',
            total=distributor.sudo().search_count(domain),
            page=page,
            step=self._items_per_page,
            url_args={'filterby': filterby, 'search': search},
        )
        return self._render_distribution(_TEMPLATE, distributor, {
            'members': distributor._get_team(tier, search, pager['offset'], self._items_per_page),
            'counts': distributor._get_team_counts(),
            'pager': pager,
            'default_url': '/my/distribution/team',
            'searchbar_filters': filters if len(filters) > 2 else None,
            'filterby': filterby,
            'searchbar_inputs': {'alias': {'input': 'alias', 'label': request.env._("Search in aliases")}},
            'search_in': 'alias',
            'search': search,
            'distribution_page': 'team',
        })

    # === GETTERS === #

    @staticmethod
    def _get_team_filters(distributor):
        filters = {
            'all': {'label': request.env._("All"), 'tier': None},
            'direct': {'label': request.env._("Directly below"), 'tier': 1},
            'second': {'label': request.env._("One further down"), 'tier': 2},
        }
        if distributor._get_team_depth() < 2:
            del filters['second']
        return filters
