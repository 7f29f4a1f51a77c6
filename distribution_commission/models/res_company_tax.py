from odoo import api, fields, models
from odoo.exceptions import ValidationError

_PAYEE_FIELDS = {
    'individual': 'distribution_tax_individual_id',
    'platform': 'distribution_tax_individual_id',
    'nonresident': 'distribution_tax_nonresident_id',
    'sole_trader': 'distribution_tax_sole_trader_id',
    'company': 'distribution_tax_company_id',
}


class ResCompany(models.Model):
    _inherit = 'res.company'

    distribution_tax_account_id = fields.Many2one(
        comodel_name='account.account', string="Tax Withheld", check_company=True,
        help="What is owed to the tax office for distributors.")
    distribution_platform_role = fields.Selection(
        selection=[
            ('merchant', "Merchant: sells its own goods"),
            ('platform', "Internet platform enterprise"),
        ],
        string="Role",
        default='merchant',
        help="A platform enterprise withholds by another method in some countries, and reports its distributors. "
             "Which one the company is, is for the accountant to decide.",
    )
    distribution_tax_individual_id = fields.Many2one(
        comodel_name='distribution.tax.scheme', string="Individuals", check_company=True,
        help="Empty: the default of the country; where there is none, nothing is withheld.")
    distribution_tax_nonresident_id = fields.Many2one(
        comodel_name='distribution.tax.scheme', string="Non-resident Individuals", check_company=True,
        help="Empty: the default of the country; where there is none, nothing is withheld.")
    distribution_tax_sole_trader_id = fields.Many2one(
        comodel_name='distribution.tax.scheme', string="Sole Traders", check_company=True,
        help="Empty: nothing is withheld, they declare by themselves.")
    distribution_tax_company_id = fields.Many2one(
        comodel_name='distribution.tax.scheme', string="Companies", check_company=True,
        help="Empty: nothing is withheld, they declare by themselves.")

    # === CONSTRAINT METHODS === #

    @api.constrains(*sorted(set(_PAYEE_FIELDS.values())))
    def _check_distribution_tax_currency(self):
        for company in self:
            for name in set(_PAYEE_FIELDS.values()):
                tables = company[name].table_ids
                if tables.currency_id - company.currency_id:
                    raise ValidationError(self.env._(
                        "The figures of “%(scheme)s” are not in %(currency)s. They are never converted.",
                        scheme=company[name].name, currency=company.currency_id.name))

    # === BUSINESS METHODS === #

    def _distribution_prepare_accounts(self):
        """Override of `distribution_commission` to add the account of the tax withheld."""
        accounts = super()._distribution_prepare_accounts()
        used_codes = {vals['code'] for vals in accounts.values()}
        return {
            **accounts,
            'distribution_tax_account_id': {
                'name': self.env._("Tax Withheld from Commissions"),
                'code': self._distribution_get_free_code('liability_current', used_codes),
                'account_type': 'liability_current',
                'reconcile': False,
                'company_ids': [self.id],
            },
        }

    # === GETTERS === #

    def _distribution_get_tax_scheme(self, payee):
        """Return how a kind of payee is taxed: what the settings say, or the default of the country.

        :param str payee: See `tax.decide`.
        :return: Empty: nothing is withheld.
        :rtype: distribution.tax.scheme
        """
        self.ensure_one()
        field_name = _PAYEE_FIELDS.get(payee)
        if field_name and self[field_name]:
            return self[field_name]
        return self._distribution_get_default_tax_scheme(payee)

    def _distribution_get_default_tax_scheme(self, payee):
        """Return how a kind of payee is taxed in the country of the company; nothing where nobody said so."""
        self.ensure_one()
        country = self.account_fiscal_country_id or self.country_id
        if not country:
            return self.env['distribution.tax.scheme']
        return self.env['distribution.tax.scheme'].search([
            ('country_id', '=', country.id),
            ('default_for', '=', payee),
            ('company_id', 'in', (False, self.id)),
        ], order='company_id', limit=1)     # NULLs come last: an own one is before a shared one
