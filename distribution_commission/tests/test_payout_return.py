from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..models.distribution_transfer import Transfer
from .common import DistributionCommon
from .test_tax import TaxCommon

REASON = "The account was closed"


class ReturnMixin:

    def _enter(self, payout, user=None, **values):
        """Enter that the money of a payout came back, and ask for it to be booked."""
        record = self.env['distribution.payout.return'].with_user(user or self.env.user).create({
            'payout_id': payout.id, 'reason': REASON, **values})
        record.action_submit()
        return record


@tagged('post_install', '-at_install')
class TestPayoutReturn(ReturnMixin, DistributionCommon):
    """The seller was paid 40 of 100; then the money comes back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_payable(quantity=10)
        cls.payout = cls._pay_out(40.0)
        cls.payable = cls.company.distribution_payable_account_id
        cls.finance, cls.second = (
            new_test_user(cls.env, login, groups='distribution_commission.group_distribution_finance')
            for login in ('finance', 'second'))

    @classmethod
    def _pay_out(cls, amount):
        withdrawal = cls.seller._request_withdrawal(amount)
        withdrawal.action_approve()
        withdrawal.payout_ids.action_mark_done()
        return withdrawal.payout_ids

    def _create_statement_line(self, amount):
        return self.env['account.bank.statement.line'].create({
            'journal_id': self.payout.payment_id.journal_id.id, 'amount': amount, 'payment_ref': self.payout.name,
            'date': fields.Date.today()})

    def test_what_came_back_is_the_distributors_again(self):
        paid_entry = self.payout.move_id
        form = Form(self.env['distribution.payout.return'].with_user(self.finance).with_context(
            **self.payout.with_user(self.finance).action_return()['context']))
        form.reason = REASON
        record = form.save()
        record.action_submit()
        self.assertRecordValues(record, [{
            'state': 'posted', 'amount': 40, 'net_amount': 40, 'author_id': self.finance.id, 'approved_by_id': False}])
        self.assertRecordValues(self.payout, [{'state': 'returned'}])
        self.assertRecordValues(self.payout.withdrawal_id, [{'state': 'returned', 'refusal_reason': REASON}])
        self.assertRecordValues(record.payment_id, [{
            'payment_type': 'inbound', 'amount': 40, 'journal_id': self.payout.payment_id.journal_id.id}])
        partner = self.seller.partner_id.id
        self.assertRecordValues(record.move_id.line_ids.sorted('balance'), [
            {'account_id': self.payable.id, 'balance': -40, 'partner_id': partner, 'reconciled': False},
            {'account_id': record.payment_id.outstanding_account_id.id, 'balance': 40, 'partner_id': partner,
             'reconciled': False},
        ])
        self.assertEqual(
            paid_entry.line_ids.filtered(lambda line: line.account_id == self.payable).mapped('reconciled'), [True])
        self.assertRecordValues(self.env['distribution.transfer'].search(
            [('withdrawal_id', '=', self.payout.withdrawal_id.id)], limit=1), [
                {'source': 'paid', 'destination': 'payable', 'amount': 40, 'reason': 'return'}])
        self.assertBalances(self.seller, merchant=-100, payable=100)

    def test_it_is_paid_once_more_only_when_it_is_asked_for_again(self):
        self._enter(self.payout)
        with self.assertRaisesRegex(UserError, "cannot become"):
            self.payout.withdrawal_id.action_retry()
        again = self._pay_out(100.0)
        self.assertBalances(self.seller, merchant=-100, paid=100)
        self.assertNotEqual(again.name, self.payout.name)
        self.assertFalse(self.env['account.move.line'].search([
            ('account_id', '=', self.payable.id), ('partner_id', '=', self.seller.partner_id.id),
            ('reconciled', '=', False)]))

    def test_it_comes_back_once_and_nothing_moves_backwards(self):
        record = self._enter(self.payout)
        for step, message in [
            (record.action_submit, "is not a payout that was done"),
            (record.action_approve, "Somebody other than"),
            (record.with_user(self.second).action_approve, None),
            (self.payout.action_mark_done, "cannot become"),
            (self.payout.action_mark_failed, "cannot become"),
            (self.payout.withdrawal_id._cancel_by_distributor, "cannot become"),
            (self.payout.withdrawal_id.action_refuse, "cannot become"),
        ]:
            with self.subTest(step.__name__):
                if message:
                    with self.assertRaisesRegex(UserError, message):
                        step()
                else:
                    step()
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env['distribution.payout.return'].create({'payout_id': self.payout.id, 'reason': "Again"})
        self.payout._process({'amount': 40.0})
        self.assertEqual(self.payout.state, 'returned')
        self.assertEqual(self.env['distribution.transfer'].search_count([('reason', '=', 'return')]), 1)
        self.assertBalances(self.seller, merchant=-100, payable=100)

    def test_above_the_limit_a_second_person_approves(self):
        self.company.distribution_approval_limit = 39.99
        record = self._enter(self.payout, self.finance)
        self.assertEqual(record.state, 'waiting')
        self.assertBalances(self.seller, merchant=-100, payable=60, paid=40)
        with self.assertRaisesRegex(UserError, "Somebody other than"):
            record.action_approve()
        with self.assertRaisesRegex(UserError, "Only a draft"):
            record.with_user(self.finance).reason = "Another one"
        self.assertEqual(self.payout.state, 'done')
        record.with_user(self.second).action_approve()
        self.assertRecordValues(record, [{'state': 'posted', 'approved_by_id': self.second.id}])
        self.assertBalances(self.seller, merchant=-100, payable=100)

    def test_what_was_refused_can_be_entered_again(self):
        self.company.distribution_approval_limit = 39.99
        self._enter(self.payout, self.finance).with_user(self.second).action_refuse()
        self.assertBalances(self.seller, merchant=-100, payable=60, paid=40)
        self._enter(self.payout, self.finance).with_user(self.second).action_approve()
        self.assertBalances(self.seller, merchant=-100, payable=100)

    def test_only_what_was_paid_in_money_comes_back_and_not_before_nor_in_the_future(self):
        waiting = self.seller._request_withdrawal(10.0)
        waiting.action_approve()
        today = self.company._distribution_get_today()
        for payout, day, message in [
            (waiting.payout_ids, today, "is not a payout that was done"),
            (self.payout, fields.Date.add(today, days=1), "not in the future"),
            (self.payout, fields.Date.subtract(today, days=1), "after it was paid"),
        ]:
            with self.subTest(message), self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
                self._enter(payout, returned_on=day)
        self.payout.payment_id = False      # as of a channel that pays in something else
        with self.assertRaisesRegex(UserError, "not paid in money"), self.env.cr.savepoint():
            self._enter(self.payout)
        self.assertEqual(self.payout.state, 'done')

    def test_officers_only_look(self):
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        with self.assertRaises(AccessError):
            self._enter(self.payout, officer)
        record = self._enter(self.payout, self.finance)
        self.assertEqual(record.with_user(officer).reason, REASON)
        with self.assertRaises(UserError):
            record.with_user(self.finance).unlink()

    def test_the_bank_statement_shows_both_and_both_are_reconciled(self):
        out, back = self._create_statement_line(-40.0), self._create_statement_line(40.0)
        self.payout.action_match_statement()
        self.assertEqual((out.is_reconciled, back.is_reconciled), (True, False))
        record = self._enter(self.payout)
        self.payout.action_match_statement()
        self.payout.action_match_statement()
        self.assertEqual((out.is_reconciled, back.is_reconciled), (True, True))
        self.assertTrue(record.payment_id.is_matched)
        outstanding = self.payout.payment_id.outstanding_account_id | record.payment_id.outstanding_account_id
        items = self.env['account.move.line'].search([
            ('account_id', 'in', outstanding.ids), ('partner_id', '=', self.seller.partner_id.id)])
        self.assertEqual(set(items.mapped('reconciled')), {True})
        self.assertBalances(self.seller, merchant=-100, payable=100)

    @mute_logger('odoo.sql_db')
    def test_the_ledger_lets_money_come_back_by_a_return_only(self):
        for source, reason in [('paid', 'release'), ('withheld', 'tax'), ('reserved', 'return')]:
            with self.subTest(source), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.env['distribution.transfer'].sudo()._post([Transfer(
                    idempotency_key=f'wrong:{source}', distributor_id=self.seller.id, source=source,
                    destination='payable', amount=100, reason=reason)], self.company)

    def test_the_books_check_sees_a_return_of_less_than_was_paid(self):
        self.env.cr.execute("UPDATE distribution_payout SET state = 'returned' WHERE id = %s", [self.payout.id])
        self.env.invalidate_all()
        [difference] = [
            difference for difference in self.env['distribution.books'].check()
            if difference['check'] == "what came back is all of the payout"]
        self.assertEqual((difference['expected'], difference['actual']), ('40.00', '0'))

    def test_the_steps_say_that_it_came_back(self):
        self._enter(self.payout)
        self.assertEqual(
            [(step[0], step[2]) for step in self.payout.withdrawal_id._get_steps()],
            [("Asked for", True), ("Approved", True), ("Sent", True), ("Paid", True), ("Returned", True)])


@tagged('post_install', '-at_install')
class TestTaxedPayoutReturn(ReturnMixin, TaxCommon):

    def test_the_tax_is_given_back_and_the_month_is_taxed_without_it(self):
        self.company.distribution_withdrawal_fee_fixed = 5.0
        with self._at('2026-06-10 12:00:00'):
            first, second = self._pay_out(3000.0), self._pay_out(3000.0)
            self.assertTaxes(440, 520)
        with self._at('2026-06-20 12:00:00'):
            record = self._enter(first)
            company, payment = self.company, record.payment_id
            fee_account = company.distribution_fee_account_id or company.distribution_expense_account_id
            self.assertRecordValues(record.move_id.line_ids.sorted('balance'), [
                {'account_id': company.distribution_payable_account_id.id, 'balance': -3000},
                {'account_id': fee_account.id, 'balance': 5},
                {'account_id': company.distribution_tax_account_id.id, 'balance': 440},
                {'account_id': payment.outstanding_account_id.id, 'balance': 2555},
            ])
            self.assertBalances(
                self.seller, merchant=-200_000, payable=197_000, paid=2475, fee=5, withheld=520)
            third = self._pay_out(1000.0)       # 4000 in the month: 640, of which 520 are withheld
            self.assertEqual((second.tax_amount, third.tax_amount), (520, 120))
        report = self.env['distribution.tax.report'].search([('distributor_id', '=', self.seller.id)])
        self.assertEqual((sum(report.mapped('amount')), sum(report.mapped('tax_amount'))), (4000, 640))
        self.assertBooks()


@tagged('post_install', '-at_install')
class TestPayoutReturnAfterClose(ReturnMixin, DistributionCommon):
    """Paid in June, which is closed; the money comes back in July."""

    def test_a_closed_month_stays_and_the_open_one_takes_it(self):
        with freeze_time('2026-06-10 08:00:00'):
            self._make_payable(2)
            withdrawal = self.seller._request_withdrawal(20.0)
            withdrawal.action_approve()
            withdrawal.payout_ids.action_mark_done()
            self._book()
        finance = new_test_user(self.env, 'finance', groups='distribution_commission.group_distribution_finance')
        periods = self.env['distribution.period'].sudo()
        with freeze_time('2026-07-05 08:00:00'):
            periods._open_until_now(self.company)
            july, june = periods.search([('company_id', '=', self.company.id)])
            june.with_user(finance).action_close()
        before = self.env['account.move.line'].search([
            ('date', '<', '2026-07-01'), ('company_id', '=', self.company.id)])
        values = before.read(['balance', 'amount_residual', 'reconciled'])
        with freeze_time('2026-07-06 08:00:00'):
            record = self._enter(withdrawal.payout_ids, returned_on='2026-06-28')
        self.assertRecordValues(record.move_id, [{'date': fields.Date.to_date('2026-07-01'), 'state': 'posted'}])
        self.assertEqual(before.read(['balance', 'amount_residual', 'reconciled']), values)
        with freeze_time('2026-08-05 08:00:00'):
            july.with_user(finance).action_close()
        self.env.invalidate_all()
        self.assertRecordValues(june | july, [
            {'paid_amount': 20, 'returned_amount': 0}, {'paid_amount': 0, 'returned_amount': 20}])
        self.assertBalances(self.seller, merchant=-20, payable=20)
