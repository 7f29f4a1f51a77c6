from odoo import api, fields, models

from odoo.addons.distribution_core.models.distribution_role_mixin import ROLES_SQL

from ..engine import Order, Payee, SaleLine
from .distribution_transfer import to_minor
from .sale_order import LineDetails, OrderFacts


class DistributionPlanScenario(models.Model):
    """A golden scenario: this sale, these commissions. It has to come true before a version is published.

    +-------------------------+-----------------+------+-------+--------+--------+
    | group                   | records         | read | write | create | unlink |
    +=========================+=================+======+=======+========+========+
    | officer, finance        | own companies'  | x    |       |        |        |
    | manager                 | own companies'  | x    | draft | draft  | draft  |
    +-------------------------+-----------------+------+-------+--------+--------+

    Lines and payees are the same. They follow the version: frozen with it, copied to the next one.
    """
    _name = 'distribution.plan.scenario'
    _description = "Golden Scenario"
    _inherit = ['distribution.plan.part']
    _order = 'version_id, id'
    _check_company_auto = True

    name = fields.Char(required=True)
    version_id = fields.Many2one(
        comodel_name='distribution.plan.version', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='version_id.company_id')
    currency_id = fields.Many2one(related='version_id.currency_id')
    line_ids = fields.One2many(comodel_name='distribution.plan.scenario.line', inverse_name='scenario_id', copy=True)
    payee_ids = fields.One2many(comodel_name='distribution.plan.scenario.payee', inverse_name='scenario_id', copy=True)
    difference = fields.Text(compute='_compute_difference', help="What the version pays otherwise than expected.")

    # === COMPUTE METHODS === #

    @api.depends(
        'line_ids.product_id', 'line_ids.quantity', 'line_ids.price_unit',
        'payee_ids.tier', 'payee_ids.level_id', 'payee_ids.expected_amount', 'version_id.rule_ids', 'version_id.cap_rate')
    def _compute_difference(self):
        for scenario in self:
            scenario.difference = "\n".join(scenario._get_differences()) if scenario._origin else False

    # === GETTERS === #

    def _get_result(self):
        """Run the scenario through the kernel, on the path that real orders take.

        :return: name, passes, and per tier what was expected and found, in minor units.
        :rtype: dict
        """
        self.ensure_one()
        found = {}
        for target in self.env['distribution.commission']._get_targets([self._to_facts()]).values():
            found[target['tier']] = found.get(target['tier'], 0) + target['amount']
        tiers = [
            {
                'tier': payee.tier,
                'expected': to_minor(payee.expected_amount, self.currency_id),
                'found': found.get(payee.tier, 0),
            }
            for payee in self.payee_ids
        ]
        return {'name': self.name, 'tiers': tiers, 'passes': all(tier['expected'] == tier['found'] for tier in tiers)}

    def _get_differences(self):
        """Return, in words, where the version pays otherwise than expected.

        :rtype: list[str]
        """
        self.ensure_one()
        minor = 10 ** self.currency_id.decimal_places
        return [
            self.env._(
                "%(role)s earns %(found)s instead of %(expected)s",
                role=self.payee_ids._get_role_name(tier['tier']),
                found=self.currency_id.format(tier['found'] / minor),
                expected=self.currency_id.format(tier['expected'] / minor))
            for tier in self._get_result()['tiers'] if tier['expected'] != tier['found']
        ]

    def _to_facts(self):
        """Return the scenario as the facts of an order; tiers stand in the place of distributors."""
        self.ensure_one()
        lines = self.line_ids._origin
        return OrderFacts(
            attribution_id=0,
            company_id=self.company_id.id,
            order_name=self.name,
            plan_version_id=self.version_id.id,
            hold_days=0,
            told_at=None,
            order=Order(
                id=self.id,
                lines=tuple(line._to_sale_line() for line in lines),
                payees=tuple(Payee(payee.tier, payee.tier, payee.level_id.id or 0) for payee in self.payee_ids),
            ),
            details={line.id: LineDetails(line.product_id.name or '', False) for line in lines},
        )


class DistributionPlanScenarioLine(models.Model):
    """A line that is sold in a scenario."""
    _name = 'distribution.plan.scenario.line'
    _description = "Line of a Scenario"
    _inherit = ['distribution.plan.part']
    _order = 'scenario_id, id'
    _check_company_auto = True

    scenario_id = fields.Many2one(
        comodel_name='distribution.plan.scenario', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='scenario_id.company_id')
    currency_id = fields.Many2one(related='scenario_id.currency_id')
    product_id = fields.Many2one(
        comodel_name='product.product', required=True, ondelete='restrict', index=True, check_company=True)
    quantity = fields.Float(digits='Product Unit', required=True, default=1)
    price_unit = fields.Monetary(
        string="Unit Price", help="Net of tax and discounts. A negative line is a discount of the order.")

    def _get_version(self):
        return self.scenario_id.version_id

    def _to_sale_line(self):
        amount = to_minor(self.currency_id.round(self.quantity * self.price_unit), self.currency_id)
        return SaleLine(
            id=self.id,
            role='discount' if amount < 0 else 'goods',
            sold=amount,
            refunded=0,
            quantity=round(self.quantity * 1000),
            facts=self.product_id._distribution_get_facts(),
        )


class DistributionPlanScenarioPayee(models.Model):
    """What a tier or an agent is expected to earn in a scenario, and at which level it stands."""
    _name = 'distribution.plan.scenario.payee'
    _description = "Expected Commission of a Scenario"
    _inherit = ['distribution.plan.part', 'distribution.role.mixin']
    _order = 'scenario_id, tier'
    _check_company_auto = True

    scenario_id = fields.Many2one(
        comodel_name='distribution.plan.scenario', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='scenario_id.company_id')
    currency_id = fields.Many2one(related='scenario_id.currency_id')
    tier = fields.Integer(required=True, default=1)
    level_id = fields.Many2one(
        comodel_name='distribution.level', index='btree_not_null', ondelete='restrict', check_company=True)
    expected_amount = fields.Monetary(string="Expected", required=True)

    _tier_uniq = models.UniqueIndex('(scenario_id, tier)', "A tier is expected once in a scenario.")
    _check_tier = models.Constraint(
        f'CHECK (tier IN {ROLES_SQL})', "A scenario has tier one, two or three, and regional agents.")

    def _get_version(self):
        return self.scenario_id.version_id


class DistributionPlanVersion(models.Model):
    _inherit = 'distribution.plan.version'

    scenario_ids = fields.One2many(
        comodel_name='distribution.plan.scenario', inverse_name='version_id', string="Golden Scenarios", copy=True)

    def _get_scenario_problems(self):
        """Return which scenarios do not come true, and how.

        :rtype: list[str]
        """
        return [
            self.env._("the scenario “%(name)s” does not come true: %(differences)s.",
                       name=scenario.name, differences=", ".join(differences))
            for scenario in self.scenario_ids
            for differences in [scenario._get_differences()] if differences
        ]
