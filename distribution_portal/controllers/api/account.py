from odoo.http import request

from . import schema as s
from .base import DistributionApi
from .operation import operation

MODEL = 'distribution.payee.account'
ACCOUNT = s.named('Account', s.obj(
    id=s.ID, kind=s.selection(MODEL, 'kind'), bank=s.nullable(s.STRING), holder=s.described(s.STRING, "Masked."),
    number=s.described(s.STRING, "Masked."), is_verified=s.described(s.BOOLEAN, "Only verified ones are paid to.")))


class DistributionAccountApi(DistributionApi):

    # === ROUTES === #

    @operation('GET', '/accounts', s.list_of(ACCOUNT))
    def api_accounts(self):
        """List the accounts that the user is paid to."""
        accounts = request.env[MODEL].search(self._get_own_domain(self._api_get_distributor()))
        return [self._api_read_account(account) for account in accounts]

    @operation('POST', '/accounts', ACCOUNT, statuses=(201,), body=s.body(
        ('bank',), kind=s.selection(MODEL, 'kind'), bank=s.text(100), holder=s.text(100), number=s.text(60),
        consent=s.described(
            {'const': True}, "The user agrees that the account is kept, to be paid, and for nothing else.")))
    def api_account_create(self, body):
        """Keep an account, encrypted; it waits to be verified."""
        return self._api_read_account(request.env[MODEL].sudo()._register_own(
            self._api_get_distributor(), body['kind'], body.get('bank'), body['holder'], body['number']))

    @operation('DELETE', '/accounts/{account_id}', statuses=(204,))
    def api_account_delete(self, account_id):
        """Take an account out of use."""
        self._api_find(MODEL, account_id).sudo()._remove()

    # === READING === #

    @staticmethod
    def _api_read_account(account):
        return {
            'id': account.id,
            'kind': account.kind,
            'bank': account.bank_name or None,
            'holder': account.holder_name_masked or "",
            'number': account.number_masked or "",
            'is_verified': bool(account.verified_at),
        }
