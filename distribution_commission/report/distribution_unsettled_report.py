from odoo import api, fields, models
from odoo.tools import SQL

from ..models.distribution_balance import ACCRUED_BUCKETS


class DistributionUnsettledReport(models.Model):
    """What was earned and not settled at the end of a day: the accrued commission, line by line.

    Read from the ledger, so it says the same whenever it is asked. The day is in the context as
    `distribution_as_of`; without one it is today.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.unsettled.report'
    _description = "Earned, Not Settled"
    _auto = False
    _order = 'earned_at, id'
    _rec_name = 'order_name'
    _depends = {
        'distribution.commission': ['company_id', 'created_at', 'distributor_id', 'order_name', 'product_name'],
        'distribution.transfer': ['amount', 'commission_id', 'destination', 'posted_at', 'source'],
    }

    company_id = fields.Many2one(comodel_name='res.company', readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    distributor_id = fields.Many2one(comodel_name='distribution.distributor', readonly=True)
    commission_id = fields.Many2one(comodel_name='distribution.commission', readonly=True)
    order_name = fields.Char(string="Order", readonly=True)
    product_name = fields.Char(string="Product", readonly=True)
    earned_at = fields.Datetime(string="Earned on", readonly=True)
    amount = fields.Monetary(string="Earned, Not Settled", readonly=True)
    pending_amount = fields.Monetary(string="Pending", readonly=True)
    available_amount = fields.Monetary(string="Available", readonly=True)
    held_amount = fields.Monetary(string="Held", readonly=True)
    billed_amount = fields.Monetary(string="Waiting for Invoice", readonly=True)

    # === GETTERS === #

    @property
    def _table_query(self):
        return self._get_query()

    @api.model
    def _get_as_of(self):
        return fields.Date.to_date(self.env.context.get('distribution_as_of')) or fields.Date.context_today(self)

    @api.model
    def _get_query(self):
        columns = SQL(", ").join(
            SQL("COALESCE(SUM(amount) FILTER (WHERE bucket = %s), 0) AS %s", bucket, SQL.identifier(f'{bucket}_amount'))
            for bucket in ACCRUED_BUCKETS)
        return SQL(
            """
            SELECT c.id, c.id AS commission_id, c.company_id, c.distributor_id, c.order_name, c.product_name,
                   c.created_at AS earned_at, sums.amount, sums.pending_amount, sums.available_amount,
                   sums.held_amount, sums.billed_amount
              FROM (
                   SELECT commission_id, SUM(amount) AS amount, %(columns)s
                     FROM (
                          SELECT t.commission_id, side.bucket, side.amount
                            FROM distribution_transfer t
                            JOIN res_company company ON company.id = t.company_id
                            JOIN res_partner partner ON partner.id = company.partner_id
               CROSS JOIN LATERAL (VALUES (t.destination, t.amount), (t.source, -t.amount)) AS side(bucket, amount)
                           WHERE (t.posted_at AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(partner.tz, 'UTC'))::date
                              <= %(as_of)s
                             AND side.bucket = ANY(%(buckets)s)
                          ) moved
                 GROUP BY commission_id
                   HAVING SUM(amount) != 0
                   ) sums
              JOIN distribution_commission c ON c.id = sums.commission_id
            """, columns=columns, as_of=self._get_as_of(), buckets=list(ACCRUED_BUCKETS))
