from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..local_path import MAX_PATH_LENGTH
from .common import DistributionCoreCommon


class LinkCase(DistributionCoreCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._create_distributor("Seller")
        cls.campaign = cls.env['utm.campaign'].create({'title': "Spring"})
        cls.source = cls.env['utm.source'].create({'name': "Neighbours"})
        cls.link = cls._create_link(
            target='/shop/tea', campaign_id=cls.campaign.id, source_id=cls.source.id)

    @classmethod
    def _create_link(cls, distributor=None, **values):
        return cls.env['distribution.link'].create({
            'name': "Tea", 'distributor_id': (distributor or cls.seller).id, **values})


@tagged('post_install', '-at_install')
class TestLink(LinkCase):

    def test_a_code_is_told_apart_from_every_personal_code(self):
        self.assertRegex(self.link.code, r'^[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}$')
        self.assertEqual(self.link.short_url, f'{self.seller.get_base_url()}/d/{self.link.code}')
        self.assertNotEqual(self.link.copy().code, self.link.code)
        with self.assertRaises(ValidationError):
            self.seller.code = self.link.code

    def test_a_link_keeps_its_code_and_its_distributor(self):
        other = self._create_distributor("Other")
        for values in ({'code': 'ABCD-2345'}, {'distributor_id': other.id}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "keeps its code"):
                self.link.write(values)
        self.link.write({'code': self.link.code, 'distributor_id': self.seller.id})
        self.assertEqual(self.link.distributor_id, self.seller)

    def test_a_link_leads_to_pages_of_this_site_only(self):
        for target in (
            'shop', '//evil.example', 'https://evil.example', '/%2Fevil.example', r'/\evil.example',
            '/shop\r\nSet-Cookie: a=b', '/%0d%0aSet-Cookie:a=b', 'javascript:alert(1)', '/d/MEI888', '/d',
            '/%64/MEI888', '/' + 'a' * MAX_PATH_LENGTH,
        ):
            with self.subTest(target=target[:40]), self.assertRaises(ValidationError):
                self.link.target = target
        self.link.invalidate_recordset()
        self.assertEqual(self.link.target, '/shop/tea')
        for target in ('/', '/shop?search=a b', '/delivery', '/茶', '/' + 'a' * (MAX_PATH_LENGTH - 1)):
            with self.subTest(target=target[:40]):
                self.link.target = target

    def test_a_visited_link_is_archived_instead_of_deleted(self):
        touch = self._create_touch(self.seller, link_id=self.link.id)
        with self.assertRaisesRegex(UserError, "Archive it instead"):
            self.link.unlink()
        touch.unlink()
        self.link.unlink()
        self.assertFalse(self.link.exists())

    def test_visits_visitors_and_orders_are_counted(self):
        other = self._create_link()
        for visitor in ('ann', 'ann', 'bob'):
            touch = self._create_touch(self.seller, visitor=visitor, link_id=self.link.id)
        self._create_touch(self.seller, visitor='cleo')
        orders = [self._create_order(distribution_visitor='bob') for _index in range(3)]
        for order in orders:
            order.action_confirm()
            self.assertEqual(order.attribution_ids.touch_id, touch)
        orders[0]._action_cancel()
        self.assertRecordValues(self.link | other, [
            {'visit_count': 3, 'visitor_count': 2, 'order_count': 2},
            {'visit_count': 0, 'visitor_count': 0, 'order_count': 0},
        ])
        self.assertEqual(self.seller.link_count, 2)

    def test_a_distributor_makes_links_itself_while_it_is_active(self):
        Link = self.env['distribution.link']
        link = Link._create_own(self.seller, " Tea ", '/shop')
        self.assertRecordValues(link, [{'name': "Tea", 'target': '/shop', 'distributor_id': self.seller.id}])
        with self.assertRaisesRegex(UserError, "give the link a name"):
            Link._create_own(self.seller, "  ", '/shop')
        link._archive_own()
        self.assertFalse(link.active)
        self.seller._set_suspended("Review")
        with self.assertRaisesRegex(UserError, "Only an active distributor"):
            Link._create_own(self.seller, "Tea", '/shop')

    def test_there_is_an_end_to_the_links_of_a_distributor(self):
        self.env['distribution.link'].create([
            {'name': str(index), 'distributor_id': self.seller.id} for index in range(199)])
        with self.assertRaisesRegex(UserError, "You have 200 links"):
            self.env['distribution.link']._create_own(self.seller, "One more", False)
        self.link.active = False
        self.assertTrue(self.env['distribution.link']._create_own(self.seller, "One more", False))

    def test_who_may_do_what_with_which_link(self):
        company = self.env['res.company'].create({'name': "Other"})
        self.env.user.company_ids |= company
        links = {
            'own': self.link,
            'peer': self._create_link(self._create_distributor("Peer")),
            'foreign': self._create_link(self._create_distributor("Foreign", company_id=company.id)),
        }
        users = {
            'portal': new_test_user(self.env, 'seller', groups='base.group_portal'),
            'employee': new_test_user(self.env, 'employee', groups='base.group_user'),
            'officer': new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user'),
            'manager': new_test_user(self.env, 'manager', groups='distribution_core.group_distribution_manager'),
            'public': self.env.ref('base.public_user'),
        }
        users['portal'].partner_id = self.seller.partner_id
        for role, operation, allowed in [
            ('portal', 'read', ('own',)), ('portal', 'write', ()), ('portal', 'create', ()), ('portal', 'unlink', ()),
            ('employee', 'read', ()), ('public', 'read', ()),
            ('officer', 'read', ('own', 'peer')), ('officer', 'write', ('own', 'peer')), ('officer', 'unlink', ()),
            ('manager', 'unlink', ('own', 'peer')),
        ]:
            for name, link in links.items():
                with self.subTest(role=role, operation=operation, link=name):
                    self.assertEqual(link.with_user(users[role]).has_access(operation), name in allowed)


@tagged('post_install', '-at_install')
class TestResolve(LinkCase):

    def _resolve(self, code):
        return self.env['distribution.link']._resolve(code)

    def test_a_link_and_a_personal_code_are_resolved_by_one_statement(self):
        self.env.flush_all()
        for code, link_id, target, campaign, source in [
            (self.link.code, self.link.id, '/shop/tea', "Spring", "Neighbours"),
            (f' {self.link.code.lower()} ', self.link.id, '/shop/tea', "Spring", "Neighbours"),
            (self.seller.code, None, None, None, None),
        ]:
            with self.subTest(code=code):
                with self.assertQueryCount(1):
                    referral = self._resolve(code)
                self.assertEqual(referral, (
                    self.seller.id, self.company.id, self.seller.partner_id.id, link_id, True, target,
                    campaign, source, None, self.policy.touch_window_days))

    def test_what_cannot_be_a_code_is_not_even_looked_up(self):
        for code in (
            None, 7, '', 'x', 'ABCD-234', 'ABCD-23456', 'ABCD--2345', 'ABC-D2345', '-', "'; DROP--", 'ABCD-234\n',
            'ABCD-234５', 'A' * 17, 'A' * 100_000,
        ):
            with self.subTest(code=str(code)[:20]), self.assertQueryCount(0):
                self.assertIsNone(self._resolve(code))

    def test_a_code_of_nobody_leads_nowhere(self):
        self.assertIsNone(self._resolve('ABCD-2345'))
        self.assertIsNone(self._resolve('NOBODY'))

    def test_what_does_not_count_still_leads_to_its_page(self):
        today = fields.Date.today()
        for case, record, values, counts in [
            ("until tomorrow", self.link, {'expires_on': today + timedelta(days=1)}, True),
            ("expires today", self.link, {'expires_on': today}, False),
            ("no date", self.link, {'expires_on': False}, True),
            ("archived", self.link, {'active': False}, False),
            ("in use again", self.link, {'active': True}, True),
            ("suspended", self.seller, {'state': 'suspended'}, False),
            ("closed", self.seller, {'state': 'closed'}, False),
            ("active", self.seller, {'state': 'active'}, True),
        ]:
            with self.subTest(case):
                record.write(values)
                referral = self._resolve(self.link.code)
                self.assertIs(referral.counts, counts)
                self.assertEqual(referral.target, '/shop/tea')
                self.assertIs(self.link.is_expired, case == "expires today")


@tagged('post_install', '-at_install')
class TestTouchPurge(LinkCase):

    def _purge(self):
        result = self.env['distribution.touch']._gc_touches()
        return result, self.env['distribution.touch'].search([('distributor_id', '=', self.seller.id)], order='id')

    def test_old_touches_go_but_those_that_credit_an_order_stay_three_years(self):
        old = self._create_touch(self.seller, days_ago=401)
        recent = self._create_touch(self.seller, days_ago=399)
        proof = self._create_touch(self.seller, visitor='buyer', days_ago=1)
        self.env.flush_all()
        order = self._create_order(distribution_visitor='buyer')
        order.action_confirm()
        attribution = order.attribution_ids
        self._set(proof, 'at', 401)
        result, left = self._purge()
        self.assertEqual(result, (1, 0))
        self.assertEqual(left, recent | proof)
        self.assertFalse(old.exists())
        for days, stays in ((3 * 366 - 1, True), (3 * 366 + 1, False)):
            with self.subTest(days=days):
                self._set(attribution, 'pinned_at', days)
                self.assertEqual(proof in self._purge()[1], stays)
        attribution.invalidate_recordset()
        self.assertFalse(attribution.touch_id)
        self.assertEqual(attribution.evidence['claim']['touch_id'], proof.id)

    def _set(self, record, name, days_ago):
        record.flush_recordset()
        self.env.cr.execute(
            f"UPDATE {record._table} SET {name} = (now() AT TIME ZONE 'UTC') - %s WHERE id = %s",
            [timedelta(days=days_ago), record.id])
        record.invalidate_recordset()

    def test_the_retention_is_a_parameter_and_never_shorter_than_a_touch_counts(self):
        self._create_touch(self.seller, days_ago=20)
        self._create_touch(self.seller, days_ago=50)
        self.env['ir.config_parameter'].set_param('distribution_core.touch_retention_days', '10')
        self.policy.touch_window_days = 30
        result, left = self._purge()
        self.assertEqual((result, len(left)), ((1, 0), 1))

    def test_a_batch_tells_that_more_is_left(self):
        for _index in range(3):
            self._create_touch(self.seller, days_ago=500)
        with patch('odoo.addons.distribution_core.models.distribution_touch._PURGE_BATCH', 2):
            self.assertEqual(self._purge()[0], (2, 1))
            self.assertEqual(self._purge()[0], (1, 0))
