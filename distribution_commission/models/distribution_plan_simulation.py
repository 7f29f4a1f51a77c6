from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from ..engine import climb

BATCH_SIZE = 1000
PPM_PER_PERCENT = 10_000


class DistributionPlanSimulation(models.Model):
    """A version over real orders and credit notes: what it would pay beside what their own versions pay.

    The same facts and the same kernel as for the ledger, and nothing is posted. Orders count by the
    moment they were confirmed; those without a plan at that time earned nothing and are left out.

    +-------------------------+-----------------+------+-------+--------+--------+
    | group                   | records         | read | write | create | unlink |
    +=========================+=================+======+=======+========+========+
    | officer, finance        | own companies'  | x    |       |        |        |
    | manager                 | own companies'  | x    | x     | x      | x      |
    +-------------------------+-----------------+------+-------+--------+--------+

    Lines and orders are the same; they are written by the simulation alone.
    """
    _name = 'distribution.plan.simulation'
    _description = "Plan Simulation"
    _order = 'id desc'
    _check_company_auto = True
    _rec_name = 'version_id'

    version_id = fields.Many2one(
        comodel_name='distribution.plan.version', required=True, index=True, ondelete='cascade', check_company=True)
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    date_from = fields.Date(
        string="From", required=True, default=lambda self: fields.Date.subtract(fields.Date.context_today(self), days=90))
    date_until = fields.Date(
        string="Until", required=True, default=lambda self: fields.Date.add(fields.Date.context_today(self), days=1),
        help="This day no longer counts.")
    bound_rate = fields.Float(
        string="Show Orders above (%)", digits=(7, 4), required=True, default=20.0,
        help="Orders of which more than this share of the net would be paid as commission.")
    simulated_at = fields.Datetime(string="Simulated on", readonly=True, copy=False)
    order_count = fields.Integer(string="Orders", readonly=True, copy=False)
    old_amount = fields.Monetary(string="Now", readonly=True, copy=False)
    new_amount = fields.Monetary(string="With this Version", readonly=True, copy=False)
    difference = fields.Monetary(readonly=True, copy=False)
    line_ids = fields.One2many(
        comodel_name='distribution.plan.simulation.line', inverse_name='simulation_id', readonly=True)
    expensive_ids = fields.One2many(
        comodel_name='distribution.plan.simulation.order', inverse_name='simulation_id', string="Orders above the Bound",
        readonly=True)

    _check_dates = models.Constraint('CHECK (date_from < date_until)', "The period ends after it begins.")
    _check_bound_rate = models.Constraint('CHECK (bound_rate >= 0)', "The bound cannot be negative.")

    # === ACTION METHODS === #

    def action_simulate(self):
        """Button: compute again."""
        self.ensure_one()
        self.check_access('write')
        if not self.version_id.rule_ids and not self.version_id.ladder_ids:
            raise UserError(self.env._("This version has no rule yet."))
        self._simulate()

    def action_view_lines(self):
        """Button: the result by distributor and tier, as list, graph and pivot."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id(
                'distribution_commission.distribution_plan_simulation_line_action'),
            'domain': [('simulation_id', '=', self.id)],
        }

    # === BUSINESS METHODS === #

    def _simulate(self):
        """Replace the result. Reads documents and plans, writes nothing but the simulation."""
        totals, own_sales, expensive, count = {}, {}, [], 0
        for order_ids in split_every(BATCH_SIZE, self._get_order_ids()):
            facts = self.env['sale.order']._distribution_get_facts(dict.fromkeys(order_ids))
            count += len(facts)
            new_facts = [fact._replace(plan_version_id=self.version_id.id) for fact in facts]
            self._add(totals, facts, 0)
            expensive += self._get_expensive(new_facts, self._add(totals, new_facts, 1))
            self._add_own_sales(own_sales, facts, 0)
            self._add_own_sales(own_sales, new_facts, 1)
        self._add_ladders(totals, own_sales)
        self.line_ids.unlink()
        self.expensive_ids.unlink()
        self.env['distribution.plan.simulation.line'].create(self._prepare_lines(totals))
        self.env['distribution.plan.simulation.order'].create(expensive)
        old, new = (sum(amounts[position] for amounts in totals.values()) for position in (0, 1))
        self.write({
            'simulated_at': fields.Datetime.now(),
            'order_count': count,
            'old_amount': self._to_amount(old),
            'new_amount': self._to_amount(new),
            'difference': self._to_amount(new - old),
        })

    @api.model
    def _add(self, totals, facts, position):
        """Add what the kernel pays to the totals by distributor and tier; return the targets."""
        targets = self.env['distribution.commission']._get_targets(facts)
        for (_line_id, tier, distributor_id), target in targets.items():
            totals.setdefault((distributor_id, tier), [0, 0])[position] += target['amount']
        return targets

    @api.model
    def _add_own_sales(self, own_sales, facts, position):
        """Add the lines that count for ladders, by ladder, distributor and period."""
        ordered_at = {fact.order.id: fields.Datetime.to_datetime(fact.order.ordered_at) for fact in facts}
        for (order_id, ladder_id), entries in self.env['distribution.ladder.period']._get_entries(facts).items():
            begin, _until = self.env['distribution.plan.ladder'].browse(ladder_id)._get_bounds(ordered_at[order_id])
            own_sales.setdefault((position, ladder_id, entries[0].distributor_id, begin), []).extend(entries)

    @api.model
    def _add_ladders(self, totals, own_sales):
        """Add what ladders pay; of a period that the dates cut, on what lies within them."""
        for (position, ladder_id, distributor_id, _begin), entries in own_sales.items():
            [ladder] = self.env['distribution.plan.ladder'].browse(ladder_id)._to_engine()
            totals.setdefault((distributor_id, 1), [0, 0])[position] += sum(
                accrual.amount for accrual in climb(ladder, entries))

    # === GETTERS === #

    def _get_order_ids(self):
        """Return the orders that were pinned in the period, in order."""
        rows = self.env.execute_query(SQL(
            """
            SELECT order_id
              FROM distribution_attribution
             WHERE company_id = %s AND pinned_at >= %s AND pinned_at < %s
               AND plan_version_id IS NOT NULL
          ORDER BY order_id
            """, self.company_id.id, self.date_from, self.date_until))
        return [order_id for order_id, in rows]

    def _get_expensive(self, facts, targets):
        """Return the values of those orders of which more than the bound would be paid.

        :param list[OrderFacts] facts:
        :param dict targets: Of these facts; see `distribution.commission._get_targets`.
        """
        order_by_line = {line.id: fact.order.id for fact in facts for line in fact.order.lines}
        bases, amounts = {}, {}
        for (line_id, _tier, _distributor_id), target in targets.items():
            order_id = order_by_line[line_id]
            bases.setdefault(order_id, {})[line_id] = target['base']
            amounts[order_id] = amounts.get(order_id, 0) + target['amount']
        bound_ppm = round(self.bound_rate * PPM_PER_PERCENT)
        return [
            {
                'simulation_id': self.id,
                'order_id': order_id,
                'base_amount': self._to_amount(base),
                'new_amount': self._to_amount(amounts[order_id]),
                'share': amounts[order_id] * 100 / base,
            }
            for order_id, lines in bases.items()
            for base in [sum(lines.values())] if amounts[order_id] * 1_000_000 > base * bound_ppm and base
        ]

    def _prepare_lines(self, totals):
        return [
            {
                'simulation_id': self.id,
                'distributor_id': distributor_id,
                'tier': tier,
                'old_amount': self._to_amount(old),
                'new_amount': self._to_amount(new),
                'difference': self._to_amount(new - old),
            }
            for (distributor_id, tier), (old, new) in sorted(totals.items())
        ]

    def _to_amount(self, minor):
        return minor / 10 ** self.currency_id.decimal_places


class DistributionPlanSimulationLine(models.Model):
    """What a distributor would earn at a tier, beside what it earns."""
    _name = 'distribution.plan.simulation.line'
    _description = "Result of a Plan Simulation"
    _inherit = ['distribution.role.mixin']
    _order = 'simulation_id desc, difference desc, id'

    simulation_id = fields.Many2one(
        comodel_name='distribution.plan.simulation', required=True, index=True, ondelete='cascade', readonly=True)
    company_id = fields.Many2one(related='simulation_id.company_id')
    currency_id = fields.Many2one(related='simulation_id.currency_id')
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, index=True, ondelete='cascade', readonly=True)
    tier = fields.Integer(required=True, readonly=True, aggregator=False)
    old_amount = fields.Monetary(string="Now", readonly=True)
    new_amount = fields.Monetary(string="With this Version", readonly=True)
    difference = fields.Monetary(readonly=True)


class DistributionPlanSimulationOrder(models.Model):
    """An order of which a simulated version pays more than the bound."""
    _name = 'distribution.plan.simulation.order'
    _description = "Expensive Order of a Plan Simulation"
    _order = 'simulation_id desc, share desc, id'

    simulation_id = fields.Many2one(
        comodel_name='distribution.plan.simulation', required=True, index=True, ondelete='cascade', readonly=True)
    company_id = fields.Many2one(related='simulation_id.company_id')
    currency_id = fields.Many2one(related='simulation_id.currency_id')
    order_id = fields.Many2one(
        comodel_name='sale.order', required=True, index=True, ondelete='cascade', readonly=True)
    base_amount = fields.Monetary(string="Base", readonly=True)
    new_amount = fields.Monetary(string="Commission", readonly=True)
    share = fields.Float(string="Share (%)", digits=(7, 2), readonly=True, aggregator=False)


class DistributionPlanVersion(models.Model):
    _inherit = 'distribution.plan.version'

    def action_simulate(self):
        """Button: choose a period of past orders to run this version over."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Simulation"),
            'res_model': 'distribution.plan.simulation',
            'view_mode': 'form',
            'context': {'default_version_id': self.id, 'default_company_id': self.company_id.id},
        }
