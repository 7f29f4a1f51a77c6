from datetime import timedelta
from typing import NamedTuple

from odoo import models
from odoo.tools import SQL

_DAYS = 30


class Earnings(NamedTuple):
    """What commissions of these days come to by now: what was taken back since is off."""

    today: float
    month: float
    days: list          # (date, amount) of the last days, the oldest first


class DistributionDistributor(models.Model):
    _inherit = 'distribution.distributor'

    def _get_earnings(self):
        """Return what was earned today, this month and on each of the last days, by the company's calendar.

        One statement, over the commissions of these days alone.

        :rtype: Earnings
        """
        self.ensure_one()
        company_sudo = self.company_id.sudo()
        today = company_sudo._distribution_get_today()
        days = [today - timedelta(days=number) for number in reversed(range(_DAYS))]
        first_of_month = today.replace(day=1)
        self.env['distribution.commission'].flush_model()
        amounts = dict(self.env.execute_query(SQL(
            """
            SELECT (created_at AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date, SUM(earned_amount)
              FROM distribution_commission
             WHERE distributor_id = %(distributor)s AND created_at >= %(since)s
          GROUP BY 1
            """, tz=company_sudo._distribution_get_tz(), distributor=self.id,
            since=company_sudo._distribution_get_beginning(min(days[0], first_of_month)))))
        return Earnings(
            today=amounts.get(today, 0),
            month=sum(amount for day, amount in amounts.items() if day >= first_of_month),
            days=[(day, amounts.get(day, 0)) for day in days],
        )
