from datetime import UTC, timedelta

import requests

from odoo import Command
from odoo.exceptions import AccessDenied, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_wechat.wechat import WebLogin

from .wechat_common import APP_ID, OTHER_APP_ID, FakeWechatCase, connect_account

AGENT = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) AppleWebKit/605 Mobile/15E148 MicroMessenger/8.0.50 Language/zh_CN'
LOGIN = '/distribution/wechat/login?to=/my/home'
ASK = f'{LOGIN}&ask=1'


@tagged('post_install', '-at_install')
class TestWechatLogin(FakeWechatCase):
    """Ann opens pages in WeChat's browser; the fake platform sends her back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.is_login = True
        cls._open_site('b2c')

    def setUp(self):
        super().setUp()
        self.fake.tell('browser', person='ann')

    @classmethod
    def _open_site(cls, scope):
        """Let everybody become a customer (b2c), or only who is invited (b2b)."""
        cls.env['ir.config_parameter'].set_param('auth_signup.invitation_scope', scope)
        cls.env['website'].search([]).auth_signup_uninvited = scope

    def _get(self, url, agent=AGENT):
        return self.url_open(url, headers={'User-Agent': agent}, allow_redirects=False)

    def _authorize(self, url):
        """Go to WeChat by a page of ours; return the address at which Ann comes back."""
        response = self._get(url)
        self.assertEqual(response.status_code, 302)
        address = response.headers['Location']
        self.assertTrue(address.startswith(f'{self.fake.url}/connect/oauth2/authorize?appid={APP_ID}&'), address)
        self.assertTrue(address.endswith('#wechat_redirect'))
        return requests.get(address, allow_redirects=False, timeout=10).headers['Location']

    def _log_in(self, url=ASK):
        return self._get(self._authorize(url))

    def _get_login(self):
        """Return the name under which the browser is logged in."""
        self.env.invalidate_all()
        response = self._get('/my/wechat')
        return None if '/web/login' in response.headers.get('Location', '') else response.status_code

    def _identities(self):
        return self.env['distribution.wechat.identity'].search([])

    def _user(self):
        return self._identities().partner_id.user_ids

    # === WHO COMES BACK === #

    def test_who_consents_becomes_a_customer_without_an_email_address(self):
        response = self._log_in()
        self.assertEqual(response.headers['Location'].removeprefix(self.base_url()), '/my/home')
        self.assertEqual(self._get_login(), 200)
        self.assertRecordValues(self._identities(), [{
            'account_id': self.account.id, 'openid': self.openids[APP_ID], 'is_follower': False}])
        self.assertTrue(self._identities().unionid)
        user = self._user()
        self.assertRecordValues(user, [{'name': 'ann', 'email': False, 'share': True, 'active': True}])
        self.assertRegex(user.login, r'^wechat-[0-9a-f]{16}$')
        self.assertTrue(user._is_portal())

    def test_who_is_known_is_logged_in_silently(self):
        self._log_in()
        user = self._user()
        self._get('/web/session/logout')
        self.assertIsNone(self._get_login())
        self._log_in(LOGIN)
        self.assertEqual(self._get_login(), 200)
        self.assertEqual(self._user(), user)
        scopes = [call['query'] for call in self.fake.calls('/sns/userinfo')]
        self.assertEqual(len(scopes), 1)

    def test_a_stranger_is_asked_nothing_and_stays_a_visitor(self):
        response = self._log_in(LOGIN)
        self.assertEqual(response.headers['Location'].removeprefix(self.base_url()), '/my/home')
        self.assertIsNone(self._get_login())
        self.assertRecordValues(self._identities(), [{'openid': self.openids[APP_ID], 'partner_id': False}])
        self.assertFalse(self.fake.calls('/sns/userinfo'))

    def test_a_preview_of_the_page_is_nobody(self):
        self.fake.tell('people', name='ann', is_snapshot=True)
        response = self._log_in()
        self.assertIn("Use full service", response.text)
        self.assertFalse(self._identities())
        self.assertIsNone(self._get_login())

    def test_a_second_factor_is_asked_for_before_the_page(self):
        self._log_in()
        self._get('/web/session/logout')
        self.patch(type(self.env['res.users']), '_mfa_url', lambda user: '/web/login/totp')
        response = self._log_in()
        self.assertIn('/web/login/totp?redirect=%2Fmy%2Fhome', response.headers['Location'])
        self.assertIsNone(self._get_login())

    def test_where_people_are_invited_nobody_becomes_a_customer(self):
        self._open_site('b2b')
        self.assertIn('/web/login?redirect=%2Fmy%2Fhome', self._log_in().headers['Location'])
        self.assertFalse(self._user())

    def test_employees_are_not_let_in(self):
        employee = new_test_user(self.env, 'employee', groups='base.group_user')
        self.env['distribution.wechat.identity'].create({
            'account_id': self.account.id, 'openid': self.openids[APP_ID], 'partner_id': employee.partner_id.id})
        for url in (LOGIN, ASK):
            with self.subTest(url):
                self._log_in(url)
                self.assertIsNone(self._get_login())
        with self.assertRaises(AccessDenied):
            credential = employee._get_wechat_credential(self._identities())
            employee.with_user(employee)._check_credentials(credential, {'interactive': True})

    def test_who_is_archived_is_not_let_in(self):
        self._log_in()
        self._get('/web/session/logout')
        self._user().active = False
        self._log_in()
        self.assertIsNone(self._get_login())
        self.assertEqual(self.env['res.users'].search_count([('login', '=like', 'wechat-%')]), 0)

    # === THE WAY === #

    def test_a_state_is_random_and_bound_to_the_session(self):
        address = self._authorize(ASK)
        other = self._authorize(ASK)
        self.assertNotEqual(address.partition('state=')[2], other.partition('state=')[2])
        code = address.partition('code=')[2].partition('&')[0]
        with mute_logger('odoo.http'):
            for wrong in (
                f'/distribution/wechat/return?code={code}', f'/distribution/wechat/return?code={code}&state=guess',
            ):
                self.assertEqual(self._get(wrong).status_code, 403)
            self.opener.cookies.clear()     # somebody else is sent the address
            self.assertEqual(self._get(address).status_code, 403)
        self.assertFalse(self.fake.calls('/sns/oauth2/access_token'))
        self.assertFalse(self._identities())

    def test_who_comes_back_twice_is_exchanged_once(self):
        address = self._authorize(ASK)
        for _again in range(3):
            self.assertEqual(
                self._get(address).headers['Location'].removeprefix(self.base_url()), '/my/home')
        self.assertEqual(len(self.fake.calls('/sns/oauth2/access_token')), 1)
        self.assertEqual(self._get_login(), 200)

    def test_who_refuses_goes_on_as_a_visitor(self):
        address = self._authorize(ASK).replace('code=', 'no=')
        self.assertEqual(self._get(address).headers['Location'].removeprefix(self.base_url()), '/my/home')
        self.assertFalse(self.fake.calls('/sns/oauth2/access_token'))

    @mute_logger('odoo.http')
    def test_a_platform_that_fails_lets_people_go_on(self):
        for url, fault, expected in (
            (LOGIN, {'status': 502}, '/my/home'),
            (LOGIN, {'errcode': -1}, '/my/home'),
            (ASK, {'errcode': 40163}, '/web/login?redirect=%2Fmy%2Fhome'),
            (ASK, {'status': 200, 'text': '{}'}, '/web/login?redirect=%2Fmy%2Fhome'),
        ):
            with self.subTest(url=url, fault=fault):
                self.fake.tell('faults', path='/sns/oauth2/access_token', **fault)
                self.assertEqual(self._log_in(url).headers['Location'].removeprefix(self.base_url()), expected)
        self.assertFalse(self._identities())

    def test_nobody_is_led_to_another_site(self):
        for to in ('//evil.example', 'https://evil.example', '/%2Fevil.example', 'javascript:alert(1)', ''):
            with self.subTest(to):
                response = self._get(self._authorize(f'/distribution/wechat/login?to={to}'))
                self.assertEqual(response.headers['Location'].removeprefix(self.base_url()), '/my')

    def test_other_browsers_and_sites_without_it_get_the_usual_login(self):
        self.assertEqual(
            self._get(LOGIN, agent='Mozilla/5.0').headers['Location'].removeprefix(self.base_url()),
            '/web/login?redirect=%2Fmy%2Fhome')
        self.account.is_login = False
        self.assertIn('/web/login', self._get(LOGIN).headers['Location'])

    def test_the_button_is_shown_where_it_works(self):
        for agent, is_login, expected in ((AGENT, True, True), ('Mozilla/5.0', True, False), (AGENT, False, False)):
            with self.subTest(agent=agent[:12], is_login=is_login):
                self.account.is_login = is_login
                text = self._get('/web/login?redirect=/shop', agent=agent).text
                self.assertEqual('/distribution/wechat/login?to=%2Fshop&amp;ask=1' in text, expected)

    @mute_logger('odoo.addons.base.models.res_users')
    def test_nobody_vouches_for_himself(self):
        user = self.mei_user
        for credential in (
            {'type': 'wechat'}, {'type': 'wechat', 'proof': 'x'}, {'type': 'wechat', 'proof': ''},
            user._get_wechat_credential(self.env['distribution.wechat.identity'].browse(9)),
        ):
            with self.subTest(credential), self.assertRaises(AccessDenied):
                user.with_user(user)._check_credentials({**credential, 'login': 'mei'}, {'interactive': True})

    # === WHOSE CUSTOMER === #

    def _create_order(self, partner):
        product = self.env['product.product'].create({'name': "Tea", 'type': 'service', 'list_price': 100.0})
        order = self.env['sale.order'].create({
            'partner_id': partner.id, 'order_line': [Command.create({'product_id': product.id})]})
        order.action_confirm()
        return order

    def test_a_link_in_wechat_leads_through_the_silent_login_once(self):
        response = self._get('/d/MEI888?to=/my/home')
        self.assertEqual(
            response.headers['Location'].removeprefix(self.base_url()), '/distribution/wechat/login?to=%2Fmy%2Fhome')
        self._log_in(response.headers['Location'])
        for agent in (AGENT, 'Mozilla/5.0'):
            self.assertEqual(
                self._get('/d/MEI888?to=/my/home', agent).headers['Location'].removeprefix(self.base_url()), '/my/home')
        touches = self.env['distribution.touch'].search([('distributor_id', '=', self.mei.id)])
        self.assertEqual((len(touches), len(set(touches.mapped('visitor')))), (3, 1))

    def test_a_scan_counts_for_who_logs_in_later(self):
        self._push({'MsgType': 'event', 'Event': 'subscribe', 'EventKey': 'qrscene_MEI888', 'Ticket': 'T'})
        self._process_messages()
        self._log_in()
        self.assertRecordValues(self._identities(), [{'is_follower': True}])
        order = self._create_order(self._user().partner_id)
        self.assertEqual(order.sudo().attribution_ids.distributor_id, self.mei)

    def test_when_it_happened_decides_and_not_when_the_event_arrives(self):
        bo_user = new_test_user(self.env, 'bo', groups='base.group_portal', email='bo@example.com')
        bo = self._create_distributor(None, partner_id=bo_user.partner_id.id, code='BOBO66')
        for seconds, expected in ((-600, bo), (600, self.mei)):
            with self.subTest(seconds=seconds):
                self._get('/d/BOBO66?to=/my/home')
                visit = self.env['distribution.touch'].search([('distributor_id', '=', bo.id)], limit=1)
                visit.at -= timedelta(hours=1)
                at = int(visit.at.replace(tzinfo=UTC).timestamp()) + seconds
                self._push({'MsgType': 'event', 'Event': 'SCAN', 'EventKey': 'MEI888', 'Ticket': 'T', 'CreateTime': at})
                self._process_messages()
                self._log_in()
                order = self._create_order(self._user().partner_id)
                self.assertEqual(order.sudo().attribution_ids.distributor_id, expected)
                self._get('/web/session/logout')

    def test_a_link_counts_for_who_becomes_a_customer(self):
        self._get('/d/MEI888?to=/my/home')
        self._log_in()
        order = self._create_order(self._user().partner_id)
        self.assertEqual(order.sudo().attribution_ids.distributor_id, self.mei)

    def test_two_accounts_of_a_company_know_one_customer_by_the_unionid(self):
        self._log_in()
        other = connect_account(self.env, self.fake, OTHER_APP_ID)
        elsewhere = connect_account(
            self.env, self.fake, 'wx00000000000000c3', company_id=self.env['res.company'].create({'name': "Other"}).id)
        identities, unionid = self.env['distribution.wechat.identity'], self._identities().unionid
        for account, openid, union, expected in (
            (other, 'oAnnElsewhere', unionid, self._user().partner_id),
            (other, 'oBob', 'another', self.env['res.partner']),
            (other, 'oCarl', None, self.env['res.partner']),
            (elsewhere, 'oAnnAbroad', unionid, self.env['res.partner']),
        ):
            with self.subTest(openid):
                identity = identities._recognize(account, WebLogin(openid, union, 't', 'snsapi_userinfo'))
                self.assertEqual((identity.partner_id, identity.account_id), (expected, account))

    # === TO BIND AND TO UNBIND === #

    def test_a_customer_connects_wechat_and_disconnects_it(self):
        self.authenticate('mei', 'mei')
        self._log_in(ASK)
        self.assertEqual(self._identities().partner_id, self.mei_user.partner_id)
        page = self._get('/my/wechat')
        self.assertIn(self.account.name, page.text)
        token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
        response = self.url_open('/my/wechat/unbind', data={'csrf_token': token}, allow_redirects=False)
        self.assertIn('/web/login', response.headers['Location'])
        self.env.invalidate_all()
        self.assertRecordValues(self._identities(), [{'partner_id': False, 'unionid': False}])
        self.assertIsNone(self._get_login())
        self.assertFalse(self.env['distribution.visitor'].search([
            ('visitor', '=', self._identities()._get_visitor(self.account, self.openids[APP_ID]))]))

    def test_an_identity_is_not_taken_away_from_another_customer(self):
        self._log_in()
        ann = self._user().partner_id
        self.authenticate('mei', 'mei')
        self._log_in(ASK)
        self.env.invalidate_all()
        self.assertEqual(self._identities().partner_id, ann)

    def test_who_has_no_other_way_in_stays_connected(self):
        self._log_in()
        with self.assertRaisesRegex(UserError, "Add an e-mail address first"):
            self._identities()._unbind()
        self.assertTrue(self._identities().partner_id)

    def test_who_is_erased_leaves_no_identity(self):
        self.authenticate('mei', 'mei')
        self._log_in(ASK)
        self._push({'MsgType': 'event', 'Event': 'VIEW', 'EventKey': '/'})
        request = self.env['distribution.privacy.request'].create({
            'partner_id': self.mei_user.partner_id.id, 'kind': 'erase', 'reason': "By mail"})
        self.assertIn(self.openids[APP_ID], request._get_export())
        self.assertIn("Erased: 1 WeChat identities.", request._erase())
        self.assertFalse(self._identities())
        self.assertEqual(self._get_messages().mapped('openid'), [False])

    def test_nothing_of_the_way_breaks_the_rules_of_the_platform(self):
        self._log_in()
        self.assertEqual(self.fake.log['violations'], [])
