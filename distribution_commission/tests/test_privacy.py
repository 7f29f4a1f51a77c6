import json

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.distribution_core.tests.common import PrivacyBuilders

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestPrivacy(PrivacyBuilders, DistributionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_identity(cls.seller)
        cls.seller.payee_account_ids.number = cls.ACCOUNT
        cls.seller.payee_account_ids.action_verify()
        cls._make_payable(quantity=10)      # the seller may withdraw 100
        cls.request = cls.env['distribution.privacy.request'].create({
            'kind': 'erase', 'partner_id': cls.seller.partner_id.id, 'reason': "Asked by phone"})

    def _pay_out(self, amount):
        withdrawal = self.seller._request_withdrawal(amount)
        withdrawal.action_approve()
        withdrawal.payout_ids.action_mark_done()
        return withdrawal

    def test_nobody_is_erased_whom_money_is_owed_to(self):
        self.seller._set_closed("Wants to leave")
        self.assertEqual(
            self.request.obstacles,
            f"{self.seller.code} has $\N{NO-BREAK SPACE}100.00 left in “Payable”. Pay it out, or settle the debt, first.")
        with self.assertRaisesRegex(UserError, "Pay it out"):
            self.request.action_erase()
        self.assertEqual(self.seller.identity_ids.number_masked, '110***********002X')
        self.assertBalances(self.seller, merchant=-100, payable=100)

    def test_an_erasure_keeps_the_ledger_and_the_books_are_right(self):
        with freeze_time('2026-06-01 10:00:00'):
            withdrawal = self._pay_out(100.0)
        self.seller._set_closed("Wants to leave")
        self.request.action_erase()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertBalances(self.seller, merchant=-100, paid=100)
        self.assertEqual(self.seller.partner_id.name, f"Erased person {self.seller.partner_id.id}")
        self.assertEqual(withdrawal.payout_ids.payment_id.partner_id, self.seller.partner_id)
        self.assertEqual(withdrawal.account_id.number_masked, False)
        self.assertEqual(withdrawal.account_id.active, False)
        self.assertRecordValues(self.seller.identity_ids, [{
            'erase_on': fields.Date.to_date('2036-06-01'), 'number_masked': '110***********002X'}])
        self.assertFalse(self.seller.payee_account_ids)
        self.assertIn("Kept until 2036-06-01", self.request.result)

    def test_who_was_never_paid_is_not_kept(self):
        self.assertFalse(self.upline._get_retain_until())
        self._pay_out(40.0)
        self.assertTrue(self.seller._get_retain_until())

    def test_a_copy_holds_the_money_of_the_person_alone(self):
        withdrawal = self._pay_out(40.0)
        sections = json.loads(self.request.sudo()._get_export())
        balances = {row['bucket']: row['amount'] for row in sections['balances'] if row['amount']}
        self.assertEqual(balances, {'merchant': -100.0, 'payable': 60.0, 'paid': 40.0})
        self.assertEqual([row['earned_amount'] for row in sections['commissions']], [100.0])
        self.assertEqual([row['amount'] for row in sections['statements']], [100.0])
        self.assertEqual([row['name'] for row in sections['withdrawals']], [withdrawal.name])
        self.assertEqual([row['state'] for row in sections['payouts']], ['done'])
        for foreign in (self.customer.name, self.upline.partner_id.name, self.ACCOUNT):
            self.assertNotIn(foreign, json.dumps(sections, ensure_ascii=False))
