from odoo import Command
from odoo.tests import tagged

from odoo.addons.distribution_commission.tests.test_plan_kind import PlanCommon


@tagged('post_install', '-at_install')
class TestPlanScope(PlanCommon):

    def test_a_rule_may_be_for_the_orders_of_a_website(self):
        website, other = self.env['website'].create([{'name': "Shop"}, {'name': "Other"}])
        version = self._put_in_force({'rate': 20, 'website_ids': [Command.set(website.ids)]}, {'rate': 1})
        for case, values, expected in [
            ("its website", {'website_id': website.id}, 20.0),
            ("another", {'website_id': other.id}, 1.0),
            ("none", {}, 1.0),
        ]:
            with self.subTest(case):
                order, _invoice = self._sell(100, **values)
                row = self.assertEarned(order, expected)
                self.assertEqual(
                    row.explanation['passed_over'], [] if expected == 20 else [[version.rule_ids[0].id, 'website']])
        self.assertEqual(version.rule_ids[0].scope_text, "Shop")
