from itertools import pairwise

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..models.distribution_transfer import Transfer
from .test_settlement import SettlementCommon


@tagged('post_install', '-at_install')
class TestPeriod(SettlementCommon):
    """June 2026: two sales, one of them settled and paid out. It is closed in July."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = 'Asia/Shanghai'
        cls.Period = cls.env['distribution.period'].sudo()
        with freeze_time('2026-06-10 08:00:00'):
            cls.invoice = cls._make_available(2)
            cls._book()
        with freeze_time('2026-06-20 08:00:00'):
            cls._settle()
            cls.withdrawal = cls.seller._request_withdrawal(20.0)
            cls.withdrawal.action_approve()
            cls.withdrawal.payout_ids.action_mark_done()
        with freeze_time('2026-07-05 08:00:00'):
            cls.Period._open_until_now(cls.company)
        cls.july, cls.june = cls.Period.search([('company_id', '=', cls.company.id)])
        cls.finance = new_test_user(cls.env, 'finance', groups='distribution_commission.group_distribution_finance')

    def _close(self):
        with freeze_time('2026-07-05 08:00:00'):
            self.june.with_user(self.finance).action_close()
        self.env.invalidate_all()

    def test_closing_keeps_the_figures(self):
        self._close()
        self.assertRecordValues(self.june, [{
            'state': 'closed', 'closed_by_id': self.finance.id, 'accrued_amount': 30, 'taken_back_amount': 0,
            'settled_amount': 30, 'paid_amount': 20, 'unsettled_amount': 0}])
        self.assertEqual([str(self.june.period_start), str(self.june.period_end)], ['2026-06-01', '2026-07-01'])
        self.assertBooks()

    def test_a_refund_after_payout_and_close_is_booked_in_the_open_period_and_linked(self):
        self._close()
        statement = self.env['distribution.settlement'].search([('distributor_id', '=', self.seller.id)])
        with freeze_time('2026-07-06 08:00:00'):
            self._refund(self.invoice)
            self._process()
            self._book()
        self.assertBalances(self.seller, payable=-20, paid=20)
        late = self.env['distribution.transfer'].search([
            ('distributor_id', '=', self.seller.id), ('reason', '=', 'clawback')])
        self.assertRecordValues(late.move_line_id.move_id, [{'date': fields.Date.to_date('2026-07-06')}])
        self.assertRecordValues(late.move_line_id.move_id.line_ids.filtered('partner_id').sorted('balance'), [
            {'account_id': self.payable.id, 'balance': 10, 'partner_id': self.upline.partner_id.id},
            {'account_id': self.payable.id, 'balance': 20, 'partner_id': self.seller.partner_id.id},
        ])
        self.assertRecordValues(late.corrects_id, [{'reason': 'accrual', 'amount': 20}])
        self.assertEqual(
            self.env['distribution.transfer'].search(self.june.action_view_late_changes()['domain']).sorted('id'),
            self.env['distribution.transfer'].search([('reason', '=', 'clawback')]).sorted('id'))
        self.assertRecordValues(statement, [{'amount': 20}])
        self.assertEqual(self.june._get_figures()['accrued_amount'], 30)

    def test_nothing_is_booked_into_a_closed_period_any_more(self):
        self._close()
        june = fields.Date.to_date('2026-06-15')
        self.assertEqual(str(self.company._distribution_get_open_date(june)), '2026-07-01')
        move = self.env['account.move'].create({
            'journal_id': self.company.distribution_journal_id.id, 'date': june,
            'line_ids': [
                Command.create({'account_id': self.accrued.id, 'balance': 5}),
                Command.create({'account_id': self.company.distribution_expense_account_id.id, 'balance': -5})],
        })
        with self.assertRaisesRegex(UserError, "closed until"):
            move.action_post()
        self.assertEqual(move.state, 'draft')
        transfer = Transfer('late', self.seller.id, 'payable', 'reserved', 1, 'reservation')
        with self.assertRaisesRegex(UserError, "closed period"):
            self.env['distribution.transfer']._post([transfer], self.company, '2026-06-30 15:59:59')
        self.assertBooks()

    def test_a_period_is_not_closed_while_the_books_differ(self):
        self.env.cr.execute(
            "UPDATE distribution_balance SET amount = amount + 1 WHERE distributor_id = %s AND bucket = 'payable'",
            [self.seller.id])
        with self.assertRaisesRegex(UserError, "balances are the sums"):
            self._close()
        self.assertEqual(self.june.state, 'open')

    def test_periods_are_closed_in_their_order_when_they_are_over(self):
        with freeze_time('2026-06-30 15:59:59'), self.assertRaisesRegex(UserError, "not over"):
            self.june.with_user(self.finance).action_close()
        with freeze_time('2026-08-05 08:00:00'), self.assertRaisesRegex(UserError, "earlier period"):
            self.july.with_user(self.finance).action_close()
        self.assertEqual((self.june + self.july).mapped('state'), ['open', 'open'])
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        with freeze_time('2026-07-05 08:00:00'), self.assertRaises(AccessError):
            self.june.with_user(officer).action_close()

    def test_an_administrator_reopens_the_last_one_with_a_reason(self):
        self._close()
        with self.assertRaises(AccessError):
            self.june.with_user(self.finance)._reopen("Because")
        manager = new_test_user(self.env, 'manager', groups='distribution_core.group_distribution_manager')
        with self.assertRaisesRegex(UserError, "Say why"):
            self.june.with_user(manager)._reopen("  ")
        self.assertEqual(self.june.state, 'closed')
        wizard = self.env['distribution.period.reopen'].with_user(manager).create({
            'period_id': self.june.id, 'reason': "The auditor asks for it"})
        wizard.action_confirm()
        self.assertEqual(self.june.state, 'open')
        self.assertIn("The auditor asks for it", "".join(self.june.message_ids.mapped('body')))
        with self.assertRaises(AccessError):
            self.june.with_user(manager).write({'state': 'closed'})

    def test_only_the_last_closed_period_is_reopened(self):
        self._close()
        with freeze_time('2026-08-05 08:00:00'):
            self.july.with_user(self.finance).action_close()
        with self.assertRaisesRegex(UserError, "later period"):
            self.june.with_user(new_test_user(
                self.env, 'manager', groups='distribution_core.group_distribution_manager'))._reopen("Because")
        self.assertEqual(self.june.state, 'closed')

    def test_months_tile_without_a_gap(self):
        with freeze_time('2027-02-01 08:00:00'):
            self.Period._open_until_now(self.company)
            self.Period._open_until_now(self.company)
        periods = self.Period.search([('company_id', '=', self.company.id)], order='period_start')
        self.assertEqual(len(periods), 9)
        for period, following in pairwise(periods):
            self.assertEqual(period.period_end, following.period_start)


@tagged('post_install', '-at_install')
class TestBooksRun(SettlementCommon):

    @mute_logger('odoo.addons.distribution_commission.models.distribution_books_run')
    def test_what_differs_is_kept_explained_and_somebody_is_called(self):
        self._make_available()
        self._book()
        runs = self.env['distribution.books.run'].sudo()
        runs._cron_check()
        self.assertEqual(runs.search([], limit=1).difference_count, 0)
        stray = self.env['account.move'].create({'line_ids': [
            Command.create({'account_id': self.accrued.id, 'balance': -7}),
            Command.create({'account_id': self.company.distribution_expense_account_id.id, 'balance': 7})]})
        stray.action_post()
        runs._cron_check()
        run = runs.search([], limit=1)
        difference = run.difference_ids.filtered(lambda row: row.detail == f'account {self.accrued.id}')
        self.assertRecordValues(difference, [{
            'expected_amount': 15, 'actual_amount': 22, 'amount': 7, 'company_id': self.company.id, 'state': 'open'}])
        self.assertEqual(len(run.activity_ids), 1)
        difference.action_explain()
        self.assertEqual(difference.pieces, f"{stray.name}: {self.company.currency_id.format(7.0)}")
        finance = new_test_user(self.env, 'finance', groups='distribution_commission.group_distribution_finance')
        difference.with_user(finance).note = "A stray entry, taken back tomorrow"
        self.assertRecordValues(difference, [{'state': 'explained', 'explained_by_id': finance.id}])
        with self.assertRaisesRegex(UserError, "buttons only"):
            difference.with_user(finance).write({'amount': 0})
        runs._cron_check()
        again = runs.search([], limit=1).difference_ids.filtered(lambda row: row.detail == difference.detail)
        self.assertRecordValues(again, [{'state': 'explained', 'note': difference.note}])
