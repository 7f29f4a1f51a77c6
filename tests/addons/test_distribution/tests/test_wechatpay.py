import time
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import requests

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Datetime
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_core.tests.common import PrivacyBuilders
from odoo.addons.payment.tests.http_common import PaymentHttpCommon

from .wechat_common import connect_account, start_fake_wechat
from .wechat_pay_common import connect_merchant, run_job

ORDERS = '/v3/pay/transactions'
WECHAT, PHONE, DESK = (
    {'User-Agent': agent} for agent in ('Mozilla/5.0 (iPhone) MicroMessenger/8.0', 'Mozilla/5.0 (iPhone) Mobile', 'X11'))
APP_ID, MINI_ID = 'wx00000000000000a3', 'wx00000000000000b3'


class WechatpayCase(PaymentHttpCommon):
    """The payment provider, with Odoo's own classes for payment, against a platform that carries it out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(PrivacyBuilders._keys(PrivacyBuilders.KEY))
        cls.fake = start_fake_wechat()
        cls.addClassCleanup(cls.fake.stop)
        cls.env['distribution.wechat.callback'].search([]).unlink()       # what tests that commit have left
        cls.account = connect_account(cls.env, cls.fake, APP_ID)
        cls.mini = connect_account(cls.env, cls.fake, MINI_ID, kind='mini')
        cls.merchant = connect_merchant(cls.env, cls.fake, APP_ID)
        cls.fake.tell('merchants', mchid=cls.merchant.mchid, app_ids=[APP_ID, MINI_ID])
        cls.currency = cls._enable_currency('CNY')
        cls.provider = cls._prepare_provider('wechatpay', update_values={
            'wechatpay_merchant_id': cls.merchant.id, 'wechatpay_account_id': cls.account.id,
            'wechatpay_mini_id': cls.mini.id, 'is_published': True})
        cls.payment_method = cls.env.ref('payment.payment_method_wechat_pay')
        cls.payment_method_id = cls.payment_method.id
        cls.openids = cls.fake.tell('people', name='ann')['openids']
        cls.partner = cls.portal_partner
        cls.identity = cls.env['distribution.wechat.identity'].sudo().create({
            'account_id': cls.account.id, 'openid': cls.openids[APP_ID], 'partner_id': cls.partner.id})

    def setUp(self):
        super().setUp()
        self.fake.tell('calm')
        self.fake.tell('merchants', mchid=self.merchant.mchid, tamper='', orders={}, refunds={}, money=[])

    # === HELPERS === #

    def _announced(self, way='native', openid=None, **values):
        tx = self._create_transaction('redirect', **values)
        tx._wechatpay_announce(way, openid)
        return tx

    def _pay(self, tx):
        self.fake.tell('pay', mchid=self.merchant.mchid, number=tx.wechatpay_number)

    def _paid(self, **values):
        tx = self._announced(**values)
        self._pay(tx)
        tx._wechatpay_ask()
        return tx

    def _ask(self):
        run_job(self, 'payment.transaction', '_wechatpay_cron_ask')

    def _prepare_notice(self, kind, tx, **order):
        return self.fake.tell('notice', mchid=self.merchant.mchid, kind=kind, number=tx.wechatpay_number, **order)

    def _call_back(self, kind, tx, **order):
        """Let the platform call the address; return the status."""
        sent = self._prepare_notice(kind, tx, **order)
        return self.url_open(
            f'/distribution/wechat/pay/{self.merchant.webhook_token}', data=sent['body'].encode(),
            headers=sent['headers']).status_code

    def _run_notices(self):
        run_job(self, 'distribution.wechat.callback', '_cron_process')

    def _rpc(self, tx, name='announce', headers=None, **params):
        self.env.flush_all()
        result = self.make_jsonrpc_request(
            f'/payment/wechatpay/{name}',
            {'reference': tx.reference, 'access_token': tx._wechatpay_get_access_token(), **params}, headers=headers)
        self.env.invalidate_all()
        return result


@tagged('post_install', '-at_install')
class TestWechatpay(WechatpayCase):

    # === THE WAYS TO PAY === #

    def test_the_provider_is_for_cny_and_for_its_company(self):
        self.assertEqual(self.provider._get_supported_currencies().mapped('name'), ['CNY'])
        self.assertEqual((self.provider.support_refund, self.payment_method.active), ('partial', True))
        with self.assertRaises(ValidationError):
            self.merchant.company_id = self.env['res.company'].create({'name': "Other"})
            self.provider._check_wechatpay_company()

    def test_the_form_leads_to_the_page_of_the_payment(self):
        tx = self._create_transaction('redirect')
        before = len(self.fake.calls(f'{ORDERS}/native'))
        form = self._extract_values_from_html_form(tx._get_processing_values()['redirect_form_html'])
        self.assertEqual((form['action'], form['inputs']['reference']), ('/payment/wechatpay', tx.reference))
        self.env.flush_all()
        for headers, way in ((DESK, 'native'), (PHONE, 'h5'), (WECHAT, 'jsapi')):
            response = self.url_open('/payment/wechatpay', params=form['inputs'], headers=headers)
            self.assertEqual(response.status_code, 200)
            self.assertIn(f'data-way="{way}"', response.text)
        self.assertIn("Log in with WeChat", response.text)
        wrong = {**form['inputs'], 'access_token': 'guessed'}
        self.assertEqual(self.url_open('/payment/wechatpay', params=wrong).status_code, 404)
        self.assertEqual(len(self.fake.calls(f'{ORDERS}/native')), before, "Looking at the page asks WeChat Pay for nothing")

    def test_each_browser_gets_what_it_can_pay_with(self):
        tx = self._create_transaction('redirect')
        self.authenticate(self.portal_user.login, self.portal_user.login)
        first = self._rpc(tx, headers=DESK)
        self.assertEqual((first['way'], first['code'][:22]), ('native', 'data:image/png;base64,'))
        number = tx.wechatpay_number
        self._rpc(tx, headers=DESK)
        self.assertEqual(tx.wechatpay_number, number)
        second = self._rpc(tx, headers=PHONE)
        self.assertIn('redirect_url=', second['url'])
        third = self._rpc(tx, headers=WECHAT)
        self.assertEqual(set(third['invocation']), {'appId', 'timeStamp', 'nonceStr', 'package', 'signType', 'paySign'})
        states = self.fake.tell('money', mchid=self.merchant.mchid)['orders']
        self.assertEqual(states[number], 'CLOSED')
        self.assertEqual([state for state in states.values() if state == 'NOTPAY'], ['NOTPAY'])
        self.assertIn('error', self._rpc(tx, is_mini=True))
        self.env['distribution.wechat.identity'].create({
            'account_id': self.mini.id, 'openid': self.openids[MINI_ID], 'partner_id': self.partner.id})
        self.assertEqual(self._rpc(tx, is_mini=True)['invocation']['appId'], MINI_ID)
        with self.assertRaises(JsonRpcException):
            self._rpc(tx, access_token='guessed')

    def test_a_guest_in_wechat_has_to_log_in_first(self):
        tx = self._create_transaction('redirect')
        self.authenticate(None, None)
        self.assertIn('error', self._rpc(tx, headers=WECHAT))

    # === WHAT BECOMES OF IT === #

    def test_a_payment_is_known_by_asking(self):
        tx = self._announced()
        self._ask()
        self.assertEqual(tx.state, 'draft')
        self._pay(tx)
        self._ask()
        self.assertEqual((tx.state, tx.provider_reference[:4]), ('done', '4200'))

    def test_a_payment_is_known_by_the_call_back(self):
        tx = self._announced()
        self._pay(tx)
        self.assertEqual([self._call_back('payment', tx) for _time in range(2)], [200, 200])
        self.assertEqual(self._call_back('payment', tx, by_key=True, id='again'), 200)
        self._run_notices()
        self.assertEqual(tx.state, 'done')
        self.assertTrue(self._rpc(tx, 'poll'))
        with self.assertRaisesRegex(UserError, "over"):
            tx._wechatpay_announce('native')

    @mute_logger('odoo.addons.distribution_core.models.ir_cron')
    def test_every_field_of_a_call_back_is_compared(self):
        """Signed well, and about something else: the platform would not do so, and nothing believes it."""
        for number, (data, state) in enumerate([
            ({'appid': 'wx0000000000000000'}, 'draft'), ({'mchid': '1900000000'}, 'draft'),
            ({'out_trade_no': 'SO-ELSE'}, 'draft'), ({'trade_state': 'NOTPAY'}, 'draft'),
            ({'amount': {'total': 1, 'currency': 'CNY'}}, 'error'), ({'amount': {}}, 'error'),
            ({'amount': {'total': 111111, 'currency': 'USD'}}, 'error'),
            ({'amount': {'total': '111111', 'currency': 'CNY'}}, 'draft'),
        ]):
            with self.subTest(data):
                tx = self._announced(reference=f'Tampered {number}')
                self._pay(tx)
                self.assertEqual(self._call_back('payment', tx, data=data, id=f'T{number}'), 200)
                self._run_notices()
                self.assertEqual(tx.state, state)
                self._call_back('payment', tx, data=data, id=f'T{number} again')
                self._run_notices()
                self.assertEqual(tx.state, state, "Said twice, it is no truer")
                self._call_back('payment', tx)      # the true one still counts
                self._run_notices()
                self.assertEqual(tx.state, 'done')

    def test_a_call_back_with_a_change_is_refused_and_keeps_nothing(self):
        tx = self._announced()
        self._pay(tx)
        for change in (
            {'changes': {'id': 'x'}}, {'changes': {'event_type': 'REFUND.SUCCESS'}}, {'changes': {'create_time': ''}},
            {'changes': {'resource_type': ''}}, {'changes': {'summary': ''}}, {'changes': {'resource': {}}},
            {'stale': 301}, {'stale': -400}, {'by_key': False}, {'headers': {'Wechatpay-Serial': 'PUB_KEY_ID_0'}},
            {'headers': {'Wechatpay-Nonce': 'x'}}, {'headers': {'Wechatpay-Timestamp': str(int(time.time()) + 5)}},
            {'headers': {'Wechatpay-Signature': 'WECHATPAY/SIGNTEST/AAAA'}}, {'headers': {'Wechatpay-Signature': 'AAAA'}},
        ):
            with self.subTest(change):
                self.assertEqual(self._call_back('payment', tx, **change), 401)
        sent = self._prepare_notice('payment', tx)
        self.assertEqual(self.url_open(
            '/distribution/wechat/pay/guessed', data=sent['body'].encode(), headers=sent['headers']).status_code, 401)
        self.assertFalse(self.env['distribution.wechat.callback'].search([]))
        self.assertEqual(tx.state, 'draft')

    def test_those_that_wait_long_stop_no_others(self):
        txs = [self._announced(reference=f'Waits {number}') for number in range(3)]
        self._pay(txs[2])
        with patch('odoo.addons.distribution_wechat.models.payment_transaction._BATCH', 1):
            states = []
            for _run in range(3):
                self._ask()
                states.append(txs[2].state)
        self.assertEqual(states, ['draft', 'draft', 'done'])

    def test_nobody_pays_in_time(self):
        tx = self._announced()
        tx.wechatpay_expires_at = Datetime.subtract(Datetime.now(), minutes=1)
        self._ask()
        self.assertEqual(tx.state, 'cancel')
        self.assertEqual(self.fake.tell('money', mchid=self.merchant.mchid)['orders'][tx.wechatpay_number], 'CLOSED')

    def test_a_payment_that_arrived_at_the_last_moment_is_not_lost(self):
        tx = self._announced()
        tx.wechatpay_expires_at = Datetime.subtract(Datetime.now(), minutes=1)
        self._pay(tx)
        with self.assertRaises(UserError):
            tx._wechatpay_announce('h5', client_ip='203.0.113.9')
        self._ask()
        self.assertEqual(tx.state, 'done')

    def test_an_announcement_whose_answer_is_lost_is_made_again_under_its_number(self):
        for fault in ({'status': 502, 'after': True}, {'status': 502}):
            tx = self._create_transaction('redirect', reference=f"Lost {len(fault)}")
            self.fake.tell('faults', path=f'{ORDERS}/native', **fault)
            self.assertIn('error', self._rpc(tx, headers=DESK))
            number = tx.wechatpay_number
            self.assertTrue(number)
            self.assertTrue(tx._wechatpay_announce('native')['code_url'])
            self.assertEqual(tx.wechatpay_number, number)
            tx._wechatpay_announce('h5', client_ip='203.0.113.9')
            self.assertNotEqual(tx.wechatpay_number, number)

    # === REFUNDS === #

    def test_a_payment_is_refunded_in_parts_and_whole(self):
        tx = self._paid()
        first, second = tx._refund(100.0), tx._refund(1011.11)
        self.assertEqual((first.state, second.state), ('pending', 'pending'))
        self.assertEqual(self.fake.tell('money', mchid=self.merchant.mchid)['refunds'], {}, "It is promised first, and sent by the job")
        self._ask()
        self.assertEqual((first.state, second.state), ('pending', 'pending'))
        self.fake.tell('refund', mchid=self.merchant.mchid, number=first.wechatpay_number)
        self._call_back('refund', first)
        self._run_notices()
        self.assertEqual((first.state, second.state), ('done', 'pending'))
        self.fake.tell('refund', mchid=self.merchant.mchid, number=second.wechatpay_number)
        self._ask()
        self.assertEqual(second.state, 'done')
        self.assertEqual(
            [(entry['kind'], entry['amount']) for entry in self.fake.tell('money', mchid=self.merchant.mchid)['money']],
            [('payment', 111_111), ('refund', 10_000), ('refund', 101_111)])

    def test_a_refund_whose_answer_is_lost_is_sent_again_under_its_number(self):
        tx = self._paid()
        refund = tx._refund(100.0)
        self.fake.tell('faults', path='/v3/refund/domestic/refunds', status=502, after=True)
        self._ask()
        self.assertEqual(refund.state, 'pending')
        self._ask()
        refunds = self.fake.tell('money', mchid=self.merchant.mchid)['refunds']
        self.assertEqual(refunds.get(refund.wechatpay_number), 'PROCESSING')

    # === SEVERAL MERCHANTS, SPEED === #

    def test_a_notice_to_one_merchant_is_none_for_another(self):
        other = connect_merchant(self.env, self.fake, APP_ID)
        tx = self._announced()
        self._pay(tx)
        sent = self._prepare_notice('payment', tx)
        other.apiv3_key = 'x' * 32
        response = self.url_open(
            f'/distribution/wechat/pay/{other.webhook_token}', data=sent['body'].encode(), headers=sent['headers'])
        self.assertEqual(response.status_code, 401)
        with mute_logger('odoo.addons.distribution_core.models.ir_cron'):
            other.apiv3_key = 'k' * 32      # the same keys: the number is still another merchant's
            self.url_open(
                f'/distribution/wechat/pay/{other.webhook_token}', data=sent['body'].encode(), headers=sent['headers'])
            self._run_notices()
        self.assertEqual(tx.state, 'draft')

    def test_a_hundred_calls_back_at_once_are_answered(self):
        """Here they share one cursor of the test, so the time is measured elsewhere; each is kept once."""
        tx = self._announced()
        self._pay(tx)
        notices = [self._prepare_notice('payment', tx, id=f'P{number % 50}') for number in range(100)]
        url = f'{self.base_url()}/distribution/wechat/pay/{self.merchant.webhook_token}'
        self.env.flush_all()

        def send(sent):
            return requests.post(url, data=sent['body'].encode(), headers=sent['headers'], timeout=60).status_code

        with self.allow_requests(all_requests=True), ThreadPoolExecutor(20) as pool:
            self.assertEqual(set(pool.map(send, notices)), {200})
        self.env.invalidate_all()
        self.assertEqual(self.env['distribution.wechat.callback'].search_count([]), 50)
        self._run_notices()
        self.assertEqual(tx.state, 'done')
