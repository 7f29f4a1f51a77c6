from odoo import api, fields, models, tools
from odoo.exceptions import UserError

from odoo.addons.distribution_core.attribution import AGENTS

from ..engine import Limits
from .distribution_transfer import to_minor

# About the version's life, not about what it pays.
_LIFE = {
    'state', 'activated_at', 'activated_by_id', 'retired_at', 'author_id', 'submitted_by_id', 'approved_by_id',
    'published_at', 'dossier_id', 'dossier_sha256',
}


class DistributionPlanVersion(models.Model):
    """One edition of a plan: a sorted list of rules that is the precedence.

    Editable as a draft; frozen from the moment it is submitted, for superuser and code too. How it is
    judged, approved and published is in `distribution_plan_publication.py`.
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
        selection=[
            ('draft', "Draft"),
            ('submitted', "Submitted"),
            ('approved', "Scheduled"),
            ('active', "Active"),
            ('retired', "Retired"),
        ],
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
        help="What all tiers and agents earn on a line together, at most, in percent of its net amount. "
             "Beyond it they are cut.",
    )
    order_cap_amount = fields.Monetary(
        string="Cap per Order", help="What all tiers and agents earn on an order together, at most. 0: no limit.")
    tier_cap_amount = fields.Monetary(
        string="Cap per Order and Tier", help="What one tier or agent earns on an order, at most. 0: no limit.")
    min_order_amount = fields.Monetary(
        string="Least Order",
        help="An order whose goods are worth less, net of tax, discounts and refunds, earns nothing. 0: no limit.")
    guards_margin = fields.Boolean(
        string="Guard the Margin",
        help="What all tiers and agents earn on a line never exceeds what is left of it after its cost. "
             "It takes the cost that the order line keeps; where none is known, nothing is cut.",
    )
    cut_order = fields.Selection(
        selection=[('proportional', "All in proportion"), ('upper_first', "Upper tiers first")],
        string="Who Is Cut",
        required=True,
        default='proportional',
        help="Who gives way when tiers and agents together earn more than a limit allows; agents come after the tiers.",
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
    def _check_bands(self):
        """Refuse a published version with bands that leave a sale without one, however they came about."""
        self.filtered(lambda version: version.state in ('approved', 'active')).rule_ids._check_bands()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_gate(vals)
            latest = self.search([('plan_id', '=', vals.get('plan_id'))], limit=1)
            vals.update(number=latest.number + 1, author_id=self.env.uid)
        return super().create(vals_list)

    def write(self, vals):
        """Let nothing but the state change once the version left the draft."""
        self._check_gate(vals)
        # The gate sets the begin together with the state; alone it is content like the rules.
        if set(vals) - _LIFE - ({'effective_from'} if 'state' in vals else set()):
            self._check_is_draft()
            vals = {**vals, 'author_id': self.env.uid}
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        self._check_is_draft()

    # === BUSINESS METHODS === #

    def _check_gate(self, vals):
        """Refuse to write the life of a version but by the methods that are its gate, which do it as superuser."""
        if not self.env.su and not _LIFE.isdisjoint(vals):
            raise UserError(self.env._("The state of a version changes by its buttons only."))

    def _check_is_draft(self):
        if any(version.state == 'submitted' for version in self):
            raise UserError(self.env._("This version waits for its approval. Take it back to change it."))
        if any(version.state != 'draft' for version in self):
            raise UserError(self.env._("This version was published and is kept as it was. Make a new version instead."))

    @api.model
    @tools.ormcache('version_id')
    def _get_paid_agents(self, version_id):
        """Return the kinds of area whose agents a version pays. Costs no query: it is frozen when this is asked.

        :param int version_id: Of a version in force.
        """
        tiers = set(self.sudo().browse(version_id).rule_ids.mapped('tier'))
        return frozenset(kind for kind, tier in AGENTS.items() if tier in tiers)

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
