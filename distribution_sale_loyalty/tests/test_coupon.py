from psycopg2.errors import UniqueViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_commission.tests.common import DistributionCommon


@tagged('post_install', '-at_install')
class TestCoupon(DistributionCommon):
    """A plan that pays the seller 10 % and thanks it by a coupon; what is above it earns 5 %."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = cls.env['loyalty.program'].create({
            'name': "Thank you", 'program_type': 'coupons', 'applies_on': 'current', 'trigger': 'with_code',
            'rule_ids': [Command.create({})],
            'reward_ids': [Command.create({'reward_type': 'discount', 'discount': 5, 'required_points': 1})],
            'communication_plan_ids': [Command.clear()],
        })
        cls.plan.action_new_version()
        cls.version = cls._create_version(cls.plan, [(1, 10.0), (2, 5.0)], coupon_program_id=cls.program.id)
        cls.coupons = cls.env['distribution.coupon']

    def _complete(self, **values):
        """Let the customer buy; pay and deliver. Return the order and its invoice."""
        order = self._create_order(**values)
        invoice = self._invoice(order)
        self._deliver(order)
        self._process()
        return order, invoice

    def _give(self, days=None):
        """Run the job after the hold, or so many days from now; return how many were given."""
        later = fields.Datetime.add(fields.Datetime.now(), days=self.policy.hold_days if days is None else days)
        return self.coupons._give(self.company, later)

    def _get_cards(self):
        return self.env['loyalty.card'].search([('program_id', '=', self.program.id)])

    # === WHEN === #

    def test_a_completed_order_gives_its_referrer_one_coupon_after_the_hold(self):
        order, _invoice = self._complete()
        self.assertEqual(self._give(days=self.policy.hold_days - 1), 0)
        self.assertEqual(self._give(), 1)
        self.assertRecordValues(self._get_cards(), [{
            'partner_id': self.seller.partner_id.id, 'points': 1.0, 'expiration_date': False, 'order_id': False}])
        self.assertRecordValues(self.coupons.search([]), [{
            'order_id': order.id, 'distributor_id': self.seller.id, 'state': 'given',
            'card_id': self._get_cards().id}])
        self.assertEqual(self._get_cards().history_ids.issued, 1.0)

    def test_giving_twice_gives_once(self):
        order, _invoice = self._complete()
        self._give()
        order._distribution_notify('edited')
        self._process()
        self.assertEqual(self._give(), 0)
        self.assertEqual(len(self._get_cards()), 1)

    @mute_logger('odoo.sql_db')
    def test_the_database_refuses_a_second_coupon_of_an_order(self):
        self._complete()
        with self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.env.cr.execute(
                "INSERT INTO distribution_coupon (attribution_id, company_id, distributor_id)"
                " SELECT attribution_id, company_id, distributor_id FROM distribution_coupon")

    def test_nothing_is_given_before_all_is_paid_and_delivered(self):
        order = self._create_order(2)
        self._process()
        self.assertFalse(self.coupons.search([]).is_worth)
        invoice = self._invoice(order, pay=False)
        self._deliver(order)
        self._process()
        self.assertEqual(self._give(), 0)
        self._pay(invoice)
        self._process()
        self.assertEqual(self._give(), 1)

    def test_an_order_of_which_a_part_is_not_invoiced_waits(self):
        order = self._create_order(2)
        invoice = order._create_invoices()
        invoice.invoice_line_ids.quantity = 1
        invoice.action_post()
        self._pay(invoice)
        self._deliver(order)
        self._process()
        self.assertEqual(self._give(), 0)
        self._invoice(order)
        self._process()
        self.assertEqual(self._give(), 1)

    def test_the_hold_runs_from_the_delivery(self):
        with self._at('2026-03-01 08:00:00'):
            order = self._create_order()
            self._invoice(order)
            self._process()
        with self._at('2026-03-05 08:00:00'):
            self._deliver(order)
            self._process()
        with self._at('2026-03-09 08:00:00'):
            order._distribution_notify('edited')
            self._process()
        self.assertEqual(
            self.coupons.search([]).due_on,
            fields.Datetime.add(fields.Datetime.to_datetime('2026-03-05 08:00:00'), days=self.policy.hold_days))

    # === FOR WHAT NOT === #

    def test_a_refund_in_the_hold_leaves_nothing(self):
        _order, invoice = self._complete()
        self._refund(invoice)
        self._process()
        self.assertEqual(self._give(), 0)
        self.assertEqual(self.coupons.search([]).state, 'nothing')

    def test_a_cancelled_order_gives_nothing(self):
        order, _invoice = self._complete()
        order._action_cancel()
        self._process()
        self.assertEqual(self._give(), 0)

    def test_an_order_that_waits_to_be_looked_at_gives_nothing_yet(self):
        order, invoice = self._complete()
        self._refund(invoice)
        self.env.flush_all()
        self.assertEqual(self._give(), 0)
        self._process()
        self.assertEqual(self._give(), 0)
        self.assertFalse(order.attribution_ids.commission_ids.filtered('earned_amount'))

    def test_a_refund_of_a_part_leaves_the_coupon(self):
        _order, invoice = self._complete()
        self._refund(invoice, 40.0)
        self._process()
        self.assertEqual(self._give(), 1)

    def test_an_order_below_the_least_order_gives_nothing(self):
        self.plan.action_new_version()
        self._create_version(self.plan, [(1, 10.0)], min_order_amount=150.0)
        self._complete(quantity=1)
        self.assertEqual(self._give(), 0)
        self._complete(quantity=2)
        self.assertEqual(self._give(), 1)

    def test_an_unused_coupon_is_archived_when_nothing_is_left_and_never_given_again(self):
        order, invoice = self._complete()
        self._give()
        card = self._get_cards()
        refund = self._refund(invoice)
        self._process()
        self.assertEqual(self.coupons._take_back(self.company, fields.Datetime.now()), 1)
        self.assertEqual(self.coupons._take_back(self.company, fields.Datetime.now()), 0)
        self.assertFalse(card.active)
        self.assertEqual(self.coupons.search([]).state, 'taken_back')
        refund.button_draft()
        order._distribution_notify('edited')
        self._process()
        self.assertEqual(self._give(), 0)

    def test_a_coupon_that_was_used_stays(self):
        _order, invoice = self._complete()
        self._give()
        card = self._get_cards()
        self.env['sale.order.line'].create({
            'order_id': self._create_order(confirm=False).id, 'product_id': self.product.id, 'coupon_id': card.id})
        self._refund(invoice)
        self._process()
        self.coupons._take_back(self.company, fields.Datetime.now())
        self.assertTrue(card.active)

    # === FOR WHOM === #

    def test_only_the_one_credited_gets_a_coupon(self):
        self._complete()
        self._give()
        self.assertEqual(self._get_cards().partner_id, self.seller.partner_id)
        self._complete(distributor=self.seller.browse())
        self.assertEqual(self._give(), 0)

    def test_a_registration_or_a_network_gives_nothing(self):
        self._create_distributor("Recruit", parent_id=self.seller.id)
        self.env['distribution.coupon']._cron_give()
        self.assertFalse(self._get_cards())

    def test_whoever_may_not_earn_gets_nothing(self):
        self.seller._set_suspended("Under review")
        self._complete()
        self.assertFalse(self.coupons.search([]))

    def test_a_coupon_waits_while_its_distributor_is_suspended(self):
        self._complete()
        self.seller._set_suspended("Under review")
        self.assertEqual(self._give(), 0)
        self.seller._set_active()
        self.assertEqual(self._give(), 1)

    # === WHAT A PLAN SAYS === #

    def test_without_a_rule_for_the_first_tier_the_coupon_is_instead_of_money(self):
        self.plan.action_new_version()
        self._create_version(self.plan, [], coupon_points=3.0, coupon_days=30)
        order, _invoice = self._complete()
        self.assertFalse(order.attribution_ids.commission_ids)
        self.assertEqual(self._give(), 1)
        due = fields.Datetime.add(fields.Datetime.now(), days=self.policy.hold_days + 30).date()
        self.assertRecordValues(self._get_cards(), [{'points': 3.0, 'expiration_date': due}])
        self.assertBooks()

    def test_a_version_with_neither_rule_nor_coupon_is_refused(self):
        self.plan.action_new_version()
        with self.assertRaisesRegex(ValidationError, "no rule"):
            self._create_version(self.plan, [], coupon_program_id=False)

    def test_orders_keep_the_coupon_of_the_version_of_their_confirmation(self):
        order = self._create_order()
        self.plan.action_new_version()
        self._create_version(self.plan, [(1, 10.0)], coupon_program_id=False)
        self._invoice(order)
        self._deliver(order)
        self._process()
        self._complete()
        self.assertEqual(self._give(), 1)

    def test_a_card_that_holds_money_is_refused(self):
        wallet = self.env['loyalty.program'].create({
            'name': "Wallet", 'program_type': 'ewallet', 'rule_ids': [Command.create({})]})
        self.plan.action_new_version()
        with self.assertRaisesRegex(ValidationError, "Only a coupon"):
            self._create_version(self.plan, [(1, 10.0)], activate=False, coupon_program_id=wallet.id)

    def test_the_coupon_is_frozen_with_its_version_and_in_its_dossier(self):
        with self.assertRaises(UserError):
            self.version.coupon_points = 5.0
        self.assertIn("Thank you", self.version._get_dossier()['coupon'])
        self.plan.action_new_version()
        draft = self._create_version(self.plan, [(1, 10.0), (2, 5.0)], activate=False, coupon_program_id=False)
        [line] = draft._get_diff_lines(self.version)
        self.assertRegex(line, "^Coupon: Thank you .* → –$")

    # === MAIL AND RIGHTS === #

    def test_the_mail_of_the_program_goes_to_the_referrer_alone(self):
        self.seller.partner_id.email = 'seller@example.com'
        self.program.communication_plan_ids = [Command.create({
            'trigger': 'create', 'mail_template_id': self.env.ref('loyalty.mail_template_loyalty_card').id})]
        self._complete()
        before = self.env['mail.mail'].search([])
        self._give()
        mail = self.env['mail.mail'].search([]) - before
        self.assertEqual(len(mail), 1)
        recipients = mail.recipient_ids.mapped('email') + (mail.email_to or '').split(',')
        self.assertEqual([address for address in recipients if address], ['seller@example.com'])

    def test_officers_read_and_nobody_writes(self):
        self._complete()
        coupon = self.coupons.search([])
        officer = new_test_user(self.env, 'officer of coupons', groups='distribution_core.group_distribution_user')
        self.assertEqual(coupon.with_user(officer).distributor_id, self.seller)
        for operation in ('write', 'create', 'unlink'):
            with self.subTest(operation), self.assertRaises(AccessError):
                coupon.with_user(officer).check_access(operation)

    def test_the_buyer_pays_no_statement_for_it(self):
        orders = self.env['sale.order'].concat(*(self._create_order(confirm=False) for _index in range(5)))
        self._create_order()        # warms the caches
        orders.state = 'sale'
        self.env.flush_all()
        with self.assertQueryCount(2):
            orders._distribution_attribute()
        self.assertFalse(self.coupons.search([('attribution_id.order_id', 'in', orders.ids)]))
