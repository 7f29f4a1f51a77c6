import io
from datetime import timedelta
from unittest.mock import patch

import qrcode
from lxml import etree
from PIL import Image
from qrcode.util import MODE_8BIT_BYTE, QRData
from werkzeug.http import parse_cookie

from odoo import fields, http
from odoo.sql_db import Cursor
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_core.models.distribution_touch import VISITOR_COOKIE
from odoo.addons.distribution_portal.controllers.visit import is_visit

from .common import PageCommon, PortalCommon

PAGE = '/my/distribution/links'
FORM = '/my/distribution/links/new'
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"


class LinkCase(PortalCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.link = cls.env['distribution.link'].create({
            'name': "Tea", 'distributor_id': cls.mei.id, 'target': '/tea'})

    def _get_touches(self):
        return self.env['distribution.touch'].search([('distributor_id', '=', self.mei.id)], order='id desc')


@tagged('post_install', '-at_install')
class TestRedirect(LinkCase):

    def test_a_link_leads_to_its_page_and_records_the_visit(self):
        for query, target, kind in (('', '/tea', 'visit'), ('?s=qr', '/tea', 'scan'), ('?to=/milk', '/milk', 'visit')):
            with self.subTest(query=query):
                self._get_touches().unlink()
                response = self._get(f'/d/{self.link.code}{query}')
                self.assertRedirect(response, target)
                self.assertEqual(response.headers['Cache-Control'], 'no-store')
                self.assertRecordValues(self._get_touches(), [{
                    'distributor_id': self.mei.id,
                    'link_id': self.link.id,
                    'kind': kind,
                    'path': target,
                    'visitor': self.env['distribution.touch']._get_visitor(self.opener.cookies[VISITOR_COOKIE]),
                }])

    def test_what_does_not_count_leads_on_and_leaves_nothing(self):
        today = fields.Date.today()
        for case, record, values in (
            ("archived", self.link, {'active': False}),
            ("expired", self.link, {'active': True, 'expires_on': today}),
            ("suspended", self.mei, {'state': 'suspended'}),
        ):
            with self.subTest(case):
                record.write(values)
                response = self._get(f'/d/{self.link.code}')
                self.assertRedirect(response, '/tea')
                self.assertNotIn(VISITOR_COOKIE, response.cookies)
                self.assertFalse(self._get_touches())
                self.link.expires_on = today + timedelta(days=1)

    def test_a_link_of_another_company_is_recorded_there(self):
        company = self.env['res.company'].create({'name': "Other"})
        other = self._create_distributor(self.env['res.partner'].create({'name': "Bo"}), 'BOBO66', company_id=company.id)
        link = self.env['distribution.link'].create({'name': "B", 'distributor_id': other.id, 'target': '/b'})
        self.assertRedirect(self._get(f'/d/{link.code}'), '/b')
        self.assertFalse(self._get_touches())
        touch = self.env['distribution.touch'].search([('distributor_id', '=', other.id)])
        self.assertEqual(touch.company_id, company)

    def test_a_visit_costs_a_lookup_and_an_insert_and_writes_nothing_else(self):
        self._get(f'/d/{self.link.code}')       # warms the caches
        self.opener.cookies.clear()
        statements = []
        original = Cursor.execute

        def spy(cursor, query, params=None, log_exceptions=True):
            statements.append(' '.join(str(getattr(query, 'code', query)).split()))
            return original(cursor, query, params, log_exceptions)

        with patch.object(Cursor, 'execute', spy):
            self._get(f'/d/{self.link.code}')
        writes = [sql for sql in statements if sql.startswith(('INSERT', 'UPDATE', 'DELETE')) or 'FOR UPDATE' in sql]
        self.assertEqual([sql.partition(' (')[0] for sql in writes], ['INSERT INTO distribution_touch'])
        self.assertLessEqual(len([sql for sql in statements if not sql.startswith(('SAVEPOINT', 'RELEASE'))]), 4)

    def test_an_anonymous_session_is_written_only_when_cookies_are_refused(self):
        for allowed in (True, False):
            self.opener.cookies.clear()
            with self.subTest(allowed=allowed), \
                    patch.object(self.env.registry['ir.http'], '_is_allowed_cookie',
                                 lambda *args, allowed=allowed: allowed or args[-1] == 'required'):
                response = self._get(f'/d/{self.link.code}')
                session = http.root.session_store.get(response.cookies['session_id'])
                self.assertEqual(VISITOR_COOKIE in session, not allowed)
                touch = self._get_touches()[0]
                token = response.cookies[VISITOR_COOKIE] if allowed else session[VISITOR_COOKIE]
                self.assertEqual(touch.visitor, touch._get_visitor(token))

    def test_the_names_of_the_campaign_are_handed_over_to_utm(self):
        self.link.campaign_id = self.env['utm.campaign'].create({'title': "春茶"})
        self.link.medium_id = self.env['utm.medium'].create({'name': "Group; 2"})
        self._get(f'/d/{self.link.code}')
        self.assertNotIn('odoo_utm_source', self.opener.cookies)
        values = parse_cookie('; '.join(f'{cookie.name}={cookie.value}' for cookie in self.opener.cookies))
        self.assertEqual(values['odoo_utm_campaign'], self.link.campaign_id.name)
        self.assertEqual(values['odoo_utm_medium'], "Group; 2")

    def test_ref_takes_the_code_of_a_link_too(self):
        self.authenticate('mei', 'mei')
        response = self._get(f'/my/addresses?ref={self.link.code.lower()}')
        self.assertRedirect(response, f'/d/{self.link.code}?to=%2Fmy%2Faddresses')


@tagged('post_install', '-at_install')
class TestVisit(LinkCase):

    def test_people_are_told_apart_from_programs(self):
        for person, method, headers in (
            (True, 'GET', {'User-Agent': PHONE}),
            (True, 'GET', {'User-Agent': f"{PHONE} MicroMessenger/8.0.50(0x18003237) NetType/WIFI Language/zh_CN"}),
            (True, 'GET', {'User-Agent': f"{PHONE} DingTalk/7.6", 'Sec-Purpose': ''}),
            (False, 'HEAD', {'User-Agent': PHONE}),
            (False, 'GET', {}),
            (False, 'GET', {'User-Agent': '  '}),
            (False, 'GET', {'User-Agent': PHONE, 'Sec-Purpose': 'prefetch;prerender'}),
            (False, 'GET', {'User-Agent': PHONE, 'Purpose': 'prefetch'}),
            (False, 'GET', {'User-Agent': PHONE, 'X-Purpose': 'preview'}),
            (False, 'GET', {'User-Agent': PHONE, 'X-Moz': 'Prefetch'}),
            (False, 'GET', {'User-Agent': 'facebookcatalog/1.0'}),
            (False, 'GET', {'User-Agent': 'Iframely/1.3.1 (+https://iframely.com/docs/about)'}),
            (False, 'GET', {'User-Agent': 'Viber/13.1'}),
            (False, 'GET', {'User-Agent': 'Synapse (bot; +https://github.com/matrix-org/synapse)'}),
            (False, 'GET', {'User-Agent': 'kakaotalk-scrap/1.0'}),
            (False, 'GET', {'User-Agent': 'meta-externalagent/1.1'}),
        ):
            with self.subTest(method=method, headers=headers):
                self.assertIs(is_visit(method, headers), person)

    def test_link_previews_lead_on_and_leave_nothing(self):
        for agent in ('WhatsApp/2.23.20', 'TelegramBot (like TwitterBot)', 'Slackbot-LinkExpanding 1.0', 'Viber/13.1', ''):
            with self.subTest(agent=agent):
                response = self._get(f'/d/{self.link.code}', headers={'User-Agent': agent})
                self.assertRedirect(response, '/tea')
                self.assertFalse(self._get_touches())
        self._get(f'/d/{self.link.code}', headers={'User-Agent': PHONE})
        self.assertEqual(len(self._get_touches()), 1)


@tagged('post_install', '-at_install')
class TestQrCode(LinkCase):

    def _read_modules(self, png):
        """Return the modules of the code in a picture, without its margin, as rows of booleans."""
        image = Image.open(io.BytesIO(png)).convert('L')
        left, top, right, _bottom = image.point(lambda level: 255 if level < 128 else 0).getbbox()
        size = next(
            version * 4 + 17 for version in range(1, 11)
            if abs((right - left) / (version * 4 + 17) * (version * 4 + 25) - image.width) < 4)
        step = (right - left) / size
        return [
            [image.getpixel((int(left + (x + .5) * step), int(top + (y + .5) * step))) < 128 for x in range(size)]
            for y in range(size)
        ]

    def _encode(self, text, mask):
        """Return what another encoder makes of the text."""
        code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, mask_pattern=mask, border=0)
        code.add_data(QRData(text, mode=MODE_8BIT_BYTE), optimize=0)
        code.make(fit=True)
        return code.get_matrix()

    def test_the_code_holds_the_short_address_and_tells_that_it_was_scanned(self):
        for code, url in ((self.link.code, self.link.short_url), ('mei888', self.mei.referral_url)):
            with self.subTest(code=code):
                response = self._get(f'/d/{code}/qr.png?size=500')
                self.assertEqual(response.headers['Content-Type'], 'image/png')
                modules = self._read_modules(response.content)
                self.assertIn(modules, [self._encode(f'{url}?s=qr', mask) for mask in range(8)])
                self.assertNotIn(modules, [self._encode(url, mask) for mask in range(8)])

    def test_the_size_is_bounded_and_the_answer_may_be_kept(self):
        for size, width in (
            ('200', 200), ('', 336), ('1', 64), ('99999999999', 1024), ('-5', 336), ('1e9', 336), ('٣٠٠', 336),
        ):
            with self.subTest(size=size):
                response = self._get(f'/d/{self.link.code}/qr.png?size={size}')
                self.assertEqual(Image.open(io.BytesIO(response.content)).size, (width, width))
        self.assertIn('public', response.headers['Cache-Control'])
        self.assertFalse(self._get_touches())

    def test_there_is_a_vector_drawing_too(self):
        response = self._get(f'/d/{self.link.code}/qr.svg?size=200')
        self.assertEqual(response.headers['Content-Type'].partition(';')[0], 'image/svg+xml')
        root = etree.fromstring(response.content)
        self.assertEqual(etree.QName(root).localname, 'svg')
        self.assertGreater(len(root.xpath("//*[local-name()='rect']")), 100)

    @mute_logger('odoo.http')
    def test_there_is_no_code_for_nobody(self):
        for path in ('NOBODY/qr.png', 'ABCD-2345/qr.svg', 'x/qr.png', f'{self.link.code}/qr.gif'):
            with self.subTest(path=path):
                self.assertEqual(self._get(f'/d/{path}').status_code, 404)


