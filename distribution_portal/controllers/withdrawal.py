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
    def distribution_withdrawal_submit(self, amount='', payee=None, fee=None, **_kwargs):
        """Ask for a withdrawal, after its fee was shown; when it is refused, say why and keep what was typed."""
        distributor = self._get_own_distributor()
        if not distributor:
            return self._render_withdrawal_form(distributor)
        account_sudo, channel_sudo = self._find_payee_sudo(distributor, payee)
        try:
            with request.env.cr.savepoint():
                quote = distributor.sudo()._get_withdrawal_quote(
                    self._parse_amount(amount), account_sudo, channel_sudo)
                if self._is_to_confirm(quote, channel_sudo, fee):
                    return self._render_withdrawal_quote(distributor, quote, payee, account_sudo, channel_sudo)
                distributor.sudo()._request_withdrawal(quote['amount'], account_sudo, channel_sudo)
        except UserError as error:
            return self._render_withdrawal_form(distributor, amount, payee, error=error.args[0])
        return request.redirect('/my/distribution/withdrawals')

    @route('/my/distribution/withdrawals/<int:withdrawal_id>', type='http', auth='user', website=True, readonly=True)
    def distribution_withdrawal(self, withdrawal_id, **_kwargs):
        """Show how far a withdrawal is."""
        distributor = self._get_own_distributor()
        withdrawal = self._find_own('distribution.withdrawal', withdrawal_id, distributor)
        return self._render_distribution('distribution_portal.portal_distribution_withdrawal_page', distributor, {
            'withdrawal': withdrawal,
            'steps': withdrawal._get_steps(),
            'distribution_page': 'withdrawals',
        })

    @route(
        '/my/distribution/withdrawals/<int:withdrawal_id>/cancel',
        type='http', auth='user', methods=['POST'], website=True)
    def distribution_withdrawal_cancel(self, withdrawal_id, **_kwargs):
        """Take a withdrawal back; too late is no error, the list shows how it stands."""
        withdrawal = self._find_own('distribution.withdrawal', withdrawal_id, self._get_own_distributor())
        try:
            with request.env.cr.savepoint():
                if withdrawal._is_cancellable():
                    withdrawal.sudo()._cancel_by_distributor()
        except UserError:       # it is being sent at this moment
            return request.redirect(f'/my/distribution/withdrawals/{withdrawal.id}')
        return request.redirect('/my/distribution/withdrawals')

    # === GETTERS === #

    def _find_payee_sudo(self, distributor, payee):
        """Return the account, or the channel, that was chosen among those offered; none of both if it is neither.

        :param str payee: `account-ID` or `channel-ID`.
        """
        accounts_sudo = distributor.sudo()._get_verified_accounts()
        channels_sudo = distributor.sudo()._get_choosable_channels()
        return (
            accounts_sudo.filtered(lambda account: f'account-{account.id}' == payee),
            channels_sudo.filtered(lambda channel: f'channel-{channel.id}' == payee),
        )

    def _is_to_confirm(self, quote, channel_sudo, fee):
        """Return whether something is to be seen first: a fee, or that it is not paid in money."""
        return bool(quote['fee'] or channel_sudo) and fee != str(quote['fee'])

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

    def _render_withdrawal_form(self, distributor, amount=None, payee=None, error=None):
        template = 'distribution_portal.portal_distribution_withdrawal_form'
        if not distributor:
            return self._render_distribution(template, distributor, {})
        return self._render_distribution(template, distributor, {
            'amount': amount,
            'payee': payee,
            'accounts_sudo': distributor.sudo()._get_verified_accounts(),
            'channels_sudo': distributor.sudo()._get_choosable_channels(),
            'terms': distributor._get_withdrawal_terms(),
            'obstacle': distributor.sudo()._get_withdrawal_obstacle(),
            'error': error,
            'distribution_page': 'withdrawals',
        })

    def _render_withdrawal_quote(self, distributor, quote, payee, account_sudo, channel_sudo):
        return self._render_distribution('distribution_portal.portal_distribution_withdrawal_quote', distributor, {
            **quote,
            'payee': payee,
            'account_sudo': account_sudo or distributor.sudo()._get_verified_accounts()[:1],
            'channel_sudo': channel_sudo,
            'distribution_page': 'withdrawals',
        })
