from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DistributionCoreCommon


@tagged('post_install', '-at_install')
class TestRisk(DistributionCoreCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._create_distributor("Seller")
        cls.other = cls._create_distributor("Other")
        cls.checks = cls.env['distribution.risk.check']

    def _run(self, code, threshold):
        """Run one check alone; return the signals that are new."""
        self.checks.search([('code', '!=', code)]).active = False
        check = self.checks.with_context(active_test=False).search([('code', '=', code)])
        check.write({'active': True, 'threshold': threshold})
        return self.checks._run(self.company)

    def _sell(self, distributor, buyer=None, visitor='visitor', days_ago=0, price=100.0, **touch):
        self._create_touch(distributor, visitor=visitor, **touch)
        order = self._create_order(
            partner_id=(buyer or self.env['res.partner'].create({'name': "Buyer"})).id, distribution_visitor=visitor,
            order_line=[Command.create({'product_id': self.product.id, 'price_unit': price})])
        order.action_confirm()
        if days_ago:
            order.attribution_ids.invalidate_recordset()
            self.env.cr.execute(
                "UPDATE distribution_attribution SET pinned_at = pinned_at - make_interval(days => %s) WHERE id = %s",
                (days_ago, order.attribution_ids.id))
        return order

    def _get_facts(self, signals):
        return [(signal.distributor_id, signal.facts) for signal in signals]

    def test_every_check_that_can_be_chosen_has_a_method(self):
        for code, _label in self.checks._fields['code'].selection:
            self.assertTrue(hasattr(self.checks, f'_signal_{code}'), code)

    def test_many_applications_from_one_browser_in_one_network(self):
        for index, (device, distributor) in enumerate([
            ('phone', self.seller), ('phone', self.other), ('phone', None), ('tablet', None),
        ]):
            self.env['distribution.application'].sudo().create({
                'company_id': self.company.id, 'name': f"Applicant {index}", 'email': f'a{index}@example.com', 'phone': '13800138000',
                'network': 'same', 'device': device, 'distributor_id': distributor and distributor.id,
                'state': 'submitted' if not distributor else 'approved'})
        self.env.flush_all()
        for code, threshold, expected in [
            ('signups_device', 4, []), ('signups_network', 5, []),
            ('signups_device', 3, [(self.seller, {'applications': 3}), (self.other, {'applications': 3})]),
            ('signups_network', 4, [(self.seller, {'applications': 4}), (self.other, {'applications': 4})]),
        ]:
            with self.subTest(code=code, threshold=threshold):
                self.assertEqual(self._get_facts(self._run(code, threshold)), expected)

    def test_sales_refunded_after_a_promotion(self):
        level = self.env['distribution.level'].create({'name': "Gold"})
        order = self._sell(self.seller, days_ago=5)
        invoice = order._create_invoices()
        invoice.action_post()
        history_sudo = self.seller.sudo().level_history_ids
        history_sudo.unlink()
        history_sudo.create({
            'distributor_id': self.seller.id, 'company_id': self.company.id, 'level_id': level.id,
            'from_at': fields.Datetime.subtract(fields.Datetime.now(), hours=1), 'source': 'run'})
        self.assertFalse(self._run('refund_after_promotion', 30))
        refund = invoice._reverse_moves([{'date': fields.Date.today()}])
        refund.action_post()
        self.assertEqual(
            self._get_facts(self._run('refund_after_promotion', 30)), [(self.seller, {'percent': 100.0})])

    def test_many_buyers_from_one_network(self):
        for index in range(2):
            self._sell(self.seller, visitor=f'v{index}', network='same')
        self._sell(self.other, visitor='v8', network='same')
        self.assertFalse(self._run('orders_network', 3))
        self._sell(self.seller, visitor='v2', network='same')
        self.assertEqual(self._get_facts(self._run('orders_network', 3)), [(self.seller, {'buyers': 3, 'orders': 3})])

    def test_one_buyer_who_orders_often_is_no_crowd(self):
        buyer = self.env['res.partner'].create({'name': "Faithful"})
        for _index in range(3):
            self._sell(self.seller, buyer)
        self.assertFalse(self._run('orders_device', 2))

    def test_many_buyers_in_one_browser(self):
        for _index in range(2):
            self._sell(self.seller)
        self.assertEqual(self._get_facts(self._run('orders_device', 2)), [(self.seller, {'buyers': 2, 'orders': 2})])

    def test_orders_before_the_window_do_not_count(self):
        self.checks.search([('code', '=', 'orders_device')]).window_days = 30
        self._sell(self.seller, days_ago=31)
        self._sell(self.seller)
        self.assertFalse(self._run('orders_device', 2))

    def test_sales_far_above_the_own_past(self):
        self._sell(self.seller, visitor='a', days_ago=8, price=400.0)        # 100 in a usual window
        self._sell(self.seller, visitor='b', price=499.0)
        self._sell(self.other, visitor='c', price=9999.0)        # nothing to compare with
        self.assertFalse(self._run('sales_burst', 5))
        self._sell(self.seller, visitor='d', price=1.0)
        self.assertEqual(
            self._get_facts(self._run('sales_burst', 5)), [(self.seller, {'sales': 500.0, 'usual': 100.0})])

    def test_distributors_who_buy_from_each_other(self):
        self._sell(self.seller, self.other.partner_id, visitor='x')
        self.assertFalse(self._run('self_dealing', 2))
        self._sell(self.other, self.seller.partner_id, visitor='y')
        self.assertEqual(self._get_facts(self._run('self_dealing', 2)), [
            (self.seller, {'other': self.other.id, 'orders': 2}), (self.other, {'other': self.seller.id, 'orders': 2}),
        ])

    def test_own_purchases_tried_again(self):
        for _index in range(2):
            self._sell(self.seller, self.seller.partner_id)
        self.assertEqual(self._get_facts(self._run('self_purchase', 2)), [(self.seller, {'orders': 2})])

    def test_one_account_for_several_distributors(self):
        accounts = [(self.seller, "6222 0000"), (self.other, "62220000"), (self._create_distributor("Third"), "1111")]
        for distributor, number in accounts:
            self.env['res.partner.bank'].create({'partner_id': distributor.partner_id.id, 'acc_number': number})
        self.env.flush_all()
        signals = self._run('shared_payee', 2)
        self.assertEqual(set(signals.distributor_id), {self.seller, self.other})

    def test_a_case_is_signalled_once_and_stays_as_it_was_judged(self):
        for _index in range(2):
            self._sell(self.seller)
        signal = self._run('orders_device', 2)
        signal.action_dismiss()
        self.assertFalse(self._run('orders_device', 2))
        self.assertRecordValues(signal, [{'state': 'dismissed', 'judged_by_id': self.env.uid}])

    def test_money_is_held_from_the_score_of_the_policy_on(self):
        self.policy.risk_hold_score = 60
        for _index in range(2):
            self._sell(self.seller)
        signal = self._run('orders_device', 2)
        for score, state, held in [
            (59, 'open', False), (60, 'open', True), (60, 'confirmed', True), (60, 'appealed', True),
            (60, 'dismissed', False),
        ]:
            with self.subTest(score=score, state=state):
                signal.write({'score': score, 'state': state})
                self.assertEqual(self.seller.is_held, held)
                self.assertFalse(self.other.is_held)

    def test_an_appeal_brings_a_signal_back_and_is_answered(self):
        for _index in range(2):
            self._sell(self.seller)
        signal = self._run('orders_device', 2)
        with self.assertRaisesRegex(UserError, "in a few words"):
            signal._appeal("  ")
        self.assertEqual(signal.state, 'open')
        signal.action_confirm()
        signal._appeal("My shop has one tablet for all customers.")
        self.assertEqual(signal.state, 'appealed')
        signal.action_dismiss()
        answer = self.env['mail.message'].search([
            ('model', '=', self.seller._name), ('res_id', '=', self.seller.id),
            ('partner_ids', '=', self.seller.partner_id.id)])
        self.assertIn("released", answer.body)
        with self.assertRaisesRegex(UserError, "nothing to appeal"):
            signal._appeal("Again")

    def test_other_companies_are_looked_at_on_their_own(self):
        for _index in range(2):
            self._sell(self.seller)
        other_company = self.env['res.company'].create({'name': "Other"})
        self.checks.search([]).threshold = 1
        self.assertFalse(self.checks._run(other_company))
