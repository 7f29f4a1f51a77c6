from psycopg2 import errors

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestPeerDefects(DistributionCommon):
    """Defects found in other distribution systems, each as a test that it is not one here."""

    def test_c1_02_a_partial_refund_takes_from_every_tier_and_leaves_the_hold_of_the_rest(self):
        order = self._create_order()
        invoice = self._invoice(order)
        self._deliver(order)
        self._process()
        before = {row.tier: row.available_on for row in self.env['distribution.commission'].search([])}
        self._refund(invoice, 40.0)
        self._process()
        self.assertBalances(self.seller, merchant=-6, pending=6)
        self.assertBalances(self.upline, merchant=-3, pending=3)
        self.assertTrue(all(before.values()))
        self.assertEqual(
            {row.tier: row.available_on for row in self.env['distribution.commission'].search([])}, before)

    def test_c1_10_a_refund_is_taken_back_wherever_the_money_lies(self):
        for steps, before in [
            ((), {'merchant': -10, 'pending': 10}),
            (('_mature',), {'merchant': -10, 'available': 10}),
            (('_mature', '_settle'), {'merchant': -10, 'payable': 10}),
        ]:
            seller = self._create_distributor(f"Seller of {len(steps)}")
            with self.subTest(steps):
                order = self._create_order(distributor=seller)
                invoice = self._invoice(order)
                self._deliver(order)
                self._process()
                for step in steps:
                    getattr(self, step)()
                self.assertBalances(seller, **before)
                self._refund(invoice)
                self._process()
                self._book()
                self.assertBalances(seller)

    def test_c1_12_paid_but_not_delivered_never_matures(self):
        self._invoice(self._create_order())
        self._process()
        self.assertEqual(self._mature(), 0)
        self.assertBalances(self.seller, merchant=-10, pending=10)

    def test_refunds_in_any_order_end_the_same(self):
        for amounts in [(40.0, 30.0), (30.0, 40.0)]:
            for together in (True, False):
                seller = self._create_distributor(f"Seller {amounts} {together}")
                with self.subTest(amounts=amounts, together=together):
                    invoice = self._invoice(self._create_order(distributor=seller))
                    if not together:
                        self._process()
                    for amount in amounts:
                        self._refund(invoice, amount)
                        if not together:
                            self._process()
                    self._process()
                    self.assertBalances(seller, merchant=-3, pending=3)

    def test_c1_17_what_the_lines_earn_is_what_is_credited(self):
        self._invoice(self._create_order(3))
        self._invoice(self._create_order(2))
        self._process()
        commissions = self.env['distribution.commission'].search([('distributor_id', '=', self.seller.id)])
        self.assertEqual(sorted(commissions.mapped('earned_amount')), [20, 30])
        self.assertBalances(self.seller, merchant=-50, pending=50)

    @mute_logger('odoo.sql_db')
    def test_c1_06_09_15_the_database_refuses_what_a_bucket_does_not_hold(self):
        self._make_payable()
        self.env.flush_all()
        for bucket in ('pending', 'available', 'held', 'reserved', 'paid', 'withheld'):
            with self.subTest(bucket), self.assertRaises(errors.CheckViolation), self.env.cr.savepoint():
                self.env.cr.execute(
                    "UPDATE distribution_balance SET amount = -0.01 WHERE distributor_id = %s AND bucket = %s",
                    [self.seller.id, bucket])
        with self.assertRaisesRegex(UserError, "You can withdraw up to"):
            self.seller._request_withdrawal(10.01)
        self.assertBalances(self.seller, merchant=-10, payable=10)

    def test_a_replay_of_every_mark_moves_nothing(self):
        invoice = self._make_payable()
        self._refund(invoice, 40.0)
        self._process()
        count = self.env['distribution.transfer'].search_count([])
        order = invoice.invoice_line_ids.sale_line_ids.order_id
        for reason in ('confirmed', 'paid', 'invoiced', 'delivered', 'edited', 'cancelled'):
            order._distribution_notify(reason)
            order._distribution_notify(reason)
        self._process()
        self.assertEqual(self.env['distribution.transfer'].search_count([]), count)
        self.assertBooks()

    def test_what_is_paid_in_part_earns_in_part(self):
        order = self._create_order()
        invoice = self._invoice(order, pay=False)

        def pay(amount):
            self.env['account.payment.register'].with_context(
                active_model='account.move', active_ids=invoice.ids).create({'amount': amount})._create_payments()

        for step, do, state, earned in (
            ("a first part", lambda: pay(60), 'partial', 6),
            ("a second part", lambda: pay(15), 'partial', 7.5),
            ("a credit note of what is not paid yet", lambda: self._refund(invoice, amount=20), 'partial', 7.5),
            ("the rest", lambda: pay(5), 'paid', 8),
        ):
            with self.subTest(step):
                do()
                self._process()
                self.assertIn(invoice.payment_state, (state, 'in_payment') if state == 'paid' else (state,))
                self.assertBalances(self.seller, merchant=-earned, pending=earned)

    def test_a_credit_note_alone_is_no_payment(self):
        invoice = self._invoice(self._create_order(), pay=False)
        self._refund(invoice, amount=40)
        self._process()
        self.assertEqual(invoice.payment_state, 'partial')
        self.assertBalances(self.seller)
