from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .wechat_pay_common import run_job
from .wechat_sharing_common import WechatSharingCase

SHARING = '/v3/profitsharing'
ORDERS = '/v3/pay/transactions'


@tagged('post_install', '-at_install')
class TestWechatSharing(WechatSharingCase):
    """Commissions out of the payments of their orders, against a platform that carries it out."""

    # === THE WHOLE WAY === #

    def test_commissions_are_paid_out_of_the_payment_of_their_order(self):
        frozen = self._earned()
        self.assertRecordValues(frozen, [{
            'state': 'frozen', 'amount': 1000.0, 'merchant_id': self.merchant.id, 'company_id': self.company.id}])
        self.assertEqual((frozen.share_until - frozen.paid_at).days, 28)
        self._withdraw_daily()
        withdrawal = self.env['distribution.withdrawal'].search([('channel_id', '=', self.sharing.id)])
        self.assertRecordValues(withdrawal, [{
            'distributor_id': self.seller.id, 'amount': 100.0, 'state': 'requested', 'is_channel_chosen': False}])
        self._withdraw_daily()      # what waits is not asked for again
        self.assertEqual(self.env['distribution.withdrawal'].search_count([('channel_id', '=', self.sharing.id)]), 1)
        withdrawal.action_approve()
        self._run()
        payout = withdrawal.payout_ids
        self.assertRecordValues(payout.wechat_share_ids, [{
            'state': 'success', 'amount': 100.0, 'gross_amount': 100.0, 'frozen_id': frozen.id,
            'distributor_id': self.seller.id}])
        self.assertEqual((payout.state, withdrawal.state), ('done', 'paid'))
        payable = self.company.distribution_payable_account_id
        self.assertRecordValues(payout.move_id.line_ids.sorted('debit'), [
            {'account_id': payout.payment_id.outstanding_account_id.id, 'debit': 0.0, 'credit': 100.0,
             'partner_id': self.seller.partner_id.id},
            {'account_id': payable.id, 'debit': 100.0, 'credit': 0.0, 'partner_id': self.seller.partner_id.id}])
        self.assertEqual(self._get_log('payment', 'share'), [('payment', 100_000), ('share', 10_000)])
        self.assertBalances(self.seller, merchant=-1100, payable=1000, paid=100)
        # The upline has not connected WeChat: the payment stays frozen for it until the last day.
        self._unfreeze()
        self.assertEqual(frozen.state, 'frozen')
        self._age(frozen, 28)
        self._unfreeze()
        self.assertRecordValues(frozen, [{'state': 'unfrozen', 'shared_amount': 100.0, 'error': False}])
        self.assertEqual(self._tell('sharing')['unsplit'], {frozen.transaction_id.wechatpay_number: 0})
        self.assertEqual(self._get_log('unfreeze'), [('unfreeze', 100_000 - 600 - 10_000)])

    def test_the_rest_is_unfrozen_when_all_have_got_their_part(self):
        self._connect_upline()
        frozen = self._earned()
        self._withdraw_daily()
        for withdrawal in self.env['distribution.withdrawal'].search([('channel_id', '=', self.sharing.id)]):
            self.assertEqual(frozen.state, 'frozen')
            withdrawal.action_approve()
            self._run()
            self._unfreeze()
        self.assertEqual(frozen.state, 'unfrozen')
        self.assertEqual(sorted(self._get_log('share')), [('share', 5000), ('share', 10_000)])
        self.assertBooks()

    def _connect_upline(self):
        openid = self.fake.tell('people', name='upline')['openids'][self.APP_ID]
        self.env['distribution.wechat.identity'].sudo().create({
            'account_id': self.account.id, 'openid': openid, 'partner_id': self.upline.partner_id.id})

    def test_the_tax_withheld_stays_with_the_merchant(self):
        self.company.distribution_tax_account_id = self.company.distribution_accrued_account_id.copy()
        self.seller.tax_scheme_id = self.env.ref('distribution_commission.tax_scheme_cn_labour')
        frozen = self._earned(100)
        payout = self._share(1000.0)
        self.assertRecordValues(payout, [{'state': 'done', 'amount': 1000.0, 'tax_amount': 40.0, 'net_amount': 960.0}])
        self.assertRecordValues(payout.wechat_share_ids, [{'amount': 960.0, 'gross_amount': 1000.0}])
        self.assertEqual(self._get_log('share'), [('share', 96_000)])
        self.assertEqual(payout.payment_id.amount, 960.0)
        self.assertEqual(frozen._get_rest(self.seller), 0)
        self.assertBooks()

    # === THE FLAG === #

    def test_only_payments_of_orders_that_somebody_earns_by_are_frozen(self):
        nobody = self.env['distribution.distributor']
        for name, tx, expected in (
            ("attributed", self._announced(), True), ("nobody's", self._announced(distributor=nobody), False),
            ("the distributor's own", self._announced(partner_id=self.seller.partner_id.id), False),
        ):
            with self.subTest(name):
                body = self._get_body(tx)
                self.assertEqual(('settle_info' in body, tx.wechatpay_is_shared), (expected, expected))

    def _get_body(self, tx):
        return next(call['body'] for call in self.fake.calls(f'{ORDERS}/native')[::-1] if tx.wechatpay_number in call['body'])

    def test_the_flag_stays_with_the_number(self):
        tx = self._announced()
        self.merchant.is_sharing = False
        tx._wechatpay_announce('native')        # refused by the platform if it were other data
        self.assertTrue(tx.wechatpay_is_shared)
        tx._wechatpay_announce('h5', client_ip='203.0.113.9')
        self.assertFalse(tx.wechatpay_is_shared)
        self._tell('pay', number=tx.wechatpay_number)
        tx._wechatpay_ask()
        self.assertEqual(tx.state, 'done')
        self.assertFalse(self._get_frozen(tx))

    def test_without_the_option_nothing_is_flagged_and_not_one_more_query_is_made(self):
        self.merchant.is_sharing = False
        tx = self._announced()
        self.assertNotIn('settle_info', self._get_body(tx))
        self.env.flush_all()
        with self.assertQueryCount(0):
            self.assertFalse(tx._wechatpay_is_to_share())
        self._tell('pay', number=tx.wechatpay_number)
        tx._wechatpay_ask()
        self.assertFalse(self._get_frozen(tx))

    def test_a_payment_is_kept_once_however_often_it_is_told(self):
        tx = self._paid()
        tx._wechatpay_apply_payment(self.merchant._get_client().get_order(tx.wechatpay_number))
        self.assertEqual(len(self._get_frozen(tx)), 1)

    # === WHAT CAN BE SHARED === #

    def test_only_what_is_settled_and_of_frozen_payments_is_shared(self):
        self.assertEqual(self.seller.payable_amount, 1000.0)
        with self.assertRaisesRegex(UserError, "can be shared now"), self.env.cr.savepoint():   # that was not frozen
            self.seller._request_withdrawal(10.0, channel=self.sharing)
        tx = self._paid()
        self._invoice(tx.sale_order_ids, pay=False)
        self._deliver(tx.sale_order_ids)
        self._process()
        self.assertEqual(self.sharing._wechat_get_amount(self.seller), 0.0)      # pending
        self._mature()
        self.assertEqual(self.sharing._wechat_get_amount(self.seller), 0.0)      # available
        self._settle()
        self.assertEqual(self.sharing._wechat_get_amount(self.seller), 100.0)
        with self.assertRaisesRegex(UserError, "can be shared now"), self.env.cr.savepoint():
            self.seller._request_withdrawal(100.01, channel=self.sharing)
        self.assertIn(self.sharing, self.seller._get_choosable_channels())
        self.assertNotIn(self.sharing, self.upline._get_choosable_channels())

    def test_what_waits_for_approval_is_not_promised_twice(self):
        self._earned()
        self.seller._request_withdrawal(60.0, channel=self.sharing)
        with self.assertRaisesRegex(UserError, "40"), self.env.cr.savepoint():
            self.seller._request_withdrawal(60.0, channel=self.sharing)
        self.seller._request_withdrawal(40.0, channel=self.sharing)

    def test_no_more_than_the_ratio_is_shared_of_a_payment(self):
        frozen = self._earned()
        frozen.sudo().rate = 6.0
        self.assertEqual(self.sharing._wechat_get_amount(self.seller), 60.0)
        self._share(40.0)
        self.assertEqual(self.sharing._wechat_get_amount(self.seller), 20.0)

    def test_what_was_refunded_before_is_not_shared(self):
        frozen = self._earned()
        self._tell('merchants', balance=10 ** 9)
        refund = frozen.transaction_id._refund(1000.0)
        self.assertEqual((frozen._get_room(), frozen._get_room(('done',))), (0, 30_000))
        self._unfreeze()
        self.assertEqual(frozen.state, 'frozen', "The refund is under way")
        self._refund(frozen.transaction_id.sale_order_ids.invoice_ids)
        self._process()
        self.assertEqual(self.sharing._wechat_get_amount(self.seller), 0.0)
        run_job(self, 'payment.transaction', '_wechatpay_cron_ask')
        self._tell('refund', number=refund.wechatpay_number)
        run_job(self, 'payment.transaction', '_wechatpay_cron_ask')
        self.assertEqual((refund.state, self._get_log('refund')), ('done', [('refund', 100_000)]))
        self.assertEqual(self.sharing._wechat_get_amount(self.seller), 0.0)
        self._unfreeze()
        self.assertEqual((frozen.state, frozen.shared_amount), ('unfrozen', 0.0))
        self.assertBooks()

    def test_a_share_with_a_person_is_not_returned_but_set_off(self):
        frozen = self._earned()
        payout = self._share()
        self._refund(frozen.transaction_id.sale_order_ids.invoice_ids)
        self._process()
        self.assertBalances(self.seller, merchant=-1000, payable=900, paid=100)
        self.assertEqual(payout.state, 'done')

    def test_after_the_last_day_nothing_is_shared(self):
        frozen = self._earned()
        withdrawal = self.seller._request_withdrawal(100.0, channel=self.sharing)
        withdrawal.action_approve()
        self._age(frozen, 28)
        self.assertIn("can be shared now", withdrawal.payout_ids.obstacle)
        self._run()
        self.assertEqual(withdrawal.payout_ids.state, 'draft')
        self._unfreeze()
        self.assertEqual((frozen.state, self._get_log('share')), ('unfrozen', []))
        withdrawal.refusal_reason = "Too late"
        withdrawal.action_refuse()
        self.assertBalances(self.seller, merchant=-1100, payable=1100)

    def test_a_large_payout_is_made_of_several_payments_the_oldest_first(self):
        frozen = [self._earned(quantity) for quantity in (1, 2, 3)]
        payout = self._share(45.0)
        self.assertRecordValues(payout.wechat_share_ids.sorted('id'), [
            {'frozen_id': frozen[0].id, 'amount': 10.0}, {'frozen_id': frozen[1].id, 'amount': 20.0},
            {'frozen_id': frozen[2].id, 'amount': 15.0}])
        self.assertEqual((payout.state, sum(amount for _kind, amount in self._get_log('share'))), ('done', 4500))
        self.assertBooks()

    def test_an_order_that_was_paid_in_parts_is_shared_once(self):
        first = self._paid(1)
        order = first.sale_order_ids
        second = first.copy({
            'reference': f'{order.name}-2', 'provider_reference': False, 'sale_order_ids': [Command.set(order.ids)], 'amount': 100.0})
        second._wechatpay_announce('native')
        self._tell('pay', number=second.wechatpay_number)
        self._tell('age', number=second.wechatpay_number, seconds=120)
        second._wechatpay_ask()
        self.assertEqual(len(self._get_frozen(first) | self._get_frozen(second)), 2)
        self._invoice(order, pay=False)
        self._deliver(order)
        self._process()
        self._mature()
        self._settle()
        self.assertEqual(self.sharing._wechat_get_amount(self.seller), 10.0)
        self.assertRecordValues(self._share(4.0).wechat_share_ids, [{'frozen_id': self._get_frozen(first).id, 'amount': 4.0}])
        self._age(self._get_frozen(first), 28)
        self.assertEqual(self.sharing._wechat_get_amount(self.seller), 6.0)
        self.assertRecordValues(self._share(6.0).wechat_share_ids, [{'frozen_id': self._get_frozen(second).id, 'amount': 6.0}])
        self.assertEqual(self.sharing._wechat_get_amount(self.seller), 0.0)

    def test_a_payment_is_shared_as_often_as_the_platform_takes(self):
        frozen = self._earned()
        frozen.sudo().share_count = 48
        self._share(1.0)
        self.assertEqual((frozen.share_count, self.sharing._wechat_get_amount(self.seller)), (49, 0.0))

    # === WHAT GOES WRONG === #

    def test_a_lost_answer_is_asked_about_and_nobody_is_paid_twice(self):
        self._earned(40)
        for number, fault in enumerate((
            {'status': 502, 'after': True}, {'status': 502}, {'status': 500, 'text': '{}'}, {'status': 502, 'late': 0.1}), 1):
            with self.subTest(fault):
                self.fake.tell('faults', path=f'{SHARING}/orders', **fault)
                payout = self._share(2.0)
                self.assertEqual((payout.wechat_share_ids.state, payout.state), ('new', 'sent'))
                self._run()
                self.assertRecordValues(payout.wechat_share_ids, [{'state': 'success', 'error': False}])
                self.assertEqual((payout.state, self._get_log('share')), ('done', [('share', 200)] * number))
        self.assertBooks()

    def test_a_share_that_is_worked_on_later_keeps_the_payment_frozen(self):
        frozen = self._earned()
        self._tell('merchants', share_waits=True)
        payout = self._share()
        self.assertEqual((payout.wechat_share_ids.state, payout.state), ('processing', 'sent'))
        self._age(frozen, 28)
        self._unfreeze()
        self.assertEqual(frozen.state, 'frozen')
        with self.assertRaisesRegex(UserError, "under way"):
            frozen.action_unfreeze()
        self._tell('sharing', number=payout.wechat_share_ids.name)
        self._run()
        self.assertEqual((payout.wechat_share_ids.state, payout.state), ('success', 'done'))

    def test_a_receiver_that_the_platform_has_forgotten_is_named_anew(self):
        self._earned()
        self._share(10.0)
        self._tell('merchants', receivers={})
        payout = self._share(10.0)
        self._run()
        self.assertEqual(payout.wechat_share_ids.sorted('id').mapped('state'), ['closed', 'success'])
        self.assertEqual((payout.state, self._get_log('share')), ('done', [('share', 1000)] * 2))
        self.assertEqual(len(self._tell('sharing')['receivers']), 1)

    def test_a_share_that_failed_gives_the_money_back(self):
        frozen = self._earned()
        self._tell('merchants', share_faults={self.identity.openid: 'RECEIVER_RECEIPT_LIMIT'})
        payout = self._share()
        self.assertRecordValues(payout, [{
            'state': 'failed', 'failure_reason': "You have received as much as WeChat Pay allows in a month."}])
        self.assertBalances(self.seller, merchant=-1100, payable=1100)
        self.assertEqual((frozen._get_room(), self._get_log('share')), (30_000, []))
        self._tell('merchants', share_faults={})
        payout.withdrawal_id.action_retry()
        self._run()
        self.assertEqual((payout.withdrawal_id.state, self._get_log('share')), ('paid', [('share', 10_000)]))

    def test_of_a_payout_that_failed_in_part_the_rest_is_shared_again(self):
        self._earned(1)
        self._earned(2)
        self._tell('merchants', share_waits=True)
        payout = self._share(30.0)
        first, second = payout.wechat_share_ids.sorted('id')
        self._tell('sharing', number=first.name)
        self._tell('merchants', share_faults={self.identity.openid: 'ACCOUNT_ABNORMAL'})
        self._tell('sharing', number=second.name)
        self._tell('merchants', share_faults={}, share_waits=False)
        self._run()
        self.assertEqual((first.state, second.state, payout.state, payout.wechat_rest), ('success', 'closed', 'sent', 20.0))
        self.assertBalances(self.seller, merchant=-1030, payable=1000, reserved=30)
        payout.action_wechat_rest()
        payout.action_wechat_rest()       # pressed twice
        self._run()
        self.assertEqual((payout.state, len(payout.wechat_share_ids)), ('done', 3))
        self.assertEqual(self._get_log('share'), [('share', 1000), ('share', 2000)])
        self.assertBalances(self.seller, merchant=-1030, payable=1000, paid=30)

    def test_what_is_refused_ends_once_nothing_can_be_on_its_way(self):
        self._earned()
        self.fake.tell('faults', path=f'{SHARING}/orders', status=400, text='{"code":"INVALID_REQUEST","message":"no"}')
        payout = self._share()
        share = payout.wechat_share_ids
        self.assertEqual((share.state, share.is_refused), ('new', True))
        self._run()
        self.assertEqual((share.state, payout.state), ('new', 'sent'))
        share.sudo().sent_at = fields.Datetime.subtract(fields.Datetime.now(), minutes=60)
        self._run()
        self.assertEqual((share.state, payout.state, self._get_log('share')), ('refused', 'failed', []))
        self.assertBalances(self.seller, merchant=-1100, payable=1100)

    # === UNFREEZING === #

    def test_an_order_that_earned_nothing_is_unfrozen(self):
        self.version = self._create_version(
            self.env['distribution.plan'].create({'name': "High"}), [(1, 10.0)], min_order_amount=5000)
        tx = self._paid()
        frozen = self._get_frozen(tx)
        self._unfreeze()
        self.assertEqual(frozen.state, 'frozen', "It is not invoiced yet")
        self._invoice(tx.sale_order_ids, pay=False)
        self._deliver(tx.sale_order_ids)
        self._unfreeze()
        self.assertEqual(frozen.state, 'frozen', "It is not worked out yet")
        self._process()
        self._unfreeze()
        self.assertEqual((frozen.state, self._get_log('unfreeze')), ('unfrozen', [('unfreeze', 99_400)]))

    def test_an_order_that_nobody_confirms_is_unfrozen_on_the_last_day(self):
        tx = self._paid()
        frozen = self._get_frozen(tx)
        self._age(frozen, 27)
        self._unfreeze()
        self.assertEqual(frozen.state, 'frozen')
        self._age(frozen, 1)
        self._unfreeze()
        self.assertEqual(frozen.state, 'unfrozen')
        self.assertTrue(frozen.unfrozen_at)

    def test_unfreezing_counts_when_nothing_is_frozen_any_more(self):
        for fault in ({'status': 502, 'after': True}, {'status': 502}, {'status': 200, 'text': '{}'}):
            with self.subTest(fault):
                frozen = self._get_frozen(self._paid())
                self._age(frozen, 28)
                self.fake.tell('faults', path=f'{SHARING}/orders/unfreeze', **fault)
                self._unfreeze()
                self.assertEqual(frozen.state, 'unfreezing')
                self.assertTrue(frozen.error)
                self._unfreeze()
                self.assertRecordValues(frozen, [{'state': 'unfrozen', 'error': False}])
        frozen = self._get_frozen(self._paid())
        self._tell('merchants', share_waits=True)
        frozen.action_unfreeze()
        self._unfreeze()
        self.assertEqual(frozen.state, 'unfreezing', "The platform said yes, and it is frozen still")
        self._tell('sharing', number=frozen.name)
        self._unfreeze()
        self.assertEqual(frozen.state, 'unfrozen')

    def test_what_the_platform_has_unfrozen_by_itself_is_known(self):
        frozen = self._get_frozen(self._paid())
        self._age(frozen, 31)
        self._unfreeze()
        self.assertEqual((frozen.state, self._get_log('unfreeze')), ('unfrozen', []))

    # === RECEIVERS === #

    def test_a_distributor_who_disconnects_is_a_receiver_no_more(self):
        self._earned()
        self._share()
        receiver = self.env['distribution.wechat.receiver'].search([('distributor_id', '=', self.seller.id)])
        self.assertRecordValues(receiver, [{'kind': 'person', 'payee': self.identity.openid, 'removed_at': False}])
        self._withdraw_daily()
        self.assertEqual(len(self._tell('sharing')['receivers']), 1)
        self.identity.unlink()
        self._withdraw_daily()
        self.assertEqual(self._tell('sharing')['receivers'], {})
        self.assertTrue(receiver.removed_at and not receiver.added_at)

    def test_who_is_not_in_wechat_is_told_so(self):
        self._earned()
        with self.assertRaisesRegex(UserError, "has not connected WeChat"):
            self.upline._request_withdrawal(10.0, channel=self.sharing)
