import re
from datetime import timedelta
from urllib.parse import quote

from odoo import fields, http
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_wechat.controllers import share
from odoo.addons.distribution_wechat.controllers.limit import Limiter
from odoo.addons.distribution_wechat.wechat import QuotaExceeded, sign_jssdk

from .wechat_common import APP_ID, OTHER_APP_ID, FakeWechatCase, connect_account

LOGGERS = 'odoo.addons.distribution_wechat.models.distribution_wechat_token'


@tagged('post_install', '-at_install')
class TestWechatShare(FakeWechatCase):
    """What is shared of a page in WeChat, and codes that bring followers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.is_login = True

    def _share(self, url):
        return self.make_jsonrpc_request('/distribution/wechat/share', {'url': url})

    def test_a_page_is_signed_with_the_ticket_of_the_account(self):
        url = f'{self.base_url()}/shop/tea?a=1'
        share = self._share(url)
        config = share['config']
        ticket = self.account.token_ids.filtered(lambda token: token.kind == 'ticket')._decrypt('value')
        self.assertEqual(config['signature'], sign_jssdk(ticket, config['nonceStr'], config['timestamp'], url))
        self.assertEqual((config['appId'], share['link']), (APP_ID, url))
        self.assertNotIn(ticket, str(share))
        self._share(url)
        self.assertEqual(len(self.fake.calls('/cgi-bin/ticket/getticket')), 1)
        self.assertEqual(self.fake.log['violations'], [])

    def test_what_others_left_in_the_address_is_not_shared_on(self):
        share = self._share(f'{self.base_url()}/shop?ref=BOBO66&code=c&state=s&from=timeline&search=tea')
        self.assertEqual(share['link'], f'{self.base_url()}/shop?search=tea')

    def test_distributors_share_their_own_link_to_the_page(self):
        self.authenticate('mei', 'mei')
        share = self._share(f'{self.base_url()}/shop?search=tea&ref=BOBO66')
        self.assertEqual(share['link'], f"{self.base_url()}/d/MEI888?to={quote('/shop?search=tea', safe='')}")
        self.mei.state = 'suspended'
        self.assertEqual(self._share(f'{self.base_url()}/shop')['link'], f'{self.base_url()}/shop')

    def test_pages_of_others_are_not_signed(self):
        base = self.base_url()
        for url in (
            'https://evil.example/shop', f'{base}.evil.example/', f'{base}@evil.example/', '//evil.example', '/shop',
            '', 'javascript:alert(1)', None, 7, ['x'], f'{base}/{"a" * 3000}', 'http://[', f'{base}//evil.example',
        ):
            with self.subTest(str(url)[:40]):
                self.assertIs(self._share(url), False)
        self.assertFalse(self.fake.calls('/cgi-bin/ticket/getticket'))

    def test_without_an_account_there_is_nothing(self):
        self.account.is_login = False
        self.assertIs(self._share(self.base_url()), False)

    @mute_logger(LOGGERS)
    def test_a_platform_that_fails_spoils_no_page_and_is_left_alone_for_a_while(self):
        self.fake.tell('faults', path='/cgi-bin/ticket/getticket', errcode=-1, times=9)
        for _again in range(3):
            self.assertIs(self._share(f'{self.base_url()}/shop'), False)
        self.assertEqual(len(self.fake.calls('/cgi-bin/ticket/getticket')), 1)

    def test_a_client_that_asks_all_the_time_gets_no_more_for_a_minute(self):
        clock = [0.0]
        self.patch(share, 'LIMITER', Limiter(3, lambda: clock[0]))
        url = f'{self.base_url()}/shop'
        self.assertEqual([bool(self._share(url)) for _call in range(5)], [True] * 3 + [False] * 2)
        clock[0] = 61.0
        self.assertTrue(self._share(url))

    # === CODES === #

    def _post_code(self):
        self.authenticate('mei', 'mei')
        return self.url_open(
            '/my/distribution/wechat', data={'csrf_token': http.Request.csrf_token(self)}, allow_redirects=False)

    def test_distributors_make_their_code_and_make_it_anew(self):
        self.authenticate('mei', 'mei')
        self.assertIn("Make my code", self.url_open('/my/distribution/wechat').text)
        self.assertEqual(self.url_open('/my/distribution/wechat/code.svg').status_code, 404)
        for _again in range(2):
            self.assertEqual(self._post_code().status_code, 303)
        [call] = self.fake.calls('/cgi-bin/qrcode/create')
        self.assertIn('"scene_str": "MEI888"', call['body'])
        page = self.url_open('/my/distribution/wechat').text
        self.assertIn('/my/distribution/wechat/code.svg', page)
        picture = self.url_open('/my/distribution/wechat/code.svg')
        self.assertEqual((picture.status_code, picture.headers['Content-Type']), (200, 'image/svg+xml'))
        code = self.env['distribution.wechat.qr'].search([])
        code.expires_at = fields.Datetime.now() + timedelta(days=6)
        first = code.url
        self._post_code()
        self.env.invalidate_all()
        self.assertNotEqual(code.url, first)
        self.assertGreater(code.expires_at, fields.Datetime.now() + timedelta(days=29))

    def test_a_code_that_is_over_is_not_shown(self):
        self._post_code()
        self.env['distribution.wechat.qr'].search([]).expires_at = fields.Datetime.now()
        self.assertIn("Make my code", self.url_open('/my/distribution/wechat').text)
        self.assertEqual(self.url_open('/my/distribution/wechat/code.svg').status_code, 404)

    def test_whoever_may_have_none_gets_none(self):
        self.mei.state = 'suspended'
        self.assertEqual(self._post_code().status_code, 404)
        self.mei.state = 'active'
        self.account.is_login = False
        self.assertEqual(self._post_code().status_code, 404)
        self.assertIn("has not connected its WeChat account yet", self.url_open('/my/distribution/wechat').text)
        self.account.is_login = True
        self.authenticate(None, None)
        self.assertIn('/web/login', self.url_open('/my/distribution/wechat', allow_redirects=False).headers['Location'])
        self.assertFalse(self.env['distribution.wechat.qr'].search([]))

    def test_a_platform_that_makes_no_code_is_no_fault_of_the_page(self):
        self.fake.tell('faults', path='/cgi-bin/qrcode/create', errcode=45009)
        response = self._post_code()
        self.assertTrue(response.headers['Location'].endswith('?error=1'))
        self.assertIn("try again in a few minutes", self.url_open('/my/distribution/wechat?error=1').text)
        with self.assertRaises(QuotaExceeded):
            self.fake.tell('faults', path='/cgi-bin/qrcode/create', errcode=45009)
            self.env['distribution.wechat.qr']._ensure(self.account, self.mei)

    def test_a_code_that_was_made_leads_to_its_distributor(self):
        self._post_code()
        self.env.flush_all()
        [call] = self.fake.calls('/cgi-bin/qrcode/create')
        [scene] = re.findall(r'"scene_str": "(.*?)"', call['body'])
        self._push({'MsgType': 'event', 'Event': 'subscribe', 'EventKey': f'qrscene_{scene}', 'Ticket': 'T'})
        self._process_messages()
        self.assertEqual(self.env['distribution.touch'].search_count([('distributor_id', '=', self.mei.id)]), 1)

    def test_a_mini_program_is_opened_at_the_distributors_recommendation(self):
        mini = connect_account(self.env, self.fake, OTHER_APP_ID, kind='mini')
        self.fake.tell('accounts', appid=OTHER_APP_ID, kind='mini', pages=['pages/home'])
        self.env.flush_all()        # the token is fetched in another transaction
        picture = self.env['distribution.wechat.qr']._get_mini_picture(mini, self.mei, 'pages/home')
        self.assertTrue(picture.startswith(b'\x89PNG'))
        [call] = self.fake.calls('/wxa/getwxacodeunlimit')
        self.assertIn('"scene": "s=MEI888"', call['body'])
