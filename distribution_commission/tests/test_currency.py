from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DistributionCommon

RATES = [('2026-01-01', 2.0), ('2026-02-01', 4.0), ('2026-03-01', 5.0)]      # euro for one of the company's


@tagged('post_install', '-at_install')
class TestCurrency(DistributionCommon):
    """Sales and bank accounts in euro; what a distributor is owed is in the company's currency throughout."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls.company.currency_id
        cls.company.account_purchase_tax_id = False
        cls.euro = cls.setup_other_currency('EUR', rates=RATES)
        cls.pricelist = cls.env['product.pricelist'].create({'name': "EUR", 'currency_id': cls.euro.id})
        cls.accrued = cls.company.distribution_accrued_account_id
        cls.payable = cls.company.distribution_payable_account_id
        cls.expense = cls.company.distribution_expense_account_id

    # === HELPERS === #

    def _earn(self, distributor):
        """Sell for 200 EUR (100) in January; the customer pays in February, when it is worth 50."""
        with self._at('2026-01-15 10:00:00'):
            order = self._create_order(pricelist_id=self.pricelist.id, distributor=distributor)
            invoice = self._invoice(order, pay=False)
            self._deliver(order)
        with self._at('2026-02-15 10:00:00'):
            self._pay(invoice)
            self._process()
            self._book()
        return invoice

    def _settle_in_march(self):
        with self._at('2026-03-15 10:00:00'):
            self._mature()
            return self._settle()

    def _pay_out(self, distributor, amount):
        with self._at('2026-03-20 10:00:00'):
            withdrawal = distributor._request_withdrawal(amount)
            withdrawal.action_approve()
            withdrawal.payout_ids.action_mark_done()
        return withdrawal.payout_ids

    def _create_euro_bank(self):
        journal = self.env['account.journal'].create({
            'name': "Euro Bank", 'code': 'EBNK', 'type': 'bank', 'currency_id': self.euro.id})
        self.channel.journal_id = journal
        return journal

    def _create_statement_line(self, payout, journal, **values):
        return self.env['account.bank.statement.line'].create({
            'journal_id': journal.id, 'payment_ref': payout.name, 'date': '2026-03-21', **values})

    # === ASSERTIONS === #

    def assertItems(self, move, *items):
        """Check all items: account, balance and amount in its currency, which is the company's."""
        self.assertRecordValues(move.line_ids.sorted('balance'), [
            {'account_id': account.id, 'balance': balance, 'amount_currency': balance, 'currency_id': self.own.id}
            for account, balance in items])

    # === TESTS === #

    def test_a_sale_in_euro_is_booked_settled_and_paid_at_the_rate_of_the_sale(self):
        invoice = self._earn(self.seller)
        loss = self.env['account.move'].search([
            ('journal_id', '=', self.company.currency_exchange_journal_id.id), ('state', '=', 'posted')])
        self.assertRecordValues(loss.line_ids.sorted('balance'), [     # Odoo's own, of what the customer paid
            {'account_id': invoice.partner_id.property_account_receivable_id.id, 'balance': -50},
            {'account_id': self.company.expense_currency_exchange_account_id.id, 'balance': 50},
        ])
        booked = self.env['distribution.transfer'].search([('reason', '=', 'accrual')]).move_line_id.move_id
        self.assertItems(booked, (self.accrued, -15), (self.expense, 15))
        run = self._settle_in_march()
        self.assertItems(
            run.settlement_ids.move_id, (self.payable, -10), (self.payable, -5), (self.accrued, 15))
        payout = self._pay_out(self.seller, 10.0)
        self.assertItems(payout.move_id, (payout.payment_id.outstanding_account_id, -10), (self.payable, 10))
        self.assertBalances(self.seller, merchant=-10, paid=10)

    def test_a_bill_is_in_the_currency_of_the_company_and_no_difference_of_exchange_comes_of_it(self):
        trader = self._create_distributor("Trader", kind='company')
        self._identify(trader)
        self._earn(trader)
        statement = self._settle_in_march().settlement_ids
        self.assertRecordValues(statement.move_id, [{'currency_id': self.own.id, 'amount_total': 10}])
        with self._at('2026-03-16 10:00:00'):
            statement.sudo()._hand_in_invoice('2531', 10.0)
            statement.action_post_bill()
        self.assertItems(statement.move_id, (self.payable, -10), (self.accrued, 10))
        before = self.env['account.move'].search_count([])
        payout = self._pay_out(trader, 10.0)
        self.assertItems(payout.move_id, (payout.payment_id.outstanding_account_id, -10), (self.payable, 10))
        self.assertEqual(self.env['account.move'].search_count([]), before + 1)
        self.assertEqual(statement.move_id.payment_state, 'paid')
        self.assertBalances(trader, merchant=-10, paid=10)

    def test_an_invoice_in_another_currency_is_refused_and_moves_nothing(self):
        trader = self._create_distributor("Trader", kind='company')
        self._identify(trader)
        self._earn(trader)
        statement = self._settle_in_march().settlement_ids
        bill = statement.move_id
        with self._at('2026-03-16 10:00:00'):
            bill.write({'currency_id': self.euro.id, 'invoice_date': '2026-03-16'})
            bill.invoice_line_ids.price_unit = 50.0         # 10 of the company's: it would fit the books
            for step in (lambda: statement.sudo()._hand_in_invoice('2531', 50.0), statement.action_post_bill):
                with self.assertRaisesRegex(UserError, "owed in USD. An invoice in EUR is not taken"):
                    step()
        self.assertRecordValues(statement, [{'state': 'billed', 'invoice_number': False}])
        self.assertEqual(bill.state, 'draft')
        self.assertBalances(trader, merchant=-10, billed=10)

    def test_an_account_in_euro_is_found_in_its_statement_by_the_amount_of_the_payout(self):
        journal = self._create_euro_bank()
        self._make_payable(10)
        with self._at('2026-03-20 10:00:00'):
            withdrawal = self.seller._request_withdrawal(40.0)
            withdrawal.action_approve()
            payout = withdrawal.payout_ids
            payout.action_send()
            wrong = self._create_statement_line(payout, journal, amount=-40.0)      # 40 EUR are not 40
            payout.action_match_statement()
            self.assertEqual(payout.state, 'sent')
            right = self._create_statement_line(
                payout, journal, amount=-203.0, foreign_currency_id=self.own.id, amount_currency=-40.0)
            payout.action_match_statement()
        self.assertEqual((payout.state, wrong.is_reconciled, right.is_reconciled), ('done', False, True))
        self.assertItems(payout.move_id, (payout.payment_id.outstanding_account_id, -40), (self.payable, 40))
        self.assertBalances(self.seller, merchant=-100, payable=60, paid=40)

    def test_what_the_bank_took_beyond_the_payout_stays_with_the_bank_and_leaves_the_payable_alone(self):
        journal = self._create_euro_bank()
        self._make_payable(10)
        payout = self._pay_out(self.seller, 40.0)
        line = self._create_statement_line(payout, journal, amount=-210.0)      # 42 at the rate of the day
        payout._reconcile_statement_line(line, payout.payment_id)               # as an accountant does by hand
        outstanding = line.line_ids.filtered(lambda item: item.account_id == payout.payment_id.outstanding_account_id)
        self.assertRecordValues(outstanding, [{
            'currency_id': self.euro.id, 'amount_currency': 210, 'balance': 42, 'amount_residual': 2}])
        self.assertItems(payout.move_id, (payout.payment_id.outstanding_account_id, -40), (self.payable, 40))
        self.assertEqual(
            payout.move_id.line_ids.filtered(lambda item: item.account_id == self.payable).mapped('reconciled'), [True])
        self.assertBalances(self.seller, merchant=-100, payable=60, paid=40)
