from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError

_BATCH_SIZE = 100


class Deduction(NamedTuple):
    """A part of the gross amount that is not paid to the distributor."""

    bucket: str         # of the ledger
    reason: str         # of the transfer
    amount: float       # in the company's currency
    account: object     # account.account that is credited
    label: str


class DistributionPayout(models.Model):
    """One attempt to pay a withdrawal, under a number that is used once.

    draft → sent → done or failed; what was done may still be returned (`distribution.payout.return`). That
    it is sent is committed before anything leaves; from then on the channel is asked what became of it,
    and never asked to pay again. What ends a payout is an answer of the channel or an accountant. The next
    attempt has another number, and needs this one to have failed for good.

    +---------------------------+------------------------------+
    | debit                     | credit                       |
    +===========================+==============================+
    | payable (partner), gross  | outstanding payments of the  |
    |                           | channel's journal, net       |
    +---------------------------+------------------------------+
    |                           | withdrawal fees              |
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
    _inherit = ['mail.thread', 'mail.activity.mixin', 'distribution.state.mixin']
    _order = 'id desc'
    _check_company_auto = True

    name = fields.Char(string="Number", required=True, readonly=True, copy=False, default='/')
    withdrawal_id = fields.Many2one(
        comodel_name='distribution.withdrawal', required=True, ondelete='restrict', readonly=True, index=True)
    distributor_id = fields.Many2one(related='withdrawal_id.distributor_id', store=True, index=True)
    company_id = fields.Many2one(related='withdrawal_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    account_id = fields.Many2one(related='withdrawal_id.account_id', string="Pay to")
    channel_id = fields.Many2one(
        comodel_name='distribution.payout.channel', required=True, ondelete='restrict', readonly=True, index=True)
    is_automatic = fields.Boolean(related='channel_id.is_automatic')
    amount = fields.Monetary(required=True, readonly=True, help="What is taken from the payable.")
    fee_amount = fields.Monetary(string="Fee", readonly=True)
    net_amount = fields.Monetary(string="Paid out", compute='_compute_net_amount', store=True)
    state = fields.Selection(
        selection=[
            ('draft', "Ready"),
            ('sent', "Sent"),
            ('done', "Done"),
            ('failed', "Failed"),
            ('cancelled', "Cancelled"),
            ('returned', "Returned"),
        ],
        required=True,
        readonly=True,
        default='draft',
        tracking=True,
        index=True,
    )
    sent_at = fields.Datetime(readonly=True, copy=False)
    expires_at = fields.Datetime(
        readonly=True, copy=False,
        help="The provider takes it until then; if it does not know it afterwards, it never arrived.")
    asked_at = fields.Datetime(string="Last asked about", readonly=True, copy=False)
    payment_id = fields.Many2one(
        comodel_name='account.payment', readonly=True, copy=False, ondelete='restrict', index='btree_not_null')
    move_id = fields.Many2one(
        comodel_name='account.move', string="Journal Entry", readonly=True, copy=False, ondelete='restrict',
        index='btree_not_null')
    done_at = fields.Datetime(readonly=True, copy=False)
    failure_reason = fields.Char(readonly=True, copy=False)
    obstacle = fields.Char(string="Why it is not sent", compute='_compute_obstacle')

    _number_uniq = models.UniqueIndex('(name)', "A payout number is used once.")
    _attempt_uniq = models.UniqueIndex(
        "(withdrawal_id) WHERE state NOT IN ('failed', 'cancelled')",
        "Another payout of this withdrawal is under way or done.")

    # === COMPUTE METHODS === #

    @api.depends('amount', 'fee_amount')
    def _compute_net_amount(self):
        for payout in self:
            payout.net_amount = payout._get_net_amount()

    @api.depends('state')
    def _compute_obstacle(self):
        for payout in self:
            payout.obstacle = payout.withdrawal_id._get_payment_obstacle() if payout.state == 'draft' else None

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals['name'] = self.env['ir.sequence'].next_by_code('distribution.payout')
        payouts = super().create(vals_list)
        if any(payout.channel_id.is_automatic for payout in payouts):
            self.env.ref('distribution_commission.ir_cron_payouts')._trigger()
        return payouts

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A payout is kept as a record."))

    # === ACTION METHODS === #

    def action_send(self):
        """Button: hand the payouts to their channels; those that pay by themselves do so in a moment."""
        self.check_access('write')
        if any(payout.channel_id.is_automatic for payout in self):
            self.env.ref('distribution_commission.ir_cron_payouts').sudo()._trigger()
        for payout in self.filtered(lambda payout: not payout.channel_id.is_automatic):
            payout._check_may_be_paid()
            payout._set_sent()

    def action_mark_done(self):
        """Button: the accountant saw the money leave."""
        self.check_access('write')
        for payout in self:
            if payout.channel_id.is_automatic and payout.state == 'draft':
                raise UserError(self.env._("%s was not sent yet: its channel pays by itself.", payout.name))
            payout._set_done()

    def action_mark_failed(self):
        """Button: the bank refused for good."""
        self.check_access('write')
        for payout in self:
            if payout.channel_id.is_automatic:
                raise UserError(self.env._(
                    "Only the channel knows whether %s failed for good. It is asked regularly.", payout.name))
            payout._set_failed(self.env._("The payment was refused by the bank."))

    # === BUSINESS METHODS - SENDING === #

    @api.model
    def _cron_process(self):
        """Send what waits, and ask about what is under way. What fails with one does not stop the others."""
        codes = self.env['distribution.payout.channel']._get_automatic_codes()
        domain = [('channel_id.code', 'in', codes)]
        for payouts, step in (
            (self.search([*domain, ('state', '=', 'draft')], order='id', limit=_BATCH_SIZE), '_send'),
            (self.search([*domain, ('state', '=', 'sent')], order='asked_at NULLS FIRST, id', limit=_BATCH_SIZE), '_ask'),
        ):
            if not self.env['ir.cron']._distribution_for_each(payouts, step):
                return

    def _send(self):
        """Hand the payout to its channel. That it goes out is committed before it does.

        Whoever dies in between leaves a payout that is asked about, and not sent a second time.
        """
        self.ensure_one()
        if self.withdrawal_id._get_payment_obstacle() or not self._set_sent():
            return
        self.env['ir.cron']._commit_progress(1)
        self._process(self.channel_id._send_payout_request(self))

    def _ask(self):
        """Ask the channel what became of a payout that is under way."""
        self.ensure_one()
        self.sudo().asked_at = fields.Datetime.now()
        self._process(self.channel_id._send_payout_query(self))

    # === BUSINESS METHODS - PROCESSING === #

    def _process(self, payout_data):
        """Let an answer of the channel take effect, once: to the request, to a question, or told by itself.

        :param dict payout_data: As `distribution.payout.channel` extracts it.
        """
        self.ensure_one()
        channel = self.channel_id
        state = channel._extract_payout_state(payout_data)
        amount = channel._extract_payout_amount(payout_data)
        if amount is not None and self.currency_id.compare_amounts(amount, self.net_amount):
            self._report(self.env._("The channel answers for another amount: %s.", self.currency_id.format(amount)))
        elif {self.state, state} == {'done', 'failed'}:
            self._report(self.env._("The channel says “%s” after it had said otherwise.", state))
        elif state == 'done':
            self._set_done()
        elif state == 'failed':
            self._set_failed(channel._extract_payout_reason(payout_data))
        elif state == 'unknown' and self.state == 'sent' and self._is_expired():
            self._set_failed(self.env._("The payment did not arrive at the provider."))

    def _report(self, text):
        """Leave a contradiction to a person; the money stays where it is."""
        user = self.sudo().withdrawal_id.approved_by_id or self.env.user
        self.sudo().activity_schedule('mail.mail_activity_data_warning', summary=text, user_id=user.id)

    def _is_expired(self):
        return fields.Datetime.now() >= self.expires_at

    # === BUSINESS METHODS - STATES === #

    def _set_sent(self):
        """Promise that it goes out now.

        :return: Whether it is this caller who sends it.
        :rtype: bool
        """
        self.ensure_one()
        if not self._update_state(('draft',), 'sent'):
            return False
        now = fields.Datetime.now()
        self.sudo().write({'sent_at': now, 'expires_at': now + timedelta(minutes=self.channel_id.expiry_minutes)})
        return True

    def _set_done(self):
        """Record the payment: in the journals, against the payable, and in the ledger. Once."""
        self.ensure_one()
        if not self._update_state(('draft', 'sent'), 'done'):
            return
        payout_sudo = self.sudo()
        payout_sudo.done_at = fields.Datetime.now()
        payout_sudo.move_id = payout_sudo._book()
        payable_line = payout_sudo._reconcile_payment()
        withdrawal_sudo = payout_sudo.withdrawal_id
        withdrawal_sudo._post_transfer('reserved', 'paid', 'payout', self.net_amount, payable_line)
        for deduction in payout_sudo._get_deductions():
            withdrawal_sudo._post_transfer(
                'reserved', deduction.bucket, deduction.reason, deduction.amount, payable_line)
        withdrawal_sudo._set_paid()

    def _set_failed(self, reason):
        """Give the money back, after it is certain that it did not leave."""
        self.ensure_one()
        if self._update_state(('draft', 'sent'), 'failed'):
            self.sudo().failure_reason = reason
            self.withdrawal_id._set_failed(reason)

    def _set_cancelled(self):
        """End payouts that were not sent.

        :raise UserError: when one was.
        """
        for payout in self:
            payout._update_state(('draft',), 'cancelled')

    # === BUSINESS METHODS - BOOKING === #

    def _book(self):
        """Post that it was paid. To be overridden by channels that do not pay in money.

        :return: The entry, with the gross amount on the payable of the distributor.
        :rtype: account.move
        """
        self.payment_id = self._post_payment(self._prepare_payment_values())
        return self.payment_id.move_id

    def _post_payment(self, values):
        """Create a payment and post it, with an entry in any case.

        :param dict values:
        :rtype: account.payment
        """
        journal = self.env['account.journal'].browse(values['journal_id'])
        # Without an account for it, a payment would have no entry where the accounting app is installed.
        has_account = bool(journal[f"{values['payment_type']}_payment_method_line_ids"][:1].payment_account_id)
        payment = self.env['account.payment'].with_context(force_payment_move=not has_account).create(values)
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
        payable_line = self.move_id.line_ids.filtered(lambda line: line.account_id == account)
        open_lines = self.env['account.move.line'].search([
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

    def _check_may_be_paid(self):
        """Check once more, right before it is paid, what was checked when it was approved.

        :raise UserError:
        """
        self.ensure_one()
        if reason := self.withdrawal_id._get_payment_obstacle():
            raise UserError(self.env._("%(payout)s: %(reason)s", payout=self.name, reason=reason))

    def _get_deductions(self):
        """Return what is kept of the gross amount. To be extended, e.g. by a tax withheld.

        :rtype: list[Deduction]
        """
        self.ensure_one()
        if self.currency_id.is_zero(self.fee_amount):
            return []
        company_sudo = self.company_id.sudo()
        return [Deduction(
            'fee', 'fee', self.fee_amount,
            company_sudo.distribution_fee_account_id or company_sudo.distribution_expense_account_id,
            self.env._("Withdrawal fee %s", self.name))]

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
