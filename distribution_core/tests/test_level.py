from datetime import date, datetime

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import Command, models
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_core.models.distribution_level import QUALIFICATION_FIELDS

from .common import DistributionCoreCommon


@tagged('post_install', '-at_install')
class TestLevelHistory(DistributionCoreCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.silver, cls.gold = cls.env['distribution.level'].create([
            {'name': "Silver", 'sequence': 1}, {'name': "Gold", 'sequence': 2}])
        cls.none = cls.env['distribution.level']
        cls.history = cls.env['distribution.level.history']

    def test_nothing_but_own_facts_can_decide_about_a_level(self):
        """Whoever adds a field here has to say that it is no head-count, team total, fee or purchase."""
        fields = {
            name for name, field in self.env['distribution.level']._fields.items()
            if field._module == 'distribution_core' and name not in models.MAGIC_COLUMNS
        }
        self.assertEqual(fields, {
            'name', 'active', 'sequence', 'color', 'description', 'company_id', 'currency_id',
            'benefits', 'pricelist_id', 'is_automatic', 'allows_demotion', 'grace_days', *QUALIFICATION_FIELDS,
        })
        self.assertEqual(QUALIFICATION_FIELDS, (
            'window_days', 'min_sales', 'min_orders', 'max_return_rate', 'min_tenure_days', 'needs_training'))

    @mute_logger('odoo.sql_db')
    def test_conditions_that_make_no_sense_are_refused(self):
        for values in (
            {'window_days': 0}, {'min_sales': -1}, {'min_orders': -1}, {'min_tenure_days': -1}, {'grace_days': -1},
            {'max_return_rate': 100.01}, {'max_return_rate': -1}, {'company_id': False, 'min_sales': 1},
        ):
            with self.subTest(values), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.env['distribution.level'].create({'name': "Odd", **values})
                self.env.flush_all()

    def test_every_change_of_the_level_adds_to_the_history_and_edits_nothing(self):
        with freeze_time('2026-03-01 10:00:00'):
            seller = self._create_distributor("Seller", level_id=self.silver.id)
        with freeze_time('2026-03-05 10:00:00'):
            seller.level_id = self.gold
        with freeze_time('2026-03-09 10:00:00'):
            seller._set_level(self.none, "Asked for it")
        self.assertRecordValues(seller.level_history_ids.sorted('from_at'), [
            {'level_id': self.silver.id, 'until_at': datetime(2026, 3, 5, 10), 'source': 'creation', 'reason': False},
            {'level_id': self.gold.id, 'until_at': datetime(2026, 3, 9, 10), 'source': 'manual', 'reason': False},
            {'level_id': False, 'until_at': False, 'source': 'manual', 'reason': "Asked for it"},
        ])
        other = self._create_distributor("Other")
        for moment, expected in [
            (datetime(2026, 3, 1, 9, 59, 59), self.none), (datetime(2026, 3, 1, 10), self.silver),
            (datetime(2026, 3, 5, 9, 59, 59), self.silver), (datetime(2026, 3, 5, 10), self.gold),
            (datetime(2026, 3, 9, 9, 59, 59), self.gold), (datetime(2026, 3, 9, 10), self.none),
        ]:
            with self.subTest(moment):
                self.history.flush_model()
                with self.assertQueryCount(1):
                    levels = self.history._get_level_at(seller | other, moment)
                self.assertEqual(levels, {seller: expected, other: self.none})

    def test_writing_the_same_level_again_adds_nothing(self):
        seller = self._create_distributor("Seller", level_id=self.gold.id)
        seller.level_id = self.gold
        self.assertEqual(len(seller.level_history_ids), 1)

    def test_an_import_is_recorded_as_one(self):
        imported = self.env['distribution.distributor'].load(
            ['id', 'partner_id/.id', 'code', 'level_id/.id'],
            [['__import__.seller', str(self.customer.id), 'IMPORTED', str(self.silver.id)]])
        self.assertFalse(imported['messages'])
        self.env['distribution.distributor'].load(
            ['id', 'level_id/.id'], [['__import__.seller', str(self.gold.id)]])
        seller = self.env['distribution.distributor'].browse(imported['ids'])
        self.assertRecordValues(seller.level_history_ids.sorted('id'), [
            {'level_id': self.silver.id, 'source': 'import'}, {'level_id': self.gold.id, 'source': 'import'}])

    @mute_logger('odoo.sql_db')
    def test_there_is_one_level_at_any_moment(self):
        edge = self._create_distributor("Seller").level_history_ids
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            edge.copy()
            self.env.flush_all()

    def test_a_level_given_by_hand_is_kept_with_its_reason(self):
        sellers = self._create_distributor("First") | self._create_distributor("Second", level_id=self.gold.id)
        self.env['distribution.level.grant'].with_context(**sellers.action_grant_level()['context']).create({
            'level_id': self.gold.id, 'reason': "Won the contest", 'kept_until': '2026-12-31'}).action_apply()
        self.assertEqual(sellers.level_id, self.gold)
        for seller in sellers:
            self.assertRecordValues(seller.level_history_ids.sorted('id')[1:], [
                {'level_id': self.gold.id, 'source': 'manual', 'reason': "Won the contest",
                 'kept_until': date(2026, 12, 31)}])

    def test_a_level_brings_its_pricelist_to_active_distributors(self):
        self.env.user.group_ids += self.env.ref('product.group_product_pricelist')
        usual, better, own = self.env['product.pricelist'].create([
            {'name': "Usual", 'sequence': 0}, {'name': "Gold prices"}, {'name': "Own prices"}])
        self.gold.pricelist_id = better
        seller = self._create_distributor("Seller")
        partner = seller.partner_id
        self.assertEqual(partner.property_product_pricelist, usual)
        seller.level_id = self.gold
        self.assertEqual(partner.property_product_pricelist, better)
        self.assertFalse(partner.specific_property_product_pricelist)
        partner.specific_property_product_pricelist = own
        self.assertEqual(partner.property_product_pricelist, own)
        partner.specific_property_product_pricelist = False
        seller._set_suspended("Complaint")
        self.assertEqual(partner.property_product_pricelist, usual)
        seller._set_active()
        self.assertEqual(partner.property_product_pricelist, better)
        self.gold.sequence, self.silver.is_automatic = 0, True
        self.env['distribution.level.run'].sudo()._preview(self.company)._apply()
        self.assertEqual((seller.level_id, partner.property_product_pricelist), (self.silver, usual))

    def test_the_chain_of_an_order_comes_with_the_levels_of_then_in_one_statement(self):
        with freeze_time('2026-03-01 10:00:00'):
            top = self._create_distributor("Top", level_id=self.gold.id)
            seller = self._create_distributor("Seller", parent_id=top.id)
        with freeze_time('2026-03-05 10:00:00'):
            top.level_id, seller.level_id = self.silver, self.gold
        self.env.flush_all()
        for moment, expected in [
            (datetime(2026, 3, 5, 9, 59, 59), [(seller, self.none), (top, self.gold)]),
            (datetime(2026, 3, 5, 10), [(seller, self.gold), (top, self.silver)]),
        ]:
            with self.subTest(moment), self.assertQueryCount(1):
                self.assertEqual(
                    self.env['distribution.upline']._get_leveled_chain_at(seller, moment, depth=3), expected)

    def test_who_may_do_what_with_runs_and_the_history(self):
        seller = self._create_distributor("Seller")
        self.silver.is_automatic = True
        run = self.env['distribution.level.run'].sudo()._preview(self.company)
        users = {
            'portal': new_test_user(self.env, 'seller', groups='base.group_portal'),
            'employee': new_test_user(self.env, 'employee', groups='base.group_user'),
            'officer': new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user'),
            'manager': new_test_user(self.env, 'manager', groups='distribution_core.group_distribution_manager'),
        }
        users['portal'].partner_id = seller.partner_id
        for role, operation, allowed in [
            ('portal', 'read', ()), ('employee', 'read', ()),
            ('officer', 'read', ('history', 'run', 'line')), ('officer', 'write', ()), ('officer', 'create', ()),
            ('manager', 'read', ('history', 'run', 'line')), ('manager', 'write', ('run',)), ('manager', 'create', ()),
            ('manager', 'unlink', ()),
        ]:
            for name, record in (('history', seller.level_history_ids), ('run', run), ('line', run.line_ids)):
                with self.subTest(role=role, operation=operation, model=name):
                    self.assertEqual(record.with_user(users[role]).has_access(operation), name in allowed)
        for role in ('portal', 'employee'):
            with self.subTest(role), self.assertRaises(AccessError):
                self.env['distribution.level.run'].with_user(users[role]).action_preview()
        with self.assertRaises(AccessError):
            run.with_user(users['officer']).action_apply()
        self.assertFalse(seller.level_id)
        action = self.env['distribution.level.run'].with_user(users['officer']).action_preview()
        self.env['distribution.level.run'].with_user(users['manager']).browse(action['res_id']).action_apply()
        self.assertEqual(seller.level_id, self.silver)
        with self.assertRaisesRegex(UserError, "This run is over"):
            run.with_user(users['manager']).action_apply()

    def test_a_run_of_another_company_is_out_of_sight(self):
        self.silver.is_automatic = True
        self._create_distributor("Seller")
        run = self.env['distribution.level.run'].sudo()._preview(self.company)
        other = self.env['res.company'].create({'name': "Other"})
        officer = new_test_user(
            self.env, 'foreign', groups='distribution_core.group_distribution_manager',
            company_id=other.id, company_ids=[Command.set(other.ids)])
        for record in (run, run.line_ids, run.line_ids.distributor_id.level_history_ids):
            with self.subTest(record._name):
                self.assertFalse(record.with_user(officer).has_access('read'))
