import json

from odoo import api, fields, models

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
    company_id = fields.Many2one(comodel_name='res.company', required=True, readonly=True)
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

    # Its unique key is in `distribution_commission_ladder.py`.
    _distributor_idx = models.Index('(distributor_id, id)')
    _created_idx = models.Index('(distributor_id, created_at)')     # What was earned lately, however long the history.
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
        known = {row['attribution_id'] for row in existing.values()}
        first = [target for target in targets.values() if target['attribution_id'] not in known]
        again = {key: target for key, target in targets.items() if target['attribution_id'] in known}
        return self._post_first(first, company, now) + self._post_differences(again, existing, company, now)

    @api.model
    def _post_first(self, targets, company, now):
        """Insert commissions of orders that have none with what they add up to, and post just that.

        Nothing but the targets counts here, so that each row is written once.
        """
        rows = self._insert(targets, company, now, accrued=True)
        self.env['distribution.transfer']._post([
            Transfer.of_commission(
                row, 'merchant', 'pending', target['amount'], 'accrual', explanation=row['explanation'])
            for row, target in zip(rows, targets, strict=True)
        ], company, now, sums_are_kept=True)
        return len(rows)

    @api.model
    def _post_differences(self, targets, existing, company, now):
        """Bring commissions that there are, and others of their orders, to what they are to add up to."""
        if not existing:
            return 0
        if missing := [target for key, target in targets.items() if key not in existing]:
            self._insert(missing, company, now)
            existing = self._lock_existing(list({row['attribution_id'] for row in existing.values()}))
        return self._post_goals(targets, existing, company, now)

    @api.model
    def _post_goals(self, targets, existing, company, now):
        """Rewrite what is not money about locked commissions, and post the difference to their goals."""
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
                key = accrual.line_id, accrual.tier, accrual.distributor_id
                targets[key] = self._prepare_target(fact, accrual)
        return targets

    @api.model
    def _prepare_target(self, fact, accrual):
        """Return the column values of the commission that an accrual asks for.

        :rtype: dict
        """
        details = fact.details[accrual.line_id]
        return {
            'attribution_id': fact.attribution_id,
            'order_name': fact.order_name,
            'order_line_ref': accrual.line_id,
            'product_name': details.product_name,
            'distributor_id': accrual.distributor_id,
            'tier': accrual.tier,
            'ladder_period_id': None,
            'rule_id': accrual.rule_id or None,
            'base': accrual.base,
            'amount': accrual.amount,
            'explanation': accrual.trace,
            'delivered': details.delivered,
            'delivered_at': fact.told_at,
            'hold_days': fact.hold_days,
        }

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
        explanation = json.dumps(target['explanation'] if target else {'amount': 0})
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
