from odoo import fields, models
from odoo.tools import SQL

_BATCH_SIZE = 50


class DistributionShadowRun(models.Model):
    """Ladders beside the ledger: periods that are over and posted, before the orders."""
    _inherit = 'distribution.shadow.run'

    last_ladder_period_ref = fields.Integer(readonly=True, help="Up to which period of a ladder it has come.")

    # === BUSINESS METHODS === #

    def _check_batch(self, *args, **kwargs):
        """Override to recompute ladders first."""
        periods = self._get_next_ladder_periods()
        if not periods:
            return super()._check_batch(*args, **kwargs)
        differences = self._get_ladder_differences(periods)
        self.env['distribution.shadow.difference'].create([{'run_id': self.id, **vals} for vals in differences])
        self.write({
            'last_ladder_period_ref': periods[-1].id,
            'difference_count': self.difference_count + len(differences),
        })
        return len(periods)

    # === GETTERS === #

    def _get_next_ladder_periods(self):
        """Return the next periods of the open time in which nothing waits for a worker."""
        self.ensure_one()
        self.env.flush_all()
        rows = self.env.execute_query(SQL(
            """
            SELECT p.id
              FROM distribution_ladder_period p
             WHERE p.company_id = %s AND p.id > %s AND p.date_until >= %s::timestamp
               AND p.posted_at IS NOT NULL AND p.marked_at IS NULL
               AND NOT EXISTS (
                   SELECT FROM distribution_event e
                     JOIN distribution_attribution a ON a.order_id = e.order_ref
                    WHERE a.distributor_id = p.distributor_id)
          ORDER BY p.id
             LIMIT %s
            """, self.company_id.id, self.last_ladder_period_ref or 0, self._get_open_since(self.company_id), _BATCH_SIZE))
        return self.env['distribution.ladder.period'].browse(period_id for period_id, in rows)

    def _get_ladder_differences(self, periods):
        """Return the values of the differences of these periods.

        :rtype: list[dict]
        """
        commissions = self.env['distribution.commission']
        targets = periods._get_targets(fields.Datetime.now())
        existing = commissions._lock_ladder_rows(periods, lock=False)
        commissions._cut_beside_adjustments(targets, existing)
        return self._compare(targets, existing, commissions._get_goals(targets, existing))
