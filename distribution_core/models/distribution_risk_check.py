from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL


class DistributionRiskCheck(models.Model):
    """One kind of suspicion, with its thresholds as data.

    A check is a method `_signal_CODE(company, since)` that returns a row for each case: who it is
    about (`distributor_id`), which case it is (`key`: the same case has the same key tomorrow) and
    what was found (`facts`). Another module adds a code by `selection_add` and brings the method.

    Signals hold money back, they never take it: a person decides.

    +------------------+------------------+------+-------+--------+--------+
    | group            | records          | read | write | create | unlink |
    +==================+==================+======+=======+========+========+
    | officer          | own companies'   | x    |       |        |        |
    | manager          | own companies'   | x    | x     | x      | x      |
    +------------------+------------------+------+-------+--------+--------+
    """
    _name = 'distribution.risk.check'
    _description = "Risk Check"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    code = fields.Selection(
        selection=[
            ('signups_network', "Many applications from one network"),
            ('signups_device', "Many applications from one browser in one network"),
            ('orders_network', "Many buyers from one network"),
            ('orders_device', "Many buyers in one browser"),
            ('sales_burst', "Sales far above the own past"),
            ('self_dealing', "Distributors who buy from each other"),
            ('self_purchase', "Own purchases tried again and again"),
            ('refund_after_promotion', "Sales refunded after a promotion"),
            ('shared_payee', "One account for several distributors"),
        ],
        required=True,
    )
    company_id = fields.Many2one(
        comodel_name='res.company', index=True, help="Empty: this check serves all companies.")
    threshold = fields.Float(
        required=True, default=3.0, digits=(10, 2), help="From this number on a case is signalled; see the description.")
    window_days = fields.Integer(string="Window (days)", required=True, default=30)
    score = fields.Integer(required=True, default=50)
    description = fields.Text(translate=True)

    _check_numbers = models.Constraint(
        'CHECK (threshold > 0 AND window_days > 0 AND score BETWEEN 0 AND 100)',
        "Threshold and window must be above zero, the score between 0 and 100.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _cron_run(self):
        """Run the checks over all companies that have distributors."""
        companies = self.env['distribution.distributor']._read_group([], ['company_id'])
        self.env['ir.cron']._commit_progress(remaining=len(companies))
        for [company] in companies:
            self._run(company)
            if not self.env['ir.cron']._commit_progress(1):
                return

    @api.model
    def _run(self, company):
        """Signal what the checks find now; a case that was signalled before stays as it was judged.

        :param res.company company:
        :return: The signals that are new.
        :rtype: distribution.risk.signal
        """
        self.env.flush_all()
        checks = self.search([('company_id', 'in', (False, company.id))])
        signals_sudo = self.env['distribution.risk.signal'].sudo()
        for check in checks:
            since = fields.Datetime.now() - timedelta(days=check.window_days)
            cases = getattr(check, f'_signal_{check.code}')(company, since)
            signals_sudo |= signals_sudo._record(check, cases)
        return signals_sudo.sudo(False)

    # === CHECKS === #

    def _signal_signups_network(self, company, since):
        """Many applied from one network; signalled are those who became distributors."""
        return self._get_signups_from_one(SQL("network"), company, since)

    def _signal_signups_device(self, company, since):
        """As from one network, and with one browser; a browser's name alone is shared by half a country."""
        return self._get_signups_from_one(SQL("network || device"), company, since)

    def _get_signups_from_one(self, origin, company, since):
        return self.env.execute_query_dict(SQL(
            """
            SELECT distributor_id, md5(origin) AS key,
                   jsonb_build_object('applications', MAX(applications)) AS facts
              FROM (SELECT distributor_id, %(origin)s AS origin, COUNT(*) OVER (PARTITION BY %(origin)s) AS applications
                      FROM distribution_application
                     WHERE company_id = %(company)s AND create_date >= %(since)s AND %(origin)s IS NOT NULL) shared
             WHERE applications >= %(threshold)s AND distributor_id IS NOT NULL
          GROUP BY distributor_id, origin
          ORDER BY distributor_id
            """, origin=origin, company=company.id, since=since, threshold=self.threshold))

    def _signal_orders_network(self, company, since):
        """Many different buyers were led to one distributor from one network."""
        return self._get_orders_from_one('network', company, since)

    def _signal_orders_device(self, company, since):
        """Many different buyers were led to one distributor in one visitor's browser."""
        return self._get_orders_from_one('visitor', company, since)

    def _get_orders_from_one(self, column, company, since):
        return self.env.execute_query_dict(SQL(
            """
            SELECT a.distributor_id, t.%(column)s AS key,
                   jsonb_build_object('buyers', COUNT(DISTINCT o.partner_id), 'orders', COUNT(*)) AS facts
              FROM distribution_attribution a
              JOIN distribution_touch t ON t.id = a.touch_id
              JOIN sale_order o ON o.id = a.order_id
             WHERE a.company_id = %(company)s AND a.pinned_at >= %(since)s
               AND a.distributor_id IS NOT NULL AND t.%(column)s IS NOT NULL
          GROUP BY a.distributor_id, t.%(column)s
            HAVING COUNT(DISTINCT o.partner_id) >= %(threshold)s
          ORDER BY a.distributor_id, t.%(column)s
            """, column=SQL.identifier(column), company=company.id, since=since, threshold=self.threshold))

    def _signal_sales_burst(self, company, since):
        """Sales in the window are a multiple of the average of the four windows before."""
        windows_before = 4
        return self.env.execute_query_dict(SQL(
            """
            SELECT distributor_id, to_char(%(until)s::timestamp, 'IYYY-IW') AS key,
                   jsonb_build_object('sales', round(recent, 2), 'usual', round(usual, 2)) AS facts
              FROM (SELECT a.distributor_id,
                           SUM(o.amount_untaxed / o.currency_rate) FILTER (WHERE a.pinned_at >= %(since)s) AS recent,
                           SUM(o.amount_untaxed / o.currency_rate) FILTER (WHERE a.pinned_at < %(since)s)
                               / %(windows)s AS usual
                      FROM distribution_attribution a
                      JOIN sale_order o ON o.id = a.order_id AND o.state = 'sale'
                     WHERE a.company_id = %(company)s AND a.distributor_id IS NOT NULL
                       AND a.pinned_at >= %(since)s::timestamp - %(windows)s * make_interval(days => %(days)s)
                  GROUP BY a.distributor_id) sales
             WHERE usual > 0 AND recent >= usual * %(threshold)s
          ORDER BY distributor_id
            """, company=company.id, since=since, until=fields.Datetime.now(), days=self.window_days,
            windows=windows_before, threshold=self.threshold))

    def _signal_self_dealing(self, company, since):
        """Two distributors are credited with each other's purchases."""
        return self.env.execute_query_dict(SQL(
            """
            WITH sold AS (
                SELECT a.distributor_id, buyer.id AS buyer_id, COUNT(*) AS orders
                  FROM distribution_attribution a
                  JOIN sale_order o ON o.id = a.order_id
                  JOIN distribution_distributor buyer
                    ON buyer.partner_id = o.partner_id AND buyer.company_id = a.company_id
                 WHERE a.company_id = %(company)s AND a.pinned_at >= %(since)s AND a.distributor_id IS NOT NULL
              GROUP BY a.distributor_id, buyer.id)
            SELECT there.distributor_id, 'with ' || there.buyer_id AS key,
                   jsonb_build_object('other', there.buyer_id, 'orders', there.orders + back.orders) AS facts
              FROM sold there
              JOIN sold back ON back.distributor_id = there.buyer_id AND back.buyer_id = there.distributor_id
             WHERE there.orders + back.orders >= %(threshold)s
          ORDER BY there.distributor_id
            """, company=company.id, since=since, threshold=self.threshold))

    def _signal_self_purchase(self, company, since):
        """Orders were refused to a distributor because it was the buyer, again and again."""
        return self.env.execute_query_dict(SQL(
            """
            SELECT (claim->>'distributor_id')::int AS distributor_id, to_char(a.pinned_at, 'YYYY-MM') AS key,
                   jsonb_build_object('orders', COUNT(DISTINCT a.order_id)) AS facts
              FROM distribution_attribution a
        CROSS JOIN jsonb_array_elements(a.evidence->'refused') claim
             WHERE a.company_id = %(company)s AND a.pinned_at >= %(since)s AND claim->>'reason' = 'self'
          GROUP BY 1, 2
            HAVING COUNT(DISTINCT a.order_id) >= %(threshold)s
          ORDER BY 1, 2
            """, company=company.id, since=since, threshold=self.threshold))

    def _signal_refund_after_promotion(self, company, since):
        """Sales that led to a level, in the window before it, were refunded after it was given."""
        return self.env.execute_query_dict(SQL(
            """
            WITH promoted AS (
                SELECT edge.id, edge.distributor_id, edge.from_at
                  FROM distribution_level_history edge
                  JOIN distribution_level level ON level.id = edge.level_id
             LEFT JOIN distribution_level_history before
                    ON before.distributor_id = edge.distributor_id AND before.until_at = edge.from_at
             LEFT JOIN distribution_level lower ON lower.id = before.level_id
                 WHERE edge.company_id = %(company)s AND edge.source = 'run' AND edge.from_at >= %(since)s
                   AND (lower.id IS NULL OR (level.sequence, level.id) > (lower.sequence, lower.id)))
            SELECT promoted.distributor_id, 'level ' || promoted.id AS key,
                   jsonb_build_object('percent', round(100 * SUM(refunded) / SUM(sold), 2)) AS facts
              FROM promoted
      JOIN LATERAL (
                   SELECT COALESCE(SUM(-l.balance) FILTER (WHERE m.move_type = 'out_invoice'), 0) AS sold,
                          COALESCE(SUM(l.balance) FILTER (
                              WHERE m.move_type = 'out_refund' AND m.create_date >= promoted.from_at), 0) AS refunded
                     FROM distribution_attribution a
                     JOIN sale_order_line ol ON ol.order_id = a.order_id
                     JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = ol.id
                     JOIN account_move_line l ON l.id = rel.invoice_line_id
                     JOIN account_move m ON m.id = l.move_id AND m.state = 'posted'
                    WHERE a.distributor_id = promoted.distributor_id AND a.pinned_at < promoted.from_at
                      AND a.pinned_at >= promoted.from_at - make_interval(days => %(days)s)
                   ) sales ON sold > 0
          GROUP BY promoted.id, promoted.distributor_id
            HAVING 100 * SUM(refunded) >= %(threshold)s * SUM(sold)
          ORDER BY promoted.distributor_id
            """, company=company.id, since=since, days=self.window_days, threshold=self.threshold))

    def _signal_shared_payee(self, company, since):
        """Several distributors are paid to one account. The window does not matter here."""
        return self.env.execute_query_dict(SQL(
            """
            SELECT distributor_id, key, jsonb_build_object('distributors', sharing) AS facts
              FROM (SELECT distributor_id, MIN(name) OVER same AS key, COUNT(*) OVER same AS sharing
                      FROM (SELECT d.id AS distributor_id, 'bank ' || b.id AS name, b.sanitized_acc_number AS number
                              FROM distribution_distributor d
                              JOIN res_partner_bank b ON b.partner_id = d.partner_id AND b.active
                             WHERE d.company_id = %(company)s AND d.state != 'closed'
                         UNION ALL
                            SELECT d.id, 'payee ' || a.id, a.number_index
                              FROM distribution_distributor d
                              JOIN distribution_payee_account a ON a.distributor_id = d.id AND a.active
                             WHERE d.company_id = %(company)s AND d.state != 'closed'
                               AND a.number_index IS NOT NULL) account
                    WINDOW same AS (PARTITION BY number)) shared
             WHERE sharing >= %(threshold)s
          ORDER BY distributor_id
            """, company=company.id, threshold=self.threshold))
