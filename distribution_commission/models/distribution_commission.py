from odoo import api, fields, models
from odoo.tools import SQL, format_amount

from ..engine import accrue
from .distribution_transfer import Transfer

# Out of where money is taken back: the least certain first. What is settled may become a debt.
_TAKEN_FROM = ('pending', 'available', 'held', 'payable')


class DistributionCommission(models.Model):
    """What one distributor earns at one tier, or as agent of one area, on one sale line.

    The amounts are kept sums of the transfers that name the row; `_post` moves them in the same
    statement. Names of order and product are copies: a distributor may read them, not the order.

    +------------------------+-----------------+------+-------+--------+--------+
    | group                  | records         | read | write | create | unlink |
    +========================+=================+======+=======+========+========+
    | officer, finance       | own companies'  | x    |       |        |        |
    | portal                 | its own         | x    |       |        |        |
    +------------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.commission'
    _description = "Commission"
    _inherit = ['distribution.role.mixin']
    _order = 'id desc'
    _log_access = False
    _rec_name = 'product_name'

    attribution_id = fields.Many2one(
        comodel_name='distribution.attribution',
        required=True,
        index=True,
        ondelete='restrict',
        readonly=True,
        groups='distribution_core.group_distribution_user',
    )
    order_name = fields.Char(string="Order", required=True, readonly=True)
    order_line_id = fields.Many2one(
        comodel_name='sale.order.line',
        index='btree_not_null',
        ondelete='set null',
        readonly=True,
        groups='distribution_core.group_distribution_user',
    )
    order_line_ref = fields.Integer(
        required=True, readonly=True, help="The sale line that earned this, kept when the line is deleted.")
    product_name = fields.Char(string="Product", readonly=True)
    company_id = fields.Many2one(comodel_name='res.company', required=True, index=True, readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, ondelete='restrict', readonly=True)
    tier = fields.Integer(required=True, readonly=True)
    rule_id = fields.Many2one(
        comodel_name='distribution.plan.rule',
        index='btree_not_null',
        ondelete='restrict',
        readonly=True,
        groups='distribution_core.group_distribution_user',
    )
    base_amount = fields.Monetary(string="Base", readonly=True, help="Net of tax, discounts and refunds.")
    earned_amount = fields.Monetary(string="Commission", readonly=True)
    pending_amount = fields.Monetary(string="Pending", readonly=True)
    available_amount = fields.Monetary(string="Available", readonly=True)
    held_amount = fields.Monetary(string="Held", readonly=True, default=0, help="Under review.")
    settled_amount = fields.Monetary(string="Settled", readonly=True)
    transfer_count = fields.Integer(readonly=True)
    expense_account_id = fields.Many2one(
        comodel_name='account.account',
        index='btree_not_null',
        ondelete='restrict',
        readonly=True,
        groups='distribution_core.group_distribution_user',
        help="Where it is booked, from the first entry on: what is taken back later goes to the same account.",
    )
    analytic_distribution = fields.Json(readonly=True, groups='distribution_core.group_distribution_user')
    created_at = fields.Datetime(string="Earned on", required=True, readonly=True)
    delivered_at = fields.Datetime(readonly=True)
    available_on = fields.Datetime(readonly=True, help="When the hold after delivery is over.")
    # Costs and what others earn are in it: a distributor reads the plain words.
    explanation = fields.Json(readonly=True, groups='distribution_core.group_distribution_user')
    explanation_text = fields.Text(
        compute='_compute_explanation_text', groups='distribution_core.group_distribution_user')
    transfer_ids = fields.One2many(
        comodel_name='distribution.transfer', inverse_name='commission_id', readonly=True,
        groups='distribution_core.group_distribution_user')
    status = fields.Selection(
        selection=[
            ('pending', "Pending"),
            ('available', "Available"),
            ('held', "Under review"),
            ('settled', "Settled"),
            ('cancelled', "Taken back"),
        ],
        compute='_compute_status',
        search='_search_status',
    )

    _payee_uniq = models.UniqueIndex(
        '(order_line_ref, tier, distributor_id)', "A tier of a line earns one commission.")
    _distributor_idx = models.Index('(distributor_id, id)')
    # The open rows only: what is settled costs nothing, however long the history.
    _pending_idx = models.Index('(available_on) WHERE pending_amount > 0')
    _available_idx = models.Index('(company_id, distributor_id) WHERE available_amount > 0')
    _held_idx = models.Index('(company_id, distributor_id) WHERE held_amount > 0')
    _check_amounts = models.Constraint(
        'CHECK (pending_amount >= 0 AND available_amount >= 0 AND held_amount >= 0 AND settled_amount >= 0)',
        "A commission cannot give back more than it holds.",
    )

    # === COMPUTE METHODS === #

    @api.depends('earned_amount', 'pending_amount', 'available_amount', 'held_amount')
    def _compute_status(self):
        for commission in self:
            if commission.pending_amount:
                commission.status = 'pending'
            elif commission.available_amount:
                commission.status = 'available'
            elif commission.held_amount:
                commission.status = 'held'
            else:
                commission.status = 'settled' if commission.earned_amount else 'cancelled'

    def _compute_explanation_text(self):
        for commission in self:
            commission.explanation_text = "\n".join(
                commission._get_explanation_lines() + commission._get_passed_over_lines())

    def _search_status(self, operator, value):
        if operator != 'in':
            return NotImplemented
        domains = {
            'pending': fields.Domain('pending_amount', '>', 0),
            'available': fields.Domain([('pending_amount', '=', 0), ('available_amount', '>', 0)]),
            'held': fields.Domain([
                ('pending_amount', '=', 0), ('available_amount', '=', 0), ('held_amount', '>', 0)]),
            'settled': fields.Domain([
                ('pending_amount', '=', 0), ('available_amount', '=', 0), ('held_amount', '=', 0),
                ('earned_amount', '>', 0)]),
            'cancelled': fields.Domain('earned_amount', '=', 0),
        }
        return fields.Domain.OR(domains[status] for status in value if status in domains)

    # === BUSINESS METHODS === #

    @api.model
    def _sync(self, facts, now):
        """Post the difference between what the documents say now and what the ledger holds.

        State-based: a missed, doubled or reordered event heals by itself; a second run posts
        nothing.

        :param list[OrderFacts] facts: Of one company; see `sale.order._distribution_get_facts`.
        :param datetime now: UTC.
        :return: How many transfers were posted.
        :rtype: int
        """
        if not facts:
            return 0
        company = self.env['res.company'].browse(facts[0].company_id)
        targets = self._get_targets(facts)
        existing = self._lock_existing([fact.attribution_id for fact in facts])
        self._insert_missing([target for key, target in targets.items() if key not in existing], company, now)
        if targets.keys() - existing.keys():
            existing = self._lock_existing([fact.attribution_id for fact in facts])
        self._update_facts(targets, existing)
        goals = self._get_goals(targets, existing)
        transfers = []
        for key, row in existing.items():
            transfers += self._prepare_transfers(row, goals[key], targets.get(key))
        return self.env['distribution.transfer']._post(transfers, company, now)

    @api.model
    def _get_targets(self, facts):
        """Ask the kernel.

        :return: Per (sale line, tier, distributor) the column values of the commission.
        :rtype: dict[tuple[int, int, int], dict]
        """
        targets = {}
        versions = self.env['distribution.plan.version'].browse({fact.plan_version_id for fact in facts})
        plans = {version.id: version._to_engine() for version in versions}
        for fact in facts:
            for accrual in accrue(fact.order, **plans[fact.plan_version_id]):
                details = fact.details[accrual.line_id]
                targets[accrual.line_id, accrual.tier, accrual.distributor_id] = {
                    'attribution_id': fact.attribution_id,
                    'order_name': fact.order_name,
                    'order_line_ref': accrual.line_id,
                    'product_name': details.product_name,
                    'distributor_id': accrual.distributor_id,
                    'tier': accrual.tier,
                    'rule_id': accrual.rule_id,
                    'base': accrual.base,
                    'amount': accrual.amount,
                    'explanation': accrual.trace,
                    'delivered': details.delivered,
                    'delivered_at': fact.told_at,
                    'hold_days': fact.hold_days,
                }
        return targets

    @api.model
    def _lock_existing(self, attribution_ids, lock=True):
        """Return the commissions of these attributions, locked unless they are only read.

        :return: Rows in minor units, per (sale line, tier, distributor).
        :rtype: dict[tuple[int, int, int], dict]
        """
        rows = self.env.execute_query_dict(SQL(
            """
            SELECT c.id, c.order_line_ref, c.tier, c.distributor_id, c.transfer_count,
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
             WHERE c.attribution_id = ANY(%s)
          ORDER BY c.id
            %s
            """, attribution_ids, SQL("FOR UPDATE OF c") if lock else SQL()))
        return {(row['order_line_ref'], row['tier'], row['distributor_id']): row for row in rows}

    @api.model
    def _insert_missing(self, targets, company, now):
        if not targets:
            return
        names = ('attribution_id', 'order_name', 'order_line_ref', 'product_name', 'distributor_id', 'tier')
        self.env.execute_query(SQL(
            """
            INSERT INTO distribution_commission
                        (attribution_id, order_name, order_line_ref, order_line_id, product_name, distributor_id,
                         tier, company_id, created_at, transfer_count, base_amount,
                         earned_amount, pending_amount, available_amount, held_amount, settled_amount)
                 SELECT attribution_id, order_name, order_line_ref, order_line_ref, product_name, distributor_id,
                        tier, %(company_id)s, %(now)s::timestamp, 0, 0, 0, 0, 0, 0, 0
                   FROM unnest(%(attribution_id)s::int[], %(order_name)s::text[], %(order_line_ref)s::int[],
                               %(product_name)s::text[], %(distributor_id)s::int[], %(tier)s::int[])
                     AS t(attribution_id, order_name, order_line_ref, product_name, distributor_id, tier)
            ON CONFLICT (order_line_ref, tier, distributor_id) DO NOTHING
              RETURNING id
            """, company_id=company.id, now=now,
            **{name: [target[name] for target in targets] for name in names}))

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
        column['explanation'] = [fields.Json().convert_to_column(value, self) for value in column['explanation']]
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

    @api.model
    def _get_goals(self, targets, existing):
        """Return what each commission is to add up to; more than the documents say hangs in here.

        :param dict targets: See `_get_targets`.
        :param dict existing: See `_lock_existing`.
        :return: Minor units, by the key of `existing`.
        :rtype: dict[tuple[int, int, int], int]
        """
        return {key: targets[key]['amount'] if key in targets else 0 for key in existing}

    @api.model
    def _prepare_transfers(self, row, goal, target):
        """Return the transfers that bring a commission to its goal.

        :param dict row: A locked commission, in minor units.
        :param int goal: See `_get_goals`.
        :param dict|None target: None: the documents no longer give reason for anything.
        :rtype: list[Transfer]
        """
        difference = goal - row['earned']
        explanation = target['explanation'] if target else {'amount': 0}
        reason = 'accrual' if difference > 0 else 'clawback'
        return [
            Transfer.of_commission(row, *move, reason, position=position, explanation=explanation)
            for position, move in enumerate(self._get_moves(row, difference), start=1)
        ]

    @api.model
    def _get_moves(self, row, difference):
        """Return the (source, destination, amount) that add a signed amount to a commission.

        What is taken back comes out of where it lies, the least certain money first: pending,
        available, held, and then what is settled already; that may leave the distributor owing.
        """
        if difference > 0:
            return [('merchant', 'pending', difference)]
        moves, rest = [], -difference
        for bucket in _TAKEN_FROM:
            taken = rest if bucket == 'payable' else min(rest, row[bucket])
            if taken:
                moves.append((bucket, 'merchant', taken))
                rest -= taken
        return moves

    # === GETTERS === #

    def _get_explanation_lines(self):
        """Say in plain words how the amount comes about.

        :rtype: list[str]
        """
        self.ensure_one()
        trace = self.sudo().explanation
        if not trace:
            return [self.env._("The sale was cancelled or refunded, so nothing is earned on it.")]
        base, rule = trace['base'], trace['rule']
        lines = [self.env._("Sold, without tax: %s", self._format_minor(base['sold']))]
        if base['refunded']:
            lines.append(self.env._("Refunded: %s", self._format_minor(-base['refunded'])))
        if base['discount']:
            lines.append(self.env._("Share of the order's discounts: %s", self._format_minor(base['discount'])))
        lines.append(self.env._("Commission base: %s", self._format_minor(base['net'])))
        lines += [*self._get_territory_lines(), *self._get_rule_explanation_lines(trace, rule)]
        if cut_lines := self._get_cut_explanation_lines(trace):
            lines += [*cut_lines, self.env._("So it was cut to %s.", self._format_minor(trace['amount']))]
        lines += self._get_adjustment_lines()
        if not self.base_amount:
            lines.append(self.env._("Taken back since: the sale was cancelled or refunded."))
        return lines

    def _get_adjustment_lines(self):
        """Hook: what persons changed about it, in words."""
        return []

    def _get_rule_explanation_lines(self, trace, rule):
        amount = self._format_minor(trace['before_cap'])
        if rule['kind'] == 'percent':
            return [self.env._(
                "%(role)s earns %(rate)s %%: %(amount)s",
                role=self._get_role_name(trace['tier']), rate=f"{rule['value'] / 10_000:g}", amount=amount)]
        if rule['kind'] == 'fixed':
            return [self.env._(
                "%(role)s earns %(value)s per unit: %(amount)s",
                role=self._get_role_name(trace['tier']), value=self._format_minor(rule['value']), amount=amount)]
        return self._get_kind_explanation_lines(trace, rule)

    def _format_minor(self, amount):
        return format_amount(self.env, amount / 10 ** self.currency_id.decimal_places, self.currency_id)
