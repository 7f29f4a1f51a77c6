from datetime import UTC
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import date_utils

from odoo.addons.base.models.res_partner import _tz_get

from ..engine import Ladder
from .distribution_transfer import to_minor

PERIODS = {
    'day': relativedelta(days=1),
    'week': relativedelta(weeks=1),
    'month': relativedelta(months=1),
    'quarter': relativedelta(months=3),
}


class DistributionPlanLadder(models.Model):
    """A period rule of a plan version: the more a distributor sells itself in a period, the higher the rate.

    Own sales alone: there is no field that could read what others sell. A sale line counts for the first
    ladder of the list that admits it, in the period in which its order was confirmed, and by the version
    that the order pinned: a version that begins within a period begins its ladders anew.

    +-------------------------+-----------------+------+-------+--------+--------+
    | group                   | records         | read | write | create | unlink |
    +=========================+=================+======+=======+========+========+
    | officer, finance        | own companies'  | x    |       |        |        |
    | manager                 | own companies'  | x    | draft | draft  | draft  |
    +-------------------------+-----------------+------+-------+--------+--------+

    Steps are the same.
    """
    _name = 'distribution.plan.ladder'
    _description = "Commission Ladder"
    _inherit = ['distribution.plan.part']
    _order = 'version_id, sequence, id'
    _check_company_auto = True

    version_id = fields.Many2one(
        comodel_name='distribution.plan.version', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='version_id.company_id')
    currency_id = fields.Many2one(related='version_id.currency_id')
    sequence = fields.Integer(default=10)
    period = fields.Selection(
        selection=[('day', "Day"), ('week', "Week"), ('month', "Month"), ('quarter', "Quarter")],
        required=True,
        default='month',
    )
    tz = fields.Selection(
        selection=_tz_get, string="Time Zone", compute='_compute_tz', store=True, readonly=False, precompute=True,
        required=True, help="Where the days of the periods begin. It is frozen with the version.")
    method = fields.Selection(
        selection=[('marginal', "Each step on its part"), ('whole', "One step on everything")],
        required=True,
        default='marginal',
        help="Each step on its part: what lies in a step earns its rate. "
             "One step on everything: the step that is reached pays on all sales of the period.",
    )
    step_ids = fields.One2many(
        comodel_name='distribution.plan.ladder.step', inverse_name='ladder_id', string="Steps", copy=True)
    categ_id = fields.Many2one(
        comodel_name='product.category', string="Category", index='btree_not_null', ondelete='restrict',
        help="This category and all below it. Empty: any.")
    level_id = fields.Many2one(
        comodel_name='distribution.level', index='btree_not_null', ondelete='restrict', check_company=True,
        help="The level that the distributor had when the order was confirmed. Empty: any.")

    # === COMPUTE METHODS === #

    @api.depends('version_id')
    def _compute_tz(self):
        for ladder in self:
            ladder.tz = ladder.tz or (ladder.company_id or self.env.company)._distribution_get_tz()

    @api.depends('period', 'method', 'step_ids.lower_amount', 'step_ids.rate', 'currency_id')
    def _compute_display_name(self):
        for ladder in self:
            ladder.display_name = f"{ladder._get_basis_text()}: {', '.join(ladder._get_step_texts())}"

    # === CONSTRAINT METHODS === #

    @api.constrains('step_ids')
    def _check_steps(self):
        """Refuse steps that leave sales without one, or with two."""
        for ladder in self:
            bounds = sorted(ladder.step_ids.mapped('lower_amount'))
            if not bounds or bounds[0] != 0:
                raise ValidationError(self.env._("The first step of a ladder must begin at 0."))
            if len(set(bounds)) < len(bounds):
                raise ValidationError(self.env._("Two steps of a ladder begin at the same amount."))

    # === GETTERS === #

    def _to_engine(self):
        """Return the ladders as the kernel takes them, in order of precedence.

        :rtype: list[engine.Ladder]
        """
        return [
            Ladder(ladder.id, ladder.period, ladder.method, ladder._get_steps(), ladder._get_scopes())
            for ladder in self.sorted()
        ]

    def _get_steps(self):
        self.ensure_one()
        return tuple(sorted(
            (to_minor(step.lower_amount, self.currency_id), round(step.rate * 10_000)) for step in self.step_ids))

    @api.model
    def _get_scope_fields(self):
        """Return the fields that narrow a ladder, by the name of the fact that they ask for; as those of rules.

        :rtype: dict[str, str]
        """
        return {'category': 'categ_id', 'level': 'level_id'}

    def _get_scopes(self):
        self.ensure_one()
        return tuple(
            (name, frozenset(self[field].ids)) for name, field in self._get_scope_fields().items() if self[field])

    def _get_bounds(self, moment):
        """Return the period that a moment is in, from its begin up to the next one's, which is not included.

        :param datetime moment: UTC.
        :return: UTC.
        :rtype: tuple[datetime, datetime]
        """
        self.ensure_one()
        zone = ZoneInfo(self.tz)
        local = moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
        begin = date_utils.start_of(local, self.period)
        return tuple(
            bound.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
            for bound in (begin, begin + PERIODS[self.period]))

    def _get_next_step(self, sales_amount):
        """Return the step above what was sold, or nothing.

        :rtype: distribution.plan.ladder.step
        """
        self.ensure_one()
        return self.step_ids.sorted('lower_amount').filtered(lambda step: step.lower_amount > sales_amount)[:1]

    def _get_basis_text(self):
        """Say in words what decides on the step, and on what the step pays."""
        is_whole = self.method == 'whole'
        return {
            'day': self.env._("Own sales of a day, one step on everything") if is_whole
            else self.env._("Own sales of a day, each step on its part"),
            'week': self.env._("Own sales of a week, one step on everything") if is_whole
            else self.env._("Own sales of a week, each step on its part"),
            'month': self.env._("Own sales of a month, one step on everything") if is_whole
            else self.env._("Own sales of a month, each step on its part"),
            'quarter': self.env._("Own sales of a quarter, one step on everything") if is_whole
            else self.env._("Own sales of a quarter, each step on its part"),
        }.get(self.period, "")

    def _get_step_texts(self):
        return [
            self.env._("%(rate)s %% from %(bound)s", rate=f"{step.rate:g}",
                       bound=self.currency_id.format(step.lower_amount))
            for step in self.step_ids.sorted('lower_amount')
        ]

    def _get_words(self):
        """Return the ladder as everybody may read it.

        :rtype: str
        """
        self.ensure_one()
        scope = [self[field].display_name for field in self._get_scope_fields().values() if self[field]]
        return " · ".join([self.display_name, *scope])

    def _get_reason_labels(self):
        """Return what the scopes are called for which the kernel passes over a ladder."""
        fields_ = self._get_scope_fields()
        labels = self.fields_get(list(fields_.values()), ['string'])
        return {name: labels[field]['string'] for name, field in fields_.items()}


