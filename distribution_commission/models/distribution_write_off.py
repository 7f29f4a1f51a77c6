import json

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .distribution_transfer import Transfer, to_minor


class DistributionWriteOff(models.Model):
    """A debt of a distributor that the company gives up: always with a second person.

    A debt is a payable below zero: what was paid out and taken back later. Only what no commission
    on its way will set off can be written off.

    +----------------------------------+-------------------+
    | debit                            | credit            |
    +==================================+===================+
    | debts written off, or expense    | payable (partner) |
    +----------------------------------+-------------------+

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    | finance          | own companies'  | x    | x     | x      | drafts |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.write.off'
    _description = "Debt Write-off"
    _inherit = ['distribution.correction.mixin']
    _order = 'id desc'
    _check_company_auto = True

    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='distributor_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    amount = fields.Monetary(required=True, copy=False)
    move_id = fields.Many2one(
        comodel_name='account.move', string="Journal Entry", readonly=True, copy=False, index='btree_not_null',
        ondelete='restrict')

    _check_amount = models.Constraint('CHECK (amount > 0)', "A write-off is of more than nothing.")
    _check_posted = models.Constraint(
        "CHECK (posted_at IS NULL OR (approved_by_id IS NOT NULL AND approved_by_id != author_id))",
        "A debt is written off by two persons.",
    )

    # === ACTION METHODS === #

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

    def _post_transfers(self):
        """Override of the mixin: book it, set it off against the debt, and move the payable."""
        self.ensure_one()
        company = self.company_id
        company._distribution_check_accounting()
        while self.env['distribution.booking']._book(company):      # So that the debt is in the journal.
            pass
        self.env['distribution.balance']._open(self.distributor_id)
        self._check_amount_against_debt(self._lock_balances())
        self.move_id = self._create_move()
        payable_line = self._reconcile()
        self.env['distribution.transfer']._post([Transfer(
            idempotency_key=f'write-off:{self.id}',
            distributor_id=self.distributor_id.id, source='written_off', destination='payable',
            amount=to_minor(self.amount, self.currency_id), reason='write_off', write_off_id=self.id,
            move_line_id=payable_line.id,
            explanation=json.dumps({'write_off': {
                'id': self.id, 'name': self.name, 'reason': self.reason,
                'author_id': self.author_id.id, 'approved_by_id': self.approved_by_id.id,
            }}),
        )], company)

    def _lock_balances(self):
        """Return the amounts of the distributor's buckets, locked so that nothing moves meanwhile."""
        self.env['distribution.balance'].flush_model()
        return {
            bucket: float(amount) for bucket, amount in self.env.execute_query(SQL(
                """
                SELECT bucket, amount FROM distribution_balance WHERE distributor_id = %s ORDER BY id FOR UPDATE
                """, self.distributor_id.id))
        }

    def _check_amount_against_debt(self, balances):
        """Check that nothing on its way sets the debt off, and nobody waits for a payment."""
        currency = self.currency_id
        if not currency.is_zero(balances['reserved']):
            raise UserError(self.env._("A withdrawal of this distributor is under way. Let it end first."))
        on_the_way = balances['pending'] + balances['available'] + balances['held'] + balances['billed']
        debt = currency.round(max(0.0, -balances['payable'] - on_the_way))
        if currency.compare_amounts(self.amount, debt) > 0:
            raise UserError(self.env._(
                "Up to %(debt)s can be written off: the debt, less the commissions on their way (%(on_the_way)s).",
                debt=currency.format(debt), on_the_way=currency.format(on_the_way)))

    def _create_move(self):
        company = self.company_id
        account = company.distribution_write_off_account_id or company.distribution_expense_account_id
        common = {
            'name': self.env._("Debt written off: %s", self.name),
            'partner_id': self.distributor_id.partner_id.id,
            'analytic_distribution': False,
        }
        move = self.env['account.move'].create({
            'move_type': 'entry',
            'company_id': company.id,
            'journal_id': company.distribution_journal_id.id,
            'date': company._distribution_get_open_date(fields.Date.context_today(self)),
            'ref': self.name,
            'line_ids': [
                Command.create({
                    **common, 'account_id': company.distribution_payable_account_id.id, 'balance': -self.amount}),
                Command.create({**common, 'account_id': account.id, 'balance': self.amount}),
            ],
        })
        move._post(soft=False)
        return move

    def _reconcile(self):
        """Set the entry off against the debt, the oldest first.

        :return: Its payable item.
        :rtype: account.move.line
        """
        account = self.company_id.distribution_payable_account_id
        payable_line = self.move_id.line_ids.filtered(lambda line: line.account_id == account)
        debts = self.env['account.move.line'].search([
            ('account_id', '=', account.id),
            ('partner_id', '=', self.distributor_id.partner_id.id),
            ('parent_state', '=', 'posted'),
            ('reconciled', '=', False),
            ('balance', '>', 0),
        ])
        (payable_line | debts).reconcile()
        return payable_line

    # === GETTERS === #

    @api.model
    def _get_content_fields(self):
        return super()._get_content_fields() | {'distributor_id', 'amount'}

    @api.model
    def _get_gate_fields(self):
        return super()._get_gate_fields() | {'move_id'}

    def _check_can_post(self):
        self._check_amount_against_debt({
            bucket: self.distributor_id[field_name]
            for field_name, bucket in self.distributor_id._get_amount_fields().items()
        })
