from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine import Limits
from .distribution_transfer import to_minor


class DistributionPlanVersion(models.Model):
    """One edition of a plan: a sorted list of rules that is the precedence.

    Editable as a draft; frozen from its activation on, for superuser and code too.
    """
    _name = 'distribution.plan.version'
    _description = "Commission Plan Version"
    _order = 'plan_id, number desc'
    _check_company_auto = True

    plan_id = fields.Many2one(
        comodel_name='distribution.plan', required=True, index=True, ondelete='restrict', readonly=True)
    company_id = fields.Many2one(related='plan_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    number = fields.Integer(string="Version", required=True, readonly=True, default=1, copy=False)
    state = fields.Selection(
        selection=[('draft', "Draft"), ('active', "Active"), ('retired', "Retired")],
        required=True,
        readonly=True,
        default='draft',
        copy=False,
    )
    activated_at = fields.Datetime(readonly=True, copy=False)
    activated_by_id = fields.Many2one(comodel_name='res.users', readonly=True, copy=False)
    retired_at = fields.Datetime(readonly=True, copy=False)
    rule_ids = fields.One2many(comodel_name='distribution.plan.rule', inverse_name='version_id', copy=True)
    cap_rate = fields.Float(
        string="Cap (%)",
        digits=(7, 4),
        required=True,
        default=30.0,
        help="What all tiers earn on a line together, at most, in percent of its net amount. "
             "Beyond it they are cut.",
    )
    order_cap_amount = fields.Monetary(
        string="Cap per Order", help="What all tiers earn on an order together, at most. 0: no limit.")
    tier_cap_amount = fields.Monetary(
        string="Cap per Order and Tier", help="What one tier earns on an order, at most. 0: no limit.")
    min_order_amount = fields.Monetary(
        string="Least Order",
        help="An order whose goods are worth less, net of tax, discounts and refunds, earns nothing. 0: no limit.")
    guards_margin = fields.Boolean(
        string="Guard the Margin",
        help="What all tiers earn on a line never exceeds what is left of it after its cost. "
             "It takes the cost that the order line keeps; where none is known, nothing is cut.",
    )
    cut_order = fields.Selection(
        selection=[('proportional', "All in proportion"), ('upper_first', "Upper tiers first")],
        string="Who Is Cut",
        required=True,
        default='proportional',
        help="Who gives way when tiers together earn more than a limit allows.",
    )

    _active_uniq = models.UniqueIndex(
        "(company_id) WHERE state = 'active'", "A company has one active plan at a time.")
    _number_uniq = models.UniqueIndex('(plan_id, number)', "Two versions of a plan have the same number.")
    _check_cap_rate = models.Constraint(
        'CHECK (cap_rate > 0 AND cap_rate <= 100)', "The cap must be above 0 % and not above 100 %.")
    _check_limits = models.Constraint(
        'CHECK (order_cap_amount >= 0 AND tier_cap_amount >= 0 AND min_order_amount >= 0)',
        "A limit cannot be negative.")

    # === COMPUTE METHODS === #

    @api.depends('plan_id.name', 'number')
    def _compute_display_name(self):
        for version in self:
            version.display_name = f"{version.plan_id.name} v{version.number}"

    # === CONSTRAINT METHODS === #

    @api.constrains('state')
    def _check_lawful(self):
        """Refuse an active version outside the policy, whoever activates it.

        R01: paid tiers. R02: the second tier only by a named decision. R08: the share of a line.
        """
        for version in self.filtered(lambda version: version.state == 'active'):
            problems = version._get_policy_problems()
            if problems:
                raise ValidationError(self.env._(
                    "%(plan)s cannot be activated:\n%(problems)s",
                    plan=version.display_name,
                    problems="\n".join(f"- {problem}" for problem in problems),
                ))

    @api.constrains('state')
    def _check_bands(self):
        """Refuse an active version with bands that leave a sale without one, however they came about."""
        self.filtered(lambda version: version.state == 'active').rule_ids._check_bands()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            latest = self.search([('plan_id', '=', vals.get('plan_id'))], limit=1)
            vals['number'] = latest.number + 1
        return super().create(vals_list)

    def write(self, vals):
        """Let nothing but the state change once the version left the draft."""
        if set(vals) - {'state', 'activated_at', 'activated_by_id', 'retired_at'}:
            self._check_is_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        self._check_is_draft()

    # === ACTION METHODS === #

    def action_activate(self):
        """Put this draft in force; the version before it retires and stays readable."""
        self.ensure_one()
        self._check_is_draft()
        now = fields.Datetime.now()
        self.search([('company_id', '=', self.company_id.id), ('state', '=', 'active')]).write({
            'state': 'retired', 'retired_at': now,
        })
        self.flush_model(['state'])     # The unique index sees one active version at any moment.
        self.write({'state': 'active', 'activated_at': now, 'activated_by_id': self.env.uid})
        self.env.registry.clear_cache()
        self.plan_id.message_post(body=self.env._("Version %s is in force from now on.", self.number))

    # === BUSINESS METHODS === #

    def _check_is_draft(self):
        if any(version.state != 'draft' for version in self):
            raise UserError(self.env._("This version was in force and is kept as it was. Make a new version instead."))

    def _get_policy_problems(self):
        """Return what the policy in force has against this version, in words.

        :rtype: list[str]
        """
        self.ensure_one()
        policy = self.env['distribution.policy']._get_in_force(self.company_id)
        tiers = set(self.rule_ids.mapped('tier'))
        problems = []
        if not tiers:
            problems.append(self.env._("it has no rule, so nobody would earn anything."))
        if tiers and max(tiers) > policy.max_paid_tiers:
            problems.append(self.env._(
                "it pays %(paid)s tiers; the policy allows %(allowed)s.",
                paid=max(tiers), allowed=policy.max_paid_tiers))
        if tiers and max(tiers) > 1 and not policy.tier2_signed_by_id:
            problems.append(self.env._("it pays a second tier, which nobody has signed in the policy."))
        if self.cap_rate > policy.max_commission_rate:
            problems.append(self.env._(
                "its cap is %(cap)s %%; the policy allows %(allowed)s %%.",
                cap=self.cap_rate, allowed=policy.max_commission_rate))
        return problems

    def _get_cap_ppm(self):
        self.ensure_one()
        return round(self.cap_rate * 10_000)

    def _to_engine(self):
        """Return what the kernel takes of a plan: `accrue(order, **version._to_engine())`.

        :rtype: dict
        """
        self.ensure_one()
        currency = self.currency_id
        return {
            'rules': self.rule_ids._to_engine(),
            'kinds': self.env['distribution.plan.rule']._engine_kinds(),
            'cap_ppm': self._get_cap_ppm(),
            'limits': Limits(
                order=to_minor(self.order_cap_amount, currency),
                tier=to_minor(self.tier_cap_amount, currency),
                min_order=to_minor(self.min_order_amount, currency),
                guards_margin=self.guards_margin,
                cut=self.cut_order,
            ),
        }