class DistributionPlanLadderStep(models.Model):
    """One step of a ladder: from its lower bound up to the next one's, which is not included.

    Steps hold no upper bound, so that there can be neither a gap between two of them nor an overlap.
    """
    _name = 'distribution.plan.ladder.step'
    _description = "Step of a Ladder"
    _inherit = ['distribution.plan.part']
    _order = 'ladder_id, lower_amount, id'

    ladder_id = fields.Many2one(
        comodel_name='distribution.plan.ladder', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='ladder_id.company_id')
    currency_id = fields.Many2one(related='ladder_id.currency_id')
    lower_amount = fields.Monetary(
        string="From Amount", default=0.0,
        help="Of own sales of the period, net of tax, discounts and refunds.")
    rate = fields.Float(string="Rate (%)", digits=(7, 4))

    _check_rate = models.Constraint('CHECK (rate BETWEEN 0 AND 100)', "A rate must be between 0 % and 100 %.")
    _check_lower = models.Constraint('CHECK (lower_amount >= 0)', "A step cannot begin below zero.")

    def _get_version(self):
        return self.ladder_id.version_id


class DistributionPlanVersion(models.Model):
    """The ladders of a version: frozen, compared, judged and published with its rules."""
    _inherit = 'distribution.plan.version'

    ladder_ids = fields.One2many(
        comodel_name='distribution.plan.ladder', inverse_name='version_id', string="Ladders", copy=True,
        help="Paid after the end of a period, on what the distributor sold itself in it. "
             "A line counts for the first ladder that fits it.")

    # === COMPUTE METHODS === #

    @api.depends('ladder_ids')
    def _compute_changes(self):
        super()._compute_changes()

    @api.depends('ladder_ids')
    def _compute_problems(self):
        super()._compute_problems()

    # === CONSTRAINT METHODS === #

    @api.constrains('state')
    def _check_steps(self):
        """Refuse a published version with steps that leave sales without one, however they came about."""
        self.filtered(lambda version: version.state in ('approved', 'active')).ladder_ids._check_steps()

    # === GETTERS === #

    def _get_authors(self):
        """Override to count those who wrote a ladder."""
        parts = [self.ladder_ids, self.ladder_ids.step_ids]
        return super()._get_authors().union(*(part.create_uid | part.write_uid for part in parts))

    def _get_rule_words(self):
        """Override to compare and freeze the ladders after the rules."""
        ladders = self.ladder_ids.sorted()
        return super()._get_rule_words() + [
            ((engine_ladder._replace(id=0), ladder.tz), ladder._get_words())
            for ladder, engine_ladder in zip(ladders, ladders._to_engine(), strict=True)
        ]

    def _describe(self, policy):
        """Override to tell of ladders: own sales only, and what they pay on a line at most."""
        plan = super()._describe(policy)
        if not self.ladder_ids:
            return plan
        highest = max(self.ladder_ids.step_ids.mapped('rate'), default=0)
        return plan._replace(bases=(*plan.bases, 'own_net_sales'), ladder_ppm=round(highest * 10_000))

    def _get_problem(self, finding):
        """Override to name the ladders where they are what exceeds the policy's bound."""
        if finding.rule == 'R08' and self.ladder_ids:
            return self.env._(
                "its rules and ladders together pay up to %(found)s; the policy allows %(allowed)s.",
                found=self._format_finding(finding, finding.found),
                allowed=self._format_finding(finding, finding.allowed))
        return super()._get_problem(finding)
