from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL


class OwnSales(NamedTuple):
    """What a distributor sold itself: orders of which something is invoiced and not refunded, and their net."""

    orders: int = 0
    amount: float = 0.0


class DistributionDistributor(models.Model):
    """Own sales over a time, as levels count them."""
    _inherit = 'distribution.distributor'

    def _get_own_sales(self, since, until):
        """Return what each of these distributors sold in [since, until): one statement.

        :param datetime since: UTC.
        :param datetime until: UTC.
        :return: By id; who sold nothing is missing.
        :rtype: dict[int, OwnSales]
        """
        if not self.ids:
            return {}
        self.env['sale.order'].flush_model()
        self.env['sale.order.line'].flush_model()
        rows = self.env.execute_query(SQL(
            "%s", self._get_own_sales_sql(self.company_id, SQL("= ANY(%s)", list(self.ids)), since, until)))
        return {distributor_id: OwnSales(orders, amount) for distributor_id, orders, amount in rows}

    @api.model
    def _get_own_sales_sql(self, company, whose, since, until):
        """Return `distributor_id`, `orders` and `amount` of those who sold, in the company's currency at the order's rate.

        :param res.company company:
        :param SQL whose: What is asked of the distributor's id.
        :rtype: SQL
        """
        return SQL(
            """
            SELECT a.distributor_id, COUNT(*) FILTER (WHERE s.net > 0) AS orders, COALESCE(SUM(s.net), 0) AS amount
              FROM distribution_attribution a
              JOIN sale_order o ON o.id = a.order_id AND o.state = 'sale'
CROSS JOIN LATERAL (SELECT round(SUM(l.untaxed_amount_invoiced) / COALESCE(NULLIF(o.currency_rate, 0), 1),
                                 %(decimals)s) AS net
                      FROM sale_order_line l
                     WHERE l.order_id = o.id AND %(counts)s) s
             WHERE a.distributor_id %(whose)s AND a.company_id = ANY(%(companies)s)
               AND a.pinned_at >= %(since)s AND a.pinned_at < %(until)s
          GROUP BY a.distributor_id
            """, decimals=company[:1].currency_id.decimal_places, whose=whose, companies=list(company.ids),
            since=since, until=until, counts=self.env['distribution.level.run.line']._get_line_condition())
