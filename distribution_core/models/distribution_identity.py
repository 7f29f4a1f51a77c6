from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..crypto import (
    age_on,
    birth_date,
    is_credit_code,
    is_identity_number,
    mask_identity_number,
    mask_name,
    normalize,
)

_NUMBER_LENGTH_MIN = 5


class DistributionIdentity(models.Model):
    """Who a distributor really is: name and number of a document, encrypted, and who verified them.

    One person has one account in a company. The birth date is read from the number when it is
    needed, and not stored.

    +-----------------+----------------+------+-------+--------+--------+
    | group           | records        | read | write | create | unlink |
    +=================+================+======+=======+========+========+
    | officer         | own companies' | x    | x     | x      |        |
    | manager         | own companies' | x    | x     | x      | x      |
    | portal          | its own        | x    |       |        |        |
    +-----------------+----------------+------+-------+--------+--------+

    Only a privacy officer sees the secrets in clear, see `_reveal`.
    """
    _name = 'distribution.identity'
    _description = "Verified Identity"
    _inherit = ['distribution.verified.mixin']
    _rec_name = 'distributor_id'
    _order = 'id desc'
    _secrets = ('real_name', 'number')
    _verified_fields = ('document_type', 'is_of_age', 'distributor_id')

    document_type = fields.Selection(
        selection=[
            ('id_card', "Resident identity card"),
            ('passport', "Passport"),
            ('residence_permit', "Residence or travel permit"),
            ('credit_code', "Unified social credit code"),
        ],
        required=True,
        default='id_card',
    )
    real_name = fields.Char(
        compute='_compute_secrets', inverse='_inverse_secrets', exportable=False,
        help="As in the document. Write to replace it; it is stored encrypted and not shown again.")
    real_name_encrypted = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    real_name_masked = fields.Char(string="Name", readonly=True, copy=False)
    number = fields.Char(
        string="Document Number", compute='_compute_secrets', inverse='_inverse_secrets', exportable=False,
        help="Write to replace it; it is stored encrypted and not shown again.")
    number_encrypted = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    number_index = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    number_masked = fields.Char(string="Number", readonly=True, copy=False)
    is_of_age = fields.Boolean(
        string="Of Age", help="Seen in the document. The number of an identity card says it by itself.")

    _distributor_uniq = models.UniqueIndex('(distributor_id)', "A distributor has one identity.")
    _number_uniq = models.UniqueIndex(
        '(company_id, number_index) WHERE number_index IS NOT NULL',
        "Another account has this number already. One person has one account.")

    # === BUSINESS METHODS === #

    def _set_secrets(self, typed):
        """Override of the mixin to keep one account for one person."""
        if number := typed.get('number'):
            number = self._normalize_secret('number', number)
            if self.sudo().search_count(self._get_secret_domain('number', number), limit=1):
                raise ValidationError(self.env._(
                    "Another account has this number already. One person has one account."))
        super()._set_secrets(typed)

    def _set_unverified(self):
        """Override of the mixin: accounts were verified against this name."""
        super()._set_unverified()
        accounts = self.env['distribution.payee.account'].search([
            ('distributor_id', 'in', self.distributor_id.ids), ('verified_at', '!=', False)])
        accounts._set_unverified()

    @api.autovacuum
    def _gc_kept_until_today(self):
        """Erase what was only kept because the law asked for it, once that is over."""
        over = self.search([('erase_on', '<=', fields.Date.context_today(self))], limit=1000)
        for identity in over:
            self.env['distribution.privacy.log']._append('erase', identity, self.env._("The retention is over."))
        over._erase_secrets()

    # === GETTERS === #

    def _normalize_secret(self, name, text):
        """Override of the mixin."""
        if name != 'number':
            return super()._normalize_secret(name, text)
        number = normalize(text)
        self._check_number(number)
        return number

    def _mask_secret(self, name, text):
        """Override of the mixin."""
        return mask_name(text) if name == 'real_name' else mask_identity_number(text)

    def _check_number(self, number):
        """Check the form of a number against the document that it is said to stand in."""
        if self.document_type == 'id_card' and not is_identity_number(number):
            raise ValidationError(self.env._(
                "This is no valid identity card number: 18 characters, with a check digit that fits."))
        if self.document_type == 'credit_code' and not is_credit_code(number):
            raise ValidationError(self.env._(
                "This is no valid unified social credit code: 18 characters, with a check character that fits."))
        if len(number) < _NUMBER_LENGTH_MIN:
            raise ValidationError(self.env._("This number is too short."))

    def _check_verifiable(self):
        """Override of the mixin: the document suits the distributor, and a person is of age."""
        super()._check_verifiable()
        number = self._decrypt('number')
        self._check_number(number)
        kind = self.distributor_id.kind
        is_organization = self.document_type == 'credit_code'
        if (kind == 'company' and not is_organization) or (kind in ('individual', 'employee') and is_organization):
            raise UserError(self.env._("This document does not suit a distributor of this kind."))
        min_age = self.env['distribution.policy']._get_in_force(self.company_id).min_age
        if not is_organization and not self._is_of_age(number, min_age):
            raise UserError(self.env._("A distributor must be at least %s years old.", min_age))

    def _is_of_age(self, number, min_age):
        if self.document_type != 'id_card':
            return self.is_of_age
        return age_on(birth_date(number), fields.Date.context_today(self)) >= min_age
