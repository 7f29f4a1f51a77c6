from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from ..engine import evaluate
from .common import DistributionCommon


class PlanCommon(DistributionCommon):

    @classmethod
    def _put_in_force(cls, *rules, **values):
        """Activate a next version with these rules; a rule gets tier 1 and its place in the list."""
        cls.plan.action_new_version()
        version = cls.plan._get_latest_version()
        version.write({
            'rule_ids': [Command.clear(), *(
                Command.create({'sequence': sequence, 'tier': 1, **rule})
                for sequence, rule in enumerate(rules, start=1))],
            **values,
        })
        version.action_activate()
        return version

    @classmethod
    def _sell(cls, *prices, pay=True, **values):
        """Sell, and invoice and pay, a line for each price."""
        order = cls._create_order(order_line=[
            Command.create({'product_id': cls.product.id, 'price_unit': price}) for price in prices], **values)
        invoice = cls._invoice(order, pay=pay)
        cls._process()
        return order, invoice

    def assertEarned(self, order, *expected):
        """Check the amounts of the order's lines by tier and line, and that each explanation evaluates to its own."""
        commissions = self.env['distribution.commission'].search(
            [('attribution_id.order_id', '=', order.id)]).sorted(lambda row: (row.tier, row.order_line_ref))
        self.assertEqual([row.earned_amount for row in commissions if row.earned_amount], list(expected))
        for row in commissions.filtered('earned_amount'):
            self.assertEqual(evaluate(row.explanation), round(row.earned_amount * 100))
            self.assertTrue(row.explanation_text)
        self.assertBooks()
        return commissions


