from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_wechat.wechat import BadPush

from .wechat_pay_common import WechatTransferCase, run_job

BILLS = '/v3/fund-app/mch-transfer/transfer-bills'


@tagged('post_install', '-at_install')
class TestWechatTransfer(WechatTransferCase):
    """A withdrawal through WeChat Pay, against a platform that carries it out."""

    # === THE WAY OF A TRANSFER === #

    def test_a_withdrawal_is_paid_once_the_distributor_confirmed(self):
        payout = self._sent()
        bill = payout.wechat_bill_ids
        self.assertRecordValues(bill, [{'state': 'wait_user_confirm', 'amount': 100.0, 'openid': self.identity.openid}])
        self.assertEqual((payout.state, bool(bill.package)), ('sent', True))
        self.assertEqual(payout.withdrawal_id._get_confirmation(), {
            'mchId': self.merchant.mchid, 'appId': self.APP_ID, 'package': bill.package, 'openId': bill.openid})
        self._move(bill, 'TRANSFERING')
        self._run()
        self.assertEqual((bill.state, bill.package), ('transfering', False))
        self.assertEqual(payout.withdrawal_id._get_confirmation(), {})
        self._move(bill, 'SUCCESS')
        self._run()
        self.assertEqual((bill.state, payout.state, payout.withdrawal_id.state), ('success', 'done', 'paid'))
        self.assertEqual(payout.payment_id.amount, 100.0)
        self.assertEqual(self._get_money(), [(bill.name, 10_000)])
        self.assertBalances(self.seller, merchant=-1000, payable=900, paid=100)

    def test_each_state_of_the_platform_is_one_of_ours(self):
        for states, ours, payout_state in [
            ([], 'accepted', 'sent'), (['PROCESSING'], 'processing', 'sent'),
            (['WAIT_USER_CONFIRM'], 'wait_user_confirm', 'sent'), (['WAIT_USER_CONFIRM', 'TRANSFERING'], 'transfering', 'sent'),
            (['CANCELING'], 'canceling', 'sent'), (['CANCELING', 'CANCELLED'], 'cancelled', 'failed'),
            (['FAIL'], 'fail', 'failed'), (['WAIT_USER_CONFIRM', 'SUCCESS'], 'success', 'done'),
        ]:
            with self.subTest(ours):
                self.fake.tell('merchants', mchid=self.merchant.mchid, first_state='ACCEPTED')
                payout = self._sent(1.0)
                self._move(payout.wechat_bill_ids, *states)
                self._run()
                self.assertEqual((payout.wechat_bill_ids.state, payout.state), (ours, payout_state))
        self.assertBooks()

    def test_the_package_of_a_transfer_that_waits_later_is_fetched_with_the_same_number(self):
        self.fake.tell('merchants', mchid=self.merchant.mchid, first_state='ACCEPTED')
        payout = self._sent()
        self._move(payout.wechat_bill_ids, 'WAIT_USER_CONFIRM')
        self._run()
        self.assertTrue(payout.wechat_bill_ids.package)
        self.assertEqual(len(self.fake.tell('money', mchid=self.merchant.mchid)['bills']), 1)

    def test_a_transfer_that_nobody_confirms_gives_the_money_back(self):
        payout = self._sent()
        self._move(payout.wechat_bill_ids, hours=24)
        self._run()
        self.assertRecordValues(payout, [{
            'state': 'failed', 'failure_reason': "You did not confirm the transfer in WeChat within a day."}])
        self.assertBalances(self.seller, merchant=-1000, payable=1000)
        self.assertEqual(self._get_money(), [])
        payout.withdrawal_id.action_retry()
        self._run()
        again = payout.withdrawal_id.payout_ids - payout
        self.assertNotEqual(again.wechat_bill_ids.name, payout.wechat_bill_ids.name)

    def test_a_transfer_is_taken_back_until_it_is_confirmed(self):
        payout = self._sent()
        bill = payout.wechat_bill_ids
        bill.action_cancel()
        self.assertEqual((bill.state, payout.state), ('canceling', 'sent'))
        self._move(bill, 'CANCELLED')
        self._run()
        self.assertEqual((bill.state, payout.state), ('cancelled', 'failed'))
        late = self._sent().wechat_bill_ids
        self._move(late, 'TRANSFERING')
        with self.assertRaisesRegex(UserError, "did not cancel"):
            late.action_cancel()

    # === SPLITTING === #

    def test_a_large_withdrawal_is_split_and_done_when_all_of_it_arrived(self):
        payout = self._sent(500.0)
        bills = payout.wechat_bill_ids.sorted('id')
        self.assertEqual(bills.mapped('amount'), [166.67, 166.67, 166.66])
        for bill in bills:
            self.assertEqual(payout.state, 'sent')
            self._move(bill, 'SUCCESS')
            self._run()
        self.assertEqual(payout.state, 'done')
        self.assertEqual(sum(amount for _number, amount in self._get_money()), 50_000)
        self.assertEqual(payout.payment_id.amount, 500.0)
        self.assertBooks()

    def test_what_is_left_of_a_split_is_transferred_under_a_new_number_when_somebody_asks(self):
        payout = self._sent(400.0)
        first, second = payout.wechat_bill_ids.sorted('id')
        self._move(first, 'SUCCESS')
        payout._wechat_pay_rest()          # the second one is not over: nothing happens
        self.assertEqual(len(payout.wechat_bill_ids), 2)
        self._move(second, hours=24)
        self._run()
        self.assertEqual((payout.state, payout.wechat_rest), ('sent', 200.0))
        payout.action_wechat_rest()
        payout.action_wechat_rest()             # pressed twice
        third = payout.wechat_bill_ids - first - second
        self.assertRecordValues(third, [{'state': 'new', 'amount': 200.0}])
        self._run()
        self._move(third, 'SUCCESS')
        self._run()
        self.assertEqual((payout.state, payout.payment_id.amount), ('done', 400.0))
        self.assertEqual(self._get_money(), sorted([(first.name, 20_000), (third.name, 20_000)]))
        self.assertBooks()

    def test_a_rest_is_paid_otherwise_only_when_nothing_can_arrive_any_more(self):
        payout = self._sent(400.0)
        first, second = payout.wechat_bill_ids.sorted('id')
        self._move(first, 'SUCCESS')
        self._run()
        with self.assertRaisesRegex(UserError, "may still pay"):
            payout.action_mark_done()
        self.assertEqual((payout.state, payout.payment_id.amount), ('sent', 0.0))
        self._move(second, hours=24)
        self._run()
        payout.action_mark_done()
        self.assertEqual((payout.state, payout.payment_id.amount), ('done', 400.0))
        self.assertEqual(self._get_money(), [(first.name, 20_000)])
        self.assertBooks()

    def test_what_is_too_much_for_a_day_waits(self):
        self.wechat.wechat_payee_day_max = 150.0
        first = self._sent(100.0)
        second = self._approve(100.0)
        self.assertIn("waits for tomorrow", second.obstacle)
        self._run()
        self.assertEqual((first.state, second.state), ('sent', 'draft'))
        with self.assertRaisesRegex(UserError, "may be paid on a day"):
            self.seller._request_withdrawal(151.0, channel=self.wechat)
        tomorrow = fields.Datetime.add(fields.Datetime.now(), days=1)
        with freeze_time(tomorrow, tick=True):
            self.assertFalse(second._wechat_get_day_obstacle())

    # === WHAT GOES WRONG === #

    def test_a_lost_answer_is_asked_about_and_not_sent_under_another_number(self):
        for fault in ({'status': 502, 'after': True}, {'status': 502, 'late': 0.1}, {'status': 502}, {'status': 500, 'text': '{}'}):
            with self.subTest(fault):
                self.fake.tell('faults', path=BILLS, **fault)
                payout = self._sent(2.0)
                bill = payout.wechat_bill_ids
                self.assertEqual((bill.state, payout.state), ('new', 'sent'))
                self.assertTrue(bill.error)
                self._run()
                self.assertEqual(bill.state, 'wait_user_confirm')
                self.assertTrue(bill.package)
                self._move(bill, 'SUCCESS')
                self._run()
                self.assertEqual((len(payout.wechat_bill_ids), payout.state), (1, 'done'))
        self.assertEqual(sum(amount for _number, amount in self._get_money()), 800)
        self.assertBooks()

    def test_an_answer_that_is_not_signed_is_not_believed(self):
        self.fake.tell('merchants', mchid=self.merchant.mchid, tamper='wrong')
        payout = self._sent()
        self.assertEqual((payout.wechat_bill_ids.state, payout.state), ('new', 'sent'))
        self.fake.tell('merchants', mchid=self.merchant.mchid, tamper='')
        self._run()
        self.assertEqual(payout.wechat_bill_ids.state, 'wait_user_confirm')

    def test_what_is_refused_ends_once_nothing_can_be_on_its_way(self):
        self.fake.tell('merchants', mchid=self.merchant.mchid, app_ids=[])
        payout = self._sent()
        bill = payout.wechat_bill_ids
        self.assertEqual((bill.state, bill.is_refused, payout.state), ('new', True, 'sent'))
        self._run()
        self.assertEqual((bill.state, payout.state), ('new', 'sent'))
        bill.sudo().sent_at = fields.Datetime.subtract(fields.Datetime.now(), minutes=60)
        self._run()
        self.assertEqual((bill.state, payout.state, payout.withdrawal_id.state), ('refused', 'failed', 'failed'))
        self.assertBalances(self.seller, merchant=-1000, payable=1000)
        self.assertEqual(len(self.fake.calls(BILLS)), 1 + self._count_calls_before)

    def test_too_little_money_is_sent_again_under_the_same_number_until_somebody_gives_up(self):
        self.fake.tell('merchants', mchid=self.merchant.mchid, balance=0)
        payout = self._sent()
        bill = payout.wechat_bill_ids
        self._run()
        self.assertEqual((bill.state, bill.is_refused), ('new', False))
        bill.action_give_up()
        self._run()
        self.assertEqual(bill.state, 'new')
        bill.sudo().sent_at = fields.Datetime.subtract(fields.Datetime.now(), minutes=60)
        self._run()
        self.assertEqual((bill.state, payout.state), ('refused', 'failed'))
        self.fake.tell('merchants', mchid=self.merchant.mchid, balance=10 ** 9)
        second = self._sent().wechat_bill_ids
        self.assertEqual(second.state, 'wait_user_confirm')
        self.assertEqual({call['status'] for call in self.fake.calls(BILLS)[-2:]}, {200, 403})

    def test_what_a_worker_had_sent_before_it_died_is_not_given_up(self):
        payout = self._sent()
        bill = payout.wechat_bill_ids
        bill.sudo().write({'sent_at': False, 'state': 'new', 'package': False})     # it did not come to write it down
        payout.sudo().sent_at = fields.Datetime.subtract(fields.Datetime.now(), hours=2)
        bill.action_give_up()
        self._run()
        self.assertEqual((bill.state, payout.state), ('wait_user_confirm', 'sent'))

    def test_a_number_that_the_platform_has_forgotten_is_never_sent_again(self):
        payout = self._sent()
        bill = payout.wechat_bill_ids
        self._move(bill, hours=31 * 24)
        calls = len(self.fake.calls(BILLS))
        self._run()
        self.assertEqual((bill.state, payout.state), ('wait_user_confirm', 'sent'))
        self.assertTrue(payout.activity_ids)
        self._run()
        self.assertEqual(len(payout.activity_ids), 1)
        self.assertEqual(len(self.fake.calls(BILLS)), calls)

    # === CALLS BACK === #

    def test_a_call_back_is_enough_and_counts_once(self):
        payout = self._sent()
        bill = payout.wechat_bill_ids
        self._move(bill, 'SUCCESS')
        self.assertTrue(self._call_back(bill))
        self.assertFalse(self._call_back(bill))
        self.assertTrue(self._call_back(bill, id='repeated-under-another-id'))
        self._run_notices()
        self.assertEqual((bill.state, payout.state), ('success', 'done'))
        self.assertEqual(self.env['account.payment'].search_count([('memo', '=', payout.name)]), 1)
        self.assertBooks()

    def test_a_call_back_about_something_else_moves_nothing(self):
        for data in ({'transfer_amount': 10_001}, {'openid': 'oSomebody'}, {'mch_id': '1900000000'}):
            with self.subTest(data):
                payout = self._sent(3.0)
                bill = payout.wechat_bill_ids
                self._move(bill, 'SUCCESS')
                self._call_back(bill, data=data)
                self._run_notices()
                self.assertEqual((bill.state, payout.state), ('wait_user_confirm', 'sent'))
                self.assertTrue(payout.activity_ids)

    @mute_logger('odoo.addons.distribution_core.models.ir_cron')
    def test_a_call_back_about_nothing_that_is_known_is_tried_again_and_left(self):
        bill = self._sent().wechat_bill_ids
        self._move(bill, 'SUCCESS')
        self._call_back(bill, data={'out_bill_no': 'X1'})
        for _run in range(6):
            self._run_notices()
        notice = self.env['distribution.wechat.callback'].search([], limit=1)
        self.assertRecordValues(notice, [{'state': 'failed', 'tries': 5}])
        self.assertEqual(bill.state, 'wait_user_confirm')

    def test_a_late_answer_changes_nothing_and_a_contradiction_is_left_to_a_person(self):
        payout = self._sent()
        bill = payout.wechat_bill_ids
        self._move(bill, 'SUCCESS')
        self._run()
        for state in ('WAIT_USER_CONFIRM', 'TRANSFERING', 'SUCCESS'):
            self._call_back(bill, data={'state': state}, id=f'late {state}')
        self._run_notices()
        self.assertFalse(payout.activity_ids)
        self._call_back(bill, data={'state': 'FAIL'}, id='other')
        self._run_notices()
        self.assertEqual((bill.state, payout.state), ('success', 'done'))
        self.assertEqual(len(payout.activity_ids), 1)

    def test_a_call_back_with_a_change_is_refused(self):
        bill = self._sent().wechat_bill_ids
        self._move(bill, 'SUCCESS')
        for change in (
            {'stale': 301}, {'changes': {'id': 'x'}}, {'changes': {'event_type': 'x'}},
            {'headers': {'Wechatpay-Serial': 'PUB_KEY_ID_0101'}}, {'headers': {'Wechatpay-Nonce': 'x'}},
            {'headers': {'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/AAAA'}}, {'by_key': False},
        ):
            with self.subTest(change), self.assertRaises(BadPush):
                self._call_back(bill, **change)
        self.assertFalse(self.env['distribution.wechat.callback'].search([]))

    # === WHO IS PAID === #

    def test_only_who_connected_wechat_is_paid_so(self):
        self.assertIn(self.wechat, self.seller._get_choosable_channels())
        self.assertNotIn(self.wechat, self.upline._get_choosable_channels())
        self.identity.partner_id = self.upline.partner_id
        with self.assertRaisesRegex(UserError, "has not connected WeChat"):
            self.seller._request_withdrawal(10.0, channel=self.wechat)
        self.assertBalances(self.seller, merchant=-1000, payable=1000)

    def test_the_name_goes_encrypted_and_is_logged(self):
        self.wechat.wechat_name_from = 50.0
        before = self.env['distribution.privacy.log'].search_count([])
        self._sent(60.0)
        self._sent(40.0)
        bodies = [call['body'] for call in self.fake.calls(BILLS)][-2:]
        self.assertEqual(['user_name' in body for body in bodies], [True, False])
        self.assertNotIn("张三丰", ''.join(bodies))
        names = [entry['name'] for entry in self.fake.tell('money', mchid=self.merchant.mchid)['money']]
        self.assertEqual(names, [])
        self.assertGreaterEqual(self.env['distribution.privacy.log'].search_count([]), before)

    def test_the_settings_keep_to_what_the_platform_takes(self):
        for values in (
            {'wechat_bill_max': 0.19}, {'wechat_name_from': 2000.01}, {'wechat_name_from': 0.29},
            {'wechat_remark': "佣" * 33}, {'wechat_job': False}, {'wechat_merchant_id': False}, {'wechat_day_max': 0},
        ):
            with self.subTest(values), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.wechat.write(values)

    def test_the_receipt_is_kept_with_the_payout_when_it_is_what_was_announced(self):
        self.wechat.wechat_name_from = 50.0
        payout, nameless = self._sent(60.0), self._sent(40.0)
        bill = payout.wechat_bill_ids
        for refused in (bill, nameless.wechat_bill_ids):
            with self.assertRaisesRegex(UserError, "under the name"):
                refused.action_fetch_receipt()
        self._move(bill, 'SUCCESS')
        self._run()
        self.fake.tell('faults', path='/v3/fake-receipts/*', status=200, text='another file')
        with self.assertRaisesRegex(UserError, "not what was announced"):
            bill.action_fetch_receipt()
        for _time in range(2):
            bill.action_fetch_receipt()
        attachment = self.env['ir.attachment'].search([
            ('res_model', '=', 'distribution.payout'), ('res_id', '=', payout.id)])
        self.assertEqual(attachment.raw, f'%PDF receipt {bill.platform_number}'.encode())

    def test_receipts_are_fetched_by_a_job_once(self):
        self.wechat.wechat_name_from = 50.0
        bills = (self._sent(60.0) | self._sent(70.0) | self._sent(40.0)).wechat_bill_ids.sorted('id')
        for bill in bills:
            self._move(bill, 'SUCCESS')
        self._run()
        self.fake.tell('faults', path=f'*/{bills[0].name}', status=502)
        for _time in range(2):
            run_job(self, 'distribution.wechat.bill', '_cron_fetch_receipts')
        self.assertEqual(bills.mapped(lambda bill: bool(bill.receipt_id)), [True, True, False])
        self.assertEqual(bills[:2].receipt_id.mapped('res_id'), bills[:2].payout_id.ids)
        asked = len(self.fake.log['calls'])
        run_job(self, 'distribution.wechat.bill', '_cron_fetch_receipts')
        self.assertEqual(len(self.fake.log['calls']), asked)

    # === THE MERCHANT === #

    def test_the_keys_of_a_merchant_are_checked_and_never_read(self):
        self.assertFalse(self.merchant.private_key or self.merchant.apiv3_key)
        for values in (
            {'private_key': 'no key'}, {'apiv3_key': 'short'}, {'mchid': '12'}, {'public_key': 'no key'},
            {'public_key_id': 'KEY_1'}, {'public_key': False}, {'serial': '0A-1B'},
        ):
            with self.subTest(values), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.merchant.write(values)

    def test_the_connection_is_tested_with_a_signed_answer(self):
        action = self.merchant.action_test_connection()
        self.assertEqual(action['params']['type'], 'success')
        self.fake.tell('merchants', mchid=self.merchant.mchid, tamper='wrong')
        self.assertEqual(self.merchant.action_test_connection()['params']['type'], 'danger')
        self.assertIn("no answer that can be verified", self.merchant.connection_error)
        self.fake.tell('merchants', mchid=self.merchant.mchid, tamper='')
        self.merchant.serial = 'FFFF'
        self.merchant.action_test_connection()
        self.assertIn("does not know this signature", self.merchant.connection_error)

    def setUp(self):
        super().setUp()
        self.fake.tell('merchants', mchid=self.merchant.mchid, tamper='', app_ids=[self.APP_ID], balance=10 ** 12,
                       first_state='WAIT_USER_CONFIRM', bills={}, money=[])
        self.fake.tell('calm')
        self._count_calls_before = len(self.fake.calls(BILLS))
