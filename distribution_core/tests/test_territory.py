from freezegun import freeze_time
from psycopg2.errors import CheckViolation, UniqueViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import DistributionCoreCommon, TerritoryBuilders


@tagged('post_install', '-at_install')
class TestTerritory(TerritoryBuilders, DistributionCoreCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rival = cls._create_distributor("Rival")
        # What territories make of orders that nobody referred is up to the plan: see `distribution_commission`.
        cls.seller = cls._create_distributor("Seller")

    def _confirm(self, **values):
        order = self._create_order(distributor_id=self.seller.id, **values)
        order.action_confirm()
        return order.attribution_ids

    def _get_agents(self, **address):
        """Return the kinds of area with an agent on an order of a new address, and the agents."""
        partner = self.env['res.partner'].create({
            'name': "Somebody", 'state_id': self.province.id, **address})
        tiers = self._confirm(partner_id=partner.id).tier_ids[1:]
        return [(tier.tier, tier.distributor_id) for tier in tiers]

    # === AN AREA AND ITS AGENT === #

    def test_the_kind_follows_from_what_is_filled_in(self):
        for values, kind, name in (
            ({}, 'province', "浙江省"),
            ({'city': " 杭州市 "}, 'city', "浙江省 · 杭州市"),
            ({'city': "杭州市", 'district': "西湖区"}, 'district', "浙江省 · 杭州市 · 西湖区"),
        ):
            with self.subTest(kind):
                self.assertRecordValues(self._create_territory(**values), [{
                    'kind': kind, 'display_name': name, 'country_id': self.env.ref('base.cn').id, 'until_at': False}])

    def test_an_area_has_one_agent_at_a_time(self):
        for first, second in (
            ({}, {}),
            ({'city': "杭州市"}, {'city': "杭 州"}),
            ({'city': "Wuhan"}, {'city': " WUHAN "}),
            ({'city': "宁波", 'district': "海曙区"}, {'city': "宁波市", 'district': "海曙区 "}),
        ):
            self._create_territory(**first)
            with self.subTest(second), self.assertRaisesRegex(ValidationError, "has an agent: Agent"):
                self._create_territory(self.rival, **second)

    def test_areas_within_another_have_agents_of_their_own(self):
        self._create_territory()
        for values in (
            {'city': "杭州市"}, {'city': "宁波市"}, {'city': "杭州市", 'district': "西湖区"},
            {'state_id': self.other_province.id},
        ):
            with self.subTest(values):
                self.assertFalse(self._create_territory(self.rival, **values).until_at)

    @mute_logger('odoo.sql_db')
    def test_the_database_itself_refuses_a_second_agent(self):
        self._create_territory(city="杭州市")
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.env.cr.execute(
                "INSERT INTO distribution_territory (distributor_id, company_id, state_id, city, from_at)"
                " VALUES (%s, %s, %s, '杭州', now())", [self.rival.id, self.company.id, self.province.id])

    @mute_logger('odoo.sql_db')
    def test_a_district_names_its_city(self):
        with self.assertRaises(CheckViolation):
            self._create_territory(district="西湖区")

    def test_a_territory_ends_and_the_next_one_begins_where_it_ended(self):
        with freeze_time('2026-03-01 08:00:00'):
            first = self._create_territory(city="杭州市")
        with freeze_time('2026-03-10 08:00:00'):
            first.action_end()
            first.action_end()      # ended is ended
            second = self._create_territory(self.rival, city="杭州")
        self.assertRecordValues(first + second, [
            {'from_at': fields.Datetime.to_datetime('2026-03-01 08:00:00'),
             'until_at': fields.Datetime.to_datetime('2026-03-10 08:00:00')},
            {'from_at': fields.Datetime.to_datetime('2026-03-10 08:00:00'), 'until_at': False},
        ])

    def test_a_clock_that_goes_behind_makes_no_overlap(self):
        with freeze_time('2026-03-10 08:00:05'):
            self._create_territory().action_end()
        with freeze_time('2026-03-10 08:00:01'):
            self.assertEqual(
                self._create_territory(self.rival).from_at, fields.Datetime.to_datetime('2026-03-10 08:00:05'))

    def test_nothing_is_backdated(self):
        for values in ({'from_at': '2026-01-01 00:00:00'}, {'until_at': '2026-01-01 00:00:00'}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "not before"):
                self._create_territory(**values)
        self.assertFalse(self.env['distribution.territory'].search([('distributor_id', '=', self.agent.id)]))

    def test_nothing_is_edited(self):
        manager = new_test_user(self.env, 'manager of areas', groups='distribution_core.group_distribution_manager')
        territory = self._create_territory(city="杭州市").with_user(manager)
        for values in (
            {'city': "宁波市"}, {'distributor_id': self.rival.id}, {'from_at': '2026-01-01 00:00:00'},
            {'until_at': '2026-01-01 00:00:00'},
        ):
            with self.subTest(values), self.assertRaisesRegex(UserError, "never edited"):
                territory.write(values)
        with self.assertRaisesRegex(UserError, "never edited"):
            territory.sudo().city = "宁波市"
        territory.invalidate_recordset()
        self.assertRecordValues(territory, [
            {'city': "杭州市", 'distributor_id': self.agent.id, 'until_at': False}])

    def test_who_leaves_frees_the_area(self):
        territory = self._create_territory()
        self.agent._set_suspended("Under review")
        self.assertFalse(territory.until_at)
        self.agent._set_closed("Left")
        self.assertTrue(territory.until_at)
        with self.assertRaisesRegex(ValidationError, "closed"):
            self._create_territory(self.agent, city="宁波市")

    def test_who_may_do_what(self):
        officer = new_test_user(self.env, 'officer of areas', groups='distribution_core.group_distribution_user')
        territory = self._create_territory().with_user(officer)
        self.assertEqual(territory.city, False)
        with self.assertRaises(AccessError):
            territory.action_end()
        with self.assertRaises(AccessError):
            territory.create({'distributor_id': self.agent.id, 'state_id': self.other_province.id})
        self.assertFalse(territory.until_at)

    def test_the_portal_sees_its_own_territories_alone(self):
        user = new_test_user(self.env, 'agent of the portal', groups='base.group_portal')
        own = self._create_territory(self._create_distributor(None, partner_id=user.partner_id.id))
        self._create_territory(self.rival, city="杭州市")
        territories = self.env['distribution.territory'].with_user(user)
        self.assertEqual(territories.search([]), own)
        with self.assertRaises(AccessError):
            own.with_user(user).action_end()

    # === ORDERS === #

    def test_an_order_earns_the_agents_of_all_areas_that_it_is_delivered_to(self):
        self._create_territory()
        self._create_territory(self.rival, city="杭州")
        self._create_territory(city="杭州", district="西湖区")
        self._create_territory(self.rival, state_id=self.other_province.id)
        attribution = self._confirm()
        self.assertRecordValues(attribution.tier_ids, [
            {'tier': 1, 'role': '1', 'distributor_id': self.seller.id, 'refusal': False},
            {'tier': 11, 'role': '11', 'distributor_id': self.agent.id, 'refusal': False},
            {'tier': 12, 'role': '12', 'distributor_id': self.rival.id, 'refusal': False},
            {'tier': 13, 'role': '13', 'distributor_id': self.agent.id, 'refusal': False},
        ])
        self.assertEqual(attribution.evidence['delivery'], {
            'country_id': self.env.ref('base.cn').id, 'state_id': self.province.id, 'city': "杭州"})

    def test_places_are_compared_as_people_write_them(self):
        self._create_territory(self.agent, city="杭州市", district="西湖区")
        self._create_territory(self.rival, city="Wuhan")
        district, city = [(11, self.agent)], [(12, self.rival)]
        for address, expected in (
            ({'city': "杭州", 'street': "西湖区文三路"}, district),
            ({'city': "杭州市", 'street': "文三路1号", 'street2': "西湖区"}, district),
            ({'city': " 杭　州 市", 'street': "西湖 区文三路"}, district),
            ({'city': "杭州市", 'street': "西湖路1号"}, []),
            ({'city': "杭州市", 'street': "余杭区西湖区路"}, []),
            ({'city': "宁波市", 'street': "西湖区文三路"}, []),
            ({'city': "杭州市", 'street': False}, []),
            ({'city': "WUHAN "}, city),
            ({'city': "Wu Han"}, city),
            ({'city': "Wuhan East"}, []),
            ({'city': False}, []),
            ({'city': "Wuhan", 'state_id': self.other_province.id}, []),
            ({'city': "Wuhan", 'state_id': False}, []),
        ):
            with self.subTest(**{name: str(value) for name, value in address.items()}):
                self.assertEqual(self._get_agents(**address), expected)

    def test_of_two_districts_that_fit_the_longer_name_is_meant(self):
        self._create_territory(self.agent, city="杭州市", district="西湖")
        self._create_territory(self.rival, city="杭州市", district="西湖区")
        self.assertEqual(self._get_agents(city="杭州市", street="西湖区文三路"), [(11, self.rival)])

    def test_an_order_with_neither_claim_nor_territory_gets_no_row(self):
        self._create_territory(state_id=self.other_province.id)
        order = self._create_order()
        order.action_confirm()
        self.assertFalse(order.attribution_ids)

    def test_an_ended_territory_earns_nobody(self):
        self._create_territory().action_end()
        self.assertEqual(self._confirm().tier_ids.mapped('tier'), [1])
        self._create_territory(self.rival)
        self.assertEqual(self._confirm().tier_ids[1:].distributor_id, self.rival)

    def test_agents_stand_beside_the_chain_of_a_referred_order(self):
        upline = self._create_distributor("Upline")
        self.seller.parent_id = upline
        self.policy.action_sign_tier2()
        self._create_territory()
        attribution = self._confirm()
        self.assertEqual(attribution.distributor_id, self.seller)
        self.assertEqual(
            [(tier.tier, tier.distributor_id) for tier in attribution.tier_ids],
            [(1, self.seller), (2, upline), (13, self.agent)])

    def test_the_address_of_the_delivery_counts_not_that_of_the_buyer(self):
        self._create_territory()
        elsewhere = self.env['res.partner'].create({
            'name': "Parents", 'parent_id': self.customer.id, 'type': 'delivery', 'state_id': self.other_province.id})
        self.assertEqual(self._confirm(partner_shipping_id=elsewhere.id).tier_ids.mapped('tier'), [1])

    def test_an_agent_that_may_not_earn_keeps_its_place_and_blocks_nobody(self):
        self._create_territory(self.rival)
        self._create_territory(city="杭州市")
        self.agent._set_suspended("Under review")
        self.assertRecordValues(self._confirm().tier_ids[1:], [
            {'tier': 12, 'distributor_id': self.agent.id, 'refusal': 'inactive'},
            {'tier': 13, 'distributor_id': self.rival.id, 'refusal': False},
        ])

    def test_an_agent_that_buys_earns_nothing(self):
        self._create_territory()
        self.agent.partner_id.write({'state_id': self.province.id})
        attribution = self._confirm(partner_id=self.agent.partner_id.id)
        self.assertRecordValues(attribution.tier_ids, [
            {'tier': 1, 'refusal': False}, {'tier': 13, 'refusal': 'self'}])

    def test_neither_a_later_address_nor_a_later_agent_changes_an_order(self):
        territory = self._create_territory()
        attribution = self._confirm()
        territory.action_end()
        self._create_territory(self.rival)
        self.customer.state_id = self.other_province
        attribution.order_id.partner_shipping_id = self.agent.partner_id
        self.assertEqual(attribution.tier_ids[1:].distributor_id, self.agent)
        self.assertEqual(attribution.evidence['territories'], {'province': territory.id})
        self.assertEqual(attribution.evidence['delivery']['state_id'], self.province.id)

    def test_an_area_of_another_company_earns_nobody_here(self):
        other = self.env['res.company'].create({'name': "Other"})
        self.env.user.company_ids |= other
        stranger = self._create_distributor("Stranger", company_id=other.id)
        self._create_territory(stranger, company_id=other.id)
        self.assertEqual(self._confirm().tier_ids.mapped('tier'), [1])

    def test_agents_cost_no_statement_more(self):
        self._create_territory()
        self._create_territory(self.rival, city="杭州市")
        self._confirm()     # warms the caches
        orders = self.env['sale.order'].concat(*(
            self._create_order(distributor_id=self.seller.id) for _index in range(20)))
        self.env.flush_all()
        orders.state = 'sale'
        self.env.flush_all()
        with self.assertQueryCount(2):
            orders._distribution_attribute()
        self.assertEqual(len(orders.attribution_ids.tier_ids), 60)

    def test_the_authorities_read_who_was_the_agent(self):
        self._create_territory()
        attribution = self._confirm()
        export = self.env['distribution.authority.export'].create({
            'authority': "Market supervision", 'reason': "Letter", 'company_id': self.company.id,
            'from_at': fields.Datetime.subtract(fields.Datetime.now(), days=1),
            'until_at': fields.Datetime.add(fields.Datetime.now(), days=1)})
        [row] = [row for row in export._get_orders() if row['order'] == attribution.order_id.name]
        self.assertEqual([tier['tier'] for tier in row['tiers']], [1])
        self.assertEqual(row['agents'], [
            {'role': "Agent of the province", 'distributor': self.agent.code, 'earns_nothing': None}])
