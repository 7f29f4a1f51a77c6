from odoo.exceptions import UserError
from odoo.http import request, route

from .portal import DistributionPortal


class DistributionAccountPortal(DistributionPortal):

    # === ROUTES === #

    @route('/my/distribution/accounts', type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_accounts(self, **_kwargs):
        """List the accounts that the distributor is paid to, and ask for another one."""
        return self._render_accounts(self._get_own_distributor())

    @route('/my/distribution/accounts', type='http', auth='user', methods=['POST'], website=True)
    def distribution_account_submit(self, kind='', bank_name='', holder_name='', number='', consent='', **_kwargs):
        """Keep an account, encrypted; from now on only its last digits are shown."""
        distributor = self._get_own_distributor()
        if not distributor:
            return self._render_accounts(distributor)
        try:
            with request.env.cr.savepoint():
                if not consent:
                    raise UserError(request.env._("Please agree that we keep the account, to pay you."))
                request.env['distribution.payee.account'].sudo()._register_own(
                    distributor, kind, bank_name, holder_name, number)
        except UserError as error:
            typed = {'kind': kind, 'bank_name': bank_name, 'holder_name': holder_name}     # not the number
            return self._render_accounts(distributor, typed, error.args[0])
        return request.redirect('/my/distribution/accounts')

    @route(
        '/my/distribution/accounts/<int:account_id>/remove',
        type='http', auth='user', methods=['POST'], website=True)
    def distribution_account_remove(self, account_id, **_kwargs):
        """Take an account out of use."""
        account = self._find_own('distribution.payee.account', account_id, self._get_own_distributor())
        account.sudo()._remove()
        return request.redirect('/my/distribution/accounts')

    # === RENDERING === #

    def _render_accounts(self, distributor, typed=None, error=None):
        PayeeAccount = request.env['distribution.payee.account']
        return self._render_distribution('distribution_portal.portal_distribution_accounts', distributor, {
            'accounts': PayeeAccount.search(self._get_own_domain(distributor)) if distributor else None,
            'kinds': PayeeAccount._fields['kind']._description_selection(request.env),
            'typed': typed or {},
            'error': error,
            'distribution_page': 'withdrawals',
        })
