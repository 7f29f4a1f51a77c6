from odoo.exceptions import UserError
from odoo.http import request, route

from .portal import DistributionPortal


class DistributionWithdrawalPortal(DistributionPortal):

    # === ROUTES === #

    @route(
        ['/my/distribution/withdrawals', '/my/distribution/withdrawals/page/<int:page>'],
        type='http', auth='user', website=True, readonly=True)
    def distribution_withdrawals(self, page=1, **_kwargs):
        """List the withdrawals of the distributor."""
        return self._render_distribution_list(
            'distribution_portal.portal_distribution_withdrawals',
            'distribution.withdrawal',
            '/my/distribution/withdrawals',
            page,
            distribution_page='withdrawals',
        )

    @route(
        '/my/distribution/withdrawals/new',
        type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_withdrawal_form(self, **_kwargs):
        """Ask how much to withdraw."""
        return self._render_withdrawal_form(self._get_own_distributor())

    @route('/my/distribution/withdrawals/new', type='http', auth='user', methods=['POST'], website=True)
    def distribution_withdrawal_submit(self, amount='', bank=None, **_kwargs):
        """Ask for a withdrawal; when it is refused, say why and keep what was typed."""
        distributor = self._get_own_distributor()
        if not distributor:
            return self._render_withdrawal_form(distributor)
        bank_sudo = self._get_own_banks_sudo(distributor).filtered(lambda own: str(own.id) == bank)
        try:
            with request.env.cr.savepoint():
                distributor.sudo()._request_withdrawal(self._parse_amount(amount), bank_sudo)
        except UserError as error:
            return self._render_withdrawal_form(distributor, amount, bank_sudo, error=error.args[0])
        return request.redirect('/my/distribution/withdrawals')

    @route(
        '/my/distribution/withdrawals/<int:withdrawal_id>/cancel',
        type='http', auth='user', methods=['POST'], website=True)
    def distribution_withdrawal_cancel(self, withdrawal_id, **_kwargs):
        """Take a withdrawal back; too late is no error, the list shows how it stands."""
        withdrawal = self._find_own('distribution.withdrawal', withdrawal_id, self._get_own_distributor())
        if withdrawal.state == 'requested':
            withdrawal.sudo()._cancel_by_distributor()
        return request.redirect('/my/distribution/withdrawals')

    # === GETTERS === #

    def _get_own_banks_sudo(self, distributor):
        """Return the accounts that the distributor can be paid to."""
        return distributor.sudo().partner_id.bank_ids

    @staticmethod
    def _parse_amount(text):
        """Return what was typed as a number; whether it can be withdrawn is for the model to say.

        :raise UserError: when it is none.
        """
        try:
            return float(text)
        except ValueError:
            raise UserError(request.env._("Please enter an amount, e.g. 100.00.")) from None

    # === RENDERING === #

    def _render_withdrawal_form(self, distributor, amount=None, bank_sudo=None, error=None):
        banks_sudo = self._get_own_banks_sudo(distributor)
        template = 'distribution_portal.portal_distribution_withdrawal_form'
        return self._render_distribution(template, distributor, {
            'amount': amount,
            'banks_sudo': banks_sudo,
            'bank_sudo': bank_sudo or banks_sudo[:1],
            'error': error,
            'distribution_page': 'withdrawals',
        })
