import json

from odoo import api, models
from odoo.tools import SQL

from .distribution_transfer import get_minor_unit


class DistributionCommission(models.Model):
    """The rows of the commissions, as SQL: locked, inserted and rewritten many at a time."""
    _inherit = 'distribution.commission'

    @api.model
    def _lock_existing(self, attribution_ids, lock=True):
        """Return the commissions by rules of these attributions, locked unless they are only read.

        :return: Rows in minor units, per (sale line, tier, distributor).
        :rtype: dict[tuple[int, int, int], dict]
        """
        rows = self._lock_rows(
            SQL("c.attribution_id = ANY(%s) AND c.ladder_period_id IS NULL", attribution_ids), lock)
        return {(row['order_line_ref'], row['tier'], row['distributor_id']): row for row in rows}

    @api.model
    def _lock_rows(self, condition, lock=True):
        """Return commissions in minor units, sorted by id.

        :param SQL condition: On the commission `c`.
        :rtype: list[dict]
        """
        return self.env.execute_query_dict(SQL(
            """
            SELECT c.id, c.attribution_id, c.order_line_ref, c.tier, c.distributor_id, c.ladder_period_id,
                   c.transfer_count,
                   (c.earned_amount * f.minor)::bigint AS earned,
                   (c.pending_amount * f.minor)::bigint AS pending,
                   (c.available_amount * f.minor)::bigint AS available,
                   (c.held_amount * f.minor)::bigint AS held,
                   (policy.max_commission_rate * 10000)::int AS bound_ppm
              FROM distribution_commission c
              JOIN distribution_attribution a ON a.id = c.attribution_id
              JOIN distribution_policy policy ON policy.id = a.policy_id
              JOIN res_company company ON company.id = c.company_id
              JOIN res_currency currency ON currency.id = company.currency_id
      CROSS JOIN LATERAL (SELECT (10 ^ currency.decimal_places)::numeric AS minor) f
             WHERE %s
          ORDER BY c.id
            %s
            """, condition, SQL("FOR UPDATE OF c") if lock else SQL()))

    @api.model
    def _insert(self, targets, company, now, accrued=False):
        """Insert commissions: of nothing yet, or of their whole amount, which the caller posts.

        :param list[dict] targets: See `_get_targets`.
        :param bool accrued: Whether the sums already tell of the accrual.
        :return: `id`, `distributor_id`, `transfer_count` of each target, before the accrual, and the
            `explanation` as JSON.
        :rtype: list[dict]
        """
        if not targets:
            return []
        explanations = [json.dumps(target['explanation']) for target in targets]
        names = ('attribution_id', 'order_name', 'order_line_ref', 'product_name', 'distributor_id', 'tier',
                 'ladder_period_id', 'rule_id', 'base', 'amount', 'delivered', 'delivered_at', 'hold_days')
        ids = self.env.execute_query(SQL(
            """
            INSERT INTO distribution_commission
                        (attribution_id, order_name, order_line_ref, order_line_id, product_name, distributor_id,
                         tier, ladder_period_id, rule_id, company_id, created_at, base_amount, explanation,
                         delivered_at, available_on,
                         earned_amount, pending_amount, transfer_count,
                         available_amount, held_amount, settled_amount)
                 SELECT attribution_id, order_name, order_line_ref, order_line_ref, product_name, distributor_id,
                        tier, ladder_period_id, rule_id, %(company_id)s, %(now)s::timestamp,
                        base * %(minor_unit)s::numeric, explanation::jsonb,
                        CASE WHEN delivered THEN delivered_at END,
                        CASE WHEN delivered THEN delivered_at + make_interval(days => hold_days) END,
                        amount * %(accrued)s * %(minor_unit)s::numeric, amount * %(accrued)s * %(minor_unit)s::numeric,
                        %(accrued)s, 0, 0, 0
                   FROM unnest(%(attribution_id)s::int[], %(order_name)s::text[], %(order_line_ref)s::int[],
                               %(product_name)s::text[], %(distributor_id)s::int[], %(tier)s::int[],
                               %(ladder_period_id)s::int[], %(rule_id)s::int[],
                               %(base)s::bigint[], %(amount)s::bigint[], %(delivered)s::bool[],
                               %(delivered_at)s::timestamp[], %(hold_days)s::int[], %(explanation)s::text[])
                     AS t(attribution_id, order_name, order_line_ref, product_name, distributor_id, tier,
                          ladder_period_id, rule_id, base, amount, delivered, delivered_at, hold_days, explanation)
            ON CONFLICT (order_line_ref, tier, distributor_id, COALESCE(ladder_period_id, 0)) DO NOTHING
              RETURNING id, order_line_ref, tier, distributor_id, ladder_period_id
            """, company_id=company.id, now=now, accrued=int(accrued),
            minor_unit=get_minor_unit(company.currency_id),
            explanation=explanations, **{name: [target[name] for target in targets] for name in names}))
        id_by_key = {tuple(key): id_ for id_, *key in ids}
        return [
            {
                'id': id_by_key[tuple(target[name] for name in (
                    'order_line_ref', 'tier', 'distributor_id', 'ladder_period_id'))],
                'distributor_id': target['distributor_id'],
                'transfer_count': 0,
                'explanation': explanation,
            }
            for target, explanation in zip(targets, explanations, strict=True)
        ]

    @api.model
    def _update_facts(self, targets, existing):
        """Write what is not money: base, rule, explanation, delivery and the end of the hold.

        The first delivery that is seen counts; a line that is no longer delivered waits again.
        """
        keys = [key for key in existing if key in targets]
        gone = [existing[key]['id'] for key in existing if key not in targets]
        if gone:
            self.env.execute_query(SQL(
                """UPDATE distribution_commission SET base_amount = 0 WHERE id = ANY(%s) RETURNING id""", gone))
        if not keys:
            return
        column = {name: [targets[key][name] for key in keys] for name in targets[keys[0]]}
        column['explanation'] = [json.dumps(value) for value in column['explanation']]
        self.env.execute_query(SQL(
            """
            UPDATE distribution_commission c
               SET base_amount = v.base / (10 ^ currency.decimal_places)::numeric,
                   rule_id = v.rule_id,
                   explanation = v.explanation::jsonb,
                   delivered_at = CASE WHEN v.delivered THEN COALESCE(c.delivered_at, v.delivered_at) END,
                   available_on = CASE WHEN v.delivered
                       THEN COALESCE(c.delivered_at, v.delivered_at) + make_interval(days => v.hold_days) END
              FROM unnest(%(id)s::int[], %(base)s::bigint[], %(rule_id)s::int[], %(explanation)s::text[],
                          %(delivered)s::bool[], %(delivered_at)s::timestamp[], %(hold_days)s::int[])
                AS v(id, base, rule_id, explanation, delivered, delivered_at, hold_days),
                   res_company company
              JOIN res_currency currency ON currency.id = company.currency_id
             WHERE c.id = v.id AND company.id = c.company_id
         RETURNING c.id
            """, id=[existing[key]['id'] for key in keys], base=column['base'], rule_id=column['rule_id'],
            explanation=column['explanation'], delivered=column['delivered'],
            delivered_at=column['delivered_at'], hold_days=column['hold_days']))
