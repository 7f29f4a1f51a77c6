from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import DistributionCoreCommon


@tagged('post_install', '-at_install')
class TestAttribution(DistributionCoreCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.level = cls.env['distribution.level'].create({'name': "Gold"})
        cls.top = cls._create_distributor("Top")
        cls.upline = cls._create_distributor("Upline", parent_id=cls.top.id, level_id=cls.level.id)
        cls.seller = cls._create_distributor("Seller", parent_id=cls.upline.id)
        cls.other = cls._create_distributor("Other")

    def _confirm(self, **values):
        order = self._create_order(distribution_visitor='visitor', **values)
        order.action_confirm()
        return order.attribution_ids

    def test_an_order_without_a_claim_is_not_attributed(self):
        self.assertFalse(self._confirm())

    def test_the_touch_of_the_visitor_is_pinned_with_the_chain(self):
        touch = self._create_touch(self.seller, days_ago=3)
        attribution = self._confirm()
        self.assertRecordValues(attribution, [{
            'distributor_id': self.seller.id, 'source': 'visit', 'touch_id': touch.id, 'policy_id': self.policy.id,
        }])
        self.assertRecordValues(attribution.tier_ids, [
            {'tier': 1, 'distributor_id': self.seller.id, 'level_id': False, 'refusal': False},
            {'tier': 2, 'distributor_id': self.upline.id, 'level_id': self.level.id, 'refusal': False},
        ])

    def test_the_policy_says_which_touch_wins_and_how_many_tiers_there_are(self):
        self._create_touch(self.seller, days_ago=3)
        self._create_touch(self.other, days_ago=1)
        for model, tiers, expected in [('last', 2, self.other), ('first', 3, self.seller), ('first', 1, self.seller)]:
            with self.subTest(model=model, tiers=tiers):
                self._next_policy(profile='generic', attribution_model=model, max_paid_tiers=tiers)
                attribution = self._confirm()
                self.assertEqual(attribution.distributor_id, expected)
                self.assertEqual(len(attribution.tier_ids), min(tiers, 3 if expected == self.seller else 1))

    def test_a_touch_that_is_too_old_or_of_another_visitor_does_not_count(self):
        self._create_touch(self.seller, days_ago=self.policy.touch_window_days)
        self._create_touch(self.seller, visitor='somebody else')
        attribution = self._confirm()
        self.assertFalse(attribution.distributor_id)
        self.assertFalse(attribution.tier_ids)
        self.assertEqual([claim['reason'] for claim in attribution.evidence['refused']], ['expired'])

    def test_a_touch_counts_on_another_device_once_logged_in(self):
        self._create_touch(self.seller, visitor='phone', partner_id=self.customer.id)
        self.assertEqual(self._confirm().distributor_id, self.seller)

    def test_a_visit_counts_on_another_device_once_logged_in_on_both(self):
        self._create_touch(self.seller, visitor='phone')
        self.env['distribution.visitor'].create(
            {'visitor': 'phone', 'partner_id': self.customer.id, 'at': '2026-01-01'})
        order = self._create_order(distribution_visitor='computer')
        order.action_confirm()
        self.assertEqual(order.attribution_ids.distributor_id, self.seller)

    def test_what_another_customer_did_in_a_shared_browser_does_not_count(self):
        self._create_touch(self.seller, visitor='shared', partner_id=self.env['res.partner'].create({'name': "B"}).id)
        self.env['distribution.visitor'].create(
            {'visitor': 'shared', 'partner_id': self.customer.id, 'at': '2026-01-01'})
        order = self._create_order()
        order.action_confirm()
        self.assertFalse(order.attribution_ids)

    def test_an_entry_of_staff_goes_before_a_touch(self):
        self._create_touch(self.seller)
        attribution = self._confirm(distributor_id=self.other.id)
        self.assertRecordValues(attribution, [{'distributor_id': self.other.id, 'source': 'staff'}])

    def test_a_typed_code_goes_before_a_touch_and_behind_staff(self):
        self._create_touch(self.other)
        self.assertRecordValues(
            self._confirm(distribution_code=f' {self.seller.code.lower()} '),
            [{'distributor_id': self.seller.id, 'source': 'code'}])
        self.assertEqual(
            self._confirm(distribution_code=self.seller.code, distributor_id=self.other.id).source, 'staff')

    def test_a_code_of_nobody_is_refused_and_the_code_of_an_order_is_settled_when_it_is_confirmed(self):
        self.seller._set_suspended("Review")
        for code in ('NOBODY', self.seller.code):
            with self.subTest(code=code), self.assertRaisesRegex(ValidationError, "No distributor has the code"):
                self._create_order(distribution_code=code)
        order = self._confirm(distribution_code=self.other.code).order_id
        with self.assertRaisesRegex(UserError, "settled when it is confirmed"):
            order.distribution_code = self.upline.code

    def test_orders_that_are_imported_are_credited_by_their_code(self):
        result = self.env['sale.order'].load(
            ['partner_id/.id', 'distribution_code'], [[str(self.customer.id), self.seller.code]])
        order = self.env['sale.order'].browse(result['ids'])
        order.action_confirm()
        self.assertRecordValues(order.attribution_ids, [{'distributor_id': self.seller.id, 'source': 'code'}])

    def test_the_buyer_is_never_credited(self):
        phone = '+86 138 0013 8000'
        self.seller.partner_id.write({
            'phone': phone, 'email': 'seller@example.com', 'street': "8 Nanjing Rd", 'city': "Shanghai",
            'zip': '200001', 'bank_ids': [Command.create({'acc_number': "622200001111"})],
        })
        company = self.env['res.partner'].create({'name': "Firm", 'is_company': True})
        for case, buyer in [
            ("the same partner", self.seller.partner_id),
            ("the same phone", self.env['res.partner'].create({'name': "A", 'phone': '13800138000'})),
            ("the same e-mail", self.env['res.partner'].create({'name': "B", 'email': 'SELLER@example.com'})),
            ("the same address", self.env['res.partner'].create(
                {'name': "D", 'street': "8, Nanjing Rd.", 'city': "Shanghai", 'zip': '200001'})),
            ("the same account", self.env['res.partner'].create(
                {'name': "E", 'bank_ids': [Command.create({'acc_number': "6222 0000 1111"})]})),
            ("goods sent to the same phone", self.env['res.partner'].create({
                'name': "F", 'child_ids': [Command.create({'name': "G", 'type': 'delivery', 'phone': '13800138000'})],
            })),
            ("a colleague", self.env['res.partner'].create({'name': "C", 'parent_id': company.id})),
        ]:
            with self.subTest(case):
                if case == "a colleague":
                    self.seller.partner_id.parent_id = company
                self._create_touch(self.seller, visitor='own device')
                order = self._create_order(distribution_visitor='own device', partner_id=buyer.id)
                order.action_confirm()
                attribution = order.attribution_ids
                self.assertFalse(attribution.distributor_id)
                self.assertFalse(attribution.tier_ids)
                self.assertEqual({claim['reason'] for claim in attribution.evidence['refused']}, {'self'})

    def test_an_upline_that_buys_keeps_its_place_and_earns_nothing(self):
        self._create_touch(self.seller)
        attribution = self._confirm(partner_id=self.upline.partner_id.id)
        self.assertEqual(attribution.distributor_id, self.seller)
        self.assertEqual(attribution.tier_ids.mapped('refusal'), [False, 'self'])

    def test_a_distributor_suspended_since_the_touch_is_passed_over(self):
        self._create_touch(self.seller)
        self._create_touch(self.other, days_ago=5)
        self.seller._set_suspended("Review")
        self.assertEqual(self._confirm().distributor_id, self.other)

    def test_without_the_agreement_in_force_nobody_earns(self):
        agreement = self.env['distribution.agreement'].create({'name': "Agreement", 'body': "<p>Be fair.</p>"})
        agreement.action_publish()
        self._create_touch(self.seller)
        attribution = self._confirm()
        self.assertFalse(attribution.distributor_id)
        self.assertEqual([claim['reason'] for claim in attribution.evidence['refused']], ['unaccepted'])
        self.seller._accept_agreement(agreement)
        attribution = self._confirm()
        self.assertEqual(attribution.distributor_id, self.seller)
        self.assertEqual(attribution.tier_ids.mapped('refusal'), [False, 'unaccepted'])

    def test_what_is_pinned_stays(self):
        self._create_touch(self.seller)
        order = self._create_order(distribution_visitor='visitor')
        order.action_confirm()
        self.seller.parent_id = False
        self._create_touch(self.other)
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.assertEqual(order.attribution_ids.distributor_id, self.seller)
        self.assertEqual(order.attribution_ids.tier_ids.distributor_id, self.seller | self.upline)
        with self.assertRaisesRegex(UserError, "settled when it is confirmed"):
            order.distributor_id = self.other

    def test_a_distributor_of_another_company_is_not_credited(self):
        other = self.env['res.company'].create({'name': "Other"})
        self.env.user.company_ids |= other
        stranger = self._create_distributor("Stranger", company_id=other.id)
        self._create_touch(stranger)
        self.assertFalse(self._confirm())

    def test_an_attributed_order_is_kept(self):
        self._create_touch(self.seller)
        order = self._confirm().order_id
        order._action_cancel()
        with self.assertRaisesRegex(UserError, "Cancel it instead"):
            order.unlink()

    def test_confirming_many_orders_takes_two_statements_more(self):
        self._create_touch(self.seller)
        self._confirm()     # warms the caches
        orders = self.env['sale.order']
        for _index in range(20):
            orders |= self._create_order(distribution_visitor='visitor')
        self.env.flush_all()
        orders.state = 'sale'
        self.env.flush_all()
        with self.assertQueryCount(2):
            orders._distribution_attribute()
        self.assertEqual(orders.attribution_ids.distributor_id, self.seller)
        self.assertEqual(len(orders.attribution_ids), 20)

    def test_an_order_counts_as_the_first_one_only_when_no_other_is_before_it(self):
        """Also when nothing of the earlier one is written yet, and when both are confirmed at once."""
        self._create_touch(self.seller)
        for case, confirm in {
            "one after the other": lambda early, late: early.action_confirm() and late.action_confirm(),
            "both at once": lambda early, late: (late | early).action_confirm(),
        }.items():
            with self.subTest(case), freeze_time('2026-07-02 08:00:00') as now:
                customer = self.env['res.partner'].create({'name': case})
                early, late = (self._create_order(partner_id=customer.id, distribution_visitor='visitor')
                               for _number in range(2))
                self.env.flush_all()
                self.patch(type(self.env['sale.order']), '_prepare_confirmation_values', lambda order: {'state': 'sale'})
                early.date_order = '2026-07-01 08:00:00'
                now.tick()
                confirm(early, late)
                self.assertEqual(early.attribution_ids.evidence['buyer']['first_order_at'], None)
                self.assertEqual(late.attribution_ids.evidence['buyer']['first_order_at'], '2026-07-01 08:00:00')

    def test_what_was_changed_in_the_same_transaction_counts(self):
        self._create_touch(self.seller)
        order = self._create_order(distribution_visitor='visitor')
        self.env.flush_all()
        self.seller.partner_id.phone = self.customer.phone = '13800138000'
        order.action_confirm()
        self.assertEqual({claim['reason'] for claim in order.attribution_ids.evidence['refused']}, {'self'})

    def test_a_confirmation_leaves_what_odoo_has_still_to_compute(self):
        """Computed for the attribution, it would be computed anew with the invoice."""
        self._create_touch(self.seller)
        order = self._create_order(distribution_visitor='visitor')
        self.env.flush_all()
        order.action_confirm()
        self.assertEqual(order.attribution_ids.distributor_id, self.seller)
        self.assertTrue(self.env.records_to_compute(order.order_line._fields['invoice_status']))
