from odoo import fields
from odoo.tests import tagged

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestPlanSimulation(DistributionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan.action_new_version()
        cls.draft = cls._create_version(cls.plan, [(1, 8.0), (2, 15.0)], activate=False)
        cls.simulation = cls.env['distribution.plan.simulation'].create({'version_id': cls.draft.id})

    def test_past_orders_and_credit_notes_are_computed_with_both_versions_and_nothing_is_posted(self):
        invoice = self._invoice(self._create_order(quantity=3))
        self._refund(invoice, 100)
        self._invoice(self._create_order())
        self._create_order()                    # Not paid: earns nothing.
        self._process()
        before = self.env['distribution.transfer'].search_count([])
        self.simulation.action_simulate()
        self.assertRecordValues(self.simulation, [{
            'order_count': 3, 'old_amount': 45, 'new_amount': 69, 'difference': 24}])
        self.assertRecordValues(self.simulation.line_ids, [
            {'distributor_id': self.upline.id, 'tier': 2, 'old_amount': 15, 'new_amount': 45, 'difference': 30},
            {'distributor_id': self.seller.id, 'tier': 1, 'old_amount': 30, 'new_amount': 24, 'difference': -6},
        ])
        self.assertEqual(self.env['distribution.transfer'].search_count([]), before)
        self.assertBalances(self.seller, merchant=-30, pending=30)

    def test_the_simulation_of_the_version_in_force_agrees_with_the_ledger(self):
        self._refund(self._invoice(self._create_order(quantity=7)), 33.33)
        self._process()
        simulation = self.env['distribution.plan.simulation'].create({'version_id': self.version.id})
        simulation.action_simulate()
        earned = sum(self.env['distribution.commission'].search([
            ('company_id', '=', self.company.id)]).mapped('earned_amount'))
        self.assertEqual((simulation.old_amount, simulation.new_amount), (earned, earned))

    def test_orders_above_the_bound_are_named_and_those_at_the_bound_are_not(self):
        order = self._create_order()
        self._invoice(order)
        for bound, orders in [(22.99, order), (23.0, order.browse())]:
            with self.subTest(bound=bound):
                self.simulation.bound_rate = bound
                self.simulation.action_simulate()
                self.assertEqual(self.simulation.expensive_ids.order_id, orders)

    def test_orders_outside_the_period_do_not_count(self):
        self._invoice(self._create_order())
        today = fields.Date.context_today(self.simulation)
        self.simulation.write({'date_from': fields.Date.subtract(today, days=2), 'date_until': today})
        self.simulation.action_simulate()
        self.assertRecordValues(self.simulation, [{'order_count': 0, 'old_amount': 0, 'new_amount': 0}])
        self.assertFalse(self.simulation.line_ids)


@tagged('post_install', '-at_install')
class TestMoneyRules(DistributionCommon):

    def _get_check(self, rule):
        run_sudo = self.env['distribution.policy.check.run'].sudo()._run(self.company, force=True)
        check_sudo = run_sudo.check_ids.filtered(lambda check: check.rule == rule)
        return check_sudo.state, check_sudo.evidence

    def test_what_the_suite_itself_did_keeps_every_rule(self):
        invoice = self._make_payable(quantity=3)
        self._refund(invoice, 100)
        self._process()
        run_sudo = self.env['distribution.policy.check.run'].sudo()._run(self.company, force=True)
        states = {check.rule: check.state for check in run_sudo.check_ids}
        rules = [f'R{number:02}' for number in (*range(1, 13), 22, 23, 24)]
        self.assertEqual({rule: states[rule] for rule in rules}, dict.fromkeys(rules, 'green'))
        self.assertEqual(list(states), sorted(states))

    def test_what_is_wrong_in_the_ledger_is_found(self):
        order = self._create_order()
        invoice = self._invoice(order)
        self._deliver(order)
        self._process()
        self._mature()
        self.env.flush_all()
        red = ('red', {'orders': 1, 'names': [order.name]})
        attribution = f"(SELECT id FROM distribution_attribution WHERE order_id = {order.id})"
        for rule, query in [
            ('R01', "UPDATE distribution_policy SET max_paid_tiers = 1"),
            ('R02', "DELETE FROM distribution_policy_signoff"),
            ('R08', "UPDATE distribution_policy SET max_commission_rate = 14.99"),
            ('R09', f"UPDATE distribution_commission SET earned_amount = 100 WHERE attribution_id = {attribution}"),
            ('R10', "UPDATE distribution_transfer SET posted_at = posted_at - interval '8 days'"),
            ('R11', "REFUND"),
            ('R12', f"UPDATE distribution_distributor SET partner_id = {self.customer.id} WHERE id = {self.seller.id}"),
        ]:
            with self.subTest(rule):
                self.assertEqual(self._get_check(rule), ('green', {'orders': 0}))
                savepoint = self.env.cr.savepoint()
                if query == "REFUND":
                    self._refund(invoice, 10)
                    self.env.flush_all()
                    query = "DELETE FROM distribution_event"
                elif 'distribution_transfer' in query:
                    self.env.cr.execute("SET LOCAL session_replication_role = replica")
                self.env.cr.execute(query)
                self.assertEqual(self._get_check(rule), red)
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def test_orders_that_wait_are_left_out(self):
        invoice = self._invoice(self._create_order())
        self._process()
        self._refund(invoice)
        self.assertEqual(self._get_check('R11'), ('green', {'orders': 0}))
