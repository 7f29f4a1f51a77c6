from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.distribution_core.models.distribution_policy_rule import Subject

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestDispute(DistributionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._invoice(cls._create_order(3))
        cls._process()
        cls.commission = cls.env['distribution.commission'].search([('distributor_id', '=', cls.seller.id)])
        cls.officer, cls.finance = (
            new_test_user(cls.env, login, groups=group) for login, group in (
                ('officer', 'distribution_core.group_distribution_user'),
                ('finance', 'distribution_commission.group_distribution_finance')))

    def _submit(self, **values):
        return self.env['distribution.dispute'].sudo()._submit(self.seller, {
            'kind': 'amount', 'commission_id': self.commission.id, 'description': "It should be more", **values})

    def test_deadlines_count_working_days(self):
        for day, acknowledge_by, answer_by in [
            ('2026-06-01', '2026-06-02', '2026-06-22'),     # a Monday
            ('2026-06-05', '2026-06-08', '2026-06-26'),     # a Friday
            ('2026-06-06', '2026-06-08', '2026-06-26'),     # a Saturday
        ]:
            with self.subTest(day), freeze_time(f'{day} 08:00:00'):
                dispute = self._submit()
                self.assertEqual(
                    [str(dispute.acknowledge_by), str(dispute.answer_by)], [acknowledge_by, answer_by])
                dispute._withdraw()

    def test_an_officer_decides_with_a_reason_and_the_adjustment_is_linked(self):
        dispute = self._submit().with_user(self.officer)
        dispute.action_acknowledge()
        with self.assertRaisesRegex(UserError, "reason first"):
            dispute.action_uphold()
        self.assertEqual(dispute.state, 'acknowledged')
        dispute.decision = "You are right."
        dispute.action_uphold()
        self.assertRecordValues(dispute.sudo(), [{'state': 'upheld', 'decided_by_id': self.officer.id, 'days_open': 0}])
        action = dispute.with_user(self.finance).action_adjust()
        adjustment = self.env['distribution.adjustment'].with_user(self.finance).with_context(
            **action['context']).create({'amount': 2})
        adjustment.action_submit()
        self.assertRecordValues(adjustment, [{
            'state': 'posted', 'dispute_id': dispute.id, 'commission_id': self.commission.id}])
        self.env.invalidate_all()
        self.assertEqual(dispute.adjusted_amount, 2)
        self._book()
        self.assertBalances(self.seller, merchant=-32, pending=32)

    def test_states_move_forward_by_the_gate_only(self):
        dispute = self._submit().with_user(self.officer)
        for values in ({'state': 'upheld'}, {'answer_by': '2100-01-01'}, {'decided_by_id': self.officer.id}):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, "buttons only"):
                dispute.write(values)
        dispute.decision = "No."
        dispute.action_reject()
        for refused in (dispute.action_uphold, dispute.sudo()._withdraw):
            with self.assertRaisesRegex(UserError, "any more"):
                refused()
        with self.assertRaisesRegex(UserError, "kept as it is"):
            dispute.decision = "Yes."
        with self.assertRaisesRegex(UserError, "kept as a record"):
            dispute.sudo().unlink()
        self.assertRecordValues(dispute, [{'state': 'rejected', 'decision': "No."}])

    def test_a_dispute_is_about_an_own_commission_and_says_something(self):
        other = self.env['distribution.commission'].search([('distributor_id', '=', self.upline.id)])
        with self.assertRaises(ValidationError):
            self._submit(commission_id=other.id)
        with self.assertRaisesRegex(UserError, "few words"):
            self._submit(description=" ")
        self._submit()
        with self.assertRaisesRegex(UserError, "already"):
            self._submit()
        self.assertEqual(self.env['distribution.dispute'].search_count([('distributor_id', '=', self.seller.id)]), 1)

    def test_an_alarming_word_calls_every_administrator(self):
        ordinary = self._submit()
        self.assertFalse(ordinary.is_escalated)
        urgent = self._submit(commission_id=False, kind='other', description="这是传销！")
        self.assertTrue(urgent.is_escalated)
        self.assertEqual(
            urgent.activity_ids.user_id, self.company._distribution_get_users('group_distribution_manager'))

    def test_the_rule_on_complaints_looks_at_their_clocks(self):
        def check():
            return self.env['distribution.policy.rule'].sudo()._check_r27(
                Subject(self.company.sudo(), self.policy.sudo(), None))

        self.assertEqual(check()[0], 'not_applicable')
        with freeze_time('2026-06-01 08:00:00'):
            dispute = self._submit()
            self.assertEqual(check(), ('green', {'disputes': 1, 'overdue': 0}))
        with freeze_time('2026-06-03 08:00:00'):
            self.assertEqual(check(), ('red', {'disputes': 1, 'overdue': 1, 'late': [dispute.name]}))
            self.assertEqual(
                self.env['distribution.dispute'].search([('is_overdue', '=', True)]), dispute)
            dispute.with_user(self.officer).action_acknowledge()
            self.assertEqual(check()[0], 'green')
        with freeze_time('2026-06-23 08:00:00'):
            self.assertEqual(check()[0], 'red')
            dispute.decision = "No."
            dispute.with_user(self.officer).action_reject()
            self.assertEqual(check(), ('green', {'disputes': 1, 'overdue': 0}))

    def test_the_decision_is_mailed(self):
        self.seller.partner_id.email = 'seller@example.com'
        dispute = self._submit()
        dispute.decision = "You are right."
        dispute.with_user(self.officer).action_uphold()
        mail = self.env['mail.mail'].sudo().search([('model', '=', 'distribution.dispute')])
        self.assertEqual(mail.recipient_ids, self.seller.partner_id)
        self.assertIn("You are right.", mail.body_html)

    def test_the_portal_reads_its_own_only(self):
        dispute = self._submit()
        stranger, user = (
            new_test_user(self.env, login, groups='base.group_portal') for login in ('stranger', 'seller'))
        user.partner_id = self.seller.partner_id
        with self.assertRaises(AccessError):
            dispute.with_user(stranger).read(['description'])
        self.assertEqual(dispute.with_user(user).description, "It should be more")
        with self.assertRaises(AccessError):
            dispute.with_user(user).write({'description': "More"})


