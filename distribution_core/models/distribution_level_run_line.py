from odoo import api, fields, models
from odoo.tools import SQL


class DistributionLevelRunLine(models.Model):
    """One distributor that a level run moves, warns, or finds recovered, with what was measured.

    Written by one statement; rights as of the run, read only.
    """
    _name = 'distribution.level.run.line'
    _description = "Movement of a Level Run"
    _order = 'run_id desc, direction, id'
    _rec_name = 'distributor_id'
    _log_access = False

    run_id = fields.Many2one(
        comodel_name='distribution.level.run', required=True, ondelete='cascade', readonly=True, index=True)
    company_id = fields.Many2one(comodel_name='res.company', required=True, readonly=True, index=True)
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, ondelete='cascade', readonly=True, index=True)
    edge_id = fields.Many2one(
        comodel_name='distribution.level.history', ondelete='set null', readonly=True, index='btree_not_null',
        help="The history when it was measured: the line is applied only if that is still the last word.")
    from_level_id = fields.Many2one(
        comodel_name='distribution.level', ondelete='restrict', readonly=True, index='btree_not_null')
    to_level_id = fields.Many2one(
        comodel_name='distribution.level', ondelete='restrict', readonly=True, index='btree_not_null')
    direction = fields.Selection(
        selection=[
            ('demotion', "Demotion"),
            ('promotion', "Promotion"),
            ('recovery', "Recovered"),
            ('warning', "Warning"),
        ],
        required=True,
        readonly=True,
        help="A warning begins the grace: the conditions of the level fail. Recovered: they hold again.",
    )
    outcome = fields.Selection(
        selection=[('pending', "Waiting"), ('applied', "Applied"), ('skipped', "Skipped")],
        required=True,
        readonly=True,
        default='pending',
        help="Skipped: the distributor was no longer active, or its level was changed after the preview.",
    )
    facts = fields.Json(readonly=True)
    why = fields.Char(compute='_compute_why')

    _distributor_uniq = models.UniqueIndex('(run_id, distributor_id)', "A run moves a distributor once.")

    # === COMPUTE METHODS === #

    @api.depends('facts', 'direction')
    @api.depends_context('lang')
    def _compute_why(self):
        for line in self:
            line.why = self.env['distribution.level']._explain(
                line.facts, line.company_id, only_failing=line.direction in ('demotion', 'warning'))

    # === BUSINESS METHODS === #

    @api.model
    def _measure(self, run):
        """Insert a line for everybody whom the facts move: one statement, whatever the network's size.

        :return: How many lines.
        :rtype: int
        """
        self.env.flush_all()
        self.env.cr.execute(SQL(
            """
            WITH params AS MATERIALIZED (SELECT %(now)s::timestamp AS now, %(now)s::timestamp::date AS today),
                 level AS MATERIALIZED (%(ladder)s),
                 sale AS MATERIALIZED (%(sales)s),
                 fact AS MATERIALIZED (%(facts)s),
                 verdict AS (%(verdicts)s),
                 movement AS (%(movements)s)
            INSERT INTO distribution_level_run_line
                        (run_id, company_id, distributor_id, edge_id, direction, outcome, from_level_id, to_level_id, facts)
                 SELECT %(run)s, %(company)s, m.distributor_id, m.edge_id, m.direction, 'pending', m.from_level_id,
                        CASE WHEN m.direction IN ('promotion', 'demotion') THEN m.best_level_id ELSE m.from_level_id END,
                        %(evidence)s
                   FROM movement m
             CROSS JOIN params
                   JOIN distribution_distributor d ON d.id = m.distributor_id
              LEFT JOIN level l
                     ON l.id = CASE WHEN m.direction = 'promotion' THEN m.best_level_id ELSE m.from_level_id END
              LEFT JOIN fact f ON f.distributor_id = d.id AND f.window_days = l.window_days
                  WHERE m.direction IS NOT NULL
            """,
            run=run.id, company=run.company_id.id, now=run.measured_at,
            ladder=self.env['distribution.level']._get_ladder_sql(run.company_id),
            sales=self._get_sales_sql(run.company_id), facts=self._get_facts_sql(),
            verdicts=self._get_verdicts_sql(run.company_id), movements=self._get_movements_sql(),
            evidence=self._get_evidence_sql()))
        inserted = self.env.cr.rowcount
        self.invalidate_model()
        run.invalidate_recordset(['line_ids'])
        return inserted

    def _settle(self, run):
        """Say of each line whether it is applied: only while the distributor is active and where it was."""
        self.env.flush_all()
        self.env.cr.execute(SQL(
            """
            UPDATE distribution_level_run_line line
               SET outcome = CASE WHEN d.state = 'active'
                                   AND d.level_id IS NOT DISTINCT FROM line.from_level_id
                                   AND edge.id IS NOT DISTINCT FROM line.edge_id
                                  THEN 'applied' ELSE 'skipped' END
              FROM distribution_distributor d
         LEFT JOIN distribution_level_history edge ON edge.distributor_id = d.id AND edge.until_at IS NULL
             WHERE line.run_id = %s AND line.outcome = 'pending' AND d.id = line.distributor_id
            """, run.id))
        self.invalidate_model(['outcome'])

    # === GETTERS - SQL === #

    @api.model
    def _get_sales_sql(self, company, distributor=None):
        """Return the own orders since the longest window began: net and refunded, in the company's currency.

        :param distribution.distributor|None distributor: None: everybody's.
        """
        return SQL(
            """
            SELECT a.distributor_id, a.pinned_at, r.refunded,
                   round(SUM(l.untaxed_amount_invoiced) / COALESCE(NULLIF(o.currency_rate, 0), 1), %(decimals)s) AS net
              FROM params
        CROSS JOIN distribution_attribution a
              JOIN sale_order o ON o.id = a.order_id AND o.state = 'sale'
              JOIN sale_order_line l ON l.order_id = o.id AND %(counts)s
         LEFT JOIN (%(refunds)s) r ON r.order_id = a.order_id
             WHERE a.company_id = %(company)s AND a.distributor_id IS NOT NULL AND a.pinned_at < params.now
               AND a.pinned_at >= params.now - (SELECT make_interval(days => MAX(window_days)) FROM level WHERE is_automatic)
               AND %(whose)s
          GROUP BY a.id, o.id, r.refunded
            """, company=company.id, decimals=company.currency_id.decimal_places,
            whose=SQL("a.distributor_id = %s", distributor.id) if distributor else SQL("TRUE"),
            counts=self._get_line_condition(), refunds=self._get_refunds_sql(company, distributor))

    @api.model
    def _get_refunds_sql(self, company, distributor=None):
        """Return what was refunded per order: at the order's rate, as its net is, if in its currency."""
        of_one = distributor and SQL(
            """
            AND o.id = ANY(ARRAY(
                SELECT a.order_id
                  FROM distribution_attribution a, params
                 WHERE a.distributor_id = %s AND a.pinned_at < params.now AND a.pinned_at >= params.now
                       - (SELECT make_interval(days => MAX(window_days)) FROM level WHERE is_automatic)))
            """, distributor.id)
        return SQL(
            """
            SELECT l.order_id,
                   round(SUM(CASE WHEN ml.currency_id = o.currency_id
                                  THEN ml.price_subtotal / COALESCE(NULLIF(o.currency_rate, 0), 1)
                                  ELSE ml.balance END), %(decimals)s) AS refunded
              FROM account_move m
              JOIN account_move_line ml ON ml.move_id = m.id
              JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = ml.id
              JOIN sale_order_line l ON l.id = rel.order_line_id AND %(counts)s
              JOIN sale_order o ON o.id = l.order_id
             WHERE m.company_id = %(company)s AND m.move_type = 'out_refund' AND m.state = 'posted' %(of_one)s
          GROUP BY l.order_id
            """, company=company.id, decimals=company.currency_id.decimal_places, of_one=of_one or SQL(),
            counts=self._get_line_condition())

    @api.model
    def _get_line_condition(self):
        """Return which order lines `l` count: neither down payments, nor expenses, nor shipping."""
        conditions = [SQL("l.display_type IS NULL"), SQL("l.is_downpayment IS NOT TRUE"), SQL("l.is_expense IS NOT TRUE")]
        if 'is_delivery' in self.env['sale.order.line']._fields:
            conditions.append(SQL("l.is_delivery IS NOT TRUE"))
        return SQL(" AND ").join(conditions)

    @api.model
    def _get_facts_sql(self):
        """Return the sums of a distributor over each window that a level looks at: [begin, now)."""
        return SQL(
            """
            SELECT s.distributor_id, w.window_days, SUM(s.net) AS sales, COUNT(*) FILTER (WHERE s.net > 0) AS orders,
                   SUM(COALESCE(s.refunded, 0)) AS refunded
              FROM params
        CROSS JOIN (SELECT DISTINCT window_days FROM level WHERE is_automatic) w
              JOIN sale s ON s.pinned_at >= params.now - make_interval(days => w.window_days)
          GROUP BY s.distributor_id, w.window_days
            """)

    @api.model
    def _get_verdicts_sql(self, company):
        """Return the best level each active distributor qualifies for, and whether it keeps its own."""
        return SQL(
            """
            SELECT d.id AS distributor_id, MAX(l.rank) FILTER (WHERE q.holds) AS best_rank,
                   BOOL_OR(q.holds) FILTER (WHERE l.id = d.level_id) AS keeps
              FROM params
        CROSS JOIN distribution_distributor d
         LEFT JOIN level l ON l.is_automatic
         LEFT JOIN fact f ON f.distributor_id = d.id AND f.window_days = l.window_days
CROSS JOIN LATERAL (SELECT (l.min_sales = 0 OR COALESCE(f.sales, 0) >= l.min_sales)
                       AND COALESCE(f.orders, 0) >= l.min_orders
                       AND (l.max_return_rate = 100 OR COALESCE(f.refunded, 0) * 100
                                    <= l.max_return_rate * (COALESCE(f.sales, 0) + COALESCE(f.refunded, 0)))
                       AND (l.min_tenure_days = 0
                            OR d.active_since <= params.now - make_interval(days => l.min_tenure_days))
                       AND (NOT l.needs_training OR COALESCE(d.trained_at <= params.today, FALSE)) AS holds
                   ) q
             WHERE d.company_id = %s AND d.state = 'active'
          GROUP BY d.id
            """, company.id)

    @api.model
    def _get_movements_sql(self):
        """Return what happens to each: up at once, down only after the grace and when not kept by hand."""
        return SQL(
            """
            SELECT d.id AS distributor_id, d.level_id AS from_level_id, best.id AS best_level_id, edge.id AS edge_id,
                   CASE WHEN best.rank > COALESCE(held.rank, 0) THEN 'promotion'
                        WHEN q.fails AND params.today - COALESCE(d.level_failing_since, params.today)
                                         >= held.grace_days THEN 'demotion'
                        WHEN q.fails AND d.level_failing_since IS NULL THEN 'warning'
                        WHEN NOT q.fails AND d.level_failing_since IS NOT NULL THEN 'recovery'
                    END AS direction
              FROM params
        CROSS JOIN verdict v
              JOIN distribution_distributor d ON d.id = v.distributor_id
         LEFT JOIN level held ON held.id = d.level_id
         LEFT JOIN level best ON best.rank = v.best_rank
         LEFT JOIN distribution_level_history edge ON edge.distributor_id = d.id AND edge.until_at IS NULL
CROSS JOIN LATERAL (SELECT COALESCE(NOT v.keeps AND held.allows_demotion
                                    AND COALESCE(edge.kept_until <= params.today, TRUE), FALSE) AS fails) q
            """)

    @api.model
    def _get_evidence_sql(self):
        """Return the facts of a distributor `d` as JSON, beside what the level `l` asked for."""
        return SQL(
            """
            jsonb_build_object(
                'window_days', l.window_days,
                'sales', COALESCE(f.sales, 0),
                'orders', COALESCE(f.orders, 0),
                'refunded', COALESCE(f.refunded, 0),
                'return_rate', COALESCE(round(f.refunded * 100 / NULLIF(f.sales + f.refunded, 0), 2), 0),
                'tenure_days', COALESCE(floor(extract(epoch FROM params.now - d.active_since) / 86400), 0),
                'trained', COALESCE(d.trained_at <= params.today, FALSE),
                'required', jsonb_build_object(
                    'min_sales', l.min_sales, 'min_orders', l.min_orders, 'max_return_rate', l.max_return_rate,
                    'min_tenure_days', l.min_tenure_days, 'needs_training', l.needs_training))
            """)
