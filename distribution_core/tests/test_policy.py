from psycopg2 import errors

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DistributionCoreCommon


@tagged('post_install', '-at_install')
class TestPolicy(DistributionCoreCommon):

    def test_a_new_company_has_the_strict_policy(self):
        company = self.env['res.company'].create({'name': "New"})
        policy = self.env['distribution.policy'].sudo()._get_in_force(company)
        self.assertRecordValues(policy, [{
            'company_id': company.id, 'profile': 'cn', 'state': 'in_force', 'is_frozen': False,
            'max_paid_tiers': 2, 'tier2_signed_by_id': False, 'max_commission_rate': 30.0,
            'return_window_days': 7, 'hold_days': 7, 'attribution_model': 'last', 'touch_window_days': 30,
        }])

    def test_the_latest_policy_that_has_begun_is_in_force(self):
        today = fields.Date.context_today(self.policy)
        begun = self.policy.copy({'valid_from': fields.Date.subtract(today, days=1)})
        self.policy.copy({'valid_from': fields.Date.add(today, days=1)})
        self.assertEqual(self.env['distribution.policy']._get_in_force(self.company), begun)

    def test_two_policies_cannot_begin_on_one_day(self):
        with self.assertRaisesRegex(ValidationError, "Another policy"):
            self.policy.copy()

    def test_a_draft_is_in_force_for_nobody(self):
        self._next_policy(is_draft=True)
        self.assertEqual(self.env['distribution.policy']._get_in_force(self.company), self.policy)
        distributor = self._create_distributor("Seller")
        order = self._create_order(distributor_id=distributor.id)
        order.action_confirm()
        self.assertEqual(order.attribution_ids.policy_id, self.policy)

    def test_a_company_without_a_policy_has_the_defaults(self):
        policy = self.env['distribution.policy']._get_in_force(self.company, on='1999-12-31')
        self.assertFalse(policy.ids)
        self.assertRecordValues(policy, [{
            'company_id': self.company.id, 'profile': 'cn', 'max_paid_tiers': 2,
            'max_commission_rate': 30.0, 'state': 'draft', 'is_frozen': False,
        }])

    @mute_logger('odoo.sql_db')
    def test_no_policy_leaves_the_bounds_of_the_code(self):
        self.policy.profile = 'generic'
        for values in [
            {'max_paid_tiers': 4}, {'max_paid_tiers': 0}, {'max_commission_rate': 100.1}, {'max_commission_rate': 0},
            {'hold_days': 6}, {'return_window_days': 8}, {'touch_window_days': 0},
        ]:
            with self.subTest(**values):
                self._assert_out_of_bounds(self.policy, values)

    @mute_logger('odoo.sql_db')
    def test_no_policy_is_looser_than_its_profile(self):
        for profile, values in [
            ('cn', {'max_paid_tiers': 3}),
            ('cn', {'return_window_days': 6}),
            ('cn', {'return_window_days': 6, 'hold_days': 6}),
            ('cn_one_tier', {'max_paid_tiers': 2}),
            ('cn_one_tier', {'return_window_days': 6}),
        ]:
            policy = self._next_policy(profile=profile, max_paid_tiers=1)
            with self.subTest(profile=profile, **values):
                self._assert_out_of_bounds(policy, values)

    def test_a_policy_may_be_tighter_than_its_profile(self):
        values = {'max_paid_tiers': 1, 'return_window_days': 14, 'hold_days': 20, 'max_commission_rate': 10.0}
        self.policy.write(values)
        self.policy.flush_recordset()
        self.assertRecordValues(self.policy, [{'profile': 'cn', **values}])

    def test_elsewhere_three_tiers_and_any_commission_are_left_to_the_merchant(self):
        self.policy.write({'profile': 'generic', 'max_paid_tiers': 3, 'max_commission_rate': 45.0,
                           'return_window_days': 0, 'hold_days': 0})
        self.policy.flush_recordset()
        self.assertEqual(self.policy.max_paid_tiers, 3)

    def _assert_out_of_bounds(self, policy, values):
        with self.assertRaises(errors.CheckViolation), self.env.cr.savepoint():
            policy.write(values)
            policy.flush_recordset()
        policy.invalidate_recordset()
