from psycopg2 import errors

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestPlan(DistributionCommon):

    def test_a_version_in_force_cannot_be_changed(self):
        rule = self.version.rule_ids[0]
        for change in (
            lambda: rule.write({'rate': 50}),
            lambda: rule.unlink(),
            lambda: rule.copy(),
            lambda: self.version.write({'cap_rate': 10}),
            lambda: self.version.unlink(),
            lambda: self.plan.unlink(),
        ):
            with self.assertRaisesRegex(UserError, "Make a new version instead"), self.env.cr.savepoint():
                change()
        self.assertEqual(self.version.rule_ids.mapped('rate'), [10.0, 5.0])

    def test_no_rule_of_a_draft_is_moved_into_a_version_in_force(self):
        self.plan.action_new_version()
        rule = self.plan._get_latest_version().rule_ids[0]
        count = len(self.version.rule_ids)
        with self.assertRaisesRegex(UserError, "Make a new version instead"), self.env.cr.savepoint():
            rule.version_id = self.version
        self.env.invalidate_all()
        self.assertEqual(len(self.version.rule_ids), count)

    def test_an_edit_makes_the_next_version_and_the_one_before_retires(self):
        self.plan.action_new_version()
        draft = self.plan._get_latest_version()
        self.assertRecordValues(draft, [{'number': 2, 'state': 'draft'}])
        self.assertEqual(draft.rule_ids.mapped('rate'), [10.0, 5.0])
        draft.rule_ids[0].rate = 12.5
        draft.action_activate()
        self.assertRecordValues(self.version, [{'state': 'retired'}])
        self.assertEqual(self.plan.active_version_id, draft)
        self.assertEqual(self.env['distribution.plan']._get_active_version_id(self.company.id), draft.id)

    def test_a_plan_outside_the_policy_cannot_be_activated(self):
        for case, policy, version, message in [
            ("no rule", {}, {'rule_ids': [Command.clear()]}, "no rule"),
            ("too many tiers", {'max_paid_tiers': 1}, {}, "2 tiers; the policy allows 1"),
            ("second tier not signed", {'name': "Unsigned"}, {}, "nobody has signed"),
            ("cap above the bound", {}, {'cap_rate': 30.01}, "its cap is 30.01"),
        ]:
            with self.subTest(case):
                savepoint = self.env.cr.savepoint()
                if policy:
                    self._next_policy(**policy)
                self.plan.action_new_version()
                draft = self.plan._get_latest_version()
                draft.write(version)
                with self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
                    draft.sudo().action_activate()
                savepoint.close(rollback=True)
                self.env.invalidate_all()
        self.assertEqual(self.plan.active_version_id, self.version)

    @mute_logger('odoo.sql_db')
    def test_there_is_no_fourth_tier_even_in_the_database(self):
        for query in (
            "UPDATE distribution_policy SET max_paid_tiers = 4",
            "UPDATE distribution_plan_rule SET tier = 4",
            "UPDATE distribution_policy SET hold_days = return_window_days - 1",
        ):
            with self.subTest(query), self.assertRaises(errors.CheckViolation), self.env.cr.savepoint():
                self.env.cr.execute(query)

    def test_no_transfer_leaves_the_merchant_without_a_sale_line(self):
        from ..models.distribution_transfer import Transfer
        with mute_logger('odoo.sql_db'), self.assertRaises(errors.CheckViolation), self.env.cr.savepoint():
            self.env['distribution.transfer']._post(
                [Transfer('recruiting', self.seller.id, 'merchant', 'pending', 100, 'accrual')], self.company)

    def test_the_first_rule_that_fits_pays(self):
        category = self.env['product.category'].create({'name': "Tea"})
        child = self.env['product.category'].create({'name': "Green", 'parent_id': category.id})
        self.product.categ_id = child
        self.plan.action_new_version()
        draft = self.plan._get_latest_version()
        draft.rule_ids = [
            Command.clear(),
            Command.create({'sequence': 1, 'tier': 1, 'categ_id': category.id, 'kind': 'fixed', 'amount': 7}),
            Command.create({'sequence': 2, 'tier': 1, 'rate': 20}),
        ]
        draft.action_activate()
        self._invoice(self._create_order(quantity=2))
        self._process()
        self.assertBalances(self.seller, merchant=-14, pending=14)

    def test_what_all_tiers_earn_is_cut_to_the_cap(self):
        self.plan.action_new_version()
        self._create_version(self.plan, [(1, 24.0), (2, 12.0)], cap_rate=30.0)
        self._invoice(self._create_order())
        self._process()
        self.assertBalances(self.seller, merchant=-20, pending=20)
        self.assertBalances(self.upline, merchant=-10, pending=10)
