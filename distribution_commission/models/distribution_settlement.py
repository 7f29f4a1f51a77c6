from odoo import api, fields, models
from odoo.exceptions import UserError

_OPEN_STATES = ('draft', 'waiting', 'reviewed')


class DistributionSettlement(models.Model):
    """The statement of one distributor in a settlement run.

    draft → (waiting for a second person) → reviewed → posted. Companies and sole traders are billed
    before: their statement waits for their invoice, see `_hand_in_invoice`. What cannot be posted fails
    alone, and is in the next run.

    +------------------+-----------------------------+------+-------+--------+--------+
    | group            | records                     | read | write | create | unlink |
    +==================+=============================+======+=======+========+========+
    | officer, finance | own companies'              | x    |       |        |        |
    | portal           | its own, billed and posted  | x    |       |        |        |
    +------------------+-----------------------------+------+-------+--------+--------+
    """
    _name = 'distribution.settlement'
    _description = "Settlement Statement"
    _inherit = ['distribution.state.mixin']
    _order = 'id desc'
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True, copy=False, default='/')
    run_id = fields.Many2one(
        comodel_name='distribution.settlement.run', required=True, index=True, ondelete='cascade', readonly=True,
        groups='distribution_core.group_distribution_user')
    company_id = fields.Many2one(related='run_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    date = fields.Date(related='run_id.date', store=True)
    period_start = fields.Date(string="From", readonly=True)
    period_end = fields.Date(string="To, Not Included", readonly=True)
    period_last = fields.Date(string="To", compute='_compute_period_last')
    state = fields.Selection(
        selection=[
            ('draft', "Draft"),
            ('waiting', "Waiting for a second person"),
            ('reviewed', "Reviewed"),
            ('billed', "Waiting for the invoice"),
            ('posted', "Posted"),
            ('failed', "Failed"),
            ('cancelled', "Cancelled"),
        ],
        required=True,
        readonly=True,
        default='draft',
        index=True,
    )
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, index=True, ondelete='restrict', readonly=True)
    kind = fields.Selection(related='distributor_id.kind', string="Kind of Payee")
    amount = fields.Monetary(string="Commissions", required=True, readonly=True)
    carried_amount = fields.Monetary(
        string="Debt Brought Forward", readonly=True, default=0,
        help="Below zero: what was taken back since the last statement, after it was settled or paid.")
    deducted_amount = fields.Monetary(
        string="Taken off the Invoice", readonly=True, default=0,
        help="Commissions taken back after an earlier invoice: the tax on them is taken off this one.")
    due_amount = fields.Monetary(
        string="To Be Paid", compute='_compute_due_amount',
        help="Without taxes. Below zero: carried forward to the next statement.")
    approved_by_id = fields.Many2one(
        comodel_name='res.users', readonly=True, ondelete='restrict',
        groups='distribution_core.group_distribution_user')
    approved_amount = fields.Monetary(readonly=True, groups='distribution_core.group_distribution_user')
    failure = fields.Text(readonly=True, groups='distribution_core.group_distribution_user')
    posted_at = fields.Datetime(readonly=True)
    told_at = fields.Datetime(readonly=True, groups='distribution_core.group_distribution_user')
    transfer_ref_from = fields.Integer(readonly=True, groups='distribution_core.group_distribution_user')
    transfer_ref_until = fields.Integer(
        readonly=True, groups='distribution_core.group_distribution_user',
        help="The last transfer of the distributor before this statement: what was taken back up to it is shown here.")
    move_id = fields.Many2one(
        comodel_name='account.move', string="Journal Entry", readonly=True, index='btree_not_null',
        ondelete='restrict', groups='distribution_core.group_distribution_user')
    move_line_id = fields.Many2one(
        comodel_name='account.move.line', string="Journal Item", readonly=True, index='btree_not_null',
        ondelete='restrict', groups='distribution_core.group_distribution_user')
    transfer_ids = fields.One2many(
        comodel_name='distribution.transfer', inverse_name='settlement_id',
        groups='distribution_core.group_distribution_user')
    line_ids = fields.One2many(
        comodel_name='distribution.settlement.line', inverse_name='settlement_id', readonly=True)

    _run_distributor_uniq = models.UniqueIndex(
        '(run_id, distributor_id)', "A distributor has one statement in a run.")
    _period_uniq = models.UniqueIndex(
        "(company_id, distributor_id, period_start, period_end)"
        " WHERE period_start IS NOT NULL AND state NOT IN ('failed', 'cancelled')",
        "A distributor has one statement of a period.")
    _reviewed_idx = models.Index("(run_id) WHERE state IN ('draft', 'waiting', 'reviewed')")
    _untold_idx = models.Index("(id) WHERE state IN ('billed', 'posted') AND told_at IS NULL")

    # === COMPUTE METHODS === #

    @api.depends('period_end')
    def _compute_period_last(self):
        for statement in self:
            statement.period_last = statement.period_end and fields.Date.subtract(statement.period_end, days=1)

    @api.depends('amount', 'carried_amount')
    def _compute_due_amount(self):
        for statement in self:
            statement.due_amount = statement.amount + statement.carried_amount

    # === CRUD METHODS === #

    def write(self, vals):
        """Statements are written by their run alone."""
        if not self.env.su:
            raise UserError(self.env._("This is set by its buttons only."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if any(statement.state != 'draft' for statement in self):
            raise UserError(self.env._("A posted settlement is kept."))

    # === ACTION METHODS === #

    def action_approve(self):
        """Button of a second person: a large statement may be posted."""
        runs = self.run_id
        runs.check_access('write')
        if self.env.user in runs.released_by_id:
            raise UserError(self.env._(
                "Somebody other than %s has to approve this.", ", ".join(runs.released_by_id.mapped('name'))))
        for statement_sudo in self.sudo()._update_states(('waiting',), 'reviewed'):
            statement_sudo.write({'approved_by_id': self.env.uid, 'approved_amount': statement_sudo.amount})
        for run in runs:
            run.sudo()._post_next()
            if run.state == 'running':
                run._trigger_posting()

    def action_refuse(self):
        """Button of a second person: the commissions stay available, and nothing moves."""
        self.run_id.check_access('write')
        self.sudo()._update_states(('waiting',), 'cancelled')
        for run in self.run_id:
            run.sudo()._finish()

    def action_view_move(self):
        """Smart button: the journal entry, or the bill."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'account.move',
            'view_mode': 'form',
            'res_id': self.move_id.id,
        }

    # === GETTERS === #

    def _needs_review(self):
        """Whether the amount is more than may be posted without the second person, or than that one saw."""
        self.ensure_one()
        bound = max(self.company_id.distribution_review_limit, self.approved_amount if self.approved_by_id else 0)
        return self.currency_id.compare_amounts(self.amount, bound) > 0

    def _get_portal_url(self):
        self.ensure_one()
        return f'/my/distribution/statements/{self.id}'