@tagged('post_install', '-at_install')
class TestReports(DistributionCommon):
    """Two sales in June, the first settled in July, half of that withdrawn; the second still pending."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = 'UTC'
        with freeze_time('2026-06-10 08:00:00'):
            order = cls._create_order(3)
            cls._invoice(order)
            cls._deliver(order)
            cls._invoice(cls._create_order(1))
            cls._process()
        with freeze_time('2026-07-02 08:00:00'):
            cls.env['distribution.commission']._mature(cls.company, fields.Datetime.now())
            cls._settle()
            cls.withdrawal = cls.seller._request_withdrawal(20.0)
            cls.withdrawal.action_approve()
            cls.withdrawal.payout_ids.action_mark_done()

    def test_commissions_by_product_level_and_month(self):
        self.env.flush_all()
        self.assertEqual(self.env['distribution.commission.report']._read_group(
            [('company_id', '=', self.company.id)], ['product_id', 'tier', 'created_at:month'],
            ['earned_amount:sum', 'base_amount:sum', 'pending_amount:sum', 'settled_amount:sum']), [
                (self.product, 1, fields.Datetime.to_datetime('2026-06-01'), 40, 400, 10, 30),
                (self.product, 2, fields.Datetime.to_datetime('2026-06-01'), 20, 400, 5, 15),
        ])

    def test_what_was_earned_and_not_settled_says_the_same_whenever_it_is_asked(self):
        self.env.flush_all()
        for day, expected in [
            ('2026-06-09', 0), ('2026-06-10', 60), ('2026-06-30', 60), ('2026-07-02', 15),
        ]:
            with self.subTest(day):
                report = self.env['distribution.unsettled.report'].with_context(distribution_as_of=day)
                self.assertEqual(sum(report.search([('company_id', '=', self.company.id)]).mapped('amount')), expected)
        self.assertEqual(
            -sum(self.env['account.move.line'].search([
                ('account_id', '=', self.company.distribution_accrued_account_id.id)]).mapped('balance')), 15)

    def test_payables_by_age(self):
        self.env.flush_all()
        for day, age in [('2026-08-01', '0'), ('2026-08-02', '1'), ('2026-12-31', '3')]:
            with self.subTest(day), freeze_time(f'{day} 09:00:00'):
                self.env.invalidate_all()
                rows = self.env['distribution.payable.report'].search([('distributor_id', '=', self.seller.id)])
                self.assertRecordValues(rows, [{'amount': 10, 'age': age}])

    def test_the_payout_list(self):
        self.env.flush_all()
        self.assertRecordValues(self.env['distribution.payout.report'].search([]), [{
            'distributor_id': self.seller.id, 'amount': 20, 'withheld_amount': 0, 'net_amount': 20, 'state': 'done',
            'kind': 'individual'}])

    def test_officers_read_them_and_the_portal_does_not(self):
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        portal = new_test_user(self.env, 'portal', groups='base.group_portal')
        for model in ('commission', 'unsettled', 'payable', 'payout'):
            with self.subTest(model):
                records = self.env[f'distribution.{model}.report']
                self.assertTrue(records.with_user(officer).search([]))
                self.assertFalse(records.with_user(portal).has_access('read'))
