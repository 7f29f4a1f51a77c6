from odoo.http import request, route

from .portal import DistributionPortal


class DistributionOutlookPortal(DistributionPortal):
    """What lies ahead of a distributor. It is worked out anew from documents, so the overview does not wait for it."""

    @route('/my/distribution/outlook', type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_outlook(self, part='', **_kwargs):
        """Show what is not earned yet and what is missing to the next level: as a page, or as a part of the overview."""
        distributor = self._get_own_distributor()
        values = {
            'level_progress': distributor._get_level_progress() if distributor.state == 'active' else None,
            'unpaid_estimates': distributor._get_unpaid_estimates(),
            'ladder_estimates': distributor._get_ladder_estimates(),
            'distribution_page': 'outlook',
        } if distributor else {}
        if part:
            return request.render('distribution_portal.portal_distribution_outlook_parts', {
                **values, 'distributor': distributor})
        return self._render_distribution('distribution_portal.portal_distribution_outlook', distributor, values)
