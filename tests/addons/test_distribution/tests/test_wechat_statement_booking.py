from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .wechat_statement_common import WechatStatementCase


@tagged('post_install', '-at_install')
class TestWechatStatementBooking(WechatStatementCase):
    """What moved on the merchant's account is in the books, to the fen and once."""

    def _invoice_tea(self, amount):
        line = {'product_id': self.product.id, 'price_unit': amount, 'tax_ids': False}
        invoice = self.env['account.move'].create({
            'move_type': 'out_invoice', 'partner_id': self.customer.id, 'currency_id': self.currency.id,
            'invoice_line_ids': [Command.create(line)]})
        invoice.action_post()
        return invoice

    def _get_account_balance(self, account):
        return sum(self.env['account.move.line'].search(
            [('account_id', '=', account.id), ('parent_state', '=', 'posted')]).mapped('balance'))

    def _assert_balance(self):
        """The account of the journal has what the platform says."""
        self.assertEqual(self.currency.compare_amounts(
            self._get_account_balance(self.journal.default_account_id), self._get_balance()), 0)

    def test_a_day_is_booked_to_the_fen_and_once(self):
        invoice = self._invoice_tea(100.0)
        tx, second = self._buy(100.0, invoice_ids=invoice.ids), self._buy(33.33)
        refund, payout = self._refund_part(tx, 30.0), self._pay_out(50.0)
        self.fake.tell('withdraw', mchid=self.merchant.mchid, number='W1', amount=1000)
        self._age()
        statement = self._fetch('flow')
        self.assertEqual((statement.state, statement.booking_error), ('matched', False))
        bank = statement.bank_statement_id
        self.assertRecordValues(bank, [{
            'journal_id': self.journal.id, 'date': self.day, 'balance_start': 0.0, 'balance_end_real': 42.53,
            'balance_end': 42.53, 'is_complete': True, 'is_valid': True}])
        self.assertEqual(self._get_balance(), 42.53)
        self._assert_balance()
        lines = bank.line_ids.sorted('id')
        self.assertRecordValues(lines, [
            {'amount': 100.0, 'is_reconciled': True, 'running_balance': 100.0, 'partner_id': self.customer.id},
            {'amount': -0.6, 'is_reconciled': True, 'running_balance': 99.4, 'partner_id': False},
            {'amount': 33.33, 'is_reconciled': True, 'running_balance': 132.73, 'partner_id': self.customer.id},
            {'amount': -0.2, 'is_reconciled': True, 'running_balance': 132.53, 'partner_id': False},
            {'amount': -30.0, 'is_reconciled': True, 'running_balance': 102.53, 'partner_id': self.customer.id},
            {'amount': -50.0, 'is_reconciled': True, 'running_balance': 52.53, 'partner_id': self.seller.partner_id.id},
            {'amount': -10.0, 'is_reconciled': False, 'running_balance': 42.53, 'partner_id': False}])
        self.assertEqual(lines[0].payment_ref, f'交易 {tx.wechatpay_number} {tx.provider_reference}')
        self.assertRecordValues(lines[1].move_id.line_ids.sorted('balance'), [
            {'account_id': self.journal.default_account_id.id, 'balance': -0.6},
            {'account_id': self.fee_account.id, 'balance': 0.6}])
        payments = (tx | second | refund).payment_id | payout.payment_id
        self.assertEqual(payments.mapped('is_matched'), [True] * 4)
        self.assertEqual(set(payments.mapped('state')), {'paid'})
        self.assertEqual(self._get_account_balance(self.fee_account), 0.8)
        self.assertEqual(self._get_account_balance(self.journal.suspense_account_id), 10.0)
        outstanding = payments.move_id.line_ids.filtered(
            lambda item: item.account_id in payments.outstanding_account_id)
        self.assertEqual(outstanding.mapped('reconciled'), [True] * 4)
        self.assertEqual(invoice.payment_state, 'paid')
        self.assertFalse(self.env['distribution.books']._get_differences_of(self.company))
        # Once more, by each way there is.
        moves = self.env['account.move'].search_count([('journal_id', '=', self.journal.id)])
        statement.sudo()._fetch()
        statement.sudo()._process()
        self._run_cron()
        self.assertEqual(self.env['account.move'].search_count([('journal_id', '=', self.journal.id)]), moves)
        self._assert_balance()

    def test_a_fee_that_is_given_back_with_a_refund_is_booked_apart(self):
        self.fake.tell('merchants', mchid=self.merchant.mchid, is_fee_given_back=True)
        refund = self._refund_part(self._buy(100.0), 50.0)
        self._age()
        statement = self._fetch('flow')
        self.assertEqual((statement.state, statement.booking_error), ('matched', False))
        bank_line = statement.bank_statement_id.line_ids.sorted('id')[-1]
        self.assertRecordValues(bank_line, [{'amount': -49.7, 'is_reconciled': True}])
        self.assertRecordValues(bank_line.move_id.line_ids.sorted('balance'), [
            {'account_id': self.journal.default_account_id.id, 'balance': -49.7, 'reconciled': False},
            {'account_id': self.fee_account.id, 'balance': -0.3, 'reconciled': False},
            {'account_id': refund.payment_id.outstanding_account_id.id, 'balance': 50.0, 'reconciled': True}])
        self.assertEqual(self._get_account_balance(self.fee_account), 0.3)
        self._assert_balance()

    def test_days_follow_each_other(self):
        for day in range(3):
            self._buy(10.0 + day)
            self._age(1)
        self._age(1)
        self.merchant.statement_from = self.day - timedelta(days=2)
        self._run_cron()
        statements = self.env['distribution.wechat.statement'].search(
            [('merchant_id', '=', self.merchant.id), ('bank_statement_id', '!=', False)], order='day')
        self.assertRecordValues(statements.bank_statement_id.sorted('date'), [
            {'date': self.day - timedelta(days=2), 'balance_start': 0.0, 'balance_end_real': 9.94, 'is_valid': True},
            {'date': self.day - timedelta(days=1), 'balance_start': 9.94, 'balance_end_real': 20.87, 'is_valid': True},
            {'date': self.day, 'balance_start': 20.87, 'balance_end_real': 32.8, 'is_valid': True}])
        self._assert_balance()

    def test_a_payment_that_is_known_later_is_reconciled_then(self):
        """A payout in parts: one of its transfers has arrived, and it is booked once both have."""
        self.wechat.wechat_bill_max = 30.0
        payout = self._sent(50.0)
        first, second = payout.wechat_bill_ids.sorted('id')
        self._move(first, 'SUCCESS')
        self._run()
        self._age()
        statement = self._fetch('flow')
        bank_line = statement.bank_statement_id.line_ids
        self.assertEqual((statement.state, payout.state), ('matched', 'sent'))
        self.assertRecordValues(bank_line, [
            {'amount': -25.0, 'is_reconciled': False, 'partner_id': self.seller.partner_id.id}])
        self._move(second, 'SUCCESS')
        self._run()
        self.assertEqual(payout.state, 'done')
        statement.sudo().next_try_at = False
        self._run_cron()
        self.assertTrue(bank_line.is_reconciled)
        self.assertEqual(payout.payment_id.is_matched, False)
        outstanding = payout.payment_id.move_id.line_ids.filtered(
            lambda item: item.account_id == payout.payment_id.outstanding_account_id)
        self.assertEqual(outstanding.amount_residual, -25.0)

    def test_a_payment_without_an_entry_is_reconciled_with_its_invoice(self):
        """As with the accounting app, where a payment needs no outstanding account."""
        self.provider.journal_id.inbound_payment_method_line_ids.payment_account_id = False
        with patch.object(
            self.env.registry['account.move'], '_get_invoice_in_payment_state', lambda _self: 'in_payment'):
            invoice = self._invoice_tea(100.0)
            tx, second = self._buy(100.0, invoice_ids=invoice.ids), self._buy(20.0)
            self.assertFalse((tx | second).payment_id.move_id)
            self._age()
            statement = self._fetch('flow')
        self.assertRecordValues(statement.bank_statement_id.line_ids.sorted('id'), [
            {'amount': 100.0, 'is_reconciled': True, 'partner_id': self.customer.id},
            {'amount': -0.6, 'is_reconciled': True, 'partner_id': False},
            {'amount': 20.0, 'is_reconciled': False, 'partner_id': self.customer.id},
            {'amount': -0.12, 'is_reconciled': True, 'partner_id': False}])
        self.assertEqual((invoice.amount_residual, tx.payment_id.state), (0.0, 'paid'))
        self._assert_balance()

    def test_an_amount_that_differs_is_booked_once_explained_and_stays_open(self):
        tx = self._buy(100.0)
        self._age()
        self._spoil(of='flow', row='amount')
        statement = self._fetch('flow')
        self.assertEqual(statement.difference_ids.mapped('kind'), ['amount'])
        self.assertFalse(statement.bank_statement_id)
        statement.difference_ids.reason = "Agreed with the customer"
        statement.difference_ids.action_explain()
        self._run_cron()
        self.assertRecordValues(statement.bank_statement_id.line_ids.sorted('id'), [
            {'amount': 101.0, 'is_reconciled': False}, {'amount': -0.6, 'is_reconciled': True}])
        self.assertFalse(tx.payment_id.is_matched)

    def test_movements_that_do_not_add_up_are_not_booked(self):
        self._buy(100.0)
        self._age()
        for row in ('unknown', 'duplicate', 'fee'):
            with self.subTest(row):
                self._spoil(of='flow', row=row)
                statement = self.env['distribution.wechat.statement'].search(
                    [('day', '=', self.day), ('merchant_id', '=', self.merchant.id)]) or self._create_statement('flow')
                statement.action_fetch()
                self.assertIn("do not add up", statement.booking_error)
                self.assertFalse(statement.bank_statement_id)
        self._spoil()
        statement.action_fetch()
        self.assertEqual((statement.state, statement.booking_error), ('matched', False))
        self._assert_balance()

    def test_without_a_fee_account_fees_stay_open_until_there_is_one(self):
        self.merchant.fee_account_id = False
        self._buy(100.0)
        self._age()
        statement = self._fetch('flow')
        self.assertEqual(statement.bank_statement_id.line_ids.sorted('id').mapped('is_reconciled'), [True, False])
        self.merchant.fee_account_id = self.fee_account
        statement.sudo().next_try_at = False
        self._run_cron()
        self.assertEqual(self._get_account_balance(self.fee_account), 0.6)

    def test_a_journal_that_is_chosen_later_has_the_days_before(self):
        self.merchant.journal_id = False
        self._buy(100.0)
        self._age()
        statement = self._fetch('flow')
        self.assertEqual((statement.state, statement.bank_statement_id.id), ('matched', False))
        self.merchant.journal_id = self.journal
        self._run_cron()
        self.assertTrue(statement.bank_statement_id)
        self._assert_balance()

    def test_payments_that_are_booked_on_the_bank_account_are_not_booked_twice(self):
        self.journal.inbound_payment_method_line_ids.payment_account_id = self.journal.default_account_id
        self._buy(100.0)
        self._age()
        statement = self._fetch('flow')
        self.assertIn("booked twice", statement.booking_error)
        self.assertFalse(statement.bank_statement_id)

    def test_what_moved_in_a_closed_period_is_booked_on_the_first_open_day(self):
        self._buy(100.0)
        self._age()
        self.company.fiscalyear_lock_date = self.day
        statement = self._fetch('flow')
        self.assertRecordValues(statement, [{'state': 'matched', 'booking_error': False}])
        self.assertEqual(
            statement.bank_statement_id.line_ids.mapped('date'), [self.day + timedelta(days=1)] * 2)
        self._assert_balance()

    def test_a_movement_is_in_a_journal_once(self):
        self._buy(100.0)
        self._age()
        line = self._fetch('flow').bank_statement_id.line_ids[0]
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env['account.bank.statement.line'].create({
                'journal_id': self.journal.id, 'amount': 1.0, 'wechat_flow_number': line.wechat_flow_number})
