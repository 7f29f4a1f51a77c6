from urllib.parse import urljoin

from odoo.http import request, route

from .portal import DistributionPortal


class DistributionMembershipPortal(DistributionPortal):
    """What a distributor agrees to, whom it invites, and how it leaves."""

    # === ROUTES === #

    @route('/my/distribution/invite', type='http', auth='user', website=True, readonly=True)
    def distribution_invite(self, **_kwargs):
        """Show the link by which others become distributors."""
        distributor = self._get_own_distributor()
        if distributor and distributor.state != 'active':
            return request.redirect('/my/distribution')
        return self._render_distribution('distribution_portal.portal_distribution_invite', distributor, {
            'invitation_url': self._get_invitation_url(distributor),
            'distribution_page': 'invite',
        })

    @route('/my/distribution/agreement', type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_own_agreement(self, **_kwargs):
        """Show the agreement in force, and the one that comes."""
        distributor = self._get_own_distributor()
        agreements_sudo = request.env['distribution.agreement'].sudo()
        return self._render_distribution('distribution_portal.portal_distribution_agreement', distributor, {
            'agreement_sudo': agreements_sudo._get_in_force(distributor.company_id),
            'coming_sudo': agreements_sudo._get_coming(distributor.company_id),
            'distribution_page': 'agreement',
        })

    @route('/my/distribution/agreement', type='http', auth='user', methods=['POST'], website=True)
    def distribution_accept_agreement(self, agreement=None, **_kwargs):
        """Accept the version that was shown, unless another one is in force by now."""
        distributor = self._get_own_distributor()
        agreement_sudo = request.env['distribution.agreement'].sudo()._get_in_force(distributor.company_id)
        if not distributor or distributor.state == 'closed' or str(agreement_sudo.id) != agreement:
            return request.redirect('/my/distribution/agreement')
        distributor.sudo()._accept_agreement(agreement_sudo)
        return request.redirect('/my/distribution')

    @route('/my/distribution/resign', type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_resign_form(self, **_kwargs):
        """Say what resigning means, and ask once more."""
        distributor = self._get_own_distributor()
        if distributor and not self._can_resign(distributor):
            return request.redirect('/my/distribution')
        return self._render_distribution(
            'distribution_portal.portal_distribution_resign', distributor, {'distribution_page': 'resign'})

    @route('/my/distribution/resign', type='http', auth='user', methods=['POST'], website=True)
    def distribution_resign(self, reason='', **_kwargs):
        """Leave; having left already is no error."""
        distributor = self._get_own_distributor()
        if distributor and self._can_resign(distributor):
            distributor.sudo()._resign(reason.replace('\0', '').strip()[:500])
        return request.redirect('/my/distribution')

    # === GETTERS === #

    @staticmethod
    def _can_resign(distributor):
        return distributor.state in ('active', 'suspended')

    @staticmethod
    def _get_invitation_url(distributor):
        return urljoin(distributor.get_base_url(), f'/distribution/apply?invite={distributor.code}')
