from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import DistributionCoreCommon


@tagged('post_install', '-at_install')
class TestPolicyVersion(DistributionCoreCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.policy)
        cls.second = new_test_user(
            cls.env, 'second', groups='distribution_core.group_distribution_manager', company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)])
        cls.officer = new_test_user(
            cls.env, 'officer', groups='distribution_core.group_distribution_user', company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)])

    def _create_draft(self, **values):
        draft = self.policy.browse(self.policy.action_new_version()['res_id'])
        draft.write({'reason': "Less risk", 'valid_from': self.today, **values})
        return draft

    def _pin(self):
        order = self._create_order(distributor_id=self._create_distributor("Seller").id)
        order.action_confirm()
        return order

    # === VERSIONS === #

    def test_a_new_version_is_a_draft_that_begins_later(self):
        draft = self.policy.browse(self.policy.action_new_version()['res_id'])
        another = self.policy.browse(self.policy.action_new_version()['res_id'])
        self.assertRecordValues(draft | another, [
            {'state': 'draft', 'valid_from': fields.Date.add(self.today, days=days), 'reason': False,
             'author_id': self.env.uid, 'published_at': False}
            for days in (1, 2)
        ])
        self.assertEqual(self.policy.state, 'in_force')
        self.assertEqual(self.policy.display_name, "China, strict (2000-01-01)")

    def test_a_version_goes_from_draft_to_superseded_by_its_date(self):
        draft = self._create_draft(valid_from=fields.Date.add(self.today, days=1))
        draft.action_publish()
        self.assertRecordValues(draft | self.policy, [
            {'state': 'scheduled', 'published_by_id': self.env.uid}, {'state': 'in_force', 'published_by_id': False}])
        draft.action_withdraw()
        self.assertRecordValues(draft, [{'state': 'draft', 'published_at': False, 'published_by_id': False}])
        draft.valid_from = self.today
        draft.action_publish()
        self.policy.invalidate_recordset(['state'])
        self.assertRecordValues(draft | self.policy, [{'state': 'in_force'}, {'state': 'superseded'}])
        with self.assertRaisesRegex(UserError, "kept as it was"):
            draft.action_withdraw()

    def test_a_version_is_published_with_a_reason_and_not_for_the_past(self):
        for values, message in [
            ({'reason': False}, "Say why"),
            ({'valid_from': fields.Date.subtract(self.today, days=1)}, "in the past"),
        ]:
            draft = self._create_draft(valid_from=fields.Date.add(self.today, days=9))
            draft.write(values)
            with self.subTest(message), self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
                draft.action_publish()
            self.assertEqual(draft.state, 'draft')
            draft.unlink()

    def test_nobody_gives_the_stamps_but_the_model(self):
        self.policy.write({'author_id': self.second.id, 'published_by_id': self.second.id, 'published_at': '2020-01-01'})
        policy = self._next_policy(author_id=self.second.id, published_by_id=self.second.id)
        self.assertRecordValues(policy, [{'author_id': self.env.uid, 'published_by_id': False}])
        self.assertRecordValues(self.policy, [{'published_by_id': False, 'published_at': False}])
        policy.with_user(self.second).touch_window_days = 20
        self.assertEqual(policy.author_id, self.second)

    def test_the_policy_in_force_never_becomes_a_draft_again(self):
        with self.assertRaisesRegex(UserError, "not begun"):
            self.policy.is_draft = True

    def test_only_a_draft_that_nobody_signed_can_be_deleted(self):
        draft = self._create_draft()
        draft.unlink()
        signed = self._create_draft()
        signed.action_sign_tier2()
        for policy in (self.policy, signed):
            with self.assertRaisesRegex(UserError, "Only a draft"):
                policy.unlink()
        self.assertTrue((self.policy | signed).exists() == self.policy | signed)

    # === FROZEN === #

    def test_the_default_policy_can_be_fitted_until_an_order_pins_it(self):
        self.policy.touch_window_days = 10
        self.assertFalse(self.policy.is_frozen)
        self._pin()
        for field in self.policy._get_frozen_fields() - {'author_id', 'published_at', 'published_by_id'}:
            with self.subTest(field), self.assertRaisesRegex(UserError, "kept as it was"):
                self.policy.sudo().write({field: self.policy[field]})
        self.assertTrue(self.policy._get_frozen())
        self.policy.name = "Another name"
        self.assertRecordValues(self.policy, [{'touch_window_days': 10, 'name': "Another name"}])

    def test_what_was_published_is_frozen_when_it_begins(self):
        draft = self._create_draft(valid_from=fields.Date.add(self.today, days=1))
        draft.action_publish()
        draft.touch_window_days = 5
        draft.valid_from = self.today
        with self.assertRaisesRegex(UserError, "Make a new version"):
            draft.touch_window_days = 6
        self.assertEqual(draft.touch_window_days, 5)

    def test_a_field_of_another_module_is_frozen_and_compared_by_itself(self):
        frozen = self.policy._get_frozen_fields()
        self.assertLessEqual({'max_paid_tiers', 'hold_days', 'profile', 'valid_from', 'company_id', 'is_draft'}, frozen)
        self.assertTrue(frozen.isdisjoint({'name', 'signoff_ids', 'message_ids', 'activity_ids', 'state', 'id'}))
        stored = {name for name, field in self.policy._fields.items() if field.store and field.type != 'one2many'}
        self.assertEqual(stored - frozen, {'id', 'create_uid', 'create_date', 'write_uid', 'write_date', 'name'})

    # === DIFFERENCES === #

    def test_the_difference_names_each_bound_that_changed(self):
        draft = self._create_draft(max_paid_tiers=1, attribution_model='first', profile='cn_one_tier')
        self.assertEqual(draft._get_diff(self.policy), {
            'max_paid_tiers': (2, 1), 'attribution_model': ('last', 'first'), 'profile': ('cn', 'cn_one_tier')})
        self.assertEqual(draft.changes.splitlines(), [
            "Paid Tiers: 2 → 1", "Attribution Model: Last touch → First touch",
            "Profile: China, strict → China, one tier"])
        self.assertEqual(self.policy._get_diff(self.policy), {})
        self.assertFalse(self.policy.changes)

    # === SIGN-OFFS === #

    def test_signing_the_second_tier_records_who_when_and_what(self):
        self.policy.action_sign_tier2()
        signoff = self.policy.signoff_ids
        self.assertRecordValues(signoff, [{
            'rule': 'R02', 'bound': 2.0, 'user_id': self.env.uid, 'company_id': self.company.id}])
        self.assertIn("fined as pyramid selling", signoff.risk_text)
        self.assertRecordValues(self.policy, [{
            'tier2_signed_by_id': self.env.uid, 'tier2_signed_at': signoff.signed_at}])

    def test_a_sign_off_does_not_pass_to_the_next_version(self):
        self.policy.action_sign_tier2()
        self.assertFalse(self._create_draft().tier2_signed_by_id)

    def test_nobody_signs_in_anothers_name_or_another_text(self):
        signoff = self.env['distribution.policy.signoff'].create({
            'policy_id': self.policy.id, 'rule': 'R02', 'reason': "Known", 'user_id': self.second.id,
            'signed_at': '2020-01-01', 'risk_text': "No risk", 'bound': 99,
        })
        self.assertRecordValues(signoff, [{'user_id': self.env.uid, 'bound': 2.0, 'reason': "Known"}])
        self.assertNotEqual(signoff.risk_text, "No risk")
        self.assertGreater(signoff.signed_at.year, 2020)

    def test_a_sign_off_is_never_changed_or_deleted(self):
        self.policy.action_sign_tier2()
        with self.assertRaisesRegex(UserError, "never changed"):
            self.policy.signoff_ids.sudo().reason = "Another"
        with self.assertRaisesRegex(UserError, "never deleted"):
            self.policy.signoff_ids.sudo().unlink()

    def test_more_than_30_percent_needs_a_second_person(self):
        with self.assertRaisesRegex(ValidationError, "second person"), self.env.cr.savepoint():
            self.policy.max_commission_rate = 30.01
        self.policy.invalidate_recordset()
        draft = self._create_draft(max_commission_rate=40)
        with self.assertRaisesRegex(ValidationError, "second person"), self.env.cr.savepoint():
            draft.action_publish()
        draft.invalidate_recordset()
        signoffs = self.env['distribution.policy.signoff']
        with self.assertRaisesRegex(UserError, "Somebody else"):
            signoffs.create({'policy_id': draft.id, 'rule': 'R08'})
        signoffs.with_user(self.second).create({'policy_id': draft.id, 'rule': 'R08', 'reason': "Launch"})
        draft.max_commission_rate = 45
        with self.assertRaisesRegex(ValidationError, "45"), self.env.cr.savepoint():
            draft.action_publish()
        draft.invalidate_recordset()
        draft.max_commission_rate = 40
        draft.action_publish()
        self.assertRecordValues(draft, [{'state': 'in_force', 'max_commission_rate': 40.0}])

    def test_the_second_person_cannot_set_the_bound_and_be_the_signer(self):
        draft = self._create_draft(max_commission_rate=40)
        self.env['distribution.policy.signoff'].with_user(self.second).create({'policy_id': draft.id, 'rule': 'R08'})
        draft.with_user(self.second).max_commission_rate = 35
        with self.assertRaisesRegex(ValidationError, "second person"):
            draft.action_publish()

    # === ONE TIER === #

    def test_with_one_tier_nobody_stands_above_anybody(self):
        self._next_policy(profile='cn_one_tier', max_paid_tiers=1)
        above, below = self._create_distributor("Above"), self._create_distributor("Below")
        for change in (
            lambda: below.write({'parent_id': above.id}),
            lambda: self._create_distributor("New", parent_id=above.id),
        ):
            with self.assertRaisesRegex(ValidationError, "pays one tier"), self.env.cr.savepoint():
                change()
            below.invalidate_recordset()
        self.assertFalse(above.child_ids)

    def test_one_tier_to_come_stops_new_relations_today(self):
        self._create_draft(
            profile='cn_one_tier', max_paid_tiers=1, valid_from=fields.Date.add(self.today, days=5)).action_publish()
        above = self._create_distributor("Above")
        with self.assertRaisesRegex(ValidationError, "pays one tier"):
            self._create_distributor("Below", parent_id=above.id)

    def test_the_switch_to_one_tier_says_how_many_relations_are_in_the_way(self):
        above = self._create_distributor("Above")
        below = [self._create_distributor(name, parent_id=above.id) for name in "AB"]
        draft = self._create_draft(profile='cn_one_tier', max_paid_tiers=1)
        with self.assertRaisesRegex(ValidationError, "^2 distributors have an upline"), self.env.cr.savepoint():
            draft.action_publish()
        draft.invalidate_recordset()
        for distributor in below:
            distributor._set_upline(distributor.browse(), "One tier")
        draft.action_publish()
        self.assertEqual(draft.state, 'in_force')

    # === RIGHTS === #

    def test_an_officer_reads_and_neither_signs_nor_changes(self):
        self.policy.action_sign_tier2()
        policy = self.policy.with_user(self.officer)
        self.assertTrue(policy.signoff_ids.risk_text)
        for action in (policy.action_sign_tier2, policy.action_new_version, policy.action_check):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                action()
        self.assertEqual(len(self.policy.signoff_ids), 1)

    def test_a_sign_off_of_another_company_is_not_seen(self):
        company = self.env['res.company'].create({'name': "Other"})
        policy_sudo = self.env['distribution.policy'].sudo()._get_in_force(company)
        policy_sudo.action_sign_tier2()
        with self.assertRaises(AccessError):
            policy_sudo.signoff_ids.with_user(self.second).read(['reason'])
