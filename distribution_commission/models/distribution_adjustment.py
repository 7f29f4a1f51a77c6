import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ..engine import PPM, allocate, apply_rate, scale
from .distribution_transfer import Transfer, to_minor

_LIMIT_DAYS = 30


class DistributionAdjustment(models.Model):
    """A correction of one commission by a person: more, or less, than the documents say.

    It hangs on a commission, and so on a sale line, and shares its fate: a sale refunded by half takes
    half of it back, a sale refunded altogether takes all.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    | finance          | own companies'  | x    | x     | x      | drafts |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.adjustment'
    _description = "Commission Adjustment"
    _inherit = ['distribution.correction.mixin']
    _order = 'id desc'
    _check_company_auto = True

    commission_id = fields.Many2one(
        comodel_name='distribution.commission', required=True, index=True, ondelete='restrict')
    distributor_id = fields.Many2one(related='commission_id.distributor_id', store=True, index=True)
    company_id = fields.Many2one(related='commission_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    order_name = fields.Char(related='commission_id.order_name')
    amount = fields.Monetary(required=True, copy=False, help="Above zero: the distributor earns more. Below: less.")
    base_amount = fields.Monetary(
        readonly=True, copy=False, help="The commission base when it was posted: what is refunded since shrinks it.")

    _check_amount = models.Constraint('CHECK (amount != 0)', "An adjustment is of more or less than nothing.")
    _check_posted = models.Constraint(
        "CHECK (posted_at IS NULL OR approved_by_id IS NULL OR approved_by_id != author_id)",
        "Nobody approves an adjustment of their own.",
    )

    # === BUSINESS METHODS === #

    def _post_transfers(self):
        """Override of the mixin: under the lock of the line's commissions, between zero and the policy's bound."""
        self.ensure_one()
        rows = self._lock_line()
        row = next(row for row in rows if row['id'] == self.commission_id.id)
        amount = to_minor(self.amount, self.currency_id)
        self._check_bounds(rows, row, amount)
        self.base_amount = self.commission_id.base_amount
        self.flush_recordset()
        explanation = json.dumps({'adjustment': {
            'id': self.id, 'name': self.name, 'amount': amount, 'before': row['earned'], 'base': row['base'],
            'reason': self.reason, 'author_id': self.author_id.id, 'approved_by_id': self.approved_by_id.id or None,
        }})
        self.env['distribution.transfer']._post([
            Transfer(
                idempotency_key=f'adjustment:{self.id}:{position}',
                distributor_id=self.distributor_id.id, source=source, destination=destination, amount=moved,
                reason='adjustment', commission_id=self.commission_id.id, adjustment_id=self.id,
                explanation=explanation)
            for position, (source, destination, moved) in enumerate(
                self.env['distribution.commission']._get_moves(row, amount), start=1)
        ], self.company_id)

    def _lock_line(self):
        """Lock all commissions on the sale line, so that two adjustments cannot pass its bound together."""
        self.env['distribution.commission'].flush_model()
        return self.env.execute_query_dict(SQL(
            """
            SELECT id,
                   (base_amount * %(minor)s)::bigint AS base,
                   (earned_amount * %(minor)s)::bigint AS earned,
                   (pending_amount * %(minor)s)::bigint AS pending,
                   (available_amount * %(minor)s)::bigint AS available,
                   (held_amount * %(minor)s)::bigint AS held
              FROM distribution_commission
             WHERE order_line_ref = %(line)s
          ORDER BY id
               FOR UPDATE
            """, minor=10 ** self.currency_id.decimal_places, line=self.commission_id.order_line_ref))

    def _check_bounds(self, rows, row, amount):
        """Check that the commission stays at zero or above, and the line within the policy of the order."""
        currency = self.currency_id
        if not row['base']:
            raise UserError(self.env._("The sale was cancelled or refunded: there is nothing left to adjust."))
        if row['earned'] + amount < 0:
            raise UserError(self.env._(
                "This takes more than the commission is: %s.", currency.format(self.commission_id.earned_amount)))
        rate = self.commission_id.attribution_id.policy_id.max_commission_rate
        bound = apply_rate(row['base'], round(rate * PPM / 100))
        total = sum(other['earned'] for other in rows) + amount
        if amount > 0 and total > bound:
            raise UserError(self.env._(
                "All commissions on this line would be %(total)s; the policy allows %(rate)s %%, that is %(bound)s.",
                total=currency.format(total / 10 ** currency.decimal_places), rate=f"{rate:g}",
                bound=currency.format(bound / 10 ** currency.decimal_places)))

    # === GETTERS === #

    @api.model
    def _get_content_fields(self):
        return super()._get_content_fields() | {'commission_id', 'amount'}

    @api.model
    def _get_gate_fields(self):
        return super()._get_gate_fields() | {'base_amount'}

    def _check_can_post(self):
        if to_minor(self.amount, self.currency_id) == 0:
            raise UserError(self.env._("Enter an amount."))
        if not self.commission_id.base_amount:
            raise UserError(self.env._("The sale was cancelled or refunded: there is nothing left to adjust."))

    def _needs_second_person(self):
        """Override of the mixin: above the company's limit, together with those of the last days."""
        recent = self.sudo().search([
            ('distributor_id', '=', self.distributor_id.id),
            ('state', '=', 'posted'),
            ('posted_at', '>=', fields.Datetime.now() - timedelta(days=_LIMIT_DAYS)),
        ])
        total = sum(abs(adjustment.amount) for adjustment in recent | self)
        return self.currency_id.compare_amounts(total, self.company_id.distribution_adjustment_limit) > 0

    @api.model
    def _get_posted(self, commission_ids):
        """Return the (amount, base) of what was posted, in minor units, by commission.

        :rtype: dict[int, list[tuple[int, int]]]
        """
        posted = {}
        for commission_id, amount, base in self.env.execute_query(SQL(
            """
            SELECT a.commission_id,
                   (a.amount * 10 ^ currency.decimal_places::numeric)::bigint,
                   (a.base_amount * 10 ^ currency.decimal_places::numeric)::bigint
              FROM distribution_adjustment a
              JOIN res_company company ON company.id = a.company_id
              JOIN res_currency currency ON currency.id = company.currency_id
             WHERE a.commission_id = ANY(%s) AND a.state = 'posted'
          ORDER BY a.id
            """, commission_ids)):
            posted.setdefault(commission_id, []).append((amount, base))
        return posted


