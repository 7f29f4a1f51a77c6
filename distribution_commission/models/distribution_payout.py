from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError


class Deduction(NamedTuple):
    """A part of the gross amount that is not paid to the distributor."""

    bucket: str         # of the ledger
    reason: str         # of the transfer
    amount: float       # in the company's currency
    account: object     # account.account that is credited
    label: str


class DistributionPayout(models.Model):
    """One attempt to pay a withdrawal, under a number that is used once.

    +---------------------------+------------------------------+
    | debit                     | credit                       |
    +===========================+==============================+
    | payable (partner)         | outstanding payments of the  |
    |                           | channel's journal            |
    +---------------------------+------------------------------+

    +-----------+-----------------+------+-------+--------+--------+
    | group     | records         | read | write | create | unlink |
    +===========+=================+======+=======+========+========+
    | officer   | own companies'  | x    |       |        |        |
    | finance   | own companies'  | x    | x     |        |        |
    +-----------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.payout'
    _description = "Payout"
    _inherit = ['mail.thread', 'distribution.state.mixin']
    _order = 'id desc'
    _check_company_auto = True

    name = fields.Char(string="Number", required=True, readonly=True, copy=False, default='/')
    withdrawal_id = fields.Many2one(
        comodel_name='distribution.withdrawal', required=True, ondelete='restrict', readonly=True, index=True)
    distributor_id = fields.Many2one(related='withdrawal_id.distributor_id', store=True, index=True)
    company_id = fields.Many2one(related='withdrawal_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    channel_id = fields.Many2one(
        comodel_name='distribution.payout.channel', required=True, ondelete='restrict', readonly=True, index=True)
    amount = fields.Monetary(required=True, readonly=True, help="What is taken from the payable.")
    net_amount = fields.Monetary(string="Paid out", compute='_compute_net_amount', store=True)
    state = fields.Selection(
        selection=[('draft', "Ready"), ('sent', "Sent"), ('done', "Done"), ('failed', "Failed")],
        required=True,
        readonly=True,
        default='draft',
        tracking=True,
        index=True,
    )
    payment_id = fields.Many2one(
        comodel_name='account.payment', readonly=True, copy=False, ondelete='restrict', index='btree_not_null')
    done_at = fields.Datetime(readonly=True, copy=False)
    failure_reason = fields.Char(readonly=True, copy=False)

    _number_uniq = models.UniqueIndex('(name)', "A payout number is used once.")
    _attempt_uniq = models.UniqueIndex(
        "(withdrawal_id) WHERE state != 'failed'", "Another payout of this withdrawal is under way or done.")

    # === COMPUTE METHODS === #

    @api.depends('amount')
    def _compute_net_amount(self):
        for payout in self:
            payout.net_amount = payout._get_net_amount()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals['name'] = self.env['ir.sequence'].next_by_code('distribution.payout')
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A payout is kept as a record."))

    # === ACTION METHODS === #

    def action_send(self):
        """Button: hand the payout to its channel."""
        for payout in self:
            if payout._update_state(('draft',), 'sent'):
                payout_data = payout.channel_id._send_payout_request(payout)
                payout._process(payout_data)

    def action_mark_done(self):
        """Button: the accountant saw the money leave."""
        for payout in self:
            payout._set_done()

    def action_mark_failed(self):
        """Button: the bank refused for good."""
        for payout in self:
            payout._set_failed(self.env._("The payment was refused by the bank."))

    # === BUSINESS METHODS === #

    def _process(self, payout_data):
        """Let the channel's answer take effect."""
        state = self.channel_id._extract_payout_state(payout_data)
        if state == 'done':
            self._set_done()
        elif state == 'failed':
            self._set_failed(self.env._("The channel refused the payment."))

    def _set_done(self):
        """Record the payment: in the journals, against the payable, and in the ledger. Once."""
        self.ensure_one()
        if not self._update_state(('draft', 'sent'), 'done'):
            return
        self.done_at = fields.Datetime.now()
        self.payment_id = self._create_payment()
        payable_line = self._reconcile_payment()
        self.withdrawal_id._post_transfer('reserved', 'paid', 'payout', self.net_amount, payable_line)
        for deduction in self._get_deductions():
            self.withdrawal_id._post_transfer(
                'reserved', deduction.bucket, deduction.reason, deduction.amount, payable_line)
        self.withdrawal_id._set_paid()

    def _set_failed(self, reason):
        self.ensure_one()
        if self._update_state(('draft', 'sent'), 'failed'):
            self.failure_reason = reason
            self.withdrawal_id._set_failed(reason)

    def _create_payment(self):
        payment = self.env['account.payment'].sudo().create(self._prepare_payment_values())
        payment.action_post()
        return payment

    def _reconcile_payment(self):
        """Reconcile the payment with what was settled, and set off debts that nothing waits for.

        Debts after refunds come second, and only when the payable is not negative: the settled
        items then cover both them and all withdrawals that are not paid yet. Otherwise a debt
        would use up what the next payment has to be reconciled with.

        :return: The payable item of the payment.
        :rtype: account.move.line
        """
        account = self.company_id.distribution_payable_account_id
        payable_line = self.payment_id.move_id.line_ids.filtered(lambda line: line.account_id == account)
        open_lines = self.env['account.move.line'].sudo().search([
            ('account_id', '=', account.id),
            ('partner_id', '=', self.distributor_id.partner_id.id),
            ('parent_state', '=', 'posted'),
            ('reconciled', '=', False),
            ('id', 'not in', payable_line.ids),
        ])
        (payable_line | open_lines.filtered(lambda line: line.balance < 0)).reconcile()
        if self.currency_id.compare_amounts(self.distributor_id.payable_amount, 0) >= 0:
            open_lines.filtered(lambda line: not line.reconciled).reconcile()
        return payable_line

    # === GETTERS === #

    def _get_deductions(self):
        """Return what is kept of the gross amount. To be extended, e.g. by a tax withheld.

        :rtype: list[Deduction]
        """
        self.ensure_one()
        return []

    def _get_net_amount(self):
        """Return what reaches the distributor."""
        self.ensure_one()
        return self.currency_id.round(self.amount - sum(deduction.amount for deduction in self._get_deductions()))

    def _prepare_payment_values(self):
        """Return the values of the payment: the net amount, with what is kept as further lines.

        :rtype: dict
        """
        self.ensure_one()
        journal = self.channel_id._get_journal()
        if not journal:
            raise UserError(self.env._("The payout channel “%s” needs a bank journal.", self.channel_id.name))
        return {
            'payment_type': 'outbound',
            'partner_type': 'supplier',
            'partner_id': self.distributor_id.partner_id.id,
            'amount': self.net_amount,
            'currency_id': self.currency_id.id,
            'company_id': self.company_id.id,
            'journal_id': journal.id,
            'date': self.company_id._distribution_get_open_date(fields.Date.context_today(self)),
            'memo': self.name,
            'payment_reference': self.name,
            'destination_account_id': self.company_id.distribution_payable_account_id.id,
            'write_off_line_vals': [
                {
                    'name': deduction.label,
                    'account_id': deduction.account.id,
                    'partner_id': self.distributor_id.partner_id.id,
                    'currency_id': self.currency_id.id,
                    'amount_currency': -deduction.amount,
                    'balance': -deduction.amount,
                }
                for deduction in self._get_deductions()
            ],
        }
