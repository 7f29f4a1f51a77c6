from odoo import api, fields, models
from odoo.tools import SQL

from .distribution_debt_report import AGE, AGES


class DistributionPayableReport(models.Model):
    """What distributors may withdraw and have not, by age: what was settled first is taken to be paid first.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.payable.report'
    _description = "Payables by Age"
    _auto = False
    _order = 'since, id'
    _rec_name = 'distributor_id'
    _depends = {
        'distribution.balance': ['amount', 'bucket', 'company_id', 'distributor_id'],
        'distribution.transfer': ['amount', 'destination', 'distributor_id', 'posted_at', 'reason', 'settlement_id'],
    }

    distributor_id = fields.Many2one(comodel_name='distribution.distributor', readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    settlement_id = fields.Many2one(comodel_name='distribution.settlement', string="Statement", readonly=True)
    amount = fields.Monetary(string="Payable", readonly=True)
    since = fields.Datetime(string="Settled on", readonly=True)
    days = fields.Integer(readonly=True, aggregator='max')
    age = fields.Selection(selection=AGES, readonly=True)

    # === GETTERS === #

    @property
    def _table_query(self):
        return self._get_query()

    @api.model
    def _get_query(self):
        return SQL(
            """
            SELECT aged.*, %(age)s AS age
              FROM (
                   SELECT t.id, b.distributor_id, b.company_id, t.settlement_id, t.posted_at AS since,
                          LEAST(t.amount, b.amount - t.newer) AS amount,
                          EXTRACT(DAY FROM %(now)s::timestamp - t.posted_at)::int AS days
                     FROM distribution_balance b
             JOIN LATERAL (
                          SELECT id, settlement_id, posted_at, amount,
                                 SUM(amount) OVER (ORDER BY id DESC) - amount AS newer
                            FROM distribution_transfer
                           WHERE distributor_id = b.distributor_id AND destination = 'payable' AND reason = 'settlement'
                          ) t ON t.newer < b.amount
                    WHERE b.bucket = 'payable' AND b.amount > 0
                   ) aged
            """, age=AGE, now=fields.Datetime.now())
