from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

_BLOCKING = ('amount', 'duplicate', 'balance')      # the file may be no account of what moved
_LABEL_MAX = 200
_BATCH = 200      # movements that are booked, and committed, at once


class AccountBankStatementLine(models.Model):
    """A movement of a merchant's account is booked once."""
    _inherit = 'account.bank.statement.line'

    wechat_flow_number = fields.Char(string="Movement at WeChat Pay", readonly=True, copy=False)

    _wechat_flow_number_uniq = models.UniqueIndex(
        '(journal_id, wechat_flow_number) WHERE wechat_flow_number IS NOT NULL', "A movement is booked once.")


class DistributionWechatStatement(models.Model):
    """What moved on a merchant's account, as a bank statement; reconciled as far as numbers make it certain.

    +--------------------+------------------------------------------------------------------------+
    | movement           | against                                                                |
    +====================+========================================================================+
    | payment, refund    | the outstanding item of its payment; if it has no entry, the invoice;  |
    |                    | a fee that is given back with a refund: the merchant's fee account     |
    +--------------------+------------------------------------------------------------------------+
    | transfer, share    | the outstanding item of the payout's payment                           |
    +--------------------+------------------------------------------------------------------------+
    | return of a share  | the outstanding item of the returned payout's payment                  |
    +--------------------+------------------------------------------------------------------------+
    | fee                | the merchant's fee account                                             |
    +--------------------+------------------------------------------------------------------------+
    | anything else      | stays on the suspense account of the journal, for the accountant       |
    +--------------------+------------------------------------------------------------------------+
    """
    _inherit = 'distribution.wechat.statement'

    bank_statement_id = fields.Many2one(
        comodel_name='account.bank.statement', readonly=True, copy=False, index='btree_not_null', ondelete='set null')
    booking_error = fields.Char(string="Why It Is Not Booked", readonly=True, copy=False)

    # === BUSINESS METHODS === #

    def _book(self):
        """Book the next movements that are not in the books yet, and reconcile what is certain by now.

        All of them or, if one cannot be booked, none. Those before them stay booked, so the bank statement adds up.

        :return: Whether there may be more.
        :rtype: bool
        """
        self.ensure_one()
        if self.kind != 'flow' or not self.merchant_id.journal_id or self.state == 'waiting':
            return False
        try:
            with self.env.cr.savepoint():
                self._check_may_be_booked()
                counterparts = self._get_next()
                self._create_bank_lines(counterparts)
                self._reconcile(counterparts)
            self.booking_error = False
        except UserError as error:      # e.g. the period is closed
            self.booking_error = str(error)
            return False
        return len(counterparts) == _BATCH

    def _create_bank_lines(self, counterparts):
        """Add what is not booked yet to the bank statement of the day, on the account that is certain by now.

        :param dict counterparts: See `_get_next`.
        """
        lines = [line for line in counterparts if not line.bank_line_id]
        if not lines:
            return
        if not self.bank_statement_id:
            self.bank_statement_id = self.env['account.bank.statement'].create({
                'name': f'{self.merchant_id.journal_id.code} {self.day}',
                'reference': self.file_name,
                'balance_start': self.currency_id.round(lines[0].balance - lines[0].amount)})
        date = self.company_id._distribution_get_open_date(self.day)
        bank_lines = self.env['account.bank.statement.line']
        if not self.company_id.restrictive_audit_trail:     # who made an entry, and when, it says itself
            bank_lines = bank_lines.with_context(tracking_disable=True)
        bank_lines = bank_lines.create([{
            **line._prepare_bank_line(),
            'statement_id': self.bank_statement_id.id,
            'date': date,
            'counterpart_account_id': line.currency_id.is_zero(line.fee) and counterparts[line][0].id,
        } for line in lines])
        for line, bank_line in zip(lines, bank_lines, strict=True):
            line.bank_line_id = bank_line.id
        self.bank_statement_id.balance_end_real = self._search_lines(
            Domain('bank_line_id', '!=', False), order='id desc', limit=1).balance

    def _reconcile(self, counterparts):
        """Put what is certain in place of the suspense account, an account at a time, and reconcile it.

        :param dict counterparts: See `_get_next`.
        """
        plan, suspense_by_account = [], {}
        for line, (account, items) in counterparts.items():
            _liquidity, suspense, booked = line.bank_line_id._seek_for_lines()
            if account and suspense:
                line._split_fee(suspense)
                suspense_by_account[account] = suspense_by_account.get(account, suspense.browse()) | suspense
            if items:
                plan.append((suspense or booked) | items)
        for account, suspense in suspense_by_account.items():
            suspense.write({'account_id': account.id})
        if plan:
            self.env['account.move.line']._reconcile_plan(plan)

    # === GETTERS === #

    def _check_may_be_booked(self):
        """Check that the file is an account of what moved, and that it is not booked by payments themselves.

        :raise UserError:
        """
        if self.difference_ids.filtered(lambda found: found.state == 'open' and found.kind in _BLOCKING):
            raise UserError(self.env._(
                "The movements do not add up, or are of other amounts. It is booked once that is gone or explained."))
        journal = self.merchant_id.journal_id
        method_lines = journal.inbound_payment_method_line_ids | journal.outbound_payment_method_line_ids
        if journal.default_account_id in method_lines.payment_account_id:
            raise UserError(self.env._(
                "Payments of %s are booked on its bank account at once. Give its payment methods outstanding accounts, "
                "or they are booked twice.", journal.display_name))

    def _get_next(self):
        """Return what is next: movements that are not booked yet, and then what has become certain since it was.

        :return: Movements in their order, and what each is booked against: see `_get_counterpart`.
        :rtype: dict[distribution.wechat.statement.line, tuple[account.account, account.move.line]]
        """
        counterparts = {
            line: line._get_counterpart()
            for line in self._search_lines(Domain('bank_line_id', '=', False), order='id', limit=_BATCH)}
        if len(counterparts) == _BATCH:
            return counterparts
        for line in self._search_lines(Domain('bank_line_id', 'any', [('is_reconciled', '=', False)]), order='id'):
            account, items = line._get_counterpart()
            _liquidity, suspense, _booked = line.bank_line_id._seek_for_lines()
            if account and len(suspense) == 1:
                counterparts[line] = account, items
                if len(counterparts) == _BATCH:
                    break
        return counterparts

    def _search_lines(self, domain, **options):
        return self.env['distribution.wechat.statement.line'].search(
            Domain('statement_id', '=', self.id) & domain, **options)

    @api.model
    def _get_domain_to_reconcile(self):
        """Return which statements have movements whose payment may have come after them."""
        return [
            ('kind', '=', 'flow'), ('merchant_id.journal_id', '!=', False), ('state', '!=', 'waiting'),
            ('line_ids', 'any', [
                '|', ('bank_line_id', '=', False),
                '&', ('kind', '!=', 'other'), ('bank_line_id.is_reconciled', '=', False)]),
            '|', ('next_try_at', '=', False), ('next_try_at', '<=', fields.Datetime.now()),
        ]


