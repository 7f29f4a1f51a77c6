from odoo.exceptions import UserError
from odoo.http import request, route

from .portal import DistributionPortal

_MAX_APPEAL_LENGTH = 2000


class DistributionReviewPortal(DistributionPortal):

    @route('/my/distribution/review', type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_review(self, **_kwargs):
        """Tell a distributor that something is looked into. What exactly was found is for staff only."""
        return self._render_review(self._get_own_distributor())

    @route(
        '/my/distribution/review/<int:signal_id>', type='http', auth='user', methods=['POST'], website=True)
    def distribution_appeal(self, signal_id, text='', **_kwargs):
        """Take what the distributor says about a signal."""
        distributor = self._get_own_distributor()
        signal = self._find_own('distribution.risk.signal', signal_id, distributor)
        try:
            signal.sudo()._appeal(text[:_MAX_APPEAL_LENGTH])
        except UserError as error:
            return self._render_review(distributor, error=error.args[0])
        return request.redirect('/my/distribution/review')

    def _render_review(self, distributor, error=None):
        return self._render_distribution('distribution_portal.portal_distribution_review', distributor, {
            'signals': request.env['distribution.risk.signal'].search(
                [*self._get_own_domain(distributor), ('state', '!=', 'dismissed')]) if distributor else None,
            'error': error,
            'distribution_page': 'dashboard',
        })
