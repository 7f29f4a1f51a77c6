from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine import CYCLES as CALENDAR_CYCLES
from ..engine import get_last_period
from .distribution_settlement_setting import CYCLES


class DistributionSettlementRun(models.Model):
    """One settlement of a company: a statement for each distributor, of a period or of what is there now.

    A run is released by one person. Statements up to the company's limit are posted then; larger ones
    wait for a second person and hold nobody else up. Volume is posted in batches in the background.

    +-----------+-----------------+------+-------+--------+--------+
    | group     | records         | read | write | create | unlink |
    +===========+=================+======+=======+========+========+
    | officer   | own companies'  | x    |       |        |        |
    | finance   | own companies'  | x    | x     | x      | drafts |
    +-----------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.settlement.run'
    _description = "Settlement Run"
    _inherit = ['mail.thread', 'distribution.state.mixin']
    _order = 'date desc, id desc'
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True, copy=False, default=lambda self: self.env._("New"))
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    cycle = fields.Selection(selection=CYCLES, required=True, default='demand')
    period_start = fields.Date(
        string="From", compute='_compute_period', store=True, readonly=False, copy=False,
        help="Commissions that became available before the end of the period are settled, in the company's time zone.")
    period_end = fields.Date(
        string="To, Not Included", compute='_compute_period', store=True, readonly=False, copy=False)
    date = fields.Date(
        string="Accounting Date", required=True, default=fields.Date.context_today, copy=False,
        help="Moves to the first open day when the books are closed.")
    min_amount = fields.Monetary(
        string="Smallest Statement", compute='_compute_min_amount', store=True, readonly=False,
        help="Who has less available waits for the next run.")
    state = fields.Selection(
        selection=[('draft', "Draft"), ('running', "In Progress"), ('posted', "Posted")],
        required=True, readonly=True, default='draft', copy=False, tracking=True, index=True)
    released_by_id = fields.Many2one(comodel_name='res.users', readonly=True, copy=False, ondelete='restrict')
    settlement_ids = fields.One2many(
        comodel_name='distribution.settlement', inverse_name='run_id', readonly=True)
    left_out_ids = fields.One2many(
        comodel_name='distribution.settlement.left.out', inverse_name='run_id', readonly=True)
    move_ids = fields.Many2many(comodel_name='account.move', string="Journal Entries", compute='_compute_move_ids')
    amount = fields.Monetary(string="Total", compute='_compute_figures')
    settlement_count = fields.Integer(string="Statements", compute='_compute_figures')
    waiting_count = fields.Integer(string="Waiting for a Second Person", compute='_compute_figures')
    left_out_count = fields.Integer(string="Amounts Left Out", compute='_compute_figures')

    _period_check = models.Constraint(
        'CHECK ((period_start IS NULL) = (period_end IS NULL) AND period_start < period_end)',
        "A period ends after it began.",
    )

    # === COMPUTE METHODS === #

    @api.depends('cycle', 'company_id')
    def _compute_period(self):
        for run in self:
            if run.cycle in CALENDAR_CYCLES:
                run.period_start, run.period_end = get_last_period(run.cycle, run.company_id._distribution_get_today())
            else:
                run.period_start = run.period_end = False

    @api.depends('company_id')
    def _compute_min_amount(self):
        for run in self:
            run.min_amount = run.company_id.distribution_settlement_min_amount

    def _compute_figures(self):
        figures = {
            run: (total, count, states.count('waiting'))
            for run, total, count, states in self.env['distribution.settlement']._read_group(
                [('run_id', 'in', self.ids), ('state', 'not in', ('failed', 'cancelled'))],
                ['run_id'], ['amount:sum', '__count', 'state:array_agg'])
        }
        left_out = dict(self.env['distribution.settlement.left.out']._read_group(
            [('run_id', 'in', self.ids)], ['run_id'], ['__count']))
        for run in self:
            run.amount, run.settlement_count, run.waiting_count = figures.get(run, (0, 0, 0))
            run.left_out_count = left_out.get(run, 0)

    def _compute_move_ids(self):
        moves = dict(self.env['distribution.settlement']._read_group(
            [('run_id', 'in', self.ids)], ['run_id'], ['move_id:recordset']))
        for run in self:
            run.move_ids = moves.get(run, False)

    # === CONSTRAINT METHODS === #

    @api.constrains('cycle', 'period_start', 'period_end')
    def _check_period(self):
        for run in self:
            if (run.cycle in CALENDAR_CYCLES) != bool(run.period_start):
                raise ValidationError(self.env._("A settlement by the calendar has a period, any other has none."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """A run begins as a draft with a number of its own."""
        return super().create([
            {
                **self._without_gate_fields(vals),
                'name': self.env['ir.sequence'].sudo().next_by_code('distribution.settlement.run'),
            }
            for vals in vals_list
        ])

    def write(self, vals):
        """Drafts change; what is released does not."""
        if self._get_content_fields() & set(vals) and any(run.state != 'draft' for run in self):
            raise UserError(self.env._("Only a draft can be changed. Make a new one instead."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if any(run.state != 'draft' for run in self):
            raise UserError(self.env._("A posted settlement is kept."))

    # === ACTION METHODS === #

    def action_prepare(self):
        """Button: work out who gets what, and why others are left out. Posts nothing."""
        self.ensure_one()
        self.check_access('write')
        self._check_is_draft()
        self.sudo()._prepare_statements()

    def action_post(self):
        """Button: release the run. What changed since the preview is settled as it is now."""
        self.ensure_one()
        self.check_access('write')
        # Two who press at once: the second one is told so, and nothing is posted twice.
        self.lock_for_update()
        self._check_is_draft()
        self._check_can_post()
        if not self.settlement_ids:
            self.action_prepare()
        if not self.settlement_ids:
            raise UserError(self.env._("Nothing is available for settlement."))
        self.sudo()._release()
        self.sudo()._post_next()
        if self.state == 'running':
            self._trigger_posting()

    def action_approve_all(self):
        """Button of a second person: all statements of the run that wait for one."""
        self.ensure_one()
        self.settlement_ids.filtered(lambda statement: statement.state == 'waiting').action_approve()

    def action_view_moves(self):
        """Smart button: the journal entries."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Journal Entries"),
            'res_model': 'account.move',
            'view_mode': 'list,form',
            'domain': [('id', 'in', self.move_ids.ids)],
            'context': {'create': False},
        }

    def action_view_settlements(self):
        """Smart button: the statements."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('distribution_commission.distribution_settlement_action')
        return {**action, 'domain': [('run_id', '=', self.id)]}

    def action_view_left_out(self):
        """Smart button: who is left out, and why."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'distribution_commission.distribution_settlement_left_out_action')
        return {**action, 'domain': [('run_id', '=', self.id)]}

    # === BUSINESS METHODS === #

    def _release(self):
        """Begin: small statements may be posted, large ones wait for a second person."""
        self.ensure_one()
        self._update_state(('draft',), 'running')
        self.released_by_id = self.env.uid
        limit = self.company_id.distribution_review_limit
        large = self.settlement_ids.filtered(
            lambda statement: self.currency_id.compare_amounts(statement.amount, limit) > 0)
        large._update_states(('draft',), 'waiting')
        (self.settlement_ids - large)._update_states(('draft',), 'reviewed')

    def _finish(self):
        """End when no statement is on its way any more."""
        self.ensure_one()
        if not self.env['distribution.settlement'].search_count(
                [('run_id', '=', self.id), ('state', 'in', ('draft', 'waiting', 'reviewed'))], limit=1):
            self._update_state(('running',), 'posted')

    def _trigger_posting(self):
        self.env.ref('distribution_commission.ir_cron_settle').sudo()._trigger()

    # === GETTERS === #

    def _check_is_draft(self):
        if self.state != 'draft':
            raise UserError(self.env._("%s is posted already.", self.name))

    def _check_can_post(self):
        self.company_id._distribution_check_accounting()
        if self.period_end and self.period_end > self.company_id._distribution_get_today():
            raise UserError(self.env._("The period is not over yet."))

    @api.model
    def _get_content_fields(self):
        return {'company_id', 'cycle', 'period_start', 'period_end', 'date', 'min_amount'}

    @api.model
    def _get_gate_fields(self):
        return {'name', 'state', 'released_by_id'}

    def _get_end(self):
        """Return the moment in UTC at which the period ends, or None when there is no period.

        :rtype: datetime|None
        """
        self.ensure_one()
        if not self.period_end:
            return None
        return self.company_id._distribution_get_beginning(self.period_end)
