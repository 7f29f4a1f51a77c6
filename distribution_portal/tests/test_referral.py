from unittest.mock import patch
from urllib.parse import quote

from lxml import html

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_core.models.distribution_touch import VISITOR_COOKIE
from odoo.addons.distribution_portal.controllers.referral import ReferralController

from .common import PortalCommon


class ReferralCase(PortalCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_distributor(
            cls.env['res.partner'].create({'name': "Suspended"}), code='SUSP77', state='suspended')

    def setUp(self):
        super().setUp()
        # Where a link without a target leads to is for other addons to choose.
        self.landing = self._get('/d/NOBODY').headers['Location'].removeprefix(self.base_url())

    def _get_touches(self):
        return self.env['distribution.touch'].search([('company_id', '=', self.env.company.id)])


@tagged('post_install', '-at_install')
class TestReferralLink(ReferralCase):

    def test_a_link_records_the_visit_and_leads_on(self):
        response = self._get('/d/MEI888?to=/some/page')
        self.assertRedirect(response, '/some/page')
        self.assertEqual(response.headers['Cache-Control'], 'no-store')
        self.assertIn(VISITOR_COOKIE, response.cookies)
        touch = self._get_touches()
        self.assertRecordValues(touch, [{
            'distributor_id': self.mei.id,
            'kind': 'visit',
            'path': '/some/page',
            'partner_id': False,
        }])
        self.assertEqual(
            touch.visitor, self.env['distribution.touch']._get_visitor(response.cookies[VISITOR_COOKIE]))

    def test_a_second_visit_is_of_the_same_visitor(self):
        self._get('/d/MEI888')
        self._get('/d/mei888')
        first, second = self._get_touches()
        self.assertEqual(first.visitor, second.visitor)

    def test_a_logged_in_visitor_is_known(self):
        partner = self.env['res.partner'].create({'name': "Li"})
        self._create_distributor(partner, code='LILI22')
        self.authenticate('mei', 'mei')
        self._get('/d/LILI22')
        self.assertEqual(self._get_touches().partner_id, self.mei_user.partner_id)

    def test_who_is_no_visitor_leads_on_and_leaves_nothing(self):
        def robot():
            return self._get('/d/MEI888', headers={'User-Agent': 'Googlebot/2.1'})

        def prefetch():
            return self._get('/d/MEI888', headers={'Sec-Purpose': 'prefetch;prerender'})

        def look():
            return self.url_open('/d/MEI888', allow_redirects=False, method='HEAD')

        def the_distributor():
            self.authenticate('mei', 'mei')
            return self._get('/d/MEI888')

        for visit in (robot, prefetch, look, the_distributor):
            with self.subTest(visit.__name__):
                response = visit()
                self.assertRedirect(response, self.landing)
                self.assertNotIn(VISITOR_COOKIE, response.cookies)
                self.assertFalse(self._get_touches())

    def test_a_code_of_nobody_leads_on_and_leaves_nothing(self):
        for code in (
            'NOBODY', 'SUSP77', 'x', 'A' * 17, '<script>', "'; DROP--", '%00', '%F0%9F%8D%B5', 'MEI 888',
        ):
            with self.subTest(code=code):
                response = self._get(f'/d/{quote(code, safe="%")}?to=/page')
                self.assertRedirect(response, '/page')
                self.assertNotIn(VISITOR_COOKIE, response.cookies)
                self.assertFalse(self._get_touches())

    def test_the_target_stays_on_this_site(self):
        local = (
            '/', '/shop', '/shop?search=a b', '/shop/tea-5#attr=1', '/zh_CN/shop', '/茶',
            '/web/login?redirect=%2Fmy', '/shop?search=100%25',
        )
        away = (
            '', 'shop', 'https://evil.example', 'HTTPS:evil.example', '//evil.example', '///evil.example',
            r'/\evil.example', r'\\evil.example', r'/shop\..\evil', '/\t/evil.example', '/\n/evil.example',
            ' /shop', 'javascript:alert(1)', 'data:text/html,x', '/%2Fevil.example', '/%252Fevil.example',
            '/%5Cevil.example', '/%255Cevil.example', '/%09/evil.example', '/%0d%0aSet-Cookie:a=b',
            f"/%{'25' * 9}2Fevil.example",
        )
        for target in local:
            with self.subTest(local=target):
                self.assertEqual(ReferralController._get_local_path(target), target)
        for target in away:
            with self.subTest(away=target):
                self.assertIsNone(ReferralController._get_local_path(target))
                self.assertRedirect(self._get(f'/d/NOBODY?to={quote(target)}'), self.landing)

    def test_who_logs_in_after_a_visit_is_known_by_that_browser(self):
        lin = new_test_user(self.env, 'lin', groups='base.group_portal', password='lin_password')
        self._get('/d/MEI888')
        for _again in range(2):
            page = html.fromstring(self.url_open('/web/login').content)
            self.url_open('/web/login', data={
                'login': 'lin', 'password': 'lin_password',
                'csrf_token': page.xpath('//input[@name="csrf_token"]/@value')[0]})
            self.url_open('/web/session/logout')
        self.assertRecordValues(self.env['distribution.visitor'].search([]), [{
            'visitor': self._get_touches().visitor, 'partner_id': lin.partner_id.id,
        }])

    def test_a_link_takes_no_post(self):
        self.assertEqual(self.url_open('/d/MEI888', data={'a': 'b'}).status_code, 405)
        self.assertFalse(self._get_touches())


@tagged('post_install', '-at_install')
class TestReferralParameter(ReferralCase):

    def setUp(self):
        super().setUp()
        self.lin = new_test_user(self.env, 'lin', groups='base.group_portal')
        self.authenticate('lin', 'lin')

    def test_a_page_with_a_code_goes_over_the_link_and_comes_back(self):
        response = self._get('/my/addresses?a=1&ref=mei888&a=2')
        self.assertRedirect(response, '/d/MEI888?to=%2Fmy%2Faddresses%3Fa%3D1%26a%3D2')
        self.assertFalse(self._get_touches())
        response = self._get(response.headers['Location'])
        self.assertRedirect(response, '/my/addresses?a=1&a=2')
        self.assertEqual(self._get(response.headers['Location']).status_code, 200)
        self.assertRecordValues(self._get_touches(), [{
            'distributor_id': self.mei.id,
            'path': '/my/addresses?a=1&a=2',
        }])

    def test_a_page_that_is_served_without_a_controller_does_the_same(self):
        self.assertRedirect(self._get('/no/such/page?ref=MEI888'), '/d/MEI888?to=%2Fno%2Fsuch%2Fpage')

    def test_the_language_of_the_page_survives(self):
        self.env['res.lang']._activate_lang('zh_CN')
        if 'website' in self.env:
            self.env['website'].get_current_website().language_ids |= self.env.ref('base.lang_zh_CN')
        url_code = self.env.ref('base.lang_zh_CN').url_code
        response = self._get(f'/{url_code}/my/addresses?ref=MEI888')
        self.assertRedirect(response, f'/d/MEI888?to=%2F{url_code}%2Fmy%2Faddresses')
        response = self._get(response.headers['Location'])
        self.assertRedirect(response, f'/{url_code}/my/addresses')
        self.assertEqual(self._get(response.headers['Location']).status_code, 200)

    def test_what_cannot_be_a_code_changes_nothing(self):
        for value in ('', 'x', 'A' * 17, '<script>', 'order/17', '%F0%9F%8D%B5'):
            with self.subTest(value=value):
                self.assertEqual(self._get(f'/my/addresses?ref={value}').status_code, 200)

    @mute_logger('odoo.http')
    def test_other_requests_than_pages_are_left_alone(self):
        response = self._get('/my/addresses?ref=MEI888', headers={'X-Requested-With': 'XMLHttpRequest'})
        self.assertEqual(response.status_code, 200)
        self.assertEqual(self._get('/my/account?ref=MEI888', data={'name': 'Lin'}).status_code, 400)
        # Other modules may answer more than they were asked.
        self.assertIsInstance(self.make_jsonrpc_request('/my/counters?ref=MEI888', {'counters': []}), dict)
        self.assertFalse(self._get_touches())

    def test_a_page_without_a_code_is_not_looked_at(self):
        IrHttp = self.registry['ir.http']
        with patch.object(IrHttp, '_distribution_get_referral_redirect', side_effect=AssertionError):
            self.assertEqual(self._get('/my/addresses?a=1').status_code, 200)
