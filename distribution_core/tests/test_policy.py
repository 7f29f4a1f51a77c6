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
            'company_id': company.id, 'max_paid_tiers': 2, 'tier2_signed_by_id': False, 'max_commission_rate': 30.0,
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

    @mute_logger('odoo.sql_db')
    def test_no_policy_leaves_the_bounds_of_the_code(self):
        for values in [
            {'max_paid_tiers': 4}, {'max_paid_tiers': 0}, {'max_commission_rate': 100.1}, {'max_commission_rate': 0},
            {'hold_days': 6}, {'return_window_days': 8}, {'touch_window_days': 0},
        ]:
            with self.subTest(**values), self.assertRaises(errors.CheckViolation), self.env.cr.savepoint():
                self.policy.write(values)
                self.policy.flush_recordset()
            self.policy.invalidate_recordset()

    def test_signing_the_second_tier_records_who_and_when(self):
        self.policy.action_sign_tier2()
        self.assertEqual(self.policy.tier2_signed_by_id, self.env.user)
        self.assertTrue(self.policy.tier2_signed_at)