@tagged('post_install', '-at_install')
class TestPlanKind(PlanCommon):

    def test_an_amount_per_order_is_shared_over_its_lines_and_a_refund_takes_a_share(self):
        self._put_in_force({'kind': 'fixed_order', 'amount': 10})
        order, invoice = self._sell(100, 200)
        rows = self.assertEarned(order, 3.33, 6.67)
        self.assertIn("10.00 per order, shared over the 2 lines", rows[0].explanation_text)
        self._refund(invoice, amount=50)      # of the first line: half; of the second: all
        self._process()
        self.assertEarned(order, 1.67)

    def test_an_amount_per_order_goes_to_the_lines_that_its_rule_pays_alone(self):
        other = self.product.create({'name': "Kettle", 'list_price': 100, 'taxes_id': False, 'invoice_policy': 'order'})
        self._put_in_force(
            {'kind': 'percent', 'rate': 1, 'product_ids': [Command.set(other.ids)]},
            {'kind': 'fixed_order', 'amount': 10})
        order = self._create_order(order_line=[
            Command.create({'product_id': product.id}) for product in (self.product, other)])
        self._invoice(order)
        self._process()
        self.assertEarned(order, 10.0, 1.0)

    def test_all_lines_together_are_in_a_band(self):
        self._put_in_force({'kind': 'bands_amount', 'band_ids': [
            Command.create({'lower_amount': 1000, 'rate': 8}), Command.create({'lower_amount': 0, 'rate': 5})]})
        for prices, expected in [
            ((999.99,), [50.0]), ((1000,), [80.0]), ((1000.5,), [80.04]), ((600, 600), [48.0, 48.0]),
        ]:
            with self.subTest(prices=prices):
                order, _invoice = self._sell(*prices)
                self.assertEarned(order, *expected)

    def test_a_refund_may_leave_a_band(self):
        self._put_in_force({'kind': 'bands_amount', 'band_ids': [
            Command.create({'lower_amount': 0, 'rate': 5}), Command.create({'lower_amount': 1000, 'rate': 8})]})
        order, invoice = self._sell(1200)
        rows = self.assertEarned(order, 96.0)
        self.assertIn("the band from $\xa01,000.00", rows.explanation_text)
        self._refund(invoice, amount=300)
        self._process()
        self.assertEarned(order, 45.0)

    def test_quantities_are_in_a_band(self):
        self._put_in_force({'kind': 'bands_quantity', 'band_ids': [
            Command.create({'lower_quantity': 0, 'rate': 0}), Command.create({'lower_quantity': 10, 'rate': 10})]})
        for quantity, expected in [(9, []), (10, [100.0])]:
            with self.subTest(quantity=quantity):
                order = self._create_order(quantity)
                self._invoice(order)
                self._process()
                self.assertEarned(order, *expected)

    def test_an_upline_earns_the_difference_between_levels(self):
        silver, gold = self.env['distribution.level'].create([{'name': "Silver"}, {'name': "Gold"}])
        self._put_in_force(*(
            {'tier': tier, 'kind': 'differential', 'rate': rate, 'level_id': level.id}
            for tier in (1, 2) for level, rate in ((silver, 10), (gold, 15))))
        for seller, upline, expected in [
            (silver, gold, [10.0, 5.0]), (gold, silver, [15.0]), (gold, gold, [15.0]), (silver, silver, [10.0]),
        ]:
            with self.subTest(seller=seller.name, upline=upline.name):
                self.seller.level_id = seller
                self.upline.level_id = upline
                order, _invoice = self._sell(100)
                self.assertEarned(order, *expected)

    def test_a_share_of_the_margin_takes_a_cost_that_is_known(self):
        self._put_in_force({'kind': 'margin', 'rate': 20})
        for cost, expected in [("60", [8.0]), ("100", []), ("160", []), ("NULL", [])]:
            with self.subTest(cost=cost):
                self.patch(self.env.registry['sale.order'], '_distribution_unit_cost',
                           lambda self, cost=cost: SQL("%s::numeric", None if cost == "NULL" else int(cost)))
                order, _invoice = self._sell(100)
                self.assertEarned(order, *expected)

    def test_without_a_cost_the_next_rule_pays_and_the_explanation_names_the_one_before(self):
        version = self._put_in_force({'kind': 'margin', 'rate': 20}, {'rate': 1})
        self.patch(self.env.registry['sale.order'], '_distribution_unit_cost', lambda self: SQL("NULL::numeric"))
        order, _invoice = self._sell(100)
        row = self.assertEarned(order, 1.0)
        self.assertEqual(row.explanation['passed_over'], [[version.rule_ids[0].id, 'cost']])
        self.assertIn(
            "Passed over: Tier 1: 20 % of the margin. Did not fit: No cost is known", row.explanation_text)

    def test_a_distributor_reads_the_words_and_not_the_cost(self):
        self._put_in_force({'kind': 'margin', 'rate': 20})
        self.patch(self.env.registry['sale.order'], '_distribution_unit_cost', lambda self: SQL("60::numeric"))
        order, _invoice = self._sell(100)
        row = self.assertEarned(order, 8.0)
        user = new_test_user(self.env, 'seller', groups='base.group_portal')
        self.seller.partner_id = user.partner_id
        self.assertIn(
            "Tier 1 earns 20 % of what is left after the cost: $\xa08.00", row.with_user(user)._get_explanation_lines())
        with self.assertRaisesRegex(AccessError, "explanation"):
            row.with_user(user).read(['explanation'])

    def test_limits(self):
        tiers = ({'tier': 1, 'rate': 20}, {'tier': 2, 'rate': 10})
        for case, values, expected in [
            ("line", {'cap_rate': 15}, [10.0, 10.0, 5.0, 5.0]),
            ("line, upper first", {'cap_rate': 25, 'cut_order': 'upper_first'}, [20.0, 20.0, 5.0, 5.0]),
            ("order", {'order_cap_amount': 30}, [10.0, 10.0, 5.0, 5.0]),
            ("order, upper first", {'order_cap_amount': 45, 'cut_order': 'upper_first'}, [20.0, 20.0, 5.0]),
            ("tier", {'tier_cap_amount': 20}, [10.0, 10.0, 10.0, 10.0]),
            ("least order, met", {'min_order_amount': 200}, [20.0, 20.0, 10.0, 10.0]),
            ("least order, missed", {'min_order_amount': 200.01}, []),
            ("margin", {'guards_margin': True}, [10.0, 10.0, 5.0, 5.0]),
        ]:
            with self.subTest(case):
                self.patch(self.env.registry['sale.order'], '_distribution_unit_cost', lambda self: SQL("85::numeric"))
                self._put_in_force(*tiers, **{
                    'order_cap_amount': 0, 'tier_cap_amount': 0, 'min_order_amount': 0, 'guards_margin': False,
                    'cap_rate': 30, 'cut_order': 'proportional', **values})
                order, invoice = self._sell(100, 100)
                self.assertEarned(order, *expected)
                self._refund(invoice)
                self._process()
                self.assertEarned(order)

    def test_bands_must_begin_at_zero_and_each_elsewhere(self):
        for case, bounds in [("none", []), ("a gap below", [100]), ("an overlap", [0, 100, 100])]:
            with self.subTest(case), self.assertRaisesRegex(ValidationError, "begin"), self.env.cr.savepoint():
                self.env['distribution.plan'].create({'name': case}).version_ids.rule_ids = [Command.create({
                    'kind': 'bands_amount',
                    'band_ids': [Command.create({'lower_amount': bound, 'rate': 1}) for bound in bounds],
                })]

    def test_bands_that_came_to_have_a_gap_are_not_put_in_force(self):
        plan = self.env['distribution.plan'].create({'name': "Gap"})
        plan.version_ids.rule_ids = [Command.create({'kind': 'bands_amount', 'band_ids': [Command.create({'rate': 1})]})]
        plan.version_ids.rule_ids.band_ids.lower_amount = 5
        with self.assertRaisesRegex(ValidationError, "must begin at 0"), self.env.cr.savepoint():
            plan.version_ids.action_activate()
        self.assertEqual(self.version.state, 'active')

    def test_bands_of_a_version_in_force_cannot_be_changed(self):
        version = self._put_in_force({'kind': 'bands_amount', 'band_ids': [Command.create({'rate': 5})]})
        band = version.rule_ids.band_ids
        self.plan.action_new_version()
        draft = self.plan._get_latest_version()
        for change in (
            lambda: band.write({'rate': 50}),
            lambda: band.unlink(),
            lambda: band.copy({'lower_amount': 5}),
            lambda: draft.rule_ids.band_ids.write({'rule_id': version.rule_ids.id, 'lower_amount': 7}),
        ):
            with self.assertRaisesRegex(UserError, "Make a new version instead"), self.env.cr.savepoint():
                change()
        self.assertRecordValues(version.rule_ids.band_ids, [{'lower_amount': 0, 'rate': 5}])
        self.assertRecordValues(draft.rule_ids.band_ids, [{'lower_amount': 0, 'rate': 5}])

    def test_a_rule_says_what_it_pays_in_words(self):
        for values, expected in [
            ({'rate': 12.5}, "Tier 1: 12.5 %"),
            ({'kind': 'fixed', 'amount': 2}, "Tier 1: $\xa02.00 per unit"),
            ({'kind': 'fixed_order', 'amount': 2}, "Tier 1: $\xa02.00 per order"),
            ({'kind': 'differential', 'rate': 15}, "Tier 1: 15 % less what lower tiers earn"),
            ({'kind': 'margin', 'rate': 20}, "Tier 1: 20 % of the margin"),
            ({'kind': 'bands_quantity', 'band_ids': [
                Command.create({'lower_quantity': 10, 'rate': 8}), Command.create({'rate': 5})]},
             "Tier 1: 5 % from 0, 8 % from 10"),
        ]:
            with self.subTest(expected):
                rule = self.env['distribution.plan'].create({'name': "Words"}).version_ids
                rule.rule_ids = [Command.create(values)]
                self.assertEqual(rule.rule_ids.display_name, expected)
