from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_core.tests.common import TerritoryBuilders

from ..engine import evaluate
from .common import DistributionCommon

PROVINCE, CITY, DISTRICT = 13, 12, 11


@tagged('post_install', '-at_install')
class TestTerritoryCommission(TerritoryBuilders, DistributionCommon):
    """Regional agents on real orders: 10 % for the seller, 5 % above it, 3 % for the agent of the province."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.version = cls._next_version([(1, 10.0), (2, 5.0), (PROVINCE, 3.0), (CITY, 2.0)])
        cls.city_agent = cls._create_distributor("Agent of the City")

    @classmethod
    def _next_version(cls, rates, **values):
        cls.plan.action_new_version()
        return cls._create_version(cls.plan, rates, **values)

    def _buy(self, unreferred=False, **values):
        """Let the customer buy and pay goods of 100; return the order."""
        order = self._create_order(distributor=self.seller.browse() if unreferred else None, **values)
        self._invoice(order)
        self._process()
        return order

    def _get_earned(self, order):
        """Return who earned what at which place."""
        commissions = self.env['distribution.commission'].search([('attribution_id.order_id', '=', order.id)])
        return {
            (commission.tier, commission.distributor_id): commission.earned_amount for commission in commissions}

    # === WHO EARNS === #

    def test_agents_earn_beside_the_chain(self):
        self._create_territory()
        self._create_territory(self.city_agent, city="杭州")
        self.assertEqual(self._get_earned(self._buy()), {
            (1, self.seller): 10.0, (2, self.upline): 5.0,
            (CITY, self.city_agent): 2.0, (PROVINCE, self.agent): 3.0,
        })
        self.assertBooks()

    def test_an_order_that_nobody_referred_earns_its_agents(self):
        territory = self._create_territory()
        order = self._buy(unreferred=True)
        self.assertEqual(self._get_earned(order), {(PROVINCE, self.agent): 3.0})
        self.assertRecordValues(order.attribution_ids, [{
            'distributor_id': False, 'source': False, 'binding_due': False, 'plan_version_id': self.version.id}])
        self.assertEqual(order.attribution_ids.evidence['territories'], {'province': territory.id})
        self._deliver(order)
        self._process()
        self._mature()
        self._settle()
        self.assertBalances(self.agent, merchant=-3.0, payable=3.0)

    def test_an_order_without_claim_whose_agents_the_plan_does_not_pay_gets_no_row(self):
        self._create_territory(city="杭州", district="西湖区")
        self.assertFalse(self._buy(unreferred=True).attribution_ids)
        self._next_version([(1, 10.0)])
        self._create_territory()
        self.assertFalse(self._buy(unreferred=True).attribution_ids)

    def test_an_agent_that_sells_in_its_own_area_earns_as_both(self):
        self._create_territory(self.seller)
        self.assertEqual(self._get_earned(self._buy()), {
            (1, self.seller): 10.0, (2, self.upline): 5.0, (PROVINCE, self.seller): 3.0})

    def test_who_may_not_earn_blocks_nobody(self):
        self._create_territory()
        self._create_territory(self.city_agent, city="杭州")
        self.city_agent._set_suspended("Under review")
        self.assertEqual(self._get_earned(self._buy(unreferred=True)), {(PROVINCE, self.agent): 3.0})

    def test_an_agent_that_buys_earns_nothing(self):
        self._create_territory()
        self.agent.partner_id.state_id = self.province
        self.assertEqual(self._get_earned(self._buy(unreferred=True, partner_id=self.agent.partner_id.id)), {})

    def test_sales_of_an_area_are_not_own_sales_of_its_agent(self):
        self._create_territory()
        order = self._buy()
        self.assertEqual(order.attribution_ids.distributor_id, self.seller)
        self.assertFalse(self.env['distribution.attribution'].search([('distributor_id', '=', self.agent.id)]))

    # === WHAT LATER CHANGES DO === #

    def test_a_refund_takes_back_what_the_agent_earned(self):
        self._create_territory()
        order = self._buy(unreferred=True)
        self._refund(order.invoice_ids, 40.0)
        self._process()
        self.assertEqual(self._get_earned(order), {(PROVINCE, self.agent): 1.8})
        order._action_cancel()
        self._process()
        self.assertEqual(self._get_earned(order), {(PROVINCE, self.agent): 0.0})
        self.assertBooks()

    def test_neither_a_moved_customer_nor_the_next_agent_changes_what_was_earned(self):
        territory = self._create_territory()
        order = self._buy(unreferred=True)
        territory.action_end()
        self._create_territory(self.city_agent)
        self.customer.write({'state_id': self.other_province.id, 'country_id': self.env.ref('base.fr').id})
        order._distribution_notify('edited')
        self._process()
        self.assertEqual(self._get_earned(order), {(PROVINCE, self.agent): 3.0})
        self.assertEqual(self._get_earned(self._buy(unreferred=True)), {})

    def test_a_rule_for_a_province_keeps_to_the_address_of_the_confirmation(self):
        self._next_version([(1, 10.0)], rule_ids=[
            Command.clear(),
            Command.create({'tier': 1, 'rate': 20.0, 'state_ids': self.province.ids}),
            Command.create({'tier': 1, 'rate': 15.0, 'country_ids': self.env.ref('base.cn').ids}),
            Command.create({'tier': 1, 'rate': 10.0}),
        ])
        for address, earned in (
            ({'state_id': self.province.id}, 20.0),
            ({'state_id': self.other_province.id}, 15.0),
            ({'state_id': False, 'country_id': False}, 10.0),
        ):
            self.customer.write({'country_id': self.env.ref('base.cn').id, **address})
            order = self._buy()
            with self.subTest(earned):
                self.assertEqual(self._get_earned(order), {(1, self.seller): earned})
                self.customer.write({'state_id': False, 'country_id': self.env.ref('base.fr').id})
                order.partner_shipping_id = self.agent.partner_id
                order._distribution_notify('edited')
                self._process()
                self.assertEqual(self._get_earned(order), {(1, self.seller): earned})

    def test_orders_from_before_the_address_was_kept_have_what_it_says(self):
        self._next_version([(1, 10.0)], rule_ids=[
            Command.clear(), Command.create({'tier': 1, 'rate': 20.0, 'state_ids': self.province.ids})])
        order = self._create_order()
        self.env.cr.execute("UPDATE distribution_attribution SET evidence = evidence - 'delivery' WHERE order_id = %s",
                            [order.id])
        self._invoice(order)
        self._process()
        self.assertEqual(self._get_earned(order), {(1, self.seller): 20.0})

    # === HOW MUCH === #

    def test_the_limits_of_a_line_count_all_roles_together(self):
        self._next_version([(1, 10.0), (2, 5.0), (PROVINCE, 3.0)], cap_rate=12.0, cut_order='upper_first')
        self._create_territory()
        self.assertEqual(self._get_earned(self._buy()), {(1, self.seller): 10.0, (2, self.upline): 2.0})

    def test_a_differential_between_areas_pays_the_smaller_one_first(self):
        self._next_version([(1, 10.0)], rule_ids=[
            Command.clear(),
            Command.create({'tier': CITY, 'kind': 'differential', 'rate': 2.0}),
            Command.create({'tier': PROVINCE, 'kind': 'differential', 'rate': 3.0}),
        ])
        self._create_territory()
        self._create_territory(self.city_agent, city="杭州")
        self.assertEqual(self._get_earned(self._buy(unreferred=True)), {
            (CITY, self.city_agent): 2.0, (PROVINCE, self.agent): 1.0})

    def test_the_explanation_names_the_area_and_computes_the_amount_again(self):
        self._create_territory()
        self._buy(unreferred=True)
        commission = self.env['distribution.commission'].search([('distributor_id', '=', self.agent.id)])
        self.assertEqual(commission.role, '13')
        self.assertEqual(evaluate(commission.explanation), 300)
        lines = commission._get_explanation_lines()
        self.assertEqual(lines[-2:], [
            "Regional agent of 浙江省, where the order was delivered.", "Agent of the province earns 3 %: $\xa03.00"])
        self.assertNotIn(self.customer.name, "".join(lines))

    # === WHAT A PLAN MAY SAY === #

    def test_an_agent_is_no_tier_but_the_bound_counts_it(self):
        version = self._next_version([(1, 10.0), (PROVINCE, 3.0)], activate=False)
        findings = {finding.rule: finding for finding in version._get_legal_findings()}
        self.assertEqual(findings['R01'].found, 1)
        self.assertTrue(findings['R02'].holds)
        version._check_publishable()
        version.cap_rate = 31.0
        self.assertFalse({finding.rule: finding.holds for finding in version._get_legal_findings()}['R08'])

    def test_the_words_of_a_rule_name_the_role(self):
        rules = self.version.rule_ids.sorted()
        self.assertEqual(rules.mapped('display_name'), [
            "Tier 1: 10 %", "Tier 2: 5 %", "Agent of the province: 3 %", "Agent of the city: 2 %"])
        following = self._next_version([(1, 10.0), (2, 5.0), (CITY, 2.0)], activate=False)
        self.assertEqual(following._get_diff_lines(self.version), ["− Agent of the province: 3 %"])

    def test_the_role_of_a_rule_is_chosen_by_name(self):
        version = self._next_version([(1, 10.0)], activate=False)
        version.rule_ids.role = str(DISTRICT)
        self.assertEqual(version.rule_ids.tier, DISTRICT)
        version.write({'rule_ids': [Command.create({'role': str(CITY), 'rate': 2.0})]})
        self.assertEqual(version.rule_ids.sorted('id').mapped('tier'), [DISTRICT, CITY])
        scenario = version.scenario_ids.create({
            'name': "By name", 'version_id': version.id,
            'payee_ids': [Command.create({'role': role, 'expected_amount': 1.0}) for role in ('2', '13', '1')]})
        self.assertEqual(sorted(scenario.payee_ids.mapped('tier')), [1, 2, 13])

    @mute_logger('odoo.sql_db')
    def test_there_is_no_fourth_tier_and_no_other_area(self):
        version = self._next_version([(1, 10.0)], activate=False)
        for tier in (0, 4, 10, 14):
            with self.subTest(tier), self.assertRaises(CheckViolation), self.env.cr.savepoint():
                version.rule_ids.tier = tier
                self.env.flush_all()

    def test_the_nightly_checks_count_tiers_without_agents(self):
        self._create_territory()
        self._create_territory(self.city_agent, city="杭州")
        order = self._buy()
        self.assertEqual(len(self._get_earned(order)), 4)
        _figures, findings = self.env['distribution.policy.rule'].sudo()._evaluate(self.company)
        states = {code: state for code, _severity, state, _evidence in findings}
        self.assertEqual({code: states[code] for code in ('R01', 'R02', 'R08', 'R12')}, {
            'R01': 'green', 'R02': 'green', 'R08': 'green', 'R12': 'green'})

    def test_a_golden_scenario_may_expect_an_agent(self):
        version = self._next_version([(1, 10.0), (PROVINCE, 3.0)], activate=False)
        scenario = version.scenario_ids.create({
            'name': "Delivered to the province", 'version_id': version.id,
            'line_ids': [Command.create({'product_id': self.product.id, 'quantity': 1, 'price_unit': 100.0})],
            'payee_ids': [
                Command.create({'tier': 1, 'expected_amount': 10.0}),
                Command.create({'tier': PROVINCE, 'expected_amount': 4.0})],
        })
        with self.assertRaisesRegex(ValidationError, "Agent of the province earns"), self.env.cr.savepoint():
            version.action_activate()
        scenario.payee_ids[1].expected_amount = 3.0
        self.assertFalse(scenario.difference)
        version.action_activate()

    def test_a_simulation_shows_what_agents_would_earn(self):
        self._create_territory()
        self._buy()
        version = self._next_version([(1, 10.0), (PROVINCE, 4.0)], activate=False)
        simulation = self.env['distribution.plan.simulation'].create({'version_id': version.id})
        simulation.action_simulate()
        [line] = simulation.line_ids.filtered(lambda line: line.distributor_id == self.agent)
        self.assertEqual((line.role, line.old_amount, line.new_amount), ('13', 3.0, 4.0))

    def test_a_replay_of_an_order_without_claims_credits_nobody(self):
        self._create_territory()
        attribution = self._buy(unreferred=True).attribution_ids
        replay = self.env['distribution.attribution.replay'].create(
            {'attribution_id': attribution.id, 'policy_id': attribution.policy_id.id})
        self.assertFalse(replay.distributor_id)
        self.assertFalse(replay.line_ids)

    def test_an_order_that_earns_agents_alone_costs_no_statement_more(self):
        self._create_territory()
        self._buy(unreferred=True)      # warms the caches
        orders = self.env['sale.order'].concat(*(
            self._create_order(distributor=self.seller.browse(), confirm=False) for _index in range(20)))
        orders.state = 'sale'
        self.env.flush_all()
        with self.assertQueryCount(2):
            orders._distribution_attribute()
        self.assertEqual(len(orders.attribution_ids.tier_ids), 20)