@tagged('post_install', '-at_install')
class TestLinkPages(PageCommon):

    def _get_links(self, distributor=None):
        return self.env['distribution.link'].search([('distributor_id', '=', (distributor or self.mei).id)])

    def test_without_links_the_page_says_what_to_do(self):
        self.assertIn("No promotion link yet", self._read(PAGE))

    def test_a_link_is_made_listed_and_archived(self):
        response = self._post(FORM, name="Tea for neighbours", address=f'{self.base_url()}/shop/tea-5?ref=BOBO66&a=1')
        self.assertEqual(response.status_code, 303)
        link = self._get_links()
        self.assertRecordValues(link, [{'name': "Tea for neighbours", 'target': '/shop/tea-5?a=1'}])
        page = self._open(PAGE).text
        self.assertIn(f'value="{link.short_url}"', page)
        self.assertIn(f'/d/{link.code}/qr.svg', page)
        self.assertIn("0 Visits 0 Orders", self._read(PAGE))
        self.assertEqual(self._post(f'{PAGE}/{link.id}/archive').status_code, 303)
        self.assertFalse(link.active)
        self.assertIn("No promotion link yet", self._read(PAGE))

    def test_the_address_is_one_of_this_site_or_nothing_is_made(self):
        host = self.base_url().partition('://')[2]
        for address, target in (
            ('', False), ('  ', False), ('/shop', '/shop'), (self.base_url(), '/'), (f'{host}/shop', '/shop'),
            (f'{self.base_url()}/shop?search=a+b&ref=X#top', '/shop?search=a+b#top'),
        ):
            with self.subTest(address=address):
                self._post(FORM, name="Tea", address=address)
                self.assertEqual(self._get_links()[0].target, target)
        made = self._get_links()
        for address in (
            'https://evil.example/shop', '//evil.example', f'https://{host}@evil.example/', f'https://evil.example/{host}',
            'javascript:alert(1)', f'javascript://{host}/%0aalert(1)', '/d/BOBO66', f'{self.base_url()}/d/BOBO66',
            '/a\r\nSet-Cookie: a=b', '/%0d%0aSet-Cookie:a=b', 'https://[', 'shop', '/' + 'a' * 2000,
        ):
            with self.subTest(address=address[:40]):
                response = self._post(FORM, name="Tea", address=address)
                self.assertEqual(response.status_code, 200)
                self.assertIn("This is not the address of a page of this site.", self._get_text(response))
                self.assertEqual(self._get_links(), made)
        self.assertIn('value="Tea"', response.text)

    def test_refusals_are_told_and_nothing_is_made(self):
        self.assertIn("Please give the link a name.", self._get_text(self._post(FORM, name=' ', address='/shop')))
        self.mei._set_suspended("Review")
        text = self._get_text(self._post(FORM, name="Tea", address='/shop'))
        self.assertIn("Only an active distributor can make links.", text)
        self.assertFalse(self._get_links())

    def test_without_a_token_nothing_is_made(self):
        self.authenticate('mei', 'mei')
        with self.assertLogs('odoo.http', 'WARNING'):
            self.assertEqual(self.url_open(FORM, data={'name': "Tea"}).status_code, 400)
        self.assertFalse(self._get_links())

    def test_links_of_another_are_neither_shown_nor_archived(self):
        link = self.env['distribution.link'].create({'name': "Secret tea", 'distributor_id': self.mei.id})
        self.assertIn("Secret tea", self._read(PAGE))
        self.assertNotIn("Secret tea", self._read(PAGE, 'bo'))
        with mute_logger('odoo.http'):
            self.assertEqual(self._post(f'{PAGE}/{link.id}/archive', 'bo').status_code, 404)
        self.assertTrue(link.active)

    def test_who_is_no_distributor_makes_nothing(self):
        self.bo.partner_id = self.env['res.partner'].create({'name': "Somebody else"})
        count = self.env['distribution.link'].search_count([])
        self.assertIn("You are not a distributor yet", self._get_text(self._post(FORM, 'bo', name="Tea")))
        self.assertEqual(self.env['distribution.link'].search_count([]), count)
