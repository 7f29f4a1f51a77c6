from odoo.http import Request
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged

from .wechat_pay_common import WechatTransferCase

WECHAT = {'User-Agent': 'Mozilla/5.0 (iPhone) MicroMessenger/8.0'}


@tagged('post_install', '-at_install')
class TestWechatTransferPages(WechatTransferCase, HttpCase):
    """What a distributor sees of a payout by WeChat, and who can confirm it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, 'mei', groups='base.group_portal', name="Mei")
        cls.user.partner_id = cls.seller.partner_id
        cls.other = new_test_user(cls.env, 'bo', groups='base.group_portal', name="Bo")
        cls._create_distributor(None, partner_id=cls.other.partner_id.id)

    def _open(self, url, login='mei', **kwargs):
        self.env.flush_all()
        self.authenticate(login, login)
        return self.url_open(url, **kwargs)

    def _fetch(self, login, number, **params):
        self.env.flush_all()
        self.authenticate(login, login)
        return self.make_jsonrpc_request('/my/distribution/wechat/transfer', {'number': number, **params})

    def test_wechat_is_offered_to_who_connected_it(self):
        choice = f'channel-{self.wechat.id}'
        self.assertIn(choice, self._open('/my/distribution/withdrawals/new').text)
        self.assertNotIn(choice, self._open('/my/distribution/withdrawals/new', 'bo').text)
        self.authenticate('mei', 'mei')
        page = self.url_open('/my/distribution/withdrawals/new', data={
            'amount': '10', 'payee': choice, 'csrf_token': Request.csrf_token(self)}).text
        self.assertIn("To your WeChat wallet", page)
        self.assertNotIn("instead of money", page)

    def test_the_payee_alone_opens_the_confirmation(self):
        payout = self._sent()
        bill = payout.wechat_bill_ids
        url = f'/my/distribution/withdrawals/{payout.withdrawal_id.id}'
        self.assertIn(f'{url}/wechat', self._open(url).text)
        page = self._open(f'{url}/wechat').text
        self.assertIn(f'data-number="{bill.name}"', page)
        self.assertIn("Waits for you", page)
        self.assertNotIn(bill.package, page)
        self.assertEqual(self._open(f'{url}/wechat', 'bo').status_code, 404)
        self.assertEqual(self._fetch('mei', bill.name), {
            'mchId': self.merchant.mchid, 'appId': self.APP_ID, 'package': bill.package, 'openId': bill.openid})
        for login, number in (('bo', bill.name), ('mei', 'X'), ('mei', None), ('mei', ['a'])):
            with self.subTest(login=login, number=number), self.assertRaises(JsonRpcException):
                self._fetch(login, number)
        self.assertFalse(self._fetch('mei', bill.name, is_over=True))
        self._move(bill, 'SUCCESS')
        self._run()
        self.assertFalse(self._fetch('mei', bill.name))
        self.assertNotIn('wechat_confirm', self._open(f'{url}/wechat').text)

    def test_the_distributor_asks_for_the_rest(self):
        payout = self._sent(400.0)
        first, second = payout.wechat_bill_ids.sorted('id')
        self._move(first, 'SUCCESS')
        self._move(second, hours=24)
        self._run()
        url = f'/my/distribution/withdrawals/{payout.withdrawal_id.id}/wechat'
        self.assertIn("Send me the rest again", self._open(url).text)
        for login, status in (('bo', 404), ('mei', 303), ('mei', 303)):
            self.authenticate(login, login)
            self.assertEqual(self.url_open(
                url, data={'csrf_token': Request.csrf_token(self)}, allow_redirects=False).status_code, status)
        self.env.invalidate_all()
        self.assertEqual(sorted(payout.wechat_bill_ids.mapped('state')), ['fail', 'new', 'success'])
