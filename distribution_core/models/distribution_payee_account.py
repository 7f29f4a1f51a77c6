from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..crypto import mask_name, mask_tail, normalize, normalize_name, passes_luhn

_NUMBER_LENGTH_MIN = 5
# So many accounts of one distributor may wait for somebody to verify them.
_WAITING_MAX = 3


class DistributionPayeeAccount(models.Model):
    """An account that a distributor is paid to. Verified only if it is held in the verified name.

    +-----------------+----------------+------+-------+--------+--------+
    | group           | records        | read | write | create | unlink |
    +=================+================+======+=======+========+========+
    | officer         | own companies' | x    | x     | x      |        |
    | manager         | own companies' | x    | x     | x      | x      |
    | portal          | its own        | x    |       |        |        |
    +-----------------+----------------+------+-------+--------+--------+
    """
    _name = 'distribution.payee.account'
    _description = "Payee Account"
    _inherit = ['distribution.verified.mixin']
    _order = 'id desc'
    _secrets = ('holder_name', 'number')
    _verified_fields = ('kind', 'distributor_id', 'bank_name')

    kind = fields.Selection(
        selection=[('bank', "Bank account"), ('alipay', "Alipay")],
        required=True,
        default='bank',
    )
    active = fields.Boolean(default=True)
    bank_name = fields.Char(string="Bank")
    holder_name = fields.Char(
        string="Account Holder", compute='_compute_secrets', inverse='_inverse_secrets', exportable=False,
        help="Write to replace it; it is stored encrypted and not shown again.")
    holder_name_encrypted = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    holder_name_masked = fields.Char(string="Holder", readonly=True, copy=False)
    number = fields.Char(
        string="Account Number", compute='_compute_secrets', inverse='_inverse_secrets', exportable=False,
        help="Write to replace it; it is stored encrypted and not shown again.")
    number_encrypted = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    number_index = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    number_masked = fields.Char(string="Account", readonly=True, copy=False)
    has_check_digit = fields.Boolean(
        string="Check Digit Fits", readonly=True, copy=False,
        help="Of a bank card. Accounts without a card have none: a reason to look twice, not to refuse.")
    is_shared = fields.Boolean(
        string="Shared", compute='_compute_is_shared', search='_search_is_shared',
        groups='distribution_core.group_distribution_user',
        help="Another distributor of the company is paid to the same account.")

    _number_uniq = models.UniqueIndex(
        '(distributor_id, number_index) WHERE number_index IS NOT NULL', "The distributor has this account already.")
    _number_idx = models.Index('(company_id, number_index)')

    # === COMPUTE METHODS === #

    @api.depends('kind', 'bank_name', 'number_masked')
    def _compute_display_name(self):
        kinds = dict(self._fields['kind']._description_selection(self.env))
        for account in self:
            account.display_name = f"{account.bank_name or kinds[account.kind]} {account.number_masked or ''}"

    def _compute_is_shared(self):
        shared_ids = {id_ for id_, in self.env.execute_query(self._get_shared_query())} if self.ids else set()
        for account in self:
            account.is_shared = account.id in shared_ids

    def _search_is_shared(self, operator, value):
        if operator not in ('in', '='):
            return NotImplemented
        return Domain('id', 'in', self._get_shared_query())

    # === BUSINESS METHODS === #

    @api.model
    def _register_own(self, distributor, kind, bank_name, holder_name, number):
        """Keep an account that a distributor entered itself; it waits until somebody verified it.

        What was removed and is entered again comes back, and waits again.

        :raise UserError: when something is missing, no valid number, or there already.
        :rtype: distribution.payee.account
        """
        accounts = self.with_context(active_test=False).search([('distributor_id', '=', distributor.id)])
        if not all((text or '').strip() for text in (holder_name, number)):
            raise UserError(self.env._("Enter the name and the number of the account."))
        if kind not in dict(self._fields['kind']._description_selection(self.env)):
            raise UserError(self.env._("Choose what kind of account it is."))
        same = accounts.filtered(lambda account: account._decrypt('number') == normalize(number))
        if same.active:
            raise UserError(self.env._("You have this account already."))
        if len(accounts.filtered(lambda account: account.active and not account.verified_at)) >= _WAITING_MAX:
            raise UserError(self.env._("Other accounts of yours still wait to be verified. Remove one of them first."))
        values = {'kind': kind, 'bank_name': (bank_name or '').strip(), 'holder_name': holder_name, 'number': number}
        if same:
            same.write({**values, 'active': True})
            return same
        return self.create({'distributor_id': distributor.id, **values})

    def _remove(self):
        """Take an account out of use; what was paid to it stays on record."""
        self.active = False

    def _set_secrets(self, typed):
        """Override of the mixin to note whether the check digit fits."""
        super()._set_secrets(typed)
        if number := typed.get('number'):
            self.sudo().has_check_digit = passes_luhn(normalize(number))

    # === GETTERS === #

    def _get_shared_query(self):
        """Return the query for accounts that other distributors of their company have too."""
        self.flush_model(['company_id', 'number_index', 'distributor_id', 'active'])
        return SQL(
            """
            SELECT own.id
              FROM distribution_payee_account own
              JOIN distribution_payee_account other USING (company_id, number_index)
             WHERE own.distributor_id != other.distributor_id AND other.active
            """)

    def _normalize_secret(self, name, text):
        """Override of the mixin."""
        if name != 'number':
            return super()._normalize_secret(name, text)
        number = normalize(text)
        if len(number) < _NUMBER_LENGTH_MIN:
            raise ValidationError(self.env._("This number is too short."))
        return number

    def _mask_secret(self, name, text):
        """Override of the mixin."""
        return mask_name(text) if name == 'holder_name' else mask_tail(text)

    def _check_verifiable(self):
        """Override of the mixin: money goes to nobody but the distributor."""
        super()._check_verifiable()
        identity = self.env['distribution.identity'].search([
            ('distributor_id', '=', self.distributor_id.id), ('verified_at', '!=', False)])
        if not identity:
            raise UserError(self.env._("Verify the identity of the distributor first."))
        if normalize_name(self._decrypt('holder_name')) != normalize_name(identity._decrypt('real_name')):
            raise UserError(self.env._(
                "The account is not held in the verified name. A distributor is paid to an account of its own only."))
