from datetime import timedelta

from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DistributionCoreCommon


@tagged('post_install', '-at_install')
class TestBinding(DistributionCoreCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls._create_distributor("First")
        cls.second = cls._create_distributor("Second")
        cls.bindings = cls.env['distribution.binding']

    def _buy(self, distributor=None, day=None, **values):
        """Let the customer buy after a visit through the link of a distributor; return the attribution."""
        with freeze_time(f'2026-03-{day:02} 12:00:00') if day else freeze_time(fields.Datetime.now()):
            if distributor:
                self._create_touch(distributor, visitor=f'day {day}')
            order = self._create_order(distribution_visitor=f'day {day}', **values)
            order.action_confirm()
            return order.attribution_ids

    def _get_open(self):
        return self.bindings.search([('partner_id', '=', self.customer.id), ('until_at', '=', False)])

    def test_without_a_mode_no_order_binds(self):
        self.assertFalse(self._buy(self.first, 1).binding_due)
        self.assertFalse(self.bindings._follow())
        self.assertFalse(self._get_open())

    def test_the_first_order_binds_and_the_binding_wins_the_next(self):
        self.policy.binding_mode = 'first'
        attribution = self._buy(self.first, 1)
        self.assertTrue(attribution.binding_due)
        self.assertEqual(self.bindings._follow(), 1)
        self.assertRecordValues(self._get_open(), [{
            'distributor_id': self.first.id, 'source': 'visit', 'from_at': attribution.pinned_at,
            'attribution_id': attribution.id, 'touch_id': attribution.touch_id.id, 'expires_at': False,
        }])
        later = self._buy(self.second, 20)
        self.assertRecordValues(later, [
            {'distributor_id': self.first.id, 'source': 'binding', 'binding_due': False}])
        self.assertEqual(later.evidence['lost'][0]['distributor_id'], self.second.id)

    def test_following_twice_changes_nothing(self):
        self.policy.binding_mode = 'first'
        self._buy(self.first, 1)
        self.assertEqual([self.bindings._follow(), self.bindings._follow()], [1, 0])
        self.assertEqual(len(self.bindings.search([('partner_id', '=', self.customer.id)])), 1)

    def test_the_last_one_wins_the_customer_after_the_protection(self):
        self.policy.write({'binding_mode': 'last', 'protection_days': 10})
        self._buy(self.first, 1)
        self.bindings._follow()
        self.assertEqual(self._buy(self.second, 10).distributor_id, self.first)
        moved = self._buy(self.second, 11)
        self.assertEqual(moved.distributor_id, self.second)
        self.bindings._follow()
        self.assertRecordValues(self.bindings.search([('partner_id', '=', self.customer.id)], order='from_at'), [
            {'distributor_id': self.first.id, 'until_at': moved.pinned_at},
            {'distributor_id': self.second.id, 'until_at': False},
        ])

    def test_several_orders_that_wait_are_followed_in_their_order(self):
        self.policy.binding_mode = 'last'
        self._buy(self.first, 1)
        self._buy(self.second, 2)
        self.assertEqual(self.bindings._follow(), 2)
        self.assertEqual(self._get_open().distributor_id, self.second)
        for moment, expected in [
            ('2026-03-01 11:59:59', self.first.browse()), ('2026-03-01 12:00:00', self.first),
            ('2026-03-02 11:59:59', self.first), ('2026-03-02 12:00:00', self.second),
        ]:
            with self.subTest(moment):
                self.assertEqual(
                    self.bindings._get_at(self.customer, self.company, moment).distributor_id, expected)

    def test_a_binding_for_a_time_ends_and_is_renewed_by_an_order(self):
        self.policy.write({'binding_mode': 'expiring', 'binding_days': 5})
        self._buy(self.first, 1)
        self.bindings._follow()
        self.assertEqual(self._buy(day=5).distributor_id, self.first)
        self.bindings._follow()
        self.assertEqual(self._get_open().expires_at, fields.Datetime.to_datetime('2026-03-10 12:00:00'))
        self.assertFalse(self._buy(day=10).distributor_id)

    def test_only_new_customers_can_be_won(self):
        self._buy(day=1)
        self._next_policy(binding_mode='new')
        refused = self._buy(self.first, 2)
        self.assertFalse(refused.distributor_id)
        self.assertEqual(refused.evidence['refused'][0]['reason'], 'known')

    def test_a_customer_who_stays_away_is_free(self):
        self.policy.write({'binding_mode': 'first', 'takeover_days': 10})
        self._buy(self.first, 1)
        self.bindings._follow()
        self._buy(day=5)
        self.assertEqual(self._buy(self.second, 14).distributor_id, self.first)
        self.assertEqual(self._buy(self.second, 25).distributor_id, self.second)

    def test_a_change_of_mode_rewrites_no_binding(self):
        self.policy.write({'binding_mode': 'expiring', 'binding_days': 5})
        self._buy(self.first, 1)
        self.bindings._follow()
        before = self._get_open().read()
        self._next_policy(binding_mode='first', binding_days=90)
        self.assertEqual(self._get_open().read(), before)

    def test_staff_speaks_for_one_order(self):
        self.policy.binding_mode = 'first'
        self._buy(self.first, 1)
        self.bindings._follow()
        self._buy(day=2, distributor_id=self.second.id)
        self.bindings._follow()
        self.assertEqual(self._get_open().distributor_id, self.first)

    def test_a_change_by_staff_adds_an_edge_and_tells_both(self):
        binding = self.bindings.create({'partner_id': self.customer.id, 'distributor_id': self.first.id})
        self.env['distribution.binding.change'].create({
            'partner_ids': self.customer.ids, 'distributor_id': self.second.id, 'reason': "Agreed by all",
        }).action_apply()
        self.assertTrue(binding.until_at)
        self.assertRecordValues(self._get_open(), [
            {'distributor_id': self.second.id, 'source': 'staff', 'reason': "Agreed by all"}])
        for distributor in (self.first, self.second):
            told = self.env['mail.message'].search([
                ('model', '=', distributor._name), ('res_id', '=', distributor.id),
                ('partner_ids', '=', distributor.partner_id.id)])
            self.assertIn("Agreed by all", told.body)
            self.assertNotIn(self.customer.name, told.body)

    def test_what_staff_decided_since_stands(self):
        self.policy.binding_mode = 'last'
        self._buy(self.first, 1)
        self.bindings._change(self.customer, self.second, "Agreed")
        self.bindings._follow()
        self.assertEqual(self._get_open().distributor_id, self.second)

    def test_to_nobody(self):
        self.bindings.create({'partner_id': self.customer.id, 'distributor_id': self.first.id})
        self.bindings._change(self.customer, self.first.browse(), "Wants no contact")
        self.assertFalse(self._get_open())

    @mute_logger('odoo.sql_db')
    def test_a_customer_belongs_to_one_distributor_at_a_time(self):
        self.bindings.create({'partner_id': self.customer.id, 'distributor_id': self.first.id})
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.bindings.create({'partner_id': self.customer.id, 'distributor_id': self.second.id})
        self.assertEqual(self._get_open().distributor_id, self.first)

    def test_nobody_is_their_own_customer(self):
        with self.assertRaisesRegex(ValidationError, "Nobody is their own customer"):
            self.bindings.create({'partner_id': self.first.partner_id.id, 'distributor_id': self.first.id})

    def test_people_of_one_company_are_one_customer(self):
        company = self.env['res.partner'].create({'name': "Firm", 'is_company': True})
        one, other = self.env['res.partner'].create([
            {'name': "One", 'parent_id': company.id}, {'name': "Other", 'parent_id': company.id}])
        self.policy.binding_mode = 'first'
        self._buy(self.first, 1, partner_id=one.id)
        self.bindings._follow()
        self.assertEqual(self._buy(self.second, 2, partner_id=other.id).distributor_id, self.first)

    def test_merging_two_customers_keeps_the_older_binding(self):
        other = self.env['res.partner'].create({'name': "Twin"})
        for partner, distributor, days in [(self.customer, self.first, 2), (other, self.second, 5)]:
            self.bindings.create({
                'partner_id': partner.id, 'distributor_id': distributor.id,
                'from_at': fields.Datetime.now() - timedelta(days=days)})
        self.env['base.partner.merge.automatic.wizard']._merge((self.customer | other).ids, self.customer)
        self.assertEqual(self._get_open().distributor_id, self.second)
        self.assertEqual(len(self.bindings.search([('partner_id', '=', self.customer.id)])), 2)

    def test_another_policy_is_replayed_and_nothing_moves(self):
        self._create_touch(self.first, visitor='v', days_ago=3)
        self._create_touch(self.second, visitor='v', days_ago=1)
        order = self._create_order(distribution_visitor='v')
        order.action_confirm()
        self.assertEqual(order.attribution_ids.distributor_id, self.second)
        other_policy = self.env['distribution.policy'].create({
            'name': "First touch", 'valid_from': '2099-01-01', 'attribution_model': 'first'})
        replay = self.env['distribution.attribution.replay'].create({
            'attribution_id': order.attribution_ids.id, 'policy_id': other_policy.id})
        self.assertEqual(replay.distributor_id, self.first)
        self.assertRecordValues(replay.line_ids, [
            {'distributor_id': self.first.id, 'outcome': 'won'},
            {'distributor_id': self.second.id, 'outcome': 'lost'},
        ])
        self.assertEqual(order.attribution_ids.distributor_id, self.second)

    def test_an_officer_reads_bindings_and_changes_them_by_the_wizard_only(self):
        officer = self.env['res.users'].create({
            'name': "Officer", 'login': 'binding officer',
            'group_ids': [Command.set(self.env.ref('distribution_core.group_distribution_user').ids)]})
        bindings = self.bindings.with_user(officer)
        with self.assertRaises(AccessError):
            bindings.create({'partner_id': self.customer.id, 'distributor_id': self.first.id})
        self.env['distribution.binding.change'].with_user(officer).create({
            'partner_ids': self.customer.ids, 'distributor_id': self.first.id, 'reason': "Asked for",
        }).action_apply()
        binding = bindings.search([('partner_id', '=', self.customer.id)])
        self.assertEqual(binding.distributor_id, self.first)
        for operation in (lambda: binding.write({'reason': "Other"}), binding.unlink):
            with self.assertRaises(AccessError):
                operation()
