from odoo import api, fields, models
from odoo.tools import SQL

from ..models.distribution_balance import ACCRUED_BUCKETS

AGES = [('0', "Up to 30 days"), ('1', "31 to 90 days"), ('2', "91 to 180 days"), ('3', "Above 180 days")]
# Which of them something is, by the column `days`.
AGE = SQL("CASE WHEN days <= 30 THEN '0' WHEN days <= 90 THEN '1' WHEN days <= 180 THEN '2' ELSE '3' END")


class DistributionDebtReport(models.Model):
    """Who owes the company after refunds, how much, and for how long: payables below zero by age.

    A debt begins with the transfer that brought the payable below zero for the last time.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.debt.report'
    _description = "Debts of Distributors"
    _auto = False
    _order = 'since, id'
    _rec_name = 'distributor_id'
    _depends = {
        'distribution.balance': ['amount', 'bucket', 'company_id', 'distributor_id'],
        'distribution.transfer': ['amount', 'destination', 'distributor_id', 'posted_at', 'source'],
    }

    distributor_id = fields.Many2one(comodel_name='distribution.distributor', readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    amount = fields.Monetary(string="Debt", readonly=True)
    on_the_way_amount = fields.Monetary(
        string="On Its Way", readonly=True, help="Commissions not settled yet; they will be set off.")
    since = fields.Datetime(readonly=True)
    days = fields.Integer(readonly=True, aggregator='max')
    age = fields.Selection(selection=AGES, readonly=True)

    # === ACTION METHODS === #

    def action_write_off(self):
        """Button: write down that the company gives this debt up."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Write-off"),
            'res_model': 'distribution.write.off',
            'view_mode': 'form',
            'context': {
                'default_distributor_id': self.distributor_id.id,
                'default_amount': max(0, self.amount - self.on_the_way_amount),
            },
        }

    # === GETTERS === #

    @property
    def _table_query(self):
        return self._get_query()

    @api.model
    def _get_query(self):
        return SQL(
            """
            SELECT debt.*, %(age)s AS age
              FROM (
                   SELECT b.id, b.distributor_id, b.company_id, -b.amount AS amount, ways.amount AS on_the_way_amount,
                          began.since, EXTRACT(DAY FROM %(now)s::timestamp - began.since)::int AS days
                     FROM distribution_balance b
             JOIN LATERAL (
                          SELECT COALESCE(SUM(amount), 0) AS amount
                            FROM distribution_balance
                           WHERE distributor_id = b.distributor_id AND bucket = ANY(%(accrued)s)
                          ) ways ON TRUE
             JOIN LATERAL (
                          SELECT MAX(posted_at) FILTER (WHERE before >= 0 AND after < 0) AS since
                            FROM (
                                 SELECT posted_at, after, after - change AS before
                                   FROM (
                                        SELECT posted_at, change, SUM(change) OVER (ORDER BY id) AS after
                                          FROM (
                                               SELECT id, posted_at,
                                                      CASE 'payable' WHEN destination THEN amount ELSE -amount END
                                                          AS change
                                                 FROM distribution_transfer
                                                WHERE distributor_id = b.distributor_id
                                                  AND (source = 'payable' OR destination = 'payable')
                                               ) changes
                                        ) sums
                                 ) steps
                          ) began ON TRUE
                    WHERE b.bucket = 'payable' AND b.amount < 0
                   ) debt
            """, age=AGE, accrued=list(ACCRUED_BUCKETS), now=fields.Datetime.now())
