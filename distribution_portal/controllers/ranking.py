from werkzeug.exceptions import NotFound

from odoo.http import request, route
from odoo.tools import format_date

from .portal import DistributionPortal

_TEMPLATE = 'distribution_portal.portal_distribution_ranking'
_PAGE = '/my/distribution/ranking'


class DistributionRankingPortal(DistributionPortal):

    # === ROUTES === #

    @route(_PAGE, type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_ranking(self, period='', **_kwargs):
        """Show who sold most among those who take part, by their aliases, and the own place."""
        distributor = self._get_own_distributor()
        if not distributor:
            return self._render_distribution(_TEMPLATE, distributor, {})
        self._check_ranking(distributor)
        previous = period == 'last'
        company_sudo = distributor.company_id.sudo()
        first, until = map(company_sudo._distribution_get_day, distributor._get_ranking_period(previous))
        return self._render_distribution(_TEMPLATE, distributor, {
            'ranking': distributor._get_ranking(previous),
            'measure': company_sudo.distribution_ranking,
            'is_previous': previous,
            'period_text': ' – '.join(
                format_date(request.env, day) for day in (first, until.fromordinal(until.toordinal() - 1))),
            'distribution_page': 'ranking',
        })

    @route(_PAGE, type='http', auth='user', methods=['POST'], website=True)
    def distribution_ranking_consent(self, join='', **_kwargs):
        """Take part from now on, or not any more."""
        distributor = self._get_own_distributor()
        if distributor:
            self._check_ranking(distributor)
        if distributor and (not join or distributor.state == 'active'):
            distributor.sudo()._set_ranking_consent(bool(join))
        return request.redirect(_PAGE)

    # === GETTERS === #

    @staticmethod
    def _check_ranking(distributor):
        if not distributor.company_id.sudo().distribution_ranking:
            raise NotFound()
