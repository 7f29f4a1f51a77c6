from psycopg2 import errors

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import DistributionCommon


class CorrectionCommon(DistributionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.author = new_test_user(
            cls.env, 'author', name="Author", groups='distribution_commission.group_distribution_finance')
        cls.second = new_test_user(
            cls.env, 'second', name="Second", groups='distribution_commission.group_distribution_finance')
        cls.officer = new_test_user(cls.env, 'officer', groups='distribution_core.group_distribution_user')

    @classmethod
    def _adjust(cls, commission, amount, submit=True, **values):
        adjustment = cls.env['distribution.adjustment'].with_user(cls.author).create({
            'commission_id': commission.id, 'amount': amount, 'reason': "Goodwill", **values})
        if submit:
            adjustment.action_submit()
        return adjustment

    @classmethod
    def _get_commission(cls, distributor):
        return cls.env['distribution.commission'].search([('distributor_id', '=', distributor.id)], limit=1)


@tagged('post_install', '-at_install')
class TestAdjustment(CorrectionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.order = cls._create_order(quantity=2)
        cls.invoice = cls._invoice(cls.order)
        cls._process()
        cls._book()
        cls.commission = cls._get_commission(cls.seller)

    def _mark(self):
        self.order._distribution_notify('edited')
        self._process()

    # === WHAT IT DOES === #

    def test_an_adjustment_moves_what_it_says_and_is_booked_like_an_accrual(self):
        for amount, balances in [(5.0, {'merchant': -25, 'pending': 25}), (-8.0, {'merchant': -17, 'pending': 17})]:
            with self.subTest(amount):
                adjustment = self._adjust(self.commission, amount)
                self.assertEqual(adjustment.state, 'posted')
                self._book()
                self.assertBalances(self.seller, **balances)
                transfer = self.env['distribution.transfer'].search([('adjustment_id', '=', adjustment.id)])
                self.assertRecordValues(transfer, [{
                    'idempotency_key': f'adjustment:{adjustment.id}:1', 'reason': 'adjustment', 'amount': abs(amount)}])
                self.assertEqual(transfer.move_line_id.balance, -amount)

    def test_the_processor_leaves_an_adjustment_as_it_is(self):
        for amount, pending in [(5.0, 25), (-8.0, 17)]:
            self._adjust(self.commission, amount)
            for _again in range(2):
                self._mark()
                self.assertBalances(self.seller, merchant=-pending, pending=pending)

    def test_a_full_refund_takes_the_adjustment_back_too(self):
        for amount in (5.0, -3.0):
            self._adjust(self.commission, amount)
        self._refund(self.invoice)
        self._process()
        self.assertBalances(self.seller)
        self._mark()
        self.assertBalances(self.seller)

    def test_half_a_refund_takes_half_of_the_adjustment_back(self):
        self._adjust(self.commission, 5.0)
        self._refund(self.invoice, 100.0)
        self._process()
        self.assertBalances(self.seller, merchant=-12.5, pending=12.5)

    def test_an_adjustment_after_payout_leaves_a_debt(self):
        self._deliver(self.order)
        self._process()
        self._mature()
        self._settle()
        withdrawal = self.seller._request_withdrawal(20.0)
        withdrawal.action_approve()
        withdrawal.payout_ids.action_mark_done()
        self._adjust(self.commission, -20.0)
        self._book()
        self.assertBalances(self.seller, payable=-20, paid=20)

    def test_it_is_explained_in_words_and_in_structure(self):
        adjustment = self._adjust(self.commission, 5.0)
        staff, portal = (
            self.commission.with_user(user)._get_explanation_lines()
            for user in (self.officer, new_test_user(self.env, 'someone', groups='base.group_portal')))
        self.assertRegex(staff[-2], r"^Adjusted by \$\s5\.00 on [\d/]+ by Author: Goodwill$")
        self.assertEqual(staff[-1], "Together now: $\xa025.00")
        self.assertNotIn("Author", " ".join(portal))
        transfer = self.env['distribution.transfer'].search([('adjustment_id', '=', adjustment.id)])
        self.assertEqual(transfer.explanation, {'adjustment': {
            'id': adjustment.id, 'name': adjustment.name, 'amount': 500, 'before': 2000, 'base': 20000,
            'reason': "Goodwill", 'author_id': self.author.id, 'approved_by_id': None}})

    # === WHAT IT REFUSES === #

    def test_what_passes_the_bounds_is_refused_and_moves_nothing(self):
        for amount, message in [
            (30.01, "the policy allows 30 %"),      # 20 and 10 are earned: 60 is the bound
            (-20.01, "more than the commission is"),
        ]:
            with self.subTest(amount), self.assertRaisesRegex(UserError, message):
                self._adjust(self.commission, amount)
        self.assertBalances(self.seller, merchant=-20, pending=20)
        self._adjust(self.commission, 30.0)
        self.assertBalances(self.seller, merchant=-50, pending=50)

    def test_refunds_cut_what_was_adjusted_to_the_bound(self):
        plan_version = self.commission.attribution_id.plan_version_id
        self.assertEqual(plan_version.cap_rate, 30)
        self._adjust(self.commission, 30.0)
        self._refund(self.invoice, 150.0)       # of 200; 50 are left, 15 the bound
        self._process()
        self.assertBalances(self.seller, merchant=-12.5, pending=12.5)
        self.assertBalances(self.upline, merchant=-2.5, pending=2.5)

    def test_nothing_is_adjusted_on_a_refunded_sale(self):
        self._refund(self.invoice)
        self._process()
        with self.assertRaisesRegex(UserError, "nothing left to adjust"):
            self._adjust(self.commission, 5.0)

    # === FOUR EYES === #

    def test_above_the_limit_a_second_person_approves(self):
        self.company.distribution_adjustment_limit = 10.0
        self._adjust(self.commission, 6.0)
        adjustment = self._adjust(self.commission, -5.0)    # together more than 10
        self.assertEqual(adjustment.state, 'waiting')
        self.assertBalances(self.seller, merchant=-26, pending=26)
        with self.assertRaisesRegex(UserError, "Somebody other than Author"):
            adjustment.action_approve()
        adjustment.with_user(self.second).action_approve()
        self.assertRecordValues(adjustment, [{'state': 'posted', 'approved_by_id': self.second.id}])
        self.assertBalances(self.seller, merchant=-21, pending=21)
        adjustment.with_user(self.second).action_approve()      # again: nothing happens
        self.assertBalances(self.seller, merchant=-21, pending=21)

    def test_a_refused_adjustment_moves_nothing_and_stays_refused(self):
        self.company.distribution_adjustment_limit = 1.0
        adjustment = self._adjust(self.commission, 5.0)
        adjustment.with_user(self.second).action_refuse()
        with self.assertRaisesRegex(UserError, "cannot become"):
            adjustment.with_user(self.second).action_approve()
        self.assertBalances(self.seller, merchant=-20, pending=20)

    def test_there_is_no_way_around_the_gate(self):
        adjustment = self._adjust(self.commission, 5.0, submit=False, author_id=self.second.id, state='waiting')
        self.assertRecordValues(adjustment, [{'state': 'draft', 'author_id': self.author.id}])
        for values in ({'state': 'posted'}, {'author_id': self.second.id}, {'approved_by_id': self.second.id}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "by its buttons only"):
                adjustment.write(values)
        for name in ('action_submit', 'action_approve', 'action_refuse'):
            with self.subTest(name), self.assertRaises(AccessError):
                getattr(adjustment.with_user(self.officer), name)()
        with self.assertRaises(AccessError):
            adjustment.with_user(self.officer).create({
                'commission_id': self.commission.id, 'amount': 1, 'reason': "Me"})
        adjustment.action_submit()
        for values in ({'amount': 7.0}, {'reason': "Other"}, {'commission_id': self._get_commission(self.upline).id}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "Only a draft"):
                adjustment.write(values)
        with self.assertRaisesRegex(UserError, "Only a draft"):
            adjustment.unlink()
        self.assertBalances(self.seller, merchant=-25, pending=25)


@tagged('post_install', '-at_install')
class TestWriteOff(CorrectionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        invoice = cls._make_payable()
        withdrawal = cls.seller._request_withdrawal(10.0)
        withdrawal.action_approve()
        withdrawal.payout_ids.action_mark_done()
        cls._refund(invoice)
        cls._process()
        cls._book()

    def _write_off(self, amount):
        write_off = self.env['distribution.write.off'].with_user(self.author).create({
            'distributor_id': self.seller.id, 'amount': amount, 'reason': "Gone"})
        write_off.action_submit()
        return write_off

    def test_a_debt_is_written_off_by_two_persons(self):
        account = self.env['account.account'].create(
            {'name': "Bad debts", 'code': 'BAD', 'account_type': 'expense'})
        self.company.distribution_write_off_account_id = account
        write_off = self._write_off(10.0)
        self.assertEqual(write_off.state, 'waiting')
        with self.assertRaisesRegex(UserError, "Somebody other"):
            write_off.action_approve()
        self.assertBalances(self.seller, payable=-10, paid=10)
        write_off.with_user(self.second).action_approve()
        self.assertBalances(self.seller, paid=10, written_off=-10)
        payable = self.company.distribution_payable_account_id
        self.assertRecordValues(write_off.sudo().move_id.line_ids.sorted('balance'), [
            {'account_id': payable.id, 'partner_id': self.seller.partner_id.id, 'balance': -10, 'reconciled': True},
            {'account_id': account.id, 'partner_id': self.seller.partner_id.id, 'balance': 10, 'reconciled': False},
        ])
        self.assertFalse(self.env['account.move.line'].search([
            ('account_id', '=', payable.id), ('partner_id', '=', self.seller.partner_id.id),
            ('reconciled', '=', False)]))
        with self.assertRaisesRegex(UserError, "books commissions"):
            write_off.sudo().move_id.button_draft()

    def test_part_of_a_debt_may_be_written_off(self):
        self._write_off(4.0).with_user(self.second).action_approve()
        self.assertBalances(self.seller, payable=-6, paid=10, written_off=-4)

    def test_what_would_be_set_off_is_not_written_off(self):
        with self.assertRaisesRegex(UserError, "Up to"):
            self._write_off(10.01)
        waiting = self._write_off(10.0)
        self._invoice(self._create_order())
        self._process()
        with self.assertRaisesRegex(UserError, "Up to"):
            waiting.with_user(self.second).action_approve()
        self.assertBalances(self.seller, merchant=-10, pending=10, payable=-10, paid=10)

    @mute_logger('odoo.sql_db')
    def test_the_database_refuses_one_person_and_other_ways(self):
        write_off = self._write_off(10.0)
        for query, error in [
            ("UPDATE distribution_write_off SET posted_at = now()", errors.CheckViolation),
            ("UPDATE distribution_write_off SET posted_at = now(), approved_by_id = author_id", errors.CheckViolation),
        ]:
            with self.subTest(query), self.assertRaises(error), self.env.cr.savepoint():
                self.env.cr.execute(query)
        self.assertEqual(write_off.state, 'waiting')

    def test_debts_are_listed_by_age(self):
        row = self.env['distribution.debt.report'].search([('distributor_id', '=', self.seller.id)])
        self.assertRecordValues(row, [{'amount': 10, 'on_the_way_amount': 0, 'days': 0, 'age': '0'}])
        for days, age in [(30, '0'), (31, '1'), (90, '1'), (91, '2'), (180, '2'), (181, '3')]:
            with self.subTest(days), self._at(f'{row.since:%Y-%m-%d %H:%M:%S}') as clock:
                clock.tick(days * 24 * 3600)
                row.invalidate_recordset()
                self.assertRecordValues(row, [{'days': days, 'age': age}])
        context = row.action_write_off()['context']
        self.assertEqual(context, {'default_distributor_id': self.seller.id, 'default_amount': 10})
        self._write_off(10.0).with_user(self.second).action_approve()
        self.assertFalse(self.env['distribution.debt.report'].search([('distributor_id', '=', self.seller.id)]))
