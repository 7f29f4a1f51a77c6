from typing import NamedTuple

from odoo import fields, models
from odoo.tools import SQL

# All that a ranking may compare: what somebody sold itself. Never a team, never recruits; a test holds the list.
MEASURES = [('sales', "Own sales"), ('orders', "Own orders")]
_SHOWN = 20
_MOST_ROWS = 50         # when many share a place


class RankingRow(NamedTuple):
    """A place in the ranking: the alias, and what is compared."""

    place: int
    name: str
    value: object           # a number of orders, or an amount in the company's currency
    is_own: bool


class ResCompany(models.Model):
    _inherit = 'res.company'

    distribution_ranking = fields.Selection(
        selection=MEASURES, string="Ranking", help="What distributors who take part are compared by. Empty: there is no ranking.")
    distribution_ranking_cycle = fields.Selection(
        selection=[('week', "Week"), ('month', "Month")], string="Ranking Period", default='month')


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    distribution_ranking = fields.Selection(related='company_id.distribution_ranking', readonly=False)
    distribution_ranking_cycle = fields.Selection(related='company_id.distribution_ranking_cycle', readonly=False)


class DistributionDistributor(models.Model):
    """Who sold most, among those who want to be compared."""
    _inherit = 'distribution.distributor'

    def _get_ranking(self, previous=False):
        """Return the first places of the period at hand, or of the one before, and the own place wherever it is.

        Only who takes part is among them; the distributor itself sees its own place in any case. One
        statement for the places and some for the aliases, whatever the number of distributors.

        :rtype: list[RankingRow]
        """
        self.ensure_one()
        company_sudo = self.company_id.sudo()
        since, until = self._get_ranking_period(previous)
        rows = self.env.execute_query(self._get_ranking_sql(company_sudo, since, until))
        distributors_sudo = self.sudo().browse(distributor_id for distributor_id, _value, _place in rows)
        return [
            RankingRow(place, distributor_sudo.shown_name, value, distributor_sudo.id == self.id)
            for distributor_sudo, (_distributor_id, value, place) in zip(distributors_sudo, rows, strict=True)]

    def _get_ranking_period(self, previous=False):
        """Return the moments in UTC between which the period lies.

        :rtype: tuple[datetime, datetime]
        """
        company_sudo = self.company_id.sudo()
        cycle = company_sudo.distribution_ranking_cycle or 'month'
        since, until = self._get_period_around(cycle)
        if previous:
            since, until = self._get_period_around(
                cycle, company_sudo._distribution_get_day(fields.Datetime.subtract(since, seconds=1)))
        return since, until

    def _get_ranking_sql(self, company, since, until):
        for model in ('sale.order', 'sale.order.line', 'distribution.distributor'):
            self.env[model].flush_model()
        taking_part = SQL(
            """
            IN (SELECT id FROM distribution_distributor
                 WHERE company_id = %s AND ranking_consent_at IS NOT NULL AND state = 'active'
                 UNION SELECT %s)
            """, company.id, self.id)
        return SQL(
            """
            SELECT distributor_id, value, place
              FROM (
                   SELECT distributor_id, value, RANK() OVER (ORDER BY value DESC) AS place
                     FROM (SELECT distributor_id, %(measure)s AS value FROM (%(sales)s) own) measured
                    WHERE value > 0
                   ) ranked
             WHERE place <= %(shown)s OR distributor_id = %(own)s
          ORDER BY place, distributor_id = %(own)s DESC, distributor_id
             LIMIT %(most)s
            """,
            measure=SQL.identifier('orders' if company.distribution_ranking == 'orders' else 'amount'),
            sales=self._get_own_sales_sql(company, taking_part, since, until), shown=_SHOWN, own=self.id, most=_MOST_ROWS)