class DistributionCommission(models.Model):
    _inherit = 'distribution.commission'

    adjustment_ids = fields.One2many(
        comodel_name='distribution.adjustment', inverse_name='commission_id', readonly=True,
        groups='distribution_core.group_distribution_user')

    # === ACTION METHODS === #

    def action_adjust(self):
        """Button: write down a correction of this commission."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Adjustment"),
            'res_model': 'distribution.adjustment',
            'view_mode': 'form',
            'context': {'default_commission_id': self.id},
        }

    # === GETTERS === #

    @api.model
    def _get_goals(self, targets, existing):
        """Override to keep what persons adjusted, in proportion to what is left of the sale."""
        goals = super()._get_goals(targets, existing)
        posted = self.env['distribution.adjustment']._get_posted([row['id'] for row in existing.values()])
        for key in [key for key, row in existing.items() if row['id'] in posted]:
            base = targets[key]['base'] if key in targets else 0
            adjusted = sum(
                scale(amount, min(base, base_then), base_then) for amount, base_then in posted[existing[key]['id']])
            goals[key] = max(0, goals[key] + adjusted)
        return self._bound_goals(goals, targets, existing, posted) if posted else goals

    @api.model
    def _bound_goals(self, goals, targets, existing, posted):
        """Cut down what was adjusted upwards, where refunds since would leave more than the policy allows."""
        for line_id in {key[0] for key, row in existing.items() if row['id'] in posted}:
            keys = [key for key in goals if key[0] == line_id and key in targets]
            if not keys:
                continue
            bound = apply_rate(targets[keys[0]]['base'], existing[keys[0]]['bound_ppm'])
            extra = [max(0, goals[key] - targets[key]['amount']) for key in keys]
            excess = sum(goals[key] for key in keys) - bound
            if excess > 0 and sum(extra):
                cuts = allocate(min(excess, sum(extra)), extra)
                goals.update({key: goals[key] - cut for key, cut in zip(keys, cuts, strict=True)})
        return goals

    def _get_adjustment_lines(self):
        """Override to tell of adjustments; who made them is for staff only."""
        posted_sudo = self.sudo().adjustment_ids.filtered(lambda adjustment: adjustment.state == 'posted').sorted('id')
        by_name = self.env.user.has_group('distribution_core.group_distribution_user')
        lines = []
        for adjustment in posted_sudo:
            values = {
                'amount': self.currency_id.format(adjustment.amount),
                'date': format_date(self.env, adjustment.posted_at),
                'reason': adjustment.reason,
            }
            if by_name:
                names = ", ".join((adjustment.author_id | adjustment.approved_by_id).mapped('name'))
                lines.append(self.env._(
                    "Adjusted by %(amount)s on %(date)s by %(names)s: %(reason)s", names=names, **values))
            else:
                lines.append(self.env._("Adjusted by %(amount)s on %(date)s: %(reason)s", **values))
        if lines and self.base_amount:
            lines.append(self.env._("Together now: %s", self.currency_id.format(self.earned_amount)))
        return lines
