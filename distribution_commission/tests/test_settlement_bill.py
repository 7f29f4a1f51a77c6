from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged

from .test_settlement import SettlementCommon

DIGITAL = '25312000000012345678'       # 20 digits, as on a fully digital invoice


@tagged('post_install', '-at_install')
class TestSettlementBill(SettlementCommon):
    """A company and a sole trader are settled against their invoice, with 6 % of input tax on top."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax = cls.env['account.tax'].create({
            'name': "6 %", 'amount': 6, 'type_tax_use': 'purchase', 'price_include_override': 'tax_excluded'})
        cls.input_tax = cls.env['account.account'].create({
            'name': "Input tax", 'code': 'INPUT', 'account_type': 'asset_current'})
        cls.tax.invoice_repartition_line_ids.filtered(
            lambda line: line.repartition_type == 'tax').account_id = cls.input_tax
        cls.company.distribution_bill_tax_id = cls.tax
        cls.trader = cls._create_distributor("Trader", kind='company')
        cls._identify(cls.trader)
        cls.invoice = cls._make_available(10, distributor=cls.trader)

    def _bill(self):
        run = self._settle()
        return run.settlement_ids.filtered(lambda statement: statement.distributor_id == self.trader)

    def test_c1_23_the_money_waits_with_a_draft_bill_until_the_invoice_is_in(self):
        statement = self._bill()
        self.assertRecordValues(statement, [{'state': 'billed', 'amount': 100, 'expected_amount': 106}])
        self.assertRecordValues(statement.move_id, [{
            'move_type': 'in_invoice', 'state': 'draft', 'partner_id': self.trader.partner_id.id,
            'amount_untaxed': 100, 'amount_tax': 6, 'amount_total': 106}])
        self.assertBalances(self.trader, merchant=-100, billed=100)
        with self.assertRaisesRegex(UserError, "up to"):
            self.trader._request_withdrawal(1.0)
        self.assertFalse(self._prepare().settlement_ids, "What is billed is not settled again")

    def test_the_bill_is_posted_when_number_and_amount_are_as_expected(self):
        statement = self._bill()
        with self.assertRaisesRegex(UserError, "not in"):
            statement.action_post_bill()
        statement.sudo()._hand_in_invoice(' 2531 2000 0000 1234 5678 ', 106.0)
        self.assertBalances(self.trader, merchant=-100, billed=100)
        statement.action_post_bill()
        self.assertRecordValues(statement, [{'state': 'posted', 'invoice_number': DIGITAL, 'due_amount': 100}])
        self.assertRecordValues(statement.move_id, [{'state': 'posted', 'ref': DIGITAL}])
        self.assertRecordValues(statement.move_id.line_ids.sorted('balance'), [
            {'account_id': self.payable.id, 'balance': -106, 'partner_id': self.trader.partner_id.id},
            {'account_id': self.input_tax.id, 'balance': 6, 'partner_id': self.trader.partner_id.id},
            {'account_id': self.accrued.id, 'balance': 100, 'partner_id': self.trader.partner_id.id},
        ])
        self.assertBalances(self.trader, merchant=-100, input_tax=-6, payable=106)
        withdrawal = self.trader._request_withdrawal(106.0)
        withdrawal.action_approve()
        withdrawal.payout_ids.action_mark_done()
        self.assertEqual(statement.move_id.payment_state, 'paid')
        self.assertBalances(self.trader, merchant=-100, input_tax=-6, paid=106)

    def test_an_invoice_that_does_not_fit_is_refused_and_nothing_is_kept(self):
        statement = self._bill().sudo()
        for number, amount, message in [
            ('', 106.0, "number"), ('<script>', 106.0, "number"), ('1' * 41, 106.0, "number"),
            (DIGITAL, 100.0, "has to come to"), (DIGITAL, 106.01, "has to come to"),
        ]:
            with self.subTest(number=number, amount=amount), self.assertRaisesRegex(UserError, message):
                statement._hand_in_invoice(number, amount)
        self.assertRecordValues(statement, [{'state': 'billed', 'invoice_number': False, 'invoice_amount': 0}])
        self.assertBalances(self.trader, merchant=-100, billed=100)

    def test_an_invoice_is_handed_in_once(self):
        first = self._bill().sudo()
        first._hand_in_invoice(DIGITAL, 106.0)
        first.action_post_bill()
        self._make_available(10, distributor=self.trader)
        second = self._bill().sudo()
        with self.assertRaisesRegex(UserError, "handed in before"):
            second._hand_in_invoice(DIGITAL, 106.0)

    def test_the_bill_goes_through_its_statement_only(self):
        statement = self._bill()
        bill = statement.move_id
        bill.invoice_date = '2026-06-01'
        for refused in (bill.action_post, bill.button_cancel):
            with self.subTest(refused.__name__), self.assertRaisesRegex(UserError, "belongs to the statement"):
                refused()
        statement.sudo()._hand_in_invoice(DIGITAL, 106.0)
        statement.action_post_bill()
        with self.assertRaisesRegex(UserError, "books commissions"):
            bill.button_draft()
        self.assertBalances(self.trader, merchant=-100, input_tax=-6, payable=106)

    def test_a_bill_that_books_something_else_is_not_posted(self):
        statement = self._bill()
        statement.move_id.invoice_line_ids.price_unit = 200
        with self.assertRaisesRegex(UserError, "not in|has to take"):
            statement.sudo()._hand_in_invoice(DIGITAL, 106.0)
            statement.action_post_bill()
        self.env.invalidate_all()
        self.assertEqual(statement.move_id.state, 'draft')

    def test_a_cancelled_bill_gives_the_commissions_back(self):
        statement = self._bill()
        statement.action_cancel_bill()
        self.assertRecordValues(statement, [{'state': 'cancelled'}])
        self.assertEqual(statement.move_id.state, 'cancel')
        self.assertBalances(self.trader, merchant=-100, available=100)
        again = self._bill()
        self.assertRecordValues(again, [{'state': 'billed', 'amount': 100}])
        self.assertBalances(self.trader, merchant=-100, billed=100)

    def test_what_is_refunded_before_the_invoice_is_taken_off_it(self):
        statement = self._bill()
        self._refund(self.invoice, amount=100.0)
        self._process()
        self._book()
        self.assertBalances(self.trader, merchant=-90, billed=100, payable=-10)
        self.assertEqual(statement.expected_amount, 95.4)
        with self.assertRaisesRegex(UserError, "taken back meanwhile"):
            statement.action_cancel_bill()
        statement.sudo()._hand_in_invoice(DIGITAL, 95.4)
        statement.action_post_bill()
        self.assertRecordValues(statement, [{
            'state': 'posted', 'deducted_amount': 10, 'carried_amount': -10, 'due_amount': 90}])
        self.assertEqual(statement.move_id.amount_tax, 5.4)
        self.assertBalances(self.trader, merchant=-90, input_tax=-5.4, payable=95.4)

    def test_what_is_refunded_after_the_invoice_takes_its_tax_off_the_next_one(self):
        first = self._bill()
        first.sudo()._hand_in_invoice(DIGITAL, 106.0)
        first.action_post_bill()
        self._refund(self.invoice, amount=300.0)
        self._process()
        self._book()
        self.assertBalances(self.trader, merchant=-70, input_tax=-6, payable=76)
        self._make_available(5, distributor=self.trader)
        second = self._bill()
        self.assertEqual(second.expected_amount, 21.2)       # (50 - 30) * 1.06
        second.sudo()._hand_in_invoice('25312000000012345679', 21.2)
        second.action_post_bill()
        self.assertBalances(self.trader, merchant=-120, input_tax=-7.2, payable=127.2)

    def test_a_full_refund_before_the_invoice_needs_none(self):
        statement = self._bill()
        self._refund(self.invoice)
        self._process()
        self._book()
        self.assertEqual(statement.expected_amount, 0)
        statement.action_post_bill()
        self.assertRecordValues(statement, [{'state': 'posted', 'invoice_number': False}])
        self.assertBalances(self.trader)

    def test_an_individual_in_the_same_run_is_not_held_up(self):
        self._make_available(1)
        run = self._settle()
        self.assertEqual(self._get_statements(run), {
            self.trader: (100, 'billed'), self.seller: (10, 'posted'), self.upline: (5, 'posted')})
        self.assertEqual(run.state, 'posted')

    def test_a_fiscal_position_and_a_tax_included_in_the_price_leave_the_commission_as_it_is(self):
        self.tax.price_include_override = 'tax_included'
        statement = self._bill()
        self.assertRecordValues(statement.move_id, [{'amount_untaxed': 100, 'amount_tax': 6}])
        small = self.env['account.tax'].create({
            'name': "1 %", 'amount': 1, 'type_tax_use': 'purchase', 'price_include_override': 'tax_excluded'})
        position = self.env['account.fiscal.position'].create({'name': "Small-scale", 'tax_ids': [(6, 0, small.ids)]})
        small.original_tax_ids = self.tax
        self.trader.partner_id.property_account_position_id = position
        statement.action_cancel_bill()
        self.assertRecordValues(self._bill().move_id, [{'amount_untaxed': 100, 'amount_tax': 1}])

    def test_the_date_of_the_bill_is_moved_out_of_locked_months(self):
        statement = self._bill()
        self.company.fiscalyear_lock_date = '2026-01-31'
        statement.sudo()._hand_in_invoice(DIGITAL, 106.0, '2026-01-15')
        statement.action_post_bill()
        self.assertGreater(str(statement.move_id.date), '2026-01-31')
        self.assertEqual(str(statement.move_id.invoice_date), '2026-01-15')

    def test_the_accountant_enters_the_invoice_and_the_bill_is_posted(self):
        statement = self._bill()
        finance = new_test_user(self.env, 'finance', groups='distribution_commission.group_distribution_finance')
        action = statement.with_user(finance).action_enter_invoice()
        form = Form(self.env[action['res_model']].with_user(finance).with_context(**action['context']))
        form.number, form.amount = DIGITAL, 106.0
        form.save().action_confirm()
        self.assertEqual(statement.state, 'posted')
