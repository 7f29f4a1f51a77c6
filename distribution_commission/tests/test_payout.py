from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestPayout(DistributionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_payable(quantity=10)      # the seller may withdraw 100

    def test_a_withdrawal_that_cannot_be_is_refused_and_moves_nothing(self):
        for amount, message in [
            (0, "above zero"), (-5.0, "above zero"), (100.01, "up to"), (1e12, "up to"),
            (10.001, "decimals"), ('ten', "Enter an amount"), (None, "Enter an amount"),
            (float('nan'), "Enter an amount"), (float('inf'), "Enter an amount"),
        ]:
            with self.subTest(amount=amount), self.assertRaisesRegex(UserError, message):
                self.seller._request_withdrawal(amount)
        self.assertBalances(self.seller, merchant=-100, payable=100)
        self.assertFalse(self.env['distribution.withdrawal'].search([]))

    def test_a_suspended_distributor_cannot_withdraw(self):
        self.seller._set_suspended("Review")
        with self.assertRaisesRegex(UserError, "under review"):
            self.seller._request_withdrawal(1.0)

    def test_a_level_bounds_what_is_withdrawn_on_a_day(self):
        self.seller.level_id = self.env['distribution.level'].create({'name': "Silver", 'withdrawal_daily_limit': 50})
        with freeze_time('2026-06-01 23:59:59'):
            self.seller._request_withdrawal(30.0)
            with self.assertRaisesRegex(UserError, r"50\.00 a day; .*20\.00 are left"):
                self.seller._request_withdrawal(20.01)
            self.assertBalances(self.seller, merchant=-100, payable=70, reserved=30)
            self.seller._request_withdrawal(20.0)._cancel_by_distributor()
            self.seller._request_withdrawal(20.0)
        with freeze_time('2026-06-02 00:00:00'):
            self.seller._request_withdrawal(50.0)
        self.assertBalances(self.seller, merchant=-100, reserved=100)

    def test_a_withdrawal_goes_to_an_own_account_only(self):
        with self.assertRaisesRegex(UserError, "your own"):
            self.seller._request_withdrawal(1.0, self.upline.payee_account_ids)
        self.assertBalances(self.seller, merchant=-100, payable=100)

    def test_whatever_ends_a_withdrawal_unpaid_gives_the_money_back(self):
        def refuse(withdrawal):
            withdrawal.action_refuse()

        def cancel(withdrawal):
            withdrawal._cancel_by_distributor()

        def fail(withdrawal):
            withdrawal.action_approve()
            withdrawal.payout_ids.action_mark_failed()

        for end, state in [(refuse, 'refused'), (cancel, 'cancelled'), (fail, 'failed')]:
            with self.subTest(state):
                withdrawal = self.seller._request_withdrawal(40.0)
                self.assertBalances(self.seller, merchant=-100, payable=60, reserved=40)
                end(withdrawal)
                self.assertRecordValues(withdrawal, [{'state': state}])
                self.assertBalances(self.seller, merchant=-100, payable=100)

    def test_states_only_move_forward(self):
        withdrawal = self.seller._request_withdrawal(40.0)
        withdrawal.action_approve()
        withdrawal.action_approve()
        self.assertEqual(len(withdrawal.payout_ids), 1)
        payout = withdrawal.payout_ids
        payout.action_send()
        with self.assertRaisesRegex(UserError, "any more"):
            withdrawal._cancel_by_distributor()
        payout.action_mark_done()
        payout.action_mark_done()
        self.assertEqual(self.env['account.payment'].search_count([('memo', '=', payout.name)]), 1)
        with self.assertRaisesRegex(UserError, "any more"):
            payout.action_mark_failed()
        self.assertBalances(self.seller, merchant=-100, payable=60, paid=40)

    @mute_logger('odoo.sql_db')
    def test_a_withdrawal_never_has_two_payouts_under_way(self):
        withdrawal = self.seller._request_withdrawal(40.0)
        withdrawal.action_approve()
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            withdrawal._create_payout()

    def test_a_failed_payout_is_tried_again_under_a_new_number(self):
        withdrawal = self.seller._request_withdrawal(40.0)
        withdrawal.action_approve()
        withdrawal.payout_ids.action_mark_failed()
        withdrawal.action_retry()
        self.assertEqual(len(set(withdrawal.payout_ids.mapped('name'))), 2)
        withdrawal.payout_ids.filtered(lambda payout: payout.state == 'draft').action_mark_done()
        self.assertBalances(self.seller, merchant=-100, payable=60, paid=40)

    def test_a_debt_after_payout_is_set_off_against_what_is_earned_next(self):
        invoice = self._make_payable(quantity=1)
        withdrawal = self.seller._request_withdrawal(110.0)
        withdrawal.action_approve()
        withdrawal.payout_ids.action_mark_done()
        self._refund(invoice)
        self._process()
        self._book()
        self.assertBalances(self.seller, merchant=-100, payable=-10, paid=110)
        with self.assertRaisesRegex(UserError, "up to"):
            self.seller._request_withdrawal(1.0)
        self._make_payable(quantity=3)
        self.assertBalances(self.seller, merchant=-130, payable=20, paid=110)
        with self.assertRaisesRegex(UserError, "up to"):
            self.seller._request_withdrawal(20.01)

    def test_a_refund_between_the_wish_and_the_payment_leaves_the_payment_reconciled(self):
        invoice = self._make_payable(quantity=1)
        first, second = self.seller._request_withdrawal(60.0), self.seller._request_withdrawal(50.0)
        self._refund(invoice)
        self._process()
        self._book()
        self.assertBalances(self.seller, merchant=-100, payable=-10, reserved=110)
        for withdrawal, balances in [
            (first, {'payable': -10, 'reserved': 50, 'paid': 60}),
            (second, {'payable': -10, 'paid': 110}),
        ]:
            withdrawal.action_approve()
            withdrawal.payout_ids.action_mark_done()
            self.assertBalances(self.seller, merchant=-100, **balances)
        self._make_payable(quantity=3)
        self.seller._request_withdrawal(20.0).action_approve()
        self.seller.invalidate_recordset()
        last = self.env['distribution.payout'].search([('state', '=', 'draft')])
        last.action_mark_done()
        self.assertBalances(self.seller, merchant=-130, paid=130)
        self.assertFalse(self.env['account.move.line'].search([     # the debt is set off by now
            ('account_id', '=', self.company.distribution_payable_account_id.id),
            ('partner_id', '=', self.seller.partner_id.id),
            ('reconciled', '=', False),
        ]))

    def test_companies_are_left_out_of_the_entry_with_the_reason(self):
        company = self._create_distributor("Company", kind='company')
        order = self._create_order(distributor=company)
        self._invoice(order)
        self._deliver(order)
        self._process()
        self._mature()
        run = self.env['distribution.settlement.run'].create({})
        run.action_prepare()
        self.assertFalse(run.settlement_ids)
        self.assertIn("settled against their invoice", run.left_out)
        with self.assertRaisesRegex(UserError, "Nothing is available"):
            run.action_post()
        self.assertBalances(company, merchant=-10, available=10)

    def test_money_under_review_is_held_and_not_lost(self):
        seller = self._create_distributor("Reviewed")
        self._make_payable(2, distributor=seller)
        order = self._create_order(distributor=seller)
        self._invoice(order)
        self._deliver(order)
        self._process()
        self._mature()
        requested = seller._request_withdrawal(5.0)
        check = self.env.ref('distribution_core.risk_check_shared_payee')
        signal = self.env['distribution.risk.signal'].sudo()._record(
            check, [{'distributor_id': seller.id, 'key': 'case', 'facts': {'distributors': 2}}])
        run = self.env['distribution.settlement.run'].create({})
        run.action_prepare()
        self.assertNotIn(seller, run.settlement_ids.distributor_id)
        self.assertIn("under review", run.left_out)
        with self.assertRaisesRegex(UserError, "under review"):
            seller._request_withdrawal(5.0)
        with self.assertRaisesRegex(UserError, "wait for a judgement"):
            requested.action_approve()
        self.assertBalances(seller, merchant=-30, available=10, payable=15, reserved=5)
        signal.action_dismiss()
        run.action_prepare()
        self.assertEqual(run.settlement_ids.distributor_id, seller)
        requested.action_approve()
        self.assertEqual(requested.state, 'approved')

    def test_a_run_is_posted_once(self):
        run = self.env['distribution.settlement.run'].search([], limit=1)
        with self.assertRaisesRegex(UserError, "posted already"):
            run.action_post()
        self.assertBalances(self.seller, merchant=-100, payable=100)

    def test_entries_go_to_the_first_open_day(self):
        self.company.fiscalyear_lock_date = '2026-01-31'
        self.assertEqual(str(self.company._distribution_get_open_date(fields.Date.to_date('2026-01-31'))), '2026-02-01')
        self.assertEqual(str(self.company._distribution_get_open_date(fields.Date.to_date('2026-02-01'))), '2026-02-01')
