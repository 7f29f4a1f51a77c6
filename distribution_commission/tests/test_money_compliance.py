from odoo import Command
from odoo.tests import tagged

from ..models.distribution_transfer import Transfer
from .test_tax import TaxCommon


@tagged('post_install', '-at_install')
class TestMoneyCompliance(TaxCommon):

    def _get_check(self, rule):
        _figures, checks = self.env['distribution.policy.rule']._evaluate(self.company)
        return next((severity, state, evidence) for code, severity, state, evidence in checks if code == rule)

    def _enter_account(self, distributor, number):
        return self.env['distribution.payee.account'].create({
            'distributor_id': distributor.id, 'holder_name': "张三丰", 'number': number})

    # === R34 === #

    def test_an_account_or_a_phone_of_two_payees_is_found(self):
        self.assertEqual(self._get_check('R34'), ('alarm', 'green', {'distributors': 0}))
        both = sorted((self.seller.code, self.upline.code))
        found = ('alarm', 'red', {'distributors': 2, 'codes': both})
        self._enter_account(self.seller, '6222021234567890')
        shared = self._enter_account(self.upline, '6222 0212 3456 7890')
        self.assertEqual(self._get_check('R34'), found)
        shared._remove()
        self.assertEqual(self._get_check('R34')[1], 'green')
        self.seller.partner_id.phone, self.upline.partner_id.phone = '138 0013 8000', '138-0013-8000'
        self.assertEqual(self._get_check('R34'), found)
        self.upline.state = 'closed'
        self.assertEqual(self._get_check('R34')[1], 'green')

    def test_more_than_a_tenth_who_stop_being_individuals_in_a_quarter_are_an_alarm(self):
        others = [self._create_distributor(f"Payee {number}") for number in range(10)]
        with self._at('2026-06-10 12:00:00'):
            for distributor in others:
                self._make_payable(10, distributor=distributor)
                self._pay_out(10.0, distributor)
            others[0].kind = 'sole_trader'
            self.assertEqual(self._get_check('R34'), (
                'alarm', 'green', {'distributors': 0, 'switched': 1, 'switched_percent': 10}))
            others[1].kind = 'company'
            self.assertEqual(self._get_check('R34'), (
                'alarm', 'red', {'distributors': 0, 'switched': 2, 'switched_percent': 20}))
        with self._at('2026-09-11 12:00:00'):       # a quarter later it is the past
            self.assertEqual(self._get_check('R34')[1], 'green')

    # === R36 === #

    def test_what_another_company_collected_is_found(self):
        order = self.env['sale.order'].search([('company_id', '=', self.company.id)], limit=1)
        self.assertEqual(self._get_check('R36'), ('block', 'green', {'orders': 0}))
        branch = self.env['res.company'].create({'name': "Branch", 'parent_id': self.company.id})
        stranger = self.env['res.company'].create({'name': "Stranger"})
        provider = self.env['payment.provider'].create({'name': "Provider", 'code': 'none', 'company_id': branch.id})
        self.env['payment.transaction'].create({
            'provider_id': provider.id, 'payment_method_id': self.env['payment.method'].search([], limit=1).id,
            'reference': 'T1', 'amount': 1.0, 'currency_id': self.company.currency_id.id, 'state': 'done',
            'partner_id': order.partner_id.id, 'sale_order_ids': [Command.set(order.ids)]})
        self.assertEqual(self._get_check('R36')[1], 'green')
        provider.company_id = stranger
        self.assertEqual(self._get_check('R36'), ('block', 'red', {'orders': 1, 'names': [order.name]}))

    def test_a_payment_in_a_journal_of_another_company_is_found(self):
        order = self.env['sale.order'].search([('company_id', '=', self.company.id)], limit=1)
        payment = order.invoice_ids.matched_payment_ids
        self.env.cr.execute("UPDATE account_journal SET company_id = %s WHERE id = %s", [
            self.env['res.company'].create({'name': "Stranger"}).id, payment.journal_id.id])
        self.env.invalidate_all()
        self.assertEqual(self._get_check('R36'), ('block', 'red', {'orders': 1, 'names': [order.name]}))

    # === R37 === #

    def test_the_whole_way_of_money_keeps_the_rule_of_the_purse(self):
        payout = self._pay_out(3000.0)
        self.env['distribution.payout.return'].create({'payout_id': payout.id, 'reason': "Closed"}).action_submit()
        self._approve(100.0).action_mark_failed()
        self.assertEqual(self._get_check('R37'), ('block', 'green', {'transfers': 0}))

    def test_money_that_is_paid_in_or_taken_elsewhere_is_found(self):
        payable = self.company.distribution_payable_account_id
        self.env['account.move'].create({'line_ids': [
            Command.create({'account_id': payable.id, 'partner_id': self.seller.partner_id.id, 'balance': -50.0}),
            Command.create({'account_id': self.company_data['default_account_expense'].id, 'balance': 50.0}),
        ]}).action_post()
        self.assertEqual(self._get_check('R37'), ('block', 'red', {'transfers': 0, 'items': 1}))
        self.env['distribution.transfer'].sudo()._post([Transfer(
            idempotency_key='wrong', distributor_id=self.seller.id, source='payable', destination='available',
            amount=100, reason='release')], self.company)
        self.assertEqual(self._get_check('R37'), ('block', 'red', {'transfers': 1, 'items': 1}))
