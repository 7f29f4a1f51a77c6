from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.http import Request
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from .wechat_pay_common import WechatTransferCase, run_job

PAGE, OPEN = '/my/distribution/wechat/authorization', '/my/distribution/wechat/authorization/open'


@tagged('post_install', '-at_install')
class TestWechatAuthorization(WechatTransferCase, HttpCase):
    """Mei consents once, and her transfers need no confirmation."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wechat.wechat_has_authorization = True
        cls.user = new_test_user(cls.env, 'mei', groups='base.group_portal', name="Mei")
        cls.user.partner_id = cls.seller.partner_id
        cls.other = new_test_user(cls.env, 'bo', groups='base.group_portal', name="Bo")
        cls._create_distributor(None, partner_id=cls.other.partner_id.id)
        cls.authorizations = cls.env['distribution.wechat.authorization']

    def setUp(self):
        super().setUp()
        self.fake.tell('merchants', mchid=self.merchant.mchid, authorizations={}, money=[])
        self.fake.tell('calm')

    def _post(self, login='mei', **data):
        self.env.flush_all()
        self.authenticate(login, login)
        return self.url_open(PAGE, data={'csrf_token': Request.csrf_token(self), **data}, allow_redirects=False)

    def _rpc(self, number, login='mei', **params):
        self.env.flush_all()
        self.authenticate(login, login)
        result = self.make_jsonrpc_request(OPEN, {'number': number, **params})
        self.env.invalidate_all()
        return result

    def _tell(self, state, reason=''):
        self.fake.tell(
            'authorization', mchid=self.merchant.mchid, number=self._get().name, state=state, reason=reason)

    def _get(self):
        return self.authorizations.search([('distributor_id', '=', self.seller.id)])

    def _ask_platform(self):
        run_job(self, 'distribution.wechat.authorization', '_cron_ask')

    def _consent(self):
        authorization = self.authorizations._ensure(self.seller, self.wechat)
        authorization._ask_person()
        self._tell('TAKING_EFFECT')
        authorization._refresh()
        self.assertEqual(authorization.state, 'effective')
        return authorization

    def test_a_distributor_consents_on_its_page_and_is_paid_by_itself(self):
        self.authenticate('mei', 'mei')
        self.assertIn(PAGE, self.url_open('/my/distribution/withdrawals').text)
        self.assertIn("I want that", self.url_open(PAGE).text)
        self.assertEqual(self._post(is_wanted='1').status_code, 303)
        authorization = self._get()
        self.assertEqual((authorization.state, authorization.openid), ('new', self.identity.openid))
        package = self._rpc(authorization.name)
        self.assertEqual(
            (package['mchId'], package['appId'], package['openId']), (self.merchant.mchid, self.APP_ID, self.identity.openid))
        self.assertEqual(authorization.state, 'waiting')
        self._tell('TAKING_EFFECT')
        self.assertFalse(self._rpc(authorization.name, is_over=True))
        self.assertEqual(authorization.state, 'effective')
        self.assertIn("Your payouts arrive in WeChat by themselves", self.url_open(PAGE).text)
        payout = self._sent()
        bill = payout.wechat_bill_ids
        self.assertEqual((bill.state, payout.withdrawal_id._get_confirmation()), ('transfering', {}))
        self._move(bill, 'SUCCESS')
        self._run()
        self.assertEqual((payout.state, self._get_money()), ('done', [(bill.name, 10000)]))
        self.assertEqual(self._post(is_wanted='1').status_code, 303)
        self.assertEqual(self._get(), authorization)

    def test_nobody_else_opens_the_page_of_the_consent(self):
        authorization = self.authorizations._ensure(self.seller, self.wechat)
        self.assertEqual(self._post('bo', is_wanted='1').status_code, 404)
        for login, number in (('bo', authorization.name), ('mei', 'X'), ('mei', None), ('mei', ['a'])):
            with self.subTest(login=login, number=number), self.assertRaises(JsonRpcException):
                self._rpc(number, login)
        self.wechat.wechat_has_authorization = False
        self.assertEqual(self._post(is_wanted='1').status_code, 404)
        self.assertEqual(authorization.state, 'new')

    def test_without_consent_or_option_each_transfer_is_confirmed(self):
        authorization = self.authorizations._ensure(self.seller, self.wechat)
        authorization._ask_person()
        self.assertEqual(self._sent(10.0).wechat_bill_ids.state, 'wait_user_confirm')
        self._tell('TAKING_EFFECT')
        authorization._refresh()
        self.wechat.wechat_has_authorization = False
        self.assertEqual(self._sent(10.0).wechat_bill_ids.state, 'wait_user_confirm')

    def test_the_person_ends_it_in_wechat_and_the_call_back_is_not_believed_blindly(self):
        authorization = self._consent()
        self._tell('CLOSED', 'USER_CLOSE')
        sent = self.fake.tell('notice', mchid=self.merchant.mchid, kind='authorization', number=authorization.name)
        notice = self.merchant._open_notice(sent['body'].encode(), sent['headers'])
        self._tell('TAKING_EFFECT')     # has agreed once more before the call arrives
        self.assertTrue(self.env['distribution.wechat.callback'].sudo()._receive(self.merchant.sudo(), notice))
        self._run_notices()
        self._ask_platform()
        self.assertEqual(authorization.state, 'effective')
        self._tell('CLOSED', 'USER_CLOSE')
        authorization._doubt()
        self._ask_platform()
        self.assertEqual((authorization.state, authorization.reason), ('closed', 'USER_CLOSE'))

    def test_the_distributor_ends_it_here_and_agrees_again_under_the_same_number(self):
        authorization = self._consent()
        self._post()
        self.env.invalidate_all()
        self.assertEqual(authorization.state, 'closing')
        self.assertEqual(self._sent(10.0).wechat_bill_ids.state, 'wait_user_confirm')
        self._ask_platform()
        self.assertEqual((authorization.state, authorization.reason), ('closed', 'CLOSE_VIA_MCH_API'))
        self.assertTrue(self._rpc(authorization.name))
        self.assertEqual((authorization.state, self._get()), ('waiting', authorization))

    def test_who_unbinds_wechat_is_not_paid_by_itself_any_more(self):
        authorization = self._consent()
        self.user.email = 'mei@example.com'
        self.identity._unbind()
        self._ask_platform()
        self.assertEqual(authorization.state, 'closed')

    def test_a_transfer_under_a_consent_that_had_ended_comes_to_nothing_and_nothing_is_paid(self):
        authorization = self._consent()
        self._tell('CLOSED', 'USER_CLOSE')
        payout = self._sent()
        bill = payout.wechat_bill_ids
        self.assertEqual((bill.state, bill.is_refused), ('new', True))
        self._ask_platform()
        self.assertEqual(authorization.state, 'closed')
        bill.sudo().sent_at = fields.Datetime.now() - timedelta(days=2)
        self._run()
        self.assertEqual((bill.state, payout.state, self._get_money()), ('refused', 'failed', []))
        self.assertEqual(self.seller.payable_amount, 1000.0)

    def test_a_lost_answer_to_a_transfer_under_a_consent_is_asked_about(self):
        self._consent()
        payout = self._approve()
        self.fake.tell('faults', path='/v3/fund-app/mch-transfer/transfer-bills/transfer', status=502, after=True)
        self._run()
        bill = payout.wechat_bill_ids
        self.assertEqual(bill.state, 'new')
        self._run()
        self.assertEqual(bill.state, 'transfering')
        calls = [call for call in self.fake.log['calls'] if bill.name in call['body']]
        self.assertEqual(len(calls), 1)

    def test_nobody_is_asked_for_what_the_merchant_was_not_granted(self):
        self.fake.tell('merchants', mchid=self.merchant.mchid, may_authorize=False)
        authorization = self.authorizations._ensure(self.seller, self.wechat)
        with self.assertRaisesRegex(UserError, "WeChat Pay does not offer this to the merchant yet"):
            authorization._ask_person()
        self.fake.tell('merchants', mchid=self.merchant.mchid, may_authorize=True)
        self.fake.tell('faults', path='/v3/fund-app/*', status=502, times=2)
        with self.assertRaisesRegex(UserError, "try again"):
            authorization._ask_person()
        self.assertEqual(authorization.state, 'new')

    @mute_logger('odoo.addons.base.models.ir_model')
    def test_an_unconfirmed_consent_runs_out(self):
        authorization = self.authorizations._ensure(self.seller, self.wechat)
        authorization._ask_person()
        self._tell('CLOSED', 'USER_OVERDUE_UNCONFIRMED')
        self._ask_platform()
        self.assertEqual((authorization.state, authorization.reason), ('closed', 'USER_OVERDUE_UNCONFIRMED'))
        with self.assertRaises(UserError):
            authorization.unlink()
