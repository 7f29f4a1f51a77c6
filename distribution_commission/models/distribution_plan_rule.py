from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_datetime

from odoo.addons.distribution_core.models.distribution_role_mixin import ROLES_SQL

from ..engine import KINDS, Rule
from .distribution_transfer import to_minor

CUSTOMERS = {'new': 1, 'returning': 2}      # as the fact `customer` says it


class DistributionPlanRule(models.Model):
    """One row of a plan version. The first row that fits a role (a tier, or an agent) and a line pays."""
    _name = 'distribution.plan.rule'
    _description = "Commission Rule"
    _inherit = ['distribution.plan.part', 'distribution.role.mixin']
    _order = 'version_id, sequence, id'
    _check_company_auto = True

    version_id = fields.Many2one(
        comodel_name='distribution.plan.version', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='version_id.company_id')
    currency_id = fields.Many2one(related='version_id.currency_id')
    sequence = fields.Integer(default=10)
    tier = fields.Integer(
        required=True, default=1, help="1: the distributor credited with the sale, 2: its upline, and so on. "
                                            "11 to 13: the agent of the district, the city, the province.")
    kind = fields.Selection(selection='_selection_kind', required=True, default='percent')
    is_rate = fields.Boolean(compute='_compute_unit')
    has_bands = fields.Boolean(compute='_compute_unit')
    rate = fields.Float(string="Rate (%)", digits=(7, 4))
    amount = fields.Monetary()
    band_ids = fields.One2many(
        comodel_name='distribution.plan.band', inverse_name='rule_id', string="Bands", copy=True,
        help="What the rule pays on in one order decides, all together, on the band, and the band on the rate. "
             "Each reaches up to the next one's bound, which is not included.")
    product_tmpl_id = fields.Many2one(
        comodel_name='product.template', string="Product", index='btree_not_null', ondelete='restrict',
        check_company=True, help="Empty: any product.")
    categ_id = fields.Many2one(
        comodel_name='product.category', string="Category", index='btree_not_null', ondelete='restrict',
        help="This category and all below it. Empty: any.")
    level_id = fields.Many2one(
        comodel_name='distribution.level', index='btree_not_null', ondelete='restrict', check_company=True,
        help="The level that the distributor had when the order was confirmed. Empty: any.")
    # A scope that lost its last record would admit everything: what a rule names cannot be deleted.
    product_ids = fields.Many2many(
        comodel_name='product.product', relation='distribution_plan_rule_product_rel', ondelete='restrict',
        string="Variants", check_company=True, help="Any one of these variants. Empty: any.")
    tag_ids = fields.Many2many(
        comodel_name='product.tag', relation='distribution_plan_rule_tag_rel', ondelete='restrict',
        string="Product Tags", help="Products with any one of these tags. Empty: any.")
    pricelist_ids = fields.Many2many(
        comodel_name='product.pricelist', relation='distribution_plan_rule_pricelist_rel', ondelete='restrict',
        string="Pricelists", check_company=True, help="Orders by any one of these pricelists. Empty: any.")
    country_ids = fields.Many2many(
        comodel_name='res.country', relation='distribution_plan_rule_country_rel', ondelete='restrict',
        string="Countries", help="Orders delivered to any one of these countries. Empty: any.")
    state_ids = fields.Many2many(
        comodel_name='res.country.state', relation='distribution_plan_rule_state_rel', ondelete='restrict',
        string="States", help="Orders delivered to any one of these states or provinces. Empty: any.")
    distributor_ids = fields.Many2many(
        comodel_name='distribution.distributor', relation='distribution_plan_rule_distributor_rel',
        ondelete='restrict', string="Distributors", check_company=True,
        help="Any one of these distributors earns by this rule. Empty: any.")
    customer = fields.Selection(
        selection=[('new', "New customers"), ('returning', "Returning customers")],
        help="Whether the customer had an order before, as kept with the order when it was confirmed. Empty: any.")
    date_from = fields.Datetime(string="Ordered From", help="Empty: since ever.")
    date_until = fields.Datetime(string="Ordered Until", help="This moment is not included. Empty: for ever.")
    scope_text = fields.Char(string="Scope", compute='_compute_scope_text')

    _check_tier = models.Constraint(
        f'CHECK (tier IN {ROLES_SQL})', "A rule pays tier one, two or three, or an agent; there is no fourth tier.")
    _check_rate = models.Constraint('CHECK (rate BETWEEN 0 AND 100)', "A rate must be between 0 % and 100 %.")
    _check_amount = models.Constraint('CHECK (amount >= 0)', "An amount cannot be negative.")
    _check_dates = models.Constraint(
        'CHECK (date_until > date_from)', "A rule must begin before it ends.")

    # === COMPUTE METHODS === #

    @api.depends('kind')
    def _compute_unit(self):
        kinds = self._engine_kinds()
        for rule in self:
            unit = kinds[rule.kind].unit if rule.kind in kinds else ''
            rule.is_rate = unit == 'rate'
            rule.has_bands = unit == 'bands'

    @api.depends('tier', 'kind', 'rate', 'amount', 'currency_id', 'band_ids')
    def _compute_display_name(self):
        for rule in self:
            role = rule._get_role_name(rule.tier) if rule.role else ""
            rule.display_name = self.env._("%(role)s: %(value)s", role=role, value=rule._get_value_text())

    @api.depends(lambda self: [*self._get_scope_fields().values(), 'customer', 'date_from', 'date_until'])
    def _compute_scope_text(self):
        for rule in self:
            rule.scope_text = rule._get_scope_text()

    # === CONSTRAINT METHODS === #

    @api.constrains('kind', 'band_ids')
    def _check_bands(self):
        """Refuse bands that leave a sale without one, or with two."""
        for rule in self.filtered('has_bands'):
            bounds = sorted(rule.band_ids.mapped(rule._get_bound_field()))
            if not bounds or bounds[0] != 0:
                raise ValidationError(self.env._("The first band of a rule must begin at 0."))
            if len(set(bounds)) < len(bounds):
                raise ValidationError(self.env._("Two bands of a rule begin at the same bound."))

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
        return {
            'percent': self.env._("Percentage"),
            'fixed': self.env._("Fixed amount per unit"),
            'fixed_order': self.env._("Fixed amount per order"),
            'bands_amount': self.env._("Percentage by order amount"),
            'bands_quantity': self.env._("Percentage by quantity"),
            'differential': self.env._("Differential between levels"),
            'margin': self.env._("Percentage of the margin"),
        }

    @api.model
    def _get_scope_fields(self):
        """Return the fields that narrow a rule, by the name of the fact that they ask for.

        Override to add one, with its fact in `sale.order._distribution_get_line_facts`.

        :rtype: dict[str, str]
        """
        return {
            'product': 'product_tmpl_id', 'variant': 'product_ids', 'category': 'categ_id', 'tag': 'tag_ids',
            'pricelist': 'pricelist_ids', 'country': 'country_ids', 'state': 'state_ids', 'level': 'level_id',
            'distributor': 'distributor_ids',
        }

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
                scopes=rule._get_scopes(),
                bands=rule._get_bands() if rule.has_bands else (),
                ordered_from=fields.Datetime.to_string(rule.date_from) or '',
                ordered_until=fields.Datetime.to_string(rule.date_until) or '',
            )
            for rule in self.sorted()
        ]

    def _get_scopes(self):
        self.ensure_one()
        scopes = [(name, frozenset(self[field].ids)) for name, field in self._get_scope_fields().items() if self[field]]
        if self.customer:
            scopes.append(('customer', frozenset([CUSTOMERS[self.customer]])))
        return tuple(scopes)

    def _get_bands(self):
        """Return (lower bound, rate in ppm) in ascending order; quantities in thousandths."""
        self.ensure_one()
        by_quantity = self._get_bound_field() == 'lower_quantity'
        return tuple(sorted(
            (
                round(band.lower_quantity * 1000) if by_quantity else to_minor(band.lower_amount, self.currency_id),
                round(band.rate * 10_000),
            )
            for band in self.band_ids
        ))

    def _get_bound_field(self):
        return 'lower_quantity' if self.kind == 'bands_quantity' else 'lower_amount'

    def _get_reason_labels(self):
        """Return what the reasons are called for which the kernel passes over a rule."""
        fields_ = {**self._get_scope_fields(), 'customer': 'customer'}
        labels = self.fields_get(list(fields_.values()), ['string'])
        return {
            **{name: labels[field]['string'] for name, field in fields_.items() if field in labels},
            'date': self.env._("Date of the order"),
            'cost': self.env._("No cost is known"),
        }

    def _get_value_text(self):
        """Say in words how much the rule pays."""
        self.ensure_one()
        value = f"{self.rate:g} %" if self.is_rate else self.currency_id.format(self.amount)
        if self.has_bands:
            return ", ".join(self._get_band_texts())
        if self.kind == 'fixed':
            return self.env._("%s per unit", value)
        if self.kind == 'fixed_order':
            return self.env._("%s per order", value)
        if self.kind == 'differential':
            return self.env._("%s less what lower tiers earn", value)
        if self.kind == 'margin':
            return self.env._("%s of the margin", value)
        return value

    def _get_band_texts(self):
        field = self._get_bound_field()
        return [
            self.env._(
                "%(rate)s %% from %(bound)s",
                rate=f"{band.rate:g}",
                bound=f"{band[field]:g}" if field == 'lower_quantity' else self.currency_id.format(band[field]))
            for band in self.band_ids.sorted(field)
        ]

    def _get_words(self):
        """Return the rule as everybody may read it: distributors are not named.

        :rtype: str
        """
        scope = self._get_scope_text(names_distributors=False)
        return f"{self.display_name} · {scope}" if scope else self.display_name

    def _get_scope_text(self, names_distributors=True):
        """Say in words what the rule pays on; empty: everything."""
        self.ensure_one()
        parts = [
            self.env._("chosen distributors") if name == 'distributor' and self[field] and not names_distributors
            else ", ".join(self[field].mapped('display_name'))
            for name, field in self._get_scope_fields().items()
        ]
        parts.append(dict(self._fields['customer']._description_selection(self.env)).get(self.customer, ""))
        if self.date_from:
            parts.append(self.env._("from %s", format_datetime(self.env, self.date_from)))
        if self.date_until:
            parts.append(self.env._("until %s", format_datetime(self.env, self.date_until)))
        return " · ".join(filter(None, parts))
