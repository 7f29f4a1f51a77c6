from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.distribution_commission.tests.common import DistributionCommon


@tagged('post_install', '-at_install')
class TestEwallet(DistributionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_payable(quantity=10)      # the seller may withdraw 100
        cls.program = cls.env['loyalty.program'].create({
            'name': "eWallet", 'program_type': 'ewallet', 'currency_id': cls.company.currency_id.id,
            **cls.env['loyalty.program']._program_type_default_values()['ewallet']})
        cls.owed = cls.env['account.account'].create({
            'name': "Store credit", 'code': 'STORE1', 'account_type': 'liability_current',
            'company_ids': [cls.company.id]})
        cls.program.reward_ids.discount_line_product_id.property_account_income_id = cls.owed
        cls.wallet = cls.env['distribution.payout.channel'].create({
            'name': "Store credit", 'code': 'ewallet', 'loyalty_program_id': cls.program.id, 'sequence': 1})

    def _get_cards(self):
        return self.env['loyalty.card'].search([('partner_id', '=', self.seller.partner_id.id)])

    def test_who_wants_to_is_paid_in_store_credit_once(self):
        self.company.distribution_withdrawal_fee_fixed = 1.0
        withdrawal = self.seller._request_withdrawal(30.0, channel=self.wallet)
        self.assertFalse(withdrawal.account_id)
        withdrawal.action_approve()
        for _time in range(2):
            self._run_payouts()
            withdrawal.payout_ids._process({'state': 'done'})
        self.assertEqual(withdrawal.state, 'paid')
        self.assertRecordValues(self._get_cards(), [{'points': 29.0, 'program_id': self.program.id}])
        self.assertRecordValues(self._get_cards().history_ids, [{'issued': 29.0, 'used': 0.0}])
        self.assertRecordValues(withdrawal.payout_ids.move_id.line_ids.sorted('balance'), [
            {'account_id': self.owed.id, 'balance': -29.0, 'partner_id': self.seller.partner_id.id},
            {'account_id': self.company.distribution_expense_account_id.id, 'balance': -1.0,
             'partner_id': self.seller.partner_id.id},
            {'account_id': self.company.distribution_payable_account_id.id, 'balance': 30.0,
             'partner_id': self.seller.partner_id.id},
        ])
        self.assertFalse(withdrawal.payout_ids.payment_id)
        self.assertBalances(self.seller, merchant=-100, payable=70, paid=29, fee=1)

    def test_the_same_wallet_is_credited_again(self):
        for _time in range(2):
            self.seller._request_withdrawal(30.0, channel=self.wallet).action_approve()
            self._run_payouts()
        self.assertRecordValues(self._get_cards(), [{'points': 60.0}])
        self.assertBalances(self.seller, merchant=-100, payable=40, paid=60)

    def test_nobody_is_paid_in_store_credit_without_wanting_to(self):
        withdrawal = self.seller._request_withdrawal(30.0)
        self.assertEqual(withdrawal._get_default_channel(), self.channel)       # although the wallet comes first
        withdrawal.channel_id = self.wallet
        with self.assertRaisesRegex(UserError, "who chose it themselves"):
            withdrawal.action_approve()
        self.assertEqual(withdrawal.state, 'requested')
        self.assertFalse(self._get_cards())

    def test_who_chose_store_credit_keeps_it(self):
        withdrawal = self.seller._request_withdrawal(30.0, channel=self.wallet)
        with self.assertRaisesRegex(UserError, "chose this channel"):
            withdrawal.with_user(self.env.user).channel_id = self.channel

    def test_store_credit_is_owed_in_the_books_or_not_given(self):
        income = self.company_data['default_account_revenue']
        self.program.reward_ids.discount_line_product_id.property_account_income_id = income
        with self.assertRaisesRegex(UserError, "liability account"):
            self.seller._request_withdrawal(30.0, channel=self.wallet)
        self.assertBalances(self.seller, merchant=-100, payable=100)

    def test_a_channel_of_store_credit_needs_a_wallet(self):
        with self.assertRaisesRegex(ValidationError, "needs an eWallet"):
            self.env['distribution.payout.channel'].create({'name': "Store credit", 'code': 'ewallet'})