class DistributionWechatStatementLine(models.Model):
    _inherit = 'distribution.wechat.statement.line'

    # === BUSINESS METHODS === #

    def _split_fee(self, suspense):
        """Book the fee that is given back with a refund apart from the refund, which stays on the suspense account.

        :param account.move.line suspense:
        """
        fee = self.fee
        if self.currency_id.is_zero(fee):
            return
        refund = suspense.balance + fee
        self.bank_line_id.move_id.with_context(skip_readonly_check=True).write({'line_ids': [
            Command.update(suspense.id, {'debit': refund, 'credit': 0.0, 'amount_currency': refund}),
            Command.create({
                'name': suspense.name, 'account_id': self.statement_id.merchant_id.fee_account_id.id,
                'currency_id': suspense.currency_id.id, 'debit': 0.0, 'credit': fee, 'amount_currency': -fee})]})

    # === GETTERS === #

    def _get_payment(self):
        """Return the payment that this is about, or an empty recordset.

        :rtype: account.payment
        """
        return (
            self.transaction_id.payment_id or (self.transfer_id or self.share_id).payout_id.payment_id
            or self.return_id.payout_return_id.payment_id)

    def _get_partner(self):
        share = self.share_id or self.return_id.share_id
        return self.transaction_id.partner_id.commercial_partner_id or (self.transfer_id or share).distributor_id.partner_id

    def _get_counterpart(self):
        """Return what this is booked against: an account, and the items to reconcile with.

        :return: Neither of them, as long as it is not certain.
        :rtype: tuple[account.account, account.move.line]
        """
        items, fee_account = self.env['account.move.line'], self.statement_id.merchant_id.fee_account_id
        if self.kind == 'fee':
            return fee_account, items
        if not self.currency_id.is_zero(self.fee) and (
                not fee_account or self.currency_id != self.company_id.currency_id):
            return self.env['account.account'], items
        payment = self._get_payment()
        own_amount = self.transaction_id.amount or -self.transfer_id.amount or -self.share_id.amount or self.return_id.amount
        if not payment or self.currency_id.compare_amounts(self.amount - self.fee, own_amount):
            return self.env['account.account'], items
        if payment.move_id:
            items = payment.move_id.line_ids.filtered(lambda item: item.account_id == payment.outstanding_account_id)
        else:
            items = self.transaction_id.invoice_ids.line_ids.filtered(
                lambda item: item.account_id.account_type == 'asset_receivable')
        items = items.filtered(lambda item: (
            item.parent_state == 'posted' and not item.reconciled and item.currency_id == self.currency_id
            and item.account_id.reconcile and (item.amount_residual_currency > 0) == (self.amount > 0)))
        return items[:1].account_id, items.filtered(lambda item: item.account_id == items[:1].account_id)

    def _prepare_bank_line(self):
        """Return the values of the line of the bank statement.

        :rtype: dict
        """
        self.ensure_one()
        merchant = self.statement_id.merchant_id
        texts = (self.title, self.number, self.platform_number, self.remark)
        return {
            'journal_id': merchant.journal_id.id,
            'amount': self.amount,
            'payment_ref': ' '.join(text for text in texts if text)[:_LABEL_MAX],
            'partner_id': False if self.kind == 'fee' else self._get_partner().id,
            'wechat_flow_number': self.flow_number,
        }
