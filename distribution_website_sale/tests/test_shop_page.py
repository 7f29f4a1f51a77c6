import base64
import io

from lxml import html
from PIL import Image

from odoo import Command, http
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import ShopCase

FORM = '/my/distribution/shop'


class ShopPageCase(ShopCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.oolong.product_tmpl_id
        cls.pages_sudo = cls.env['distribution.shop.page'].sudo()
        cls.page = cls.pages_sudo.create({
            'distributor_id': cls.mei.id, 'name': "Mei's tea table", 'product_ids': [Command.set(cls.template.ids)]})

    def _post(self, url, login='mei', **data):
        self.authenticate(login, login)
        files = {name: data.pop(name) for name in ('picture',) if name in data}
        data['csrf_token'] = http.Request.csrf_token(self)
        return self.url_open(url, data=data, files=files or None, allow_redirects=False)

    def _read(self, url, login=None):
        self.authenticate(login, login)
        [wrap] = html.fromstring(self.url_open(url).text).xpath("//div[@id='wrap']")
        return ' '.join(wrap.text_content().split())

    def _get_touches(self):
        return self.env['distribution.touch'].search([('distributor_id', '=', self.mei.id)])


@tagged('post_install', '-at_install')
class TestShopPage(ShopPageCase):

    def test_customers_see_the_choice_and_what_they_buy_is_credited(self):
        text = self._read('/d/mei888/shop')
        for part in ("Mei's tea table", "Oolong", "100.00"):
            with self.subTest(part):
                self.assertIn(part, text)
        self.assertNotIn(self.mei.partner_id.email, text)
        self.assertRecordValues(self._get_touches(), [{'kind': 'visit', 'path': '/d/mei888/shop', 'link_id': False}])
        attribution = self._buy(self._add_to_cart())
        self.assertRecordValues(attribution, [{'distributor_id': self.mei.id, 'source': 'visit'}])

    def test_a_scan_is_told_and_robots_and_the_distributor_itself_are_no_visitors(self):
        self._read('/d/MEI888/shop?s=qr')
        self.assertEqual(self._get_touches().kind, 'scan')
        self._read('/d/MEI888/shop', 'mei')
        self.url_open('/d/MEI888/shop', headers={'User-Agent': 'WhatsApp/2.23.20'})
        self.assertEqual(len(self._get_touches()), 1)

    def test_where_nothing_is_to_be_seen_nobody_learns_why(self):
        expected = self.url_open('/d/NOBODY/shop')
        self.assertEqual(expected.status_code, 404)
        self.assertIn("This page is not here any more", expected.text)
        for case, record, values in (
            ("switched off", self.page, {'state': 'off'}),
            ("suspended", self.mei, {'state': 'suspended'}),
            ("closed", self.mei, {'state': 'closed'}),
        ):
            before = {name: record[name] for name in values}
            with self.subTest(case):
                record.write(values)
                response = self.url_open('/d/MEI888/shop')
                self.assertEqual(response.status_code, 404)
                self.assertNotIn("Mei", response.text)
                record.write(before)
        self.assertFalse(self._get_touches())

    def test_only_what_the_shop_sells_is_shown(self):
        self.template.is_published = False
        self.assertNotIn("Oolong", self._read('/d/MEI888/shop'))

    def test_many_products_cost_as_many_statements_as_few(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            products_sudo = self.page._get_shown_products()
            products_sudo._distribution_get_prices(self.mei.company_id)
            return self.env.cr.sql_log_count - before
        count()
        few = count()
        self.page.product_ids |= self.env['product.template'].create([
            {'name': f"Cup {index}", 'is_published': True, 'taxes_id': False} for index in range(20)])
        count()
        self.assertEqual(count(), few)


@tagged('post_install', '-at_install')
class TestShopForm(ShopPageCase):

    def test_a_distributor_fills_its_page(self):
        picture = io.BytesIO()
        Image.new('RGB', (40, 40), (9, 9, 9)).save(picture, 'PNG')
        response = self._post(FORM, name="  My teas ", phrase="I drink them", picture=('me.png', picture.getvalue()))
        self.assertEqual(response.status_code, 303)
        self.assertRecordValues(self.page, [{'name': "My teas", 'phrase': "I drink them"}])
        self.assertEqual(base64.b64decode(self.page.picture), picture.getvalue())
        self.assertEqual(self.url_open('/d/MEI888/shop/picture').headers['Content-Type'], 'image/png')

    def test_what_does_not_belong_is_refused_and_changes_nothing(self):
        for case, data, words in (
            ("income", {'name': "躺赚小店"}, "does not promise income"),
            ("income in the sentence", {'name': "Shop", 'phrase': "稳赚"}, "does not promise income"),
            ("no name", {'name': "  "}, "give your shop page a name"),
            ("no picture", {'name': "Shop", 'picture': ('me.png', b'<svg onload="alert(1)"/>')}, "This is no picture"),
            ("too large", {'name': "Shop", 'picture': ('me.png', b'\x89PNG' + b'0' * 5 * 1024 * 1024)}, "more than 5 MB"),
        ):
            with self.subTest(case):
                self.assertIn(words, self._post(FORM, **data).text)
                self.assertRecordValues(self.page, [{'name': "Mei's tea table", 'phrase': False, 'picture': False}])

    def test_products_are_put_on_and_taken_off(self):
        url = f'{FORM}/products/{self.template.id}'
        self._post(f'{url}/remove')
        self.assertFalse(self.page.product_ids)
        for _tap in range(2):
            self._post(f'{url}/add')
        self.assertEqual(self.page.product_ids, self.template)
        self.page.unlink()
        self._post(f'{url}/add')
        self.assertRecordValues(
            self.pages_sudo._get_own(self.mei), [{'name': "Recommended by MEI888", 'product_ids': self.template.ids}])

    @mute_logger('odoo.http')
    def test_what_may_not_be_shared_does_not_come_on_a_page(self):
        self.page.product_ids = False
        self.template.is_published = False
        self.assertEqual(self._post(f'{FORM}/products/{self.template.id}/add').status_code, 404)
        self.template.is_published = True
        new_test_user(self.env, 'guest', groups='base.group_portal')
        self.assertEqual(self._post(f'{FORM}/products/{self.template.id}/add', 'guest').status_code, 404)
        self.mei._set_suspended("A test")
        self.assertEqual(self._post(f'{FORM}/products/{self.template.id}/add').status_code, 404)
        self.assertIn("Your account is under review", self._post(FORM, name="Shop").text)
        self.assertFalse(self.page.product_ids)
        self.assertEqual(self.page.name, "Mei's tea table")

    def test_a_page_has_sixty_products_at_most(self):
        products = self.env['product.template'].create([{'name': f"Cup {index}"} for index in range(60)])
        self.page.product_ids = products
        with self.assertRaisesRegex(UserError, "at most 60"):
            self.pages_sudo._add_own(self.mei, self.template)

    def test_an_officer_switches_a_page_off_with_a_reason_that_the_distributor_reads(self):
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        page = self.page.with_user(officer)
        with self.assertRaisesRegex(UserError, "give a reason"):
            page.action_switch_off()
        self.assertEqual(page.state, 'shown')
        page.off_reason = "A phone number in the picture"
        page.action_switch_off()
        self.assertEqual(self.url_open('/d/MEI888/shop').status_code, 404)
        self.assertIn("switched off: A phone number in the picture", self._read(FORM, 'mei'))
        self._post(FORM, name="Again")
        self.assertEqual(page.state, 'off')
        page.action_switch_on()
        self.assertEqual(self.url_open('/d/MEI888/shop').status_code, 200)

    def test_rights(self):
        bo = new_test_user(self.env, 'bo', groups='base.group_portal')
        self.assertEqual(self.page.with_user(self.mei_user).name, "Mei's tea table")
        with self.assertRaises(AccessError):
            self.page.with_user(bo).read(['name'])
        for method, arguments in (
            ('write', [{'name': "x"}]), ('unlink', []), ('action_switch_off', []), ('action_switch_on', []),
        ):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(self.page.with_user(self.mei_user), method)(*arguments)
        company = self.env['res.company'].create({'name': "Other"})
        other = self.env['distribution.distributor'].create({
            'partner_id': self.env['res.partner'].create({'name': "O"}).id, 'company_id': company.id})
        foreign = self.pages_sudo.create({'distributor_id': other.id, 'name': "Foreign"})
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        with self.assertRaises(AccessError):
            foreign.with_user(officer).name = "Mine"
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self.page.name = "躺赚"
        self.assertEqual((foreign.name, self.page.name), ("Foreign", "Mei's tea table"))


@tagged('post_install', '-at_install')
class TestShopPagePrivacy(ShopPageCase):

    def test_the_page_is_in_the_copy_of_the_data_and_goes_with_the_person(self):
        self.page.phrase = "I drink them"
        request = self.env['distribution.privacy.request'].create({
            'partner_id': self.mei.partner_id.id, 'kind': 'erase', 'reason': "A letter",
            'company_id': self.mei.company_id.id})
        [copied] = request._get_privacy_sections()['shop_page']
        self.assertEqual((copied['name'], copied['phrase']), ("Mei's tea table", "I drink them"))
        self.assertIn("Erased: the shop page MEI888.", request.sudo()._erase())
        self.assertFalse(self.page.exists())
