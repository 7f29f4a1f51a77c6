from odoo import api, fields, models
from odoo.tools import SQL


class DistributionTaxReport(models.Model):
    """What each payee was paid in a month, and what was withheld from it: the payouts that are done.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer, finance | own companies'  | x    |       |        |        |
    | portal           | its own         | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.tax.report'
    _description = "Tax Withheld by Month"
    _auto = False
    _order = 'month desc, id'
    _rec_name = 'distributor_id'
    _depends = {
        'distribution.payout': [
            'amount', 'company_id', 'distributor_id', 'net_amount', 'state', 'tax_amount', 'tax_month',
            'tax_scheme_id',
        ],
    }

    distributor_id = fields.Many2one(comodel_name='distribution.distributor', readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    month = fields.Date(readonly=True)
    scheme_id = fields.Many2one(comodel_name='distribution.tax.scheme', readonly=True)
    amount = fields.Monetary(string="Income", readonly=True)
    tax_amount = fields.Monetary(string="Tax Withheld", readonly=True)
    net_amount = fields.Monetary(string="Paid out", readonly=True)
    payout_count = fields.Integer(string="Payouts", readonly=True)

    # === GETTERS === #

    @property
    def _table_query(self):
        return self._get_query()

    @api.model
    def _get_query(self):
        return SQL(
            """
            SELECT MIN(id) AS id, distributor_id, company_id, tax_month AS month, MAX(tax_scheme_id) AS scheme_id,
                   SUM(amount) AS amount, SUM(COALESCE(tax_amount, 0)) AS tax_amount, SUM(net_amount) AS net_amount,
                   COUNT(*) AS payout_count
              FROM distribution_payout
             WHERE state = 'done' AND tax_month IS NOT NULL
          GROUP BY distributor_id, company_id, tax_month
            """)
