from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from odoo import Command
from odoo.tests import tagged

from odoo.addons.distribution_commission.engine import evaluate
from odoo.addons.distribution_commission.tests.common import DistributionCommon

RATES = ((10, 5), (12, 3), (20, 0))     # in percent: of whole units of money, so that nothing is rounded


class SalesMachine(RuleBasedStateMachine):
    """A merchant who does things to real orders in any order, beside a model of what each must earn.

    The model is a list of orders with what was in force when each was confirmed. What the documents are
    worth is asked of Odoo, not of the suite.
    """

    test = None                         # the test case, whose database each example borrows

    def __init__(self):
        super().__init__()
        self.savepoint = self.test.env.cr.savepoint()
        self.rates = RATES[0]
        self.promised = {}              # order: (rate, distributor) of each paid tier
        self.rebinds = 0

    def teardown(self):
        try:
            self.settle_everything()
        finally:
            self.savepoint.close(rollback=True)
            self.test.registry.clear_all_caches()      # the plans in force, which no longer are

    # === WHAT THE MERCHANT DOES === #

    @initialize(paid=st.integers(1, 3))
    def open_shop(self, paid):
        """Some orders that earn already: most that can go wrong comes afterwards."""
        for number in range(paid):
            self.confirm(quantity=2, price=100 + number, lines=2)
        for order in self.promised:
            self.test._invoice(order)
        self.confirm(quantity=1, price=50, lines=1)

    @rule(quantity=st.integers(1, 3), price=st.integers(1, 500), lines=st.integers(1, 2))
    def confirm(self, quantity, price, lines):
        order = self.test._create_order(order_line=[
            Command.create({
                'product_id': self.test.product.id, 'product_uom_qty': quantity, 'price_unit': price + n})
            for n in range(lines)])
        chain = [self.test.seller, self.test.seller.parent_id]
        self.promised[order] = [
            (rate, distributor) for rate, distributor in zip(self.rates, chain, strict=True)
            if distributor.state == 'active'] if self.test.seller.state == 'active' else []

    @precondition(lambda self: self.promised)
    @rule(data=st.data(), pay=st.booleans())
    def invoice(self, data, pay):
        order = self.pick(data, lambda order: order.invoice_status == 'to invoice')
        if order:
            self.test._invoice(order, pay=pay)

    @precondition(lambda self: self.promised)
    @rule(data=st.data())
    def pay(self, data):
        invoice = self.pick_invoice(data, lambda invoice: invoice.payment_state == 'not_paid')
        if invoice:
            self.test._pay(invoice)

    @precondition(lambda self: self.promised)
    @rule(data=st.data())
    def deliver(self, data):
        order = self.pick(data, lambda order: order.state == 'sale')
        if order:
            self.test._deliver(order)

    @precondition(lambda self: self.promised)
    @rule(data=st.data(), share=st.integers(1, 4))
    def refund(self, data, share):
        """A credit note of some of the first line, or of everything when nothing was credited yet."""
        invoice = self.pick_invoice(data, lambda invoice: invoice.payment_state in ('paid', 'in_payment'))
        if not invoice:
            return
        credited = sum(invoice.reversal_move_ids.mapped('amount_untaxed'))
        if share == 4 and not credited:
            self.test._refund(invoice)
        elif not credited and invoice.invoice_line_ids[0].price_subtotal >= 4:
            self.test._refund(invoice, amount=invoice.invoice_line_ids[0].price_subtotal // 4 * share)

    @precondition(lambda self: self.promised)
    @rule(data=st.data())
    def reopen_invoice(self, data):
        """Back to draft and posted again: it is no longer paid."""
        invoice = self.pick_invoice(data, lambda invoice: not invoice.reversal_move_ids)
        if invoice:
            invoice.button_draft()
            invoice.action_post()

    @precondition(lambda self: self.promised)
    @rule(data=st.data(), price=st.integers(1, 500), quantity=st.integers(1, 5))
    def edit(self, data, price, quantity):
        order = self.pick(data, lambda order: order.state == 'sale' and not order.invoice_ids)
        if order:
            order.order_line[0].write({'price_unit': price, 'product_uom_qty': quantity})

    @precondition(lambda self: self.promised)
    @rule(data=st.data())
    def cancel(self, data):
        order = self.pick(data, lambda order: order.state == 'sale')
        if order:
            order._action_cancel()

    @rule(below=st.booleans())
    def rebind(self, below):
        """The seller moves, and so does its customer: for orders to come."""
        self.rebinds += 1
        other = self.test.other
        self.test.seller._set_upline(self.test.upline if below else other, f"Move {self.rebinds}")
        self.test.env['distribution.binding'].sudo()._change(
            self.test.customer, self.test.seller if below else other, f"Move {self.rebinds}")

    @rule(high=st.booleans())
    def change_level(self, high):
        self.test.seller.level_id = self.test.levels[high]

    @rule(suspended=st.booleans())
    def suspend(self, suspended):
        upline = self.test.upline
        if suspended and upline.state == 'active':
            upline._set_suspended("Under review")
        elif not suspended and upline.state == 'suspended':
            upline._set_active()

    @rule(rates=st.sampled_from(RATES))
    def change_rates(self, rates):
        self.test.plan.action_new_version()
        self.test._create_version(self.test.plan, [(tier, rate) for tier, rate in enumerate(rates, start=1)])
        self.rates = rates

    @rule()
    def process(self):
        self.test._process()

    @rule()
    def mature_and_settle(self):
        self.test._process()
        self.test._mature()
        if self.test.env['distribution.commission'].search_count([('available_amount', '>', 0)], limit=1):
            self.test._settle()

    # === WHAT MUST HOLD === #

    @invariant()
    def what_was_decided_stays(self):
        """Nothing that happens after the confirmation changes whom an order pays."""
        for order, promised in self.promised.items():
            paid = order.attribution_ids.tier_ids.filtered(lambda tier: not tier.refusal).distributor_id
            assert paid <= self.test.seller | self.test.upline | self.test.other
            assert {distributor for _rate, distributor in promised} == set(paid), order.name

    def settle_everything(self):
        """At the end the ledger says what the documents say, and the journals say what the ledger says."""
        self.test._process()
        for order, promised in self.promised.items():
            for rate, distributor in promised:
                earned = sum(self.get_commissions(order, distributor).mapped('earned_amount'))
                self.test.assertAlmostEqual(earned, self.get_net(order) * rate / 100, 6, order.name)
        for commission in self.test.env['distribution.commission'].search([]):
            trace = commission.explanation
            self.test.assertEqual(
                evaluate(trace) if commission.base_amount else 0, round(commission.earned_amount * 100))
        before = self.test.env['distribution.transfer'].search_count([])
        for order in self.promised:
            order._distribution_notify('edited')
        self.test._process()
        self.test.assertEqual(self.test.env['distribution.transfer'].search_count([]), before)
        self.test._book()
        self.test.assertBooks()

    # === OTHERS === #

    def pick(self, data, condition):
        orders = [order for order in self.promised if condition(order)]
        return data.draw(st.sampled_from(orders)) if orders else None

    def pick_invoice(self, data, condition):
        invoices = [
            invoice for order in self.promised for invoice in order.invoice_ids
            if invoice.move_type == 'out_invoice' and invoice.state == 'posted' and condition(invoice)]
        return data.draw(st.sampled_from(invoices)) if invoices else None

    def get_commissions(self, order, distributor):
        return self.test.env['distribution.commission'].search([
            ('attribution_id.order_id', '=', order.id), ('distributor_id', '=', distributor.id)])

    def get_net(self, order):
        """What was paid for and not taken back, by Odoo's own documents."""
        if order.state == 'cancel':
            return 0
        paid = order.invoice_ids.filtered(lambda move: (
            move.move_type == 'out_invoice' and move.state == 'posted' and move.payment_state in ('paid', 'in_payment')))
        credited = order.invoice_ids.filtered(lambda move: (
            move.move_type == 'out_refund' and move.state == 'posted' and move.reversed_entry_id in paid))
        return sum(paid.mapped('amount_untaxed')) - sum(credited.mapped('amount_untaxed'))


@tagged('post_install', '-at_install')
class TestStateMachine(DistributionCommon):

    def test_whatever_is_done_to_orders_each_earns_what_its_documents_say(self):
        self.levels = self.env['distribution.level'].create([{'name': "Silver"}, {'name': "Gold", 'sequence': 20}])
        self.other = self._create_distributor("Another upline")
        run_state_machine_as_test(type('Machine', (SalesMachine,), {'test': self}), settings=settings(
            max_examples=15, stateful_step_count=20, deadline=None, derandomize=True, database=None,
            phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck)))
