from urllib.parse import quote

from lxml import html

from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_commission.tests.test_plan_kind import PlanCommon

from .common import ShopCase


@tagged('post_install', '-at_install')
class TestShare(ShopCase):

    def setUp(self):
        super().setUp()
        self.template = self.oolong.product_tmpl_id
        self.url = f'/my/distribution/products/{self.template.id}/share'

    def _ask(self, login):
        self.authenticate(login, login)
        return self.url_open(self.url, allow_redirects=False)

    def test_a_distributor_gets_link_code_words_and_the_way_to_posters(self):
        self.template.distribution_phrase = "From old trees"
        response = self._ask('mei')
        self.assertEqual(response.headers['Cache-Control'], 'no-store')
        page = html.fromstring(response.text)
        [url] = page.xpath("//input[hasclass('o_distribution_url')]/@value")
        self.assertEqual(url, f'{self.mei.referral_url}?to=/shop/{self.template.id}')
        self.assertEqual(page.xpath("//div[hasclass('o_distribution_copyable')]/@data-text"), ["From old trees"])
        self.assertTrue(page.xpath(f"//a[@href='/my/distribution/products/{self.template.id}']"))
        [code] = page.xpath("//img[hasclass('o_distribution_qr')]/@src")
        self.assertEqual(code, f'/d/MEI888/qr.svg?to={quote(f"/shop/{self.template.id}")}')

    def test_the_link_leads_to_the_product_and_counts(self):
        self.authenticate(None, None)
        response = self.url_open(self.template._distribution_get_url(self.mei))
        self.assertEqual(response.url, self.base_url() + self.template.website_url)
        self.assertEqual(self._buy(self._add_to_cart()).distributor_id, self.mei)

    def test_others_get_nothing(self):
        new_test_user(self.env, 'guest', groups='base.group_portal')
        self.assertEqual((self._ask('guest').status_code, self._ask('guest').text), (204, ''))
        self.assertEqual(self._ask(None).status_code, 303)      # to the login
        self.mei._set_suspended("A test")
        self.assertEqual(self._ask('mei').status_code, 204)

    def test_what_is_not_published_is_not_shared(self):
        self.template.is_published = False
        with mute_logger('odoo.http'):
            self.assertEqual(self._ask('mei').status_code, 404)

    def test_the_page_has_a_place_for_it_for_people_who_are_logged_in_alone(self):
        for login, count in (('mei', 1), (None, 0)):
            with self.subTest(login=login):
                self.authenticate(login, login)
                page = html.fromstring(self.url_open(self.template.website_url).text)
                self.assertEqual(len(page.xpath("//div[hasclass('o_distribution_share_product')]")), count)

    def test_products_to_share_are_those_of_the_shop_by_its_categories(self):
        category = self.env['product.public.category'].create({'name': "Teas"})
        hidden, shown = self.env['product.template'].create([
            {'name': "Hidden cup", 'public_categ_ids': [Command.set(category.ids)]},
            {'name': "Shown cup", 'public_categ_ids': [Command.set(category.ids)], 'is_published': True},
        ])
        domain = self.env['product.template']._distribution_get_share_domain(self.mei)
        self.assertEqual((hidden | shown | self.template).filtered_domain(domain), shown | self.template)
        self.authenticate('mei', 'mei')
        text = self.url_open(f'/my/distribution/products?category={category.id}').text
        self.assertEqual([name in text for name in ("Shown cup", "Hidden cup", "Oolong")], [True, False, False])

    def test_links_know_the_product_that_their_page_is_of(self):
        for target, product in (
            (self.template.website_url, self.template),
            (f'/shop/{self.template.id}', self.template),
            (f'/shop/teas-4/{self.template.website_url.rpartition("/")[2]}?a=1', self.template),
            ('/shop', self.template.browse()),
            ('/shop/cart', self.template.browse()),
            (f'/shop/category/teas-{self.template.id}', self.template.browse()),
            (f'/shop/page/{self.template.id}', self.template.browse()),
            ('/blog/5', self.template.browse()),
        ):
            with self.subTest(target):
                link = self.env['distribution.link'].create({
                    'name': "L", 'distributor_id': self.mei.id, 'target': target})
                self.assertEqual(link._get_product(), product)

    def test_a_link_to_a_product_that_is_gone_earns_nothing(self):
        link = self.env['distribution.link'].create({
            'name': "L", 'distributor_id': self.mei.id, 'target': '/shop/999999999'})
        self.assertEqual(link._get_earnings(), {})

    def test_the_funnel_counts_visits_carts_and_orders(self):
        link = self.env['distribution.link'].create({'name': "L", 'distributor_id': self.mei.id})

        def read():
            self.env.flush_all()
            [row] = self.env['distribution.link.report']._read_group(
                [('distributor_id', '=', self.mei.id)], ['link_id'],
                ['visits:sum', 'carts:sum', 'orders:sum', 'net_sales:sum'])
            return row
        self.url_open(f'/d/{link.code}')
        self.assertEqual(read(), (link, 1, 0, 0, 0.0))
        cart = self._add_to_cart()
        self.assertEqual(read(), (link, 1, 1, 0, 0.0))
        self._buy(cart)
        self.assertEqual(read(), (link, 1, 1, 1, 100.0))
        self.opener.cookies.clear()
        self.url_open(f'/d/{link.code}')
        self._add_to_cart().order_line.unlink()
        self.assertEqual(read(), (link, 2, 1, 1, 100.0))


@tagged('post_install', '-at_install')
class TestShareOfWebsite(PlanCommon):

    def test_a_rule_of_this_website_is_promised_and_paid(self):
        website = self.env['website'].create({'name': "Shop", 'company_id': self.company.id})
        self._put_in_force({'rate': 20, 'website_ids': [Command.set(website.ids)]}, {'rate': 1})
        template = self.product.product_tmpl_id.with_context(website_id=website.id)
        order, _invoice = self._sell(100, website_id=website.id)
        self.assertEarned(order, 20.0)
        self.assertEqual(template._distribution_get_earnings(self.seller), {template.id: 20.0})
