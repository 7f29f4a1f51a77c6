from odoo.http import route

from .portal import DistributionPortal


class DistributionTaxPortal(DistributionPortal):

    # === ROUTES === #

    @route(
        ['/my/distribution/tax', '/my/distribution/tax/page/<int:page>'],
        type='http', auth='user', website=True, readonly=True)
    def distribution_tax_slips(self, page=1, **_kwargs):
        """List the years in which the distributor was paid."""
        return self._render_distribution_list(
            'distribution_portal.portal_distribution_tax_slips',
            'distribution.tax.slip',
            '/my/distribution/tax',
            page,
            distribution_page='tax',
        )

    @route('/my/distribution/tax/<int:slip_id>', type='http', auth='user', website=True, readonly=True)
    def distribution_tax_slip(self, slip_id, **_kwargs):
        """Show a year: every payout with its tax, and how it came about."""
        distributor = self._get_own_distributor()
        slip = self._find_own('distribution.tax.slip', slip_id, distributor)
        return self._render_distribution('distribution_portal.portal_distribution_tax_slip', distributor, {
            'slip': slip,
            'distribution_page': 'tax',
        })

    @route('/my/distribution/tax/<int:slip_id>/pdf', type='http', auth='user', website=True, readonly=True)
    def distribution_tax_slip_pdf(self, slip_id, **_kwargs):
        """Hand over the certificate of a year."""
        slip = self._find_own('distribution.tax.slip', slip_id, self._get_own_distributor())
        return self._show_report(
            slip, 'pdf', 'distribution_commission.distribution_tax_slip_action_report', download=True)
