from odoo.http import content_disposition, request, route

from .portal import DistributionPortal


class DistributionPrivacyPortal(DistributionPortal):

    # === ROUTES === #

    @route('/my/distribution/data', type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_data(self, **_kwargs):
        """Say what is kept of a distributor, why and for how long."""
        distributor = self._get_own_distributor()
        domain = self._get_own_domain(distributor)
        return self._render_distribution('distribution_portal.portal_distribution_data', distributor, {
            'identities': request.env['distribution.identity'].search(domain) if distributor else None,
            'accounts': request.env['distribution.payee.account'].search(domain) if distributor else None,
            'policy_sudo': request.env['distribution.policy'].sudo()._get_in_force(distributor.company_id),
            'distribution_page': 'data',
        })

    @route('/my/distribution/data', type='http', auth='user', methods=['POST'], website=True)
    def distribution_data_download(self, **_kwargs):
        """Hand over a copy of what is kept; that it was taken is recorded."""
        distributor = self._get_own_distributor()
        if not distributor:
            return self._render_distribution('distribution_portal.portal_distribution_data', distributor, {})
        content = request.env['distribution.privacy.request']._export_own(distributor)
        return request.make_response(content, [
            ('Content-Type', 'application/json; charset=utf-8'),
            ('Content-Disposition', content_disposition('data.json')),
            ('Cache-Control', 'no-store'),
        ])
