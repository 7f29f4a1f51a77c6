from odoo import fields, models
from odoo.tools import SQL

_WINDOWS_BEFORE = 4


class DistributionRiskCheck(models.Model):
    _inherit = 'distribution.risk.check'

    code = fields.Selection(
        selection_add=[('commission_burst', "Commission far above the own past")],
        ondelete={'commission_burst': 'cascade'},
    )

    def _signal_commission_burst(self, company, since):
        """Commission in the window is a multiple of the average of the four windows before."""
        return self.env.execute_query_dict(SQL(
            """
            SELECT distributor_id, to_char(%(until)s::timestamp, 'IYYY-IW') AS key,
                   jsonb_build_object('commission', recent, 'usual', round(usual, 2)) AS facts
              FROM (SELECT distributor_id,
                           SUM(earned_amount) FILTER (WHERE created_at >= %(since)s) AS recent,
                           SUM(earned_amount) FILTER (WHERE created_at < %(since)s) / %(windows)s AS usual
                      FROM distribution_commission
                     WHERE company_id = %(company)s
                       AND created_at >= %(since)s::timestamp - %(windows)s * make_interval(days => %(days)s)
                  GROUP BY distributor_id) earned
             WHERE usual > 0 AND recent >= usual * %(threshold)s
          ORDER BY distributor_id
            """, company=company.id, since=since, until=fields.Datetime.now(), days=self.window_days,
            windows=_WINDOWS_BEFORE, threshold=self.threshold))


class DistributionRiskSignal(models.Model):
    _inherit = 'distribution.risk.signal'

    def _get_fact_labels(self):
        return {**super()._get_fact_labels(), 'commission': self.env._("commission in the window")}
