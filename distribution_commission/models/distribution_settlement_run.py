from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, groupby

from .distribution_transfer import Transfer


class DistributionSettlementRun(models.Model):
    """One settlement of a company: a statement for each distributor, posted in one entry.

    +-------------------------------+------------------------+
    | debit                         | credit                 |
    +===============================+========================+
    | accrued commission, the total | payable (partner), for |
    |                               | each statement         |
    +-------------------------------+------------------------+

    +-----------+-----------------+------+-------+--------+--------+
    | group     | records         | read | write | create | unlink |
    +===========+=================+======+=======+========+========+
    | officer   | own companies'  | x    |       |        |        |
    | finance   | own companies'  | x    | x     | x      | drafts |
    +-----------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.settlement.run'
    _description = "Settlement Run"
    _inherit = ['mail.thread']
    _order = 'date desc, id desc'
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True, copy=False, default=lambda self: self.env._("New"))
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    date = fields.Date(required=True, default=fields.Date.context_today, copy=False)
    min_amount = fields.Monetary(
        string="Smallest Statement", help="Who has less available waits for the next run.")
    state = fields.Selection(
        selection=[('draft', "Draft"), ('posted', "Posted")],
        required=True, readonly=True, default='draft', copy=False, tracking=True)
    settlement_ids = fields.One2many(
        comodel_name='distribution.settlement', inverse_name='run_id', readonly=True)
    amount = fields.Monetary(string="Total", compute='_compute_amount')
    left_out = fields.Text(readonly=True, copy=False, help="Who has something available and gets no statement, and why.")
    move_id = fields.Many2one(
        comodel_name='account.move', string="Journal Entry", readonly=True, copy=False, index='btree_not_null',
        ondelete='restrict')

    def _compute_amount(self):
        totals = dict(self.env['distribution.settlement']._read_group(
            [('run_id', 'in', self.ids)], ['run_id'], ['amount:sum']))
        for run in self:
            run.amount = totals.get(run, 0)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not vals.get('name'):
                vals['name'] = self.env['ir.sequence'].next_by_code('distribution.settlement.run')
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_draft(self):
        if any(run.state != 'draft' for run in self):
            raise UserError(self.env._("A posted settlement is kept."))

    # === ACTION METHODS === #

    def action_prepare(self):
        """Button: work out who gets what, and say who is left out."""
        self.ensure_one()
        self._check_is_draft()
        self.sudo().settlement_ids.unlink()
        statements, left_out = [], []
        for distributor, amount in self._get_available():
            reason = self._get_left_out_reason(distributor, amount)
            if reason:
                left_out.append(f"{distributor.display_name}: {reason}")
            else:
                statements.append({'run_id': self.id, 'distributor_id': distributor.id, 'amount': amount})
        self.env['distribution.settlement'].sudo().create(statements)
        self.left_out = "\n".join(left_out)

    def action_post(self):
        """Button: post the statements. What changed since the preview is settled as it is now."""
        self.ensure_one()
        # Two who press at once: the second waits here, and then finds the run posted.
        self.lock_for_update()
        self._check_is_draft()
        if not self.settlement_ids:
            self.action_prepare()
        if not self.settlement_ids:
            raise UserError(self.env._("Nothing is available for settlement."))
        self.company_id._distribution_check_accounting()
        while self.env['distribution.booking'].sudo()._book(self.company_id):
            pass
        self._post_statements()

    def action_view_move(self):
        """Smart button: the journal entry."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'account.move',
            'view_mode': 'form',
            'res_id': self.move_id.id,
        }

    # === BUSINESS METHODS === #

    def _post_statements(self):
        """Post what the distributors of the statements have available, in one entry."""
        rows = dict(groupby(self._lock_available(), key=lambda row: row['distributor_id']))
        statements = self.settlement_ids.filtered(lambda statement: statement.distributor_id.id in rows)
        if not statements:
            raise UserError(self.env._("Nothing is available for settlement any more."))
        (self.settlement_ids - statements).sudo().unlink()
        minor = 10 ** self.currency_id.decimal_places
        for statement in statements:
            available = sum(row['available'] for row in rows[statement.distributor_id.id])
            statement.sudo().amount = available / minor
        move = self._create_move(statements)
        payable_lines = move.line_ids.filtered(
            lambda line: line.account_id == self.company_id.distribution_payable_account_id).sorted('id')
        for statement, line in zip(statements, payable_lines, strict=True):
            statement.sudo().move_line_id = line
        self.env['distribution.transfer']._post([
            Transfer.of_commission(
                row, 'available', 'payable', row['available'], 'settlement',
                settlement_id=statement.id, move_line_id=statement.move_line_id.id)
            for statement in statements
            for row in rows[statement.distributor_id.id]
        ], self.company_id)
        self.write({'state': 'posted', 'move_id': move.id})

    def _lock_available(self):
        return self.env.execute_query_dict(SQL(
            """
            SELECT id, distributor_id, transfer_count, (available_amount * %(minor)s)::bigint AS available
              FROM distribution_commission
             WHERE company_id = %(company_id)s AND available_amount > 0 AND distributor_id = ANY(%(distributors)s)
          ORDER BY id
               FOR UPDATE
            """, minor=10 ** self.currency_id.decimal_places, company_id=self.company_id.id,
            distributors=list(self.settlement_ids.distributor_id.ids)))

    def _create_move(self, statements):
        company = self.company_id
        move = self.env['account.move'].sudo().create({
            'move_type': 'entry',
            'company_id': company.id,
            'journal_id': company.distribution_journal_id.id,
            'date': company._distribution_get_open_date(self.date),
            'ref': self.name,
            'line_ids': [
                Command.create({
                    'name': self.env._("Settlement %s", self.name),
                    'account_id': company.distribution_accrued_account_id.id,
                    'balance': sum(statements.mapped('amount')),
                    'analytic_distribution': False,
                }),
                *(
                    Command.create({
                        'name': statement.name,
                        'account_id': company.distribution_payable_account_id.id,
                        'partner_id': statement.distributor_id.partner_id.id,
                        'balance': -statement.amount,
                        'analytic_distribution': False,
                    })
                    for statement in statements
                ),
            ],
        })
        move._post(soft=False)
        return move

    def _check_is_draft(self):
        if self.state != 'draft':
            raise UserError(self.env._("%s is posted already.", self.name))

    # === GETTERS === #

    def _get_available(self):
        """Return (distributor, amount) of all who have something available, by distributor."""
        return self.env['distribution.commission'].sudo()._read_group(
            [('company_id', '=', self.company_id.id), ('available_amount', '>', 0)],
            ['distributor_id'], ['available_amount:sum'], order='distributor_id')

    def _get_left_out_reason(self, distributor, amount):
        """Return why a distributor gets no statement now, or nothing."""
        if distributor.kind in ('company', 'sole_trader'):
            return self.env._("companies and sole traders are settled against their invoice")
        if distributor.kind == 'employee':
            return self.env._("employees are paid through payroll")
        if distributor.state == 'suspended' or distributor.is_held:
            return self.env._("under review")
        if self.currency_id.compare_amounts(amount, self.min_amount) < 0:
            return self.env._("less than the smallest statement is available")
        return None
