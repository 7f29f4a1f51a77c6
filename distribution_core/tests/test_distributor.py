from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DistributionCoreCommon


@tagged('post_install', '-at_install')
class TestDistributor(DistributionCoreCommon):

    def test_states_move_through_one_gate(self):
        distributor = self._create_distributor("New", active=False)
        self.assertFalse(distributor.active_since)
        distributor.action_apply()
        self.assertEqual(distributor.state, 'applied')
        distributor.action_activate()
        since = distributor.active_since
        self.assertTrue(since)
        distributor._set_suspended("Complaint")
        distributor.action_activate()
        self.assertEqual((distributor.state, distributor.active_since), ('active', since))
        distributor._set_closed("Wants to leave")
        with self.assertRaisesRegex(UserError, "is Closed and cannot become Active"):
            distributor.action_activate()
        self.assertEqual(distributor.state, 'closed')
        distributor.action_apply()
        self.assertEqual(distributor.state, 'applied')

    def test_the_reason_of_a_suspension_is_in_the_history(self):
        distributor = self._create_distributor("Seller")
        wizard = self.env['distribution.state.change'].with_context(
            **distributor.action_suspend()['context']).create({'reason': "Complaint 17"})
        wizard.action_apply()
        self.assertEqual(distributor.state, 'suspended')
        self.assertIn("Complaint 17", " ".join(distributor.message_ids.mapped('body')))

    def test_which_codes_lead_to_a_distributor(self):
        active = self._create_distributor("Active", code='ABCD2345')
        self._create_distributor("Suspended", code='SUSPENDED')._set_suspended("x")
        self._create_distributor("Draft", active=False, code='DRAFT')
        for code, expected in [
            ('ABCD2345', active), (' abcd2345 ', active),
            ('SUSPENDED', None), ('DRAFT', None), ('UNKNOWN', None), ('', None), (None, None), (7, None),
            ("' OR 1=1 --", None), ('%', None), ('ABCD2345\n', active), ('A' * 10_000, None), ('ÄÖÜ中文', None),
        ]:
            with self.subTest(code=str(code)[:20]):
                found = self.env['distribution.distributor']._get_active_by_code(code)
                self.assertEqual(found, expected or self.env['distribution.distributor'])

    def test_a_code_has_a_form(self):
        for code in ('ABC', 'A' * 17, 'AB-CD', 'ÄBCD'):
            with self.subTest(code), self.assertRaises(ValidationError):
                self._create_distributor("Bad", code=code)

    @mute_logger('odoo.sql_db')
    def test_a_code_and_a_partner_are_taken_once(self):
        first = self._create_distributor("First", code='SAME')
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._create_distributor("Second", code='same')
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._create_distributor("Again", partner_id=first.partner_id.id)

    def test_nobody_stands_in_its_own_upline(self):
        top = self._create_distributor("Top")
        middle = self._create_distributor("Middle", parent_id=top.id)
        bottom = self._create_distributor("Bottom", parent_id=middle.id)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            top.parent_id = bottom

    def test_every_change_of_the_upline_adds_to_the_history_and_edits_nothing(self):
        first, second = self._create_distributor("First"), self._create_distributor("Second")
        with freeze_time('2026-03-01 10:00:00'):
            seller = self._create_distributor("Seller", parent_id=first.id)
        with freeze_time('2026-03-05 10:00:00'):
            seller._set_upline(second, "Moved to another city")
        with freeze_time('2026-03-09 10:00:00'):
            seller._set_upline(self.env['distribution.distributor'], "Works alone")
        self.assertRecordValues(seller.upline_ids.sorted('from_at'), [
            {'parent_id': first.id, 'until_at': fields.Datetime.to_datetime('2026-03-05 10:00:00'), 'reason': False},
            {'parent_id': second.id, 'until_at': fields.Datetime.to_datetime('2026-03-09 10:00:00'),
             'reason': "Moved to another city"},
            {'parent_id': False, 'until_at': False, 'reason': "Works alone"},
        ])
        for moment, expected in [
            ('2026-03-01 09:59:59', seller), ('2026-03-01 10:00:00', seller | first),
            ('2026-03-05 09:59:59', seller | first), ('2026-03-05 10:00:00', seller | second),
            ('2026-03-09 10:00:00', seller),
        ]:
            with self.subTest(moment):
                self.assertEqual(
                    self.env['distribution.upline']._get_chain_at(
                        seller, fields.Datetime.to_datetime(moment), depth=3), expected)

    def test_writing_the_same_upline_again_adds_nothing(self):
        first = self._create_distributor("First")
        seller = self._create_distributor("Seller", parent_id=first.id)
        seller.parent_id = first
        self.assertEqual(len(seller.upline_ids), 1)

    def test_only_a_draft_can_be_deleted(self):
        self._create_distributor("Draft", active=False).unlink()
        with self.assertRaisesRegex(UserError, "Close the distributor instead"):
            self._create_distributor("Active").unlink()

    @mute_logger('odoo.sql_db')
    def test_merging_two_distributors_as_partners_loses_neither(self):
        first, second = self._create_distributor("First"), self._create_distributor("Second")
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env['base.partner.merge.automatic.wizard']._merge(
                (first | second).partner_id.ids, first.partner_id)
        self.assertEqual((first | second).exists(), first | second)
