from odoo import api, fields, models
from odoo.tools import SQL

from ..models.distribution_transfer import to_minor
from ..tax import settle_year


class DistributionTaxSlip(models.Model):
    """What a payee was paid in a year, and what was withheld: for its own return.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer, finance | own companies'  | x    |       |        |        |
    | portal           | its own         | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.tax.slip'
    _description = "Tax Slip"
    _auto = False
    _order = 'year desc, id'
    _depends = {
        'distribution.payout': [
            'amount', 'company_id', 'distributor_id', 'net_amount', 'state', 'tax_amount', 'tax_month',
        ],
    }

    distributor_id = fields.Many2one(comodel_name='distribution.distributor', readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    year = fields.Integer(readonly=True, aggregator=False)
    amount = fields.Monetary(string="Income", readonly=True)
    tax_amount = fields.Monetary(string="Tax Withheld", readonly=True)
    net_amount = fields.Monetary(string="Paid out", readonly=True)
    payout_count = fields.Integer(string="Payouts", readonly=True)

    # === COMPUTE METHODS === #

    @api.depends('year')
    def _compute_display_name(self):
        for slip in self:
            slip.display_name = self.env._("Tax slip %(year)s", year=str(slip.year))

    # === GETTERS === #

    @property
    def _table_query(self):
        return self._get_query()

    @api.model
    def _get_query(self):
        return SQL(
            """
            SELECT MIN(id) AS id, distributor_id, company_id, EXTRACT(YEAR FROM tax_month)::int AS year,
                   SUM(amount) AS amount, SUM(COALESCE(tax_amount, 0)) AS tax_amount, SUM(net_amount) AS net_amount,
                   COUNT(*) AS payout_count
              FROM distribution_payout
             WHERE state = 'done' AND tax_month IS NOT NULL
          GROUP BY distributor_id, company_id, EXTRACT(YEAR FROM tax_month)
            """)

    def _get_report_base_filename(self):
        """Return how the certificate is named when it is downloaded."""
        self.ensure_one()
        return self.display_name

    def _get_months(self):
        """Return the months of the year in which something was paid, in their order.

        :rtype: distribution.tax.report
        """
        self.ensure_one()
        return self.env['distribution.tax.report'].search([
            ('distributor_id', '=', self.distributor_id.id),
            ('month', '>=', f'{self.year}-01-01'),
            ('month', '<=', f'{self.year}-12-31'),
        ], order='month')

    def _get_payout_lines(self):
        """Return the payouts behind the slip, as plain values for whoever may read it.

        :rtype: list[dict]
        """
        self.ensure_one()
        self.check_access('read')
        payouts_sudo = self.env['distribution.payout'].sudo().search([
            ('distributor_id', '=', self.distributor_id.id),
            ('state', '=', 'done'),
            ('tax_month', '>=', f'{self.year}-01-01'),
            ('tax_month', '<=', f'{self.year}-12-31'),
        ], order='tax_month, id')
        return [{
            'name': payout_sudo.name,
            'month': payout_sudo.tax_month,
            'day': payout_sudo.tax_day,
            'amount': payout_sudo.amount,
            'tax_amount': payout_sudo.tax_amount,
            'net_amount': payout_sudo.net_amount,
            'explanation_lines': payout_sudo._get_tax_explanation_lines(),
        } for payout_sudo in payouts_sudo]

    def _get_annual_settlement(self):
        """Return what a resident of China would settle for the year if this were the only income of it.

        :return: The tax of the year, and what is left to pay of it (negative: to claim back). Nothing where
            no annual table is known, or the payee is no resident individual.
        :rtype: tuple[float, float]|None
        """
        self.ensure_one()
        self.check_access('read')
        distributor_sudo, company_sudo = self.sudo().distributor_id, self.sudo().company_id
        scheme_sudo = company_sudo._distribution_get_default_tax_scheme('platform')
        if (scheme_sudo.method != 'cumulative' or distributor_sudo.kind != 'individual'
                or not distributor_sudo.is_tax_resident):
            return None
        table_sudo = scheme_sudo._find_table(fields.Date.to_date(f'{self.year}-12-31'))
        if not table_sudo or table_sudo.currency_id != company_sudo.currency_id:
            return None
        minor = 10 ** company_sudo.currency_id.decimal_places
        due, balance = settle_year(
            table_sudo._to_kernel(), to_minor(self.amount, company_sudo.currency_id),
            to_minor(self.tax_amount, company_sudo.currency_id))
        return due.tax / minor, balance / minor

    def _get_identity(self):
        """Return who the payee is, as far as it is shown: masked name and number, or the code alone.

        :rtype: dict
        """
        self.ensure_one()
        self.check_access('read')
        identity_sudo = self.env['distribution.identity'].sudo().search(
            [('distributor_id', '=', self.distributor_id.id)], limit=1)
        return {
            'code': self.distributor_id.sudo().code,
            'name': identity_sudo.real_name_masked or '',
            'number': identity_sudo.number_masked or '',
        }
