from odoo import Command
from odoo.tests import tagged

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestBooking(DistributionCommon):
    """Which accounts the accruals go to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.expense = cls.company.distribution_expense_account_id
        cls.accrued = cls.company.distribution_accrued_account_id
        cls.tea_expense, cls.other_expense = cls.env['account.account'].create([
            {'name': "Commission on tea", 'code': 'TEA', 'account_type': 'expense'},
            {'name': "Another", 'code': 'OTHER', 'account_type': 'expense'},
        ])
        cls.goods, cls.tea = cls.env['product.category'].create([{'name': "Goods"}, {'name': "Tea"}])
        cls.tea.parent_id = cls.goods
        cls.product.categ_id = cls.tea
        cls.analytic = cls.env['account.analytic.account'].create({
            'name': "Shop", 'plan_id': cls.env['account.analytic.plan'].create({'name': "Channels"}).id})

    def _sell(self, **line_values):
        order = self._create_order(confirm=False)
        order.order_line.write(line_values)
        order.action_confirm()
        invoice = self._invoice(order)
        self._process()
        self._book()
        return invoice

    def _get_items(self):
        moves = self.env['account.move'].search([('journal_id', '=', self.company.distribution_journal_id.id)])
        return moves.line_ids.sorted('id')

    def test_the_nearest_category_with_an_account_pays(self):
        for categories, account in [
            ({}, self.expense),
            ({self.goods: self.other_expense}, self.other_expense),
            ({self.goods: self.other_expense, self.tea: self.tea_expense}, self.tea_expense),
        ]:
            with self.subTest(account.name):
                before = self._get_items()
                for category, category_account in categories.items():
                    category.property_distribution_expense_account_id = category_account
                self._sell()
                self.assertRecordValues(self._get_items() - before, [
                    {'account_id': self.accrued.id, 'balance': -15},
                    {'account_id': account.id, 'balance': 15},
                ])
                self.assertBooks()

    def test_the_analytic_distribution_of_the_line_goes_along(self):
        distribution = {str(self.analytic.id): 100.0}
        self._sell(analytic_distribution=distribution)
        self.assertRecordValues(self._get_items(), [
            {'account_id': self.accrued.id, 'balance': -15, 'analytic_distribution': False},
            {'account_id': self.expense.id, 'balance': 15, 'analytic_distribution': distribution},
        ])
        self.assertRecordValues(self._get_items().analytic_line_ids, [
            {'general_account_id': self.expense.id, 'amount': -15}])
        self.assertBooks()

    def test_lines_of_different_accounts_are_told_apart(self):
        self.goods.property_distribution_expense_account_id = self.tea_expense
        other = self.env['product.product'].create({
            'name': "Cup", 'type': 'consu', 'list_price': 100.0, 'invoice_policy': 'order', 'taxes_id': False,
            'categ_id': self.env['product.category'].create({'name': "Cups"}).id,
        })
        self._invoice(self._create_order(order_line=[
            Command.create({'product_id': self.product.id, 'product_uom_qty': 1}),
            Command.create({'product_id': other.id, 'product_uom_qty': 2}),
        ]))
        self._process()
        self._book()
        items = self._get_items().grouped('account_id')
        self.assertEqual(sorted(items[self.accrued].mapped('balance')), [-30, -15])
        self.assertEqual(items[self.tea_expense].balance, 15)
        self.assertEqual(items[self.expense].balance, 30)
        for commission in self.env['distribution.commission'].search([]):
            accrued_line = commission.transfer_ids.move_line_id
            partner_line = accrued_line.move_id.line_ids.filtered(
                lambda line, balance=accrued_line.balance: line.balance == -balance)
            self.assertEqual(partner_line.account_id, commission.expense_account_id)
        self.assertBooks()

    def test_what_is_taken_back_goes_to_the_account_of_its_accrual(self):
        self.tea.property_distribution_expense_account_id = self.tea_expense
        invoice = self._sell(analytic_distribution={str(self.analytic.id): 100.0})
        self.tea.property_distribution_expense_account_id = self.other_expense
        self.company.distribution_expense_account_id = self.other_expense
        before = self._get_items()
        self._refund(invoice)
        self._process()
        self._book()
        self.assertRecordValues(self._get_items() - before, [
            {'account_id': self.accrued.id, 'balance': 15, 'analytic_distribution': False},
            {'account_id': self.tea_expense.id, 'balance': -15,
             'analytic_distribution': {str(self.analytic.id): 100.0}},
        ])
        self.assertBooks()

    def test_a_deleted_analytic_account_stops_no_entry(self):
        gone = self.analytic.copy()
        order = self._create_order(confirm=False)
        order.order_line.analytic_distribution = {str(gone.id): 100.0}
        order.action_confirm()
        self._process()
        invoice = order._create_invoices(final=True)
        invoice.invoice_line_ids.analytic_distribution = False
        invoice.action_post()
        self._pay(invoice)
        self._process()
        gone.unlink()
        self._book()
        self.assertRecordValues(self._get_items(), [
            {'account_id': self.accrued.id, 'balance': -15, 'analytic_distribution': False},
            {'account_id': self.expense.id, 'balance': 15, 'analytic_distribution': False},
        ])
