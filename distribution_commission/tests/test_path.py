from odoo import fields
from odoo.tests import tagged

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestPath(DistributionCommon):
    """One sale, from the distributor who is credited to the money in the journals."""

    def test_nothing_is_earned_before_the_customer_paid(self):
        order = self._create_order()
        self._process()
        self.assertBalances(self.seller)
        self._invoice(order, pay=False)
        self._process()
        self.assertBalances(self.seller)

    def test_a_paid_sale_earns_two_tiers_to_pending(self):
        self._invoice(self._create_order(quantity=2))
        self._process()
        self.assertBalances(self.seller, merchant=-20, pending=20)
        self.assertBalances(self.upline, merchant=-10, pending=10)

    def test_processing_twice_posts_nothing_twice(self):
        order = self._create_order()
        self._invoice(order)
        self._process()
        order._distribution_notify('edited')
        order._distribution_notify('edited')
        self.assertEqual(self.env['distribution.event']._process(), 2)
        self.assertEqual(self.env['distribution.event']._process(), 0)
        self.assertBalances(self.seller, merchant=-10, pending=10)
        self.assertEqual(self.seller.balance_ids.distributor_id, self.seller)
        self.assertEqual(self.env['distribution.transfer'].search_count([('distributor_id', '=', self.seller.id)]), 1)

    def test_accruals_of_a_day_are_booked_in_one_entry(self):
        self._invoice(self._create_order())
        self._invoice(self._create_order(quantity=3))
        self._process()
        self.assertEqual(self._book(), 4)
        move = self.env['distribution.transfer'].search([]).move_line_id.move_id
        self.assertRecordValues(move.line_ids.sorted('balance'), [
            {'account_id': self.company.distribution_accrued_account_id.id, 'balance': -60.0},
            {'account_id': self.company.distribution_expense_account_id.id, 'balance': 60.0},
        ])
        self.assertRecordValues(move, [{'state': 'posted', 'journal_id': self.company.distribution_journal_id.id}])
        self.assertEqual(self._book(), 0)
        self.assertBooks()

    def test_a_commission_becomes_available_when_delivered_and_the_hold_is_over(self):
        with self._at('2026-03-01 08:00:00'):
            order = self._create_order()
            self._invoice(order)
            self._process()
        commission = self.env['distribution.commission'].search([('distributor_id', '=', self.seller.id)])
        self.assertFalse(commission.available_on)
        with self._at('2026-03-05 08:00:00'):
            self._deliver(order)
            self._process()
        commission.invalidate_recordset()
        self.assertEqual(str(commission.available_on), '2026-03-12 08:00:00')
        self._book()
        with self._at('2026-03-12 07:59:59'):
            self.assertEqual(self._mature_now(), 0)
        self.assertBalances(self.seller, merchant=-10, pending=10)
        with self._at('2026-03-12 08:00:00'):
            self.assertEqual(self._mature_now(), 2)
        self.assertBalances(self.seller, merchant=-10, available=10)

    def test_settlement_posts_one_entry_with_a_line_for_each_distributor(self):
        self._make_payable(quantity=2)
        run = self.env['distribution.settlement.run'].search([])
        self.assertRecordValues(run.move_ids.line_ids.sorted('balance'), [
            {'account_id': self.company.distribution_payable_account_id.id, 'balance': -20.0,
             'partner_id': self.seller.partner_id.id},
            {'account_id': self.company.distribution_payable_account_id.id, 'balance': -10.0,
             'partner_id': self.upline.partner_id.id},
            {'account_id': self.company.distribution_accrued_account_id.id, 'balance': 30.0, 'partner_id': False},
        ])
        self.assertBalances(self.seller, merchant=-20, payable=20)

    def test_a_withdrawal_is_reserved_approved_and_paid_by_a_reconciled_payment(self):
        self._make_payable(quantity=2)
        withdrawal = self.seller._request_withdrawal(15.0)
        self.assertBalances(self.seller, merchant=-20, payable=5, reserved=15)
        withdrawal.action_approve()
        payout = withdrawal.payout_ids
        self.assertRecordValues(payout, [{'amount': 15.0, 'state': 'draft'}])
        payout.action_mark_done()
        self.assertRecordValues(withdrawal, [{'state': 'paid'}])
        self.assertBalances(self.seller, merchant=-20, payable=5, paid=15)
        payable_line = payout.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_id == self.company.distribution_payable_account_id)
        self.assertRecordValues(payable_line, [{
            'balance': 15.0, 'reconciled': True, 'partner_id': self.seller.partner_id.id,
        }])

    def test_a_partial_refund_takes_back_its_share_at_every_moment(self):
        for moment, buckets_after in [
            ('pending', {'pending': 7}),
            ('available', {'available': 7}),
            ('payable', {'payable': 7}),
            ('paid', {'payable': -3, 'paid': 10}),
        ]:
            with self.subTest(moment):
                seller = self._create_distributor(f"Seller {moment}")
                order = self._create_order(distributor=seller)
                invoice = self._invoice(order)
                self._deliver(order)
                self._process()
                if moment != 'pending':
                    self._mature()
                if moment in ('payable', 'paid'):
                    self._settle()
                if moment == 'paid':
                    withdrawal = seller._request_withdrawal(10.0)
                    withdrawal.action_approve()
                    withdrawal.payout_ids.action_mark_done()
                self._refund(invoice, amount=30.0)
                self._process()
                self._book()
                self.assertBalances(seller, merchant=-7, **buckets_after)

    def test_any_partial_refunds_of_everything_take_back_everything(self):
        for amounts in [(100.0,), (33.33, 33.33, 33.34), (0.01, 99.99), (50.0, 25.0, 12.5, 12.5)]:
            with self.subTest(amounts=amounts):
                seller = self._create_distributor("Seller")
                invoice = self._invoice(self._create_order(distributor=seller))
                self._process()
                for amount in amounts:
                    self._refund(invoice, amount=amount)
                    self._process()
                self.assertBalances(seller)

    def test_an_unpaid_invoice_that_is_credited_earns_nothing(self):
        invoice = self._invoice(self._create_order(), pay=False)
        self._refund(invoice)
        self._process()
        self.assertBalances(self.seller)

    def test_an_order_in_another_currency_earns_in_the_companys_and_a_refund_at_any_rate_takes_all_back(self):
        currency = self.setup_other_currency('EUR', rates=[('2026-01-01', 2.0), ('2026-02-01', 4.0)])
        pricelist = self.env['product.pricelist'].create({'name': "EUR", 'currency_id': currency.id})
        with self._at('2026-01-15 10:00:00'):
            order = self._create_order(pricelist_id=pricelist.id)
            self.assertEqual(order.amount_untaxed, 200.0)       # 100 of the company's
            invoice = self._invoice(order)
            self._process()
            self._book()
        self.assertBalances(self.seller, merchant=-10, pending=10)
        with self._at('2026-02-15 10:00:00'):
            refund = invoice._reverse_moves([{'invoice_date': '2026-02-15', 'date': '2026-02-15'}])
            refund.action_post()
            self.assertEqual(refund.invoice_line_ids.balance, 50.0)     # at the rate of its own day
            self._process()
            self._book()
        self.assertBalances(self.seller)

    def test_a_cancelled_order_earns_nothing_even_before_its_invoice_is_credited(self):
        order = self._create_order()
        self._invoice(order)
        self._process()
        order._action_cancel()
        self._process()
        self.assertBalances(self.seller)
        order.action_draft()
        order.action_confirm()
        self._process()
        self.assertBalances(self.seller, merchant=-10, pending=10)

    def test_the_scheduled_actions_do_it_all(self):
        order = self._create_order()
        self._invoice(order)
        self._deliver(order)
        self.env.flush_all()
        self._run_cron('ir_cron_process_events')
        self.assertBalances(self.seller, merchant=-10, pending=10)
        commission = self.env['distribution.commission'].search([('distributor_id', '=', self.seller.id)])
        with self._at(commission.available_on):
            self._run_cron('ir_cron_mature')
        self.assertBalances(self.seller, merchant=-10, available=10)
        self._run_cron('ir_cron_book')
        self.assertEqual(
            self.env['distribution.transfer'].search([('reason', '=', 'accrual')]).move_line_id.parent_state, 'posted')
        self.assertBooks()

    def _run_cron(self, name):
        with self.enter_registry_test_mode():
            self.env.ref(f'distribution_commission.{name}').method_direct_trigger()
        self.env.invalidate_all()

    def test_a_payment_undone_takes_the_commission_back_until_it_is_paid_again(self):
        invoice = self._invoice(self._create_order())
        self._process()
        partials = invoice.line_ids.matched_credit_ids
        payment_line = partials.credit_move_id
        invoice.line_ids.remove_move_reconcile()
        self._process()
        self.assertBalances(self.seller)
        (payment_line | invoice.line_ids.filtered(
            lambda line: line.account_id == payment_line.account_id)).reconcile()
        self._process()
        self.assertBalances(self.seller, merchant=-10, pending=10)

    def test_the_buyer_earns_nothing_on_what_it_buys_and_blocks_nobody_above(self):
        for buyer, distributor, expected in [
            ("the seller itself", self.seller, {}),
            ("the upline", self.upline, {'merchant': -10, 'pending': 10}),
        ]:
            with self.subTest(buyer):
                seller = self._create_distributor("Seller", parent_id=self.upline.id)
                partner = seller.partner_id if distributor == self.seller else self.upline.partner_id
                order = self._create_order(distributor=seller, partner_id=partner.id)
                self._invoice(order)
                self._process()
                self.assertBalances(seller, **expected)
                self.assertBalances(self.upline)

    def test_a_suspended_upline_earns_nothing(self):
        self.upline._set_suspended("Under review")
        self._invoice(self._create_order())
        self._process()
        self.assertBalances(self.seller, merchant=-10, pending=10)
        self.assertBalances(self.upline)

    def test_what_was_pinned_at_confirmation_is_paid_whatever_changes_later(self):
        order = self._create_order()
        self.plan.action_new_version()
        self._create_version(self.plan, [(1, 20.0)])
        self.seller.parent_id = False
        self._invoice(order)
        self._process()
        self.assertBalances(self.seller, merchant=-10, pending=10)
        self.assertBalances(self.upline, merchant=-5, pending=5)

    def test_a_broken_order_is_kept_with_its_error_and_stops_no_other(self):
        broken = self._create_order()
        self._invoice(broken)
        self._invoice(self._create_order())
        original = self.env.registry['sale.order']._distribution_get_facts

        def get_facts(model, told_at):
            if broken.id in told_at:
                raise ValueError("broken")
            return original(model, told_at)

        self.patch(self.env.registry['sale.order'], '_distribution_get_facts', get_facts)
        with self.assertLogs('odoo.addons.distribution_commission.models.distribution_event', 'ERROR'):
            self._process()
        self.assertBalances(self.seller, merchant=-10, pending=10)
        events = self.env['distribution.event'].search([])
        self.assertEqual(set(events.mapped('error')), {"ValueError: broken"})
        self.assertEqual(set(events.mapped('order_ref')), {broken.id})

    def test_discounts_of_the_order_lower_the_base_and_deposits_do_not_raise_it(self):
        discount = self.env['product.product'].create({
            'name': "Discount", 'type': 'service', 'invoice_policy': 'order', 'taxes_id': False})
        order = self._create_order(confirm=False)
        order.order_line = [
            (0, 0, {'product_id': discount.id, 'price_unit': -20.0}),
        ]
        order.action_confirm()
        self._invoice(order)
        self._process()
        self.assertBalances(self.seller, merchant=-8, pending=8)

    def _mature_now(self):
        return self.env['distribution.commission']._mature(self.company, fields.Datetime.now())
