import json
from ast import literal_eval

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .test_wechatpay import WechatpayCase

REFUNDS = '/v3/refund/domestic/refunds'
CARD = {'bank_type': 'ICBC_DEBIT', 'card_number': '6222 0212 3456 7890', 'holder_name': "Ann Example"}


@tagged('post_install', '-at_install')
class TestWechatpayRefunds(WechatpayCase):
    """Until WeChat Pay says that a refund is closed, its part of the payment is not given back a second time."""

    def _end(self, refund, state):
        """Let a refund become this at the platform, which tells of it."""
        self.fake.tell('refund', mchid=self.merchant.mchid, number=refund.wechatpay_number, state=state)
        self._call_back('refund', refund)
        self._run_notices()

    def _abnormal(self, amount=10.0):
        tx = self._paid()
        refund = tx._refund(amount)
        self._ask()
        self._end(refund, 'ABNORMAL')
        return tx, refund

    def _get_refunds(self):
        return self.fake.tell('money', mchid=self.merchant.mchid)['refunds']

    def _redirect(self, refund, **values):
        return self.env['distribution.wechat.abnormal.refund'].create({
            'transaction_id': refund.id, **values}).action_confirm()

    # === WHAT IS LEFT OF A PAYMENT === #

    def test_a_refund_that_is_closed_may_be_made_again_under_a_new_number(self):
        tx = self._paid()
        first = tx._refund(1111.11)
        self._ask()
        self._end(first, 'CLOSED')
        self.assertEqual((first.state, first.wechatpay_is_abnormal), ('error', False))
        self.assertIn("no money was returned", first.state_message)
        second = tx._refund(1111.11)
        self._ask()
        self.assertNotEqual(second.wechatpay_number, first.wechatpay_number)
        self._end(second, 'SUCCESS')
        self.assertEqual(second.state, 'done')

    def test_a_refund_is_not_ended_by_a_refusal_while_an_earlier_call_may_still_arrive(self):
        refund = self._paid()._refund(10.0)
        self.fake.tell('faults', path=REFUNDS, status=502)
        self._ask()
        self.fake.tell('faults', path=REFUNDS, status=400, text='{"code":"INVALID_REQUEST"}', times=2)
        self._ask()
        self.assertEqual((refund.state, self._get_refunds()), ('pending', {}))
        refund.wechatpay_unclear_at = fields.Datetime.subtract(refund.wechatpay_unclear_at, hours=1)
        self._ask()
        self.assertEqual((refund.state, self._get_refunds()), ('error', {}))

    def test_a_refund_that_is_refused_at_once_ends_at_once(self):
        refund = self._paid()._refund(10.0)
        self.fake.tell('faults', path=REFUNDS, status=400, text='{"code":"INVALID_REQUEST"}')
        self._ask()
        self.assertEqual((refund.state, self._get_refunds()), ('error', {}))
        self.assertIn("INVALID_REQUEST", refund.state_message)

    def test_what_is_under_way_is_not_refunded_a_second_time(self):
        tx = self._paid()
        for state in ('promised', 'PROCESSING', 'ABNORMAL', 'SUCCESS'):
            with self.subTest(state):
                if state == 'promised':
                    first = tx._refund(1000.0)
                elif state == 'PROCESSING':
                    self._ask()
                else:
                    self._end(first, state)
                again = tx._refund(111.12)
                self.assertEqual((again.state, again.wechatpay_number), ('error', False))
                self.assertIn("111.11", again.state_message)
                self.assertEqual(len(self._get_refunds()), state != 'promised')
        rest = tx._refund(111.11)
        self._ask()
        self._end(rest, 'SUCCESS')
        self.assertEqual((first.state, rest.state), ('done', 'done'))

    # === REFUNDS THAT DO NOT ARRIVE === #

    def test_a_refund_that_does_not_arrive_waits_for_a_person(self):
        _tx, refund = self._abnormal()
        self.assertEqual((refund.state, refund.wechatpay_is_abnormal), ('pending', True))
        self.assertIn("does not take the money", refund.state_message)
        action = self.env.ref('distribution_wechat.payment_transaction_abnormal_action')
        self.assertIn(refund, self.env['payment.transaction'].search(literal_eval(action.domain)))
        for _run in range(2):
            self._ask()
        self.assertEqual((refund.state, refund.wechatpay_is_abnormal), ('pending', True))

    def test_its_money_goes_to_another_card_of_the_payer(self):
        _tx, refund = self._abnormal()
        self._redirect(refund, **CARD)
        self.assertEqual((refund.state, refund.wechatpay_is_abnormal, refund.state_message), ('pending', False, False))
        call = self.fake.calls(f'{REFUNDS}/{refund.provider_reference}/apply-abnormal-refund')[-1]
        self.assertEqual(call['status'], 200)
        body = json.loads(call['body'])
        self.assertEqual((body['type'], body['bank_type']), ('USER_BANK_CARD', 'ICBC_DEBIT'))
        self.assertNotIn('6222', call['body'])
        self.assertNotIn('Ann', call['body'])
        self._end(refund, 'SUCCESS')
        self.assertEqual(refund.state, 'done')

    def test_or_back_to_the_merchant(self):
        tx, refund = self._abnormal()
        self._redirect(refund, target='merchant')
        self._end(refund, 'CLOSED')
        self.assertEqual(refund.state, 'error')
        again = tx._refund(1111.11)
        self._ask()
        self._end(again, 'SUCCESS')
        self.assertEqual(again.state, 'done')

    def test_card_and_name_can_be_read_by_nobody_here(self):
        _tx, refund = self._abnormal()
        with self.assertLogs('odoo', 'DEBUG') as logs:
            wizard = self.env['distribution.wechat.abnormal.refund'].create({'transaction_id': refund.id, **CARD})
            self.env.flush_all()
            self.env.invalidate_all()
            self.env.cr.execute("SELECT * FROM distribution_wechat_abnormal_refund WHERE id = %s", [wizard.id])
            row = str(self.env.cr.dictfetchall())
            self.assertEqual((wizard.card_number, wizard.holder_name), (False, False))
            with self.assertRaises(AccessError):
                wizard.with_user(self.env.ref('base.user_admin')).read(['card_number_sealed'])
            wizard.action_confirm()
        for text in ('6222', '7890', 'Ann Ex'):
            self.assertNotIn(text, row)
            self.assertFalse([line for line in logs.output if text in line and 'sql_db' not in line])
        self.assertFalse(wizard.exists())

    def test_what_is_missing_or_wrong_is_refused(self):
        _tx, refund = self._abnormal()
        for values in ({}, {**CARD, 'bank_type': 'the bank'}, {**CARD, 'card_number': ''}, {**CARD, 'holder_name': ' '},
                       {**CARD, 'card_number': '12345'}, {**CARD, 'card_number': '6222x0212345'}):
            with self.subTest(values), self.assertRaises(ValidationError):
                self._redirect(refund, **values)
        self.assertFalse(self.fake.calls(f'{REFUNDS}/{refund.provider_reference}/apply-abnormal-refund'))
        self.assertTrue(refund.wechatpay_is_abnormal)

    def test_what_is_not_known_or_refused_changes_nothing(self):
        _tx, refund = self._abnormal()
        path = f'{REFUNDS}/{refund.provider_reference}/apply-abnormal-refund'
        for fault in ({'status': 502}, {'status': 200, 'text': '{"status": "SUCCESS"}'},
                      {'status': 400, 'text': '{"code":"INVALID_REQUEST"}'}):
            self.fake.tell('faults', path=path, **fault)
            with self.subTest(fault), self.assertRaises(UserError), self.env.cr.savepoint():
                self._redirect(refund, **CARD)
            self.assertEqual((refund.state, refund.wechatpay_is_abnormal), ('pending', True))
        self.fake.tell('faults', path=path, status=502, after=True)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self._redirect(refund, **CARD)
        self._ask()     # it had arrived
        self.assertEqual((refund.state, refund.wechatpay_is_abnormal), ('pending', False))
        with self.assertRaisesRegex(UserError, "wait"):
            self._redirect(refund, **CARD)

    def test_it_is_a_matter_of_accountants(self):
        _tx, refund = self._abnormal()
        company = self.env.company
        seller = new_test_user(self.env, 'seller', groups='sales_team.group_sale_manager', company_id=company.id)
        with self.assertRaises(AccessError):
            self.env['distribution.wechat.abnormal.refund'].with_user(seller).create({'transaction_id': refund.id})
        with self.assertRaises(AccessError):
            refund.with_user(seller).action_wechatpay_redirect_refund()
        other = self.env['res.company'].create({'name': "Other"})
        foreigner = new_test_user(
            self.env, 'foreigner', groups='account.group_account_invoice', company_id=other.id,
            company_ids=[Command.set(other.ids)])
        with self.assertRaises(AccessError):
            refund.with_user(foreigner).action_wechatpay_redirect_refund()
        with self.assertRaises(AccessError):
            self.env['distribution.wechat.abnormal.refund'].with_user(foreigner).create({
                'transaction_id': refund.id, 'target': 'merchant'}).action_confirm()
        self.assertTrue(refund.wechatpay_is_abnormal)
        accountant = new_test_user(self.env, 'accountant', groups='account.group_account_invoice', company_id=company.id)
        action = refund.with_user(accountant).action_wechatpay_redirect_refund()
        self.env[action['res_model']].with_user(accountant).with_context(action['context']).create(CARD).action_confirm()
        self.assertFalse(refund.wechatpay_is_abnormal)
