from odoo import api, fields, models

from odoo.addons.distribution_core.models.distribution_policy import PAID_TIERS_CEILING

from ..engine import KINDS, Rule
from .distribution_transfer import to_minor


class DistributionPlanRule(models.Model):
    """One row of a plan version. The first row that fits a tier and a line pays."""
    _name = 'distribution.plan.rule'
    _description = "Commission Rule"
    _order = 'version_id, sequence, id'
    _check_company_auto = True

    version_id = fields.Many2one(
        comodel_name='distribution.plan.version', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='version_id.company_id')
    currency_id = fields.Many2one(related='version_id.currency_id')
    sequence = fields.Integer(default=10)
    tier = fields.Integer(
        required=True, default=1, help="1: the distributor credited with the sale, 2: its upline, and so on.")
    kind = fields.Selection(selection='_selection_kind', required=True, default='percent')
    is_rate = fields.Boolean(compute='_compute_is_rate')
    rate = fields.Float(string="Rate (%)", digits=(7, 4))
    amount = fields.Monetary()
    product_tmpl_id = fields.Many2one(
        comodel_name='product.template', string="Product", index='btree_not_null', ondelete='restrict',
        check_company=True, help="Empty: any product.")
    categ_id = fields.Many2one(
        comodel_name='product.category', string="Category", index='btree_not_null', ondelete='restrict',
        help="This category and all below it. Empty: any.")
    level_id = fields.Many2one(
        comodel_name='distribution.level', index='btree_not_null', ondelete='restrict', check_company=True,
        help="The level that the distributor had when the order was confirmed. Empty: any.")

    _check_tier = models.Constraint(
        f'CHECK (tier BETWEEN 1 AND {PAID_TIERS_CEILING})', "A rule pays tier one, two or three; there is no fourth.")
    _check_rate = models.Constraint('CHECK (rate BETWEEN 0 AND 100)', "A rate must be between 0 % and 100 %.")
    _check_amount = models.Constraint('CHECK (amount >= 0)', "An amount cannot be negative.")

    # === COMPUTE METHODS === #

    @api.depends('kind')
    def _compute_is_rate(self):
        kinds = self._engine_kinds()
        for rule in self:
            rule.is_rate = rule.kind in kinds and kinds[rule.kind].unit == 'rate'

    @api.depends('tier', 'kind', 'rate', 'amount', 'currency_id')
    def _compute_display_name(self):
        for rule in self:
            value = f"{rule.rate:g} %" if rule.is_rate else rule.currency_id.format(rule.amount)
            rule.display_name = self.env._("Tier %(tier)s: %(value)s", tier=rule.tier, value=value)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules.version_id._check_is_draft()
        return rules

    def write(self, vals):
        self.version_id._check_is_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        self.version_id._check_is_draft()

    # === EXTENSION POINT === #

    @api.model
    def _engine_kinds(self):
        """Return the rule kinds by code. Override to add one; that is all it takes.

        Called on the model, not read from a module-level registry: a process serves several
        databases, and a kind exists only where the addon bringing it is installed.

        :rtype: dict[str, type]
        """
        return dict(KINDS)

    @api.model
    def _selection_kind(self):
        labels = self._get_kind_labels()
        return [(code, labels.get(code, kind.label)) for code, kind in self._engine_kinds().items()]

    @api.model
    def _get_kind_labels(self):
        """Return the translated names of the kinds that this addon brings."""
        return {'percent': self.env._("Percentage"), 'fixed': self.env._("Fixed amount per unit")}

    # === GETTERS === #

    def _to_engine(self):
        """Return the rules as the kernel takes them, in order of precedence.

        :rtype: list[engine.Rule]
        """
        return [
            Rule(
                id=rule.id,
                tier=rule.tier,
                kind=rule.kind,
                value=round(rule.rate * 10_000) if rule.is_rate else to_minor(rule.amount, rule.currency_id),
                template_id=rule.product_tmpl_id.id or 0,
                category_id=rule.categ_id.id or 0,
                level_id=rule.level_id.id or 0,
            )
            for rule in self.sorted()
        ]
