from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestWithdrawal(DistributionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_payable(quantity=10)      # the seller may withdraw 100
        cls.account = cls.seller.payee_account_ids
        cls.anna, cls.bert = (
            new_test_user(cls.env, login, groups='distribution_commission.group_distribution_finance')
            for login in ('anna', 'bert'))
        cls.officer = new_test_user(cls.env, 'officer', groups='distribution_core.group_distribution_user')

    def _assert_nothing_moved(self):
        self.assertFalse(self.env['distribution.withdrawal'].search([]))
        self.assertBalances(self.seller, merchant=-100, payable=100)

    def test_the_company_bounds_each_withdrawal_and_says_so(self):
        self.company.write({'distribution_withdrawal_min': 10, 'distribution_withdrawal_max': 60})
        for amount, message in [(9.99, r"10\.00 or more"), (60.01, r"up to .*60\.00 at a time")]:
            with self.subTest(amount=amount), self.assertRaisesRegex(UserError, message):
                self.seller._request_withdrawal(amount)
        self._assert_nothing_moved()
        for amount in (10.0, 60.0):
            self.seller._request_withdrawal(amount)
        self.assertBalances(self.seller, merchant=-100, payable=30, reserved=70)

    def test_the_company_bounds_what_is_asked_for_on_one_of_its_days(self):
        self.company.partner_id.tz = 'Asia/Shanghai'
        self.company.write({'distribution_withdrawal_daily_limit': 50, 'distribution_withdrawal_daily_count': 2})
        with freeze_time('2026-06-01 15:59:59'):        # a second before midnight
            self.seller._request_withdrawal(20.0)
            with self.assertRaisesRegex(UserError, r"50\.00 a day; .*30\.00 are left"):
                self.seller._request_withdrawal(30.01)
            self.seller._request_withdrawal(20.0)
            with self.assertRaisesRegex(UserError, "2 withdrawals a day"):
                self.seller._request_withdrawal(1.0)
        with freeze_time('2026-06-01 16:00:00'):
            self.seller._request_withdrawal(50.0)
        self.assertBalances(self.seller, merchant=-100, payable=10, reserved=90)

    def test_money_goes_to_a_verified_own_account_of_an_identified_person_only(self):
        def shut(record):
            record.sudo().write({'verified_at': False})

        for name, prepare, message in [
            ("account not verified", lambda: shut(self.account), "until we have verified it"),
            ("account archived", lambda: self.account.write({'active': False}), "until we have verified it"),
            ("identity not verified", lambda: shut(self.seller.identity_ids), "your identity has to be verified"),
            ("number typed anew", lambda: self.account.write({'number': '6222000011110000'}), "until we have verified"),
            ("another's account", lambda: None, "your own only"),
            ("employee", lambda: self.seller.write({'kind': 'employee'}), "with their salary"),
            ("suspended", lambda: self.seller._set_suspended("Review"), "under review"),
        ]:
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                prepare()
                account = self.upline.payee_account_ids if name == "another's account" else None
                with self.assertRaisesRegex(UserError, message):
                    self.seller._request_withdrawal(1.0, account)
                savepoint.rollback()
                self.env.invalidate_all()
            self._assert_nothing_moved()

    def test_odoo_shows_no_more_than_the_mask_of_an_account(self):
        withdrawal = self.seller._request_withdrawal(5.0)
        self.assertEqual(withdrawal.account_name, self.account.display_name)
        self.assertIn(f'{self.seller.id:08}'[-4:], withdrawal.account_name)
        self.assertNotIn(f'62220212{self.seller.id:08}', withdrawal.account_name)

    def test_an_account_that_was_changed_since_is_not_paid_to(self):
        withdrawal = self.seller._request_withdrawal(5.0)
        self.account.number = '6222000011110000'
        for verified in (False, True):
            with self.subTest(verified=verified):
                if verified:
                    self.account.action_verify()
                with self.assertRaisesRegex(UserError, "has to ask anew"):
                    withdrawal.action_approve()
        self.assertEqual(withdrawal.state, 'requested')
        self.assertFalse(withdrawal.payout_ids)

    def test_a_fee_is_shown_before_kept_and_booked(self):
        account = self.env['account.account'].create({
            'name': "Fees", 'code': 'FEE01', 'account_type': 'income_other', 'company_ids': [self.company.id]})
        for fee_account, credited in [
            (False, self.company.distribution_expense_account_id), (account, account),
        ]:
            with self.subTest(fee_account=fee_account):
                self.company.write({
                    'distribution_withdrawal_fee_fixed': 1.0, 'distribution_withdrawal_fee_rate': 2.0,
                    'distribution_fee_account_id': fee_account})
                withdrawal = self.seller._request_withdrawal(30.0)
                self.assertRecordValues(withdrawal, [{'amount': 30.0, 'fee_amount': 1.6, 'net_amount': 28.4}])
                self.company.distribution_withdrawal_fee_fixed = 20.0      # what was promised stays
                withdrawal.action_approve()
                payout = withdrawal.payout_ids
                self.assertRecordValues(payout, [{'amount': 30.0, 'fee_amount': 1.6, 'net_amount': 28.4}])
                payout.action_mark_done()
                self.assertEqual(payout.payment_id.amount, 28.4)
                self.assertRecordValues(payout.payment_id.move_id.line_ids.sorted('balance'), [
                    {'balance': -28.4, 'account_id': payout.payment_id.outstanding_account_id.id, 'reconciled': False},
                    {'balance': -1.6, 'account_id': credited.id, 'reconciled': False},
                    {'balance': 30.0, 'account_id': self.company.distribution_payable_account_id.id, 'reconciled': True},
                ])
        self.assertBalances(self.seller, merchant=-100, payable=40, paid=56.8, fee=3.2)

    def test_a_fee_that_leaves_nothing_is_refused(self):
        self.company.distribution_withdrawal_fee_fixed = 5.0
        with self.assertRaisesRegex(UserError, "leave nothing"):
            self.seller._request_withdrawal(5.0)
        self._assert_nothing_moved()

    def test_whoever_asked_does_not_approve(self):
        wizard = self.env['distribution.withdrawal.request'].with_user(self.anna).create({
            'distributor_id': self.seller.id, 'amount': 10.0})
        withdrawal = self.env['distribution.withdrawal'].browse(wizard.action_apply()['res_id'])
        self.assertEqual(withdrawal.entered_by_id, self.anna)
        with self.assertRaisesRegex(UserError, "Somebody other than anna"):
            withdrawal.with_user(self.anna).action_approve()
        withdrawal.with_user(self.bert).action_approve()
        self.assertRecordValues(withdrawal, [{'state': 'approved', 'approved_by_id': self.bert.id}])

    def test_nobody_approves_the_own_withdrawal(self):
        self.anna.partner_id = self.seller.partner_id
        withdrawal = self.seller._request_withdrawal(10.0)
        with self.assertRaisesRegex(UserError, "paid to themselves"):
            withdrawal.with_user(self.anna).action_approve()
        self.assertEqual(withdrawal.state, 'requested')

    def test_above_the_limit_a_second_person_approves_too(self):
        self.company.distribution_approval_limit = 20.0
        within, above = self.seller._request_withdrawal(20.0), self.seller._request_withdrawal(20.01)
        (within | above).with_user(self.anna).action_approve()
        self.assertEqual((within | above).mapped('state'), ['approved', 'checked'])
        self.assertFalse(above.payout_ids)
        with self.assertRaisesRegex(UserError, "Somebody other than anna"):
            above.with_user(self.anna).action_approve()
        above.with_user(self.bert).action_approve()
        self.assertRecordValues(above, [{
            'state': 'approved', 'checked_by_id': self.anna.id, 'approved_by_id': self.bert.id}])
        self.assertEqual(len(above.payout_ids), 1)

    def test_of_several_those_that_cannot_be_approved_stay_and_are_named(self):
        first, second = self.seller._request_withdrawal(10.0), self.upline._request_withdrawal(10.0)
        self.upline._set_suspended("Review")
        action = (first | second).with_user(self.anna).action_approve()
        self.assertEqual((first | second).mapped('state'), ['approved', 'requested'])
        self.assertEqual(action['params']['title'], "1 approved, 1 not")
        self.assertIn(second.name, action['params']['message'])
        self.assertNotIn(first.name, action['params']['message'])

    def test_a_distributor_takes_back_what_was_not_sent(self):
        for sent, state in [(False, 'cancelled'), (True, 'approved')]:
            with self.subTest(sent=sent):
                withdrawal = self.seller._request_withdrawal(10.0)
                withdrawal.action_approve()
                if sent:
                    withdrawal.payout_ids.action_send()
                    with self.assertRaisesRegex(UserError, "any more"):
                        withdrawal._cancel_by_distributor()
                else:
                    withdrawal._cancel_by_distributor()
                    self.assertEqual(withdrawal.payout_ids.state, 'cancelled')
                self.assertEqual(withdrawal.state, state)
        self.assertBalances(self.seller, merchant=-100, payable=90, reserved=10)

    def test_nobody_writes_what_the_buttons_set(self):
        withdrawal = self.seller._request_withdrawal(10.0)
        withdrawal.action_approve()
        payout = withdrawal.payout_ids
        portal = new_test_user(self.env, 'seller', groups='base.group_portal')
        portal.partner_id = self.seller.partner_id
        for record, values in [
            *((withdrawal, {name: value}) for name, value in [
                ('state', 'paid'), ('amount', 1.0), ('fee_amount', 1.0), ('account_id', False), ('entered_by_id', False),
                ('approved_by_id', self.anna.id), ('distributor_id', self.upline.id), ('is_channel_chosen', True),
            ]),
            *((payout, {name: value}) for name, value in [
                ('state', 'done'), ('name', 'X'), ('amount', 1.0), ('net_amount', 1.0), ('payment_id', False),
                ('sent_at', '2026-01-01'), ('channel_id', False),
            ]),
        ]:
            for user, error in [(self.anna, UserError), (self.officer, AccessError), (portal, AccessError)]:
                with self.subTest(record=record._name, values=values, user=user.login), self.assertRaises(error):
                    record.with_user(user).write(values)
        for method in ('action_approve', 'action_refuse', 'action_retry'):
            for user in (self.officer, portal):
                with self.subTest(method=method, user=user.login), self.assertRaises(AccessError):
                    getattr(withdrawal.with_user(user), method)()
        for method in ('action_send', 'action_mark_done', 'action_mark_failed'):
            for user in (self.officer, portal):
                with self.subTest(method=method, user=user.login), self.assertRaises(AccessError):
                    getattr(payout.with_user(user), method)()
        self.assertRecordValues(withdrawal, [{'state': 'approved', 'amount': 10.0}])
        self.assertRecordValues(payout, [{'state': 'draft', 'net_amount': 10.0}])

    def test_finance_does_all_of_it_with_its_own_rights(self):
        withdrawal = self.seller._request_withdrawal(10.0)
        withdrawal.with_user(self.anna).write({'channel_id': self.channel.id})
        withdrawal.with_user(self.anna).action_approve()
        withdrawal.payout_ids.with_user(self.anna).action_send()
        withdrawal.payout_ids.with_user(self.anna).action_mark_failed()
        withdrawal.with_user(self.anna).action_retry()
        withdrawal.payout_ids.filtered(lambda payout: payout.state == 'draft').with_user(self.anna).action_mark_done()
        self.assertBalances(self.seller, merchant=-100, payable=90, paid=10)

    def test_the_nightly_checks_find_money_that_went_elsewhere_or_past_the_second_person(self):
        def get_states():
            rows = self.env['distribution.policy.rule'].sudo()._evaluate(self.company)[1]
            return {code: state for code, _severity, state, _evidence in rows if code in ('R38', 'R39')}

        withdrawal = self.seller._request_withdrawal(40.0)
        withdrawal.action_approve()
        withdrawal.payout_ids.action_mark_done()
        self.assertEqual(get_states(), {'R38': 'green', 'R39': 'green'})
        self.company.distribution_approval_limit = 39.99
        self.assertEqual(get_states(), {'R38': 'green', 'R39': 'red'})
        withdrawal.sudo().account_id = self.upline.payee_account_ids
        self.assertEqual(get_states(), {'R38': 'red', 'R39': 'red'})

    # === DEFECTS OF PEERS === #

    def test_c1_08_a_distributor_cannot_say_that_it_was_paid(self):
        withdrawal = self.seller._request_withdrawal(10.0)
        portal = new_test_user(self.env, 'seller', groups='base.group_portal')
        portal.partner_id = self.seller.partner_id
        with self.assertRaises(AccessError):
            withdrawal.with_user(portal).write({'state': 'paid'})
        with self.assertRaises(AccessError):
            withdrawal.with_user(portal).action_approve()

    def test_c1_18_refusing_twice_gives_the_money_back_once(self):
        withdrawal = self.seller._request_withdrawal(40.0)
        for _time in range(2):
            withdrawal.action_refuse()
        self.assertBalances(self.seller, merchant=-100, payable=100)
        withdrawal = self.seller._request_withdrawal(40.0)
        withdrawal.action_approve()
        withdrawal.payout_ids.action_mark_failed()
        withdrawal.payout_ids.action_mark_failed()
        with self.assertRaisesRegex(UserError, "any more"):
            withdrawal.action_refuse()
        self.assertBalances(self.seller, merchant=-100, payable=100)

    def test_a_negative_amount_is_refused(self):
        with self.assertRaisesRegex(UserError, "above zero"):
            self.seller._request_withdrawal(-1.0)
        self._assert_nothing_moved()
