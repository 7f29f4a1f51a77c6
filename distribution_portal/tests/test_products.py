from unittest.mock import patch

from lxml import html

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_portal.controllers import product

from .common import PageCommon

PAGE = '/my/distribution/products'


@tagged('post_install', '-at_install')
class TestProducts(PageCommon):
    """Tea at 100.00 pays 10 %."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._put_on_sale(cls.product.product_tmpl_id)
        cls.categories = cls.env['product.template']._distribution_get_category_field()

    def _get_cards(self, url=PAGE, login='mei'):
        """Return what stands on the cards of a page, by the name of the product."""
        page = html.fromstring(self._open(url, login).text)
        return {
            card.xpath(".//div[hasclass('o_distribution_product_name')]")[0].text: (
                ' '.join(card.xpath("string(.//b[hasclass('text-danger')])").split()),
                ' '.join(card.xpath("string(.//span[hasclass('o_distribution_earning')])").split()),
                card.get('data-text'),
            )
            for card in page.xpath("//div[hasclass('o_distribution_product')]")
        }

    def _create_products(self, count, **values):
        products = self.env['product.template'].create([
            {'name': f"Cup {index}", 'list_price': 10 * index, 'taxes_id': False, **values} for index in range(count)])
        self._put_on_sale(products)
        return products

    def test_a_product_is_shown_with_its_price_what_it_earns_and_a_link_that_counts(self):
        self.env['product.template'].search([]).sale_ok = False
        tax = self.env['account.tax'].create({'name': "13 % on top", 'amount': 13})
        self.product.write({'sale_ok': True, 'taxes_id': tax.ids})
        url = self.product.product_tmpl_id._distribution_get_url(self.mei)
        self.assertTrue(url.startswith(self.mei.referral_url))
        for shows_taxes, price in ((True, "$ 113.00"), (False, "$ 100.00")):
            with self.subTest(shows_taxes=shows_taxes), patch.object(
                    self.env.registry['product.template'], '_distribution_shows_taxes', lambda *_args, x=shows_taxes: x):
                self.assertEqual(self._get_cards(), {"Tea": (price, "Earn $ 10.00", url)})
        self.assertIn("An estimate, no promise of income", self._read(PAGE))

    def test_what_a_card_promises_is_what_one_sold_piece_pays(self):
        self.product.list_price = 87.65
        earning = self.product.product_tmpl_id._distribution_get_earnings(self.mei)[self.product.product_tmpl_id.id]
        order = self._create_order(1, distributor=self.mei)
        self._invoice(order)
        self._process()
        paid = self.env['distribution.commission'].search(
            [('order_name', '=', order.name), ('distributor_id', '=', self.mei.id)]).earned_amount
        self.assertEqual((earning, paid), (8.77, 8.77))
        self.assertEqual(self._get_cards(f'{PAGE}?search=Tea')["Tea"][:2], ("$ 87.65", "Earn $ 8.77"))

    def test_what_may_not_be_sold_is_neither_listed_nor_found(self):
        other = self.env['res.company'].create({'name': "Other"})
        for case, values in (
            ("archived", {'active': False}),
            ("not for sale", {'sale_ok': False}),
            ("of another company", {'company_id': other.id}),
        ):
            secret = self.env['product.template'].create({'name': "Secret"})
            self._put_on_sale(secret)
            secret.write(values)
            with self.subTest(case), mute_logger('odoo.http'):
                self.assertNotIn("Secret", self._read(f'{PAGE}?search=Secret'))
                self.assertEqual(self._open(f'{PAGE}/{secret.id}').status_code, 404)
                self.assertEqual(self._open(f'{PAGE}/{secret.id}/image').status_code, 404)

    def test_who_is_not_active_has_nothing_to_share(self):
        for state, words in (("suspended", "Your account is under review."), ("closed", "You are a distributor no longer")):
            with self.subTest(state), mute_logger('odoo.http'):
                self.mei.state = state
                text = self._read(PAGE)
                self.assertIn(words, text)
                self.assertIn("Nothing to share yet", text)
                self.assertEqual(self._open(f'{PAGE}/{self.product.product_tmpl_id.id}').status_code, 404)

    def test_products_are_searched_by_name_reference_and_category(self):
        category = self.env[self.env['product.template']._fields[self.categories].comodel_name]
        gifts = category.create({'name': "Gifts"})
        small = category.create({'name': "Small", 'parent_id': gifts.id})
        self._create_products(2)[self.categories] = small
        self.product.default_code = 'T-100'
        for query, names in (
            ('search=cup', {"Cup 0", "Cup 1"}),
            ('search=+t-100+', {"Tea"}),
            (f'search=cup&category={small.id}', {"Cup 0", "Cup 1"}),
            (f'category={small.id}', {"Cup 0", "Cup 1"}),
            (f'search=tea&category={small.id}', set()),
            ('search=tea&category=x', {"Tea"}),
            ('search=tea&category=٣', {"Tea"}),
        ):
            with self.subTest(query):
                self.assertEqual(set(self._get_cards(f'{PAGE}?{query}')), names)
        self.assertIn("No product like this", self._read(f'{PAGE}?search=nothing-of-that-kind'))

    def test_many_products_come_in_pages_that_cost_as_many_statements_as_few(self):
        self._create_products(7)
        with patch.object(product, '_PRODUCTS_PER_PAGE', 6):
            first, second = (set(self._get_cards(f'{PAGE}{page}?search=cup')) for page in ('', '/page/2'))
        self.assertEqual((len(first), len(second), len(first | second)), (6, 1, 7))
        self._create_products(30)
        products_sudo = self.env['product.template'].sudo().search([('name', 'like', "Cup")])

        def count(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            some.browse(some.ids)._distribution_get_offers(self.mei)
            return self.env.cr.sql_log_count - before
        count(products_sudo[:2])
        self.assertEqual(count(products_sudo[:2]), count(products_sudo))

    def test_the_page_of_a_product_has_link_code_words_and_posters(self):
        template = self.product.product_tmpl_id
        template.write({'distribution_phrase': "Made for giving away", 'distribution_points': "From old trees\nTwo tins"})
        text = self._read(f'{PAGE}/{template.id}')
        for part in ("Earn $ 10.00", "Made for giving away", "From old trees", "Posters"):
            with self.subTest(part):
                self.assertIn(part, text)
        page = html.fromstring(self._open(f'{PAGE}/{template.id}').text)
        self.assertEqual(
            page.xpath("//div[hasclass('o_distribution_copyable')]/@data-text"),
            ["Made for giving away", "From old trees\nTwo tins"])
        [url] = page.xpath("//input[hasclass('o_distribution_url')]/@value")
        self.assertEqual(url, template._distribution_get_url(self.mei))
        [code] = page.xpath("//img[hasclass('o_distribution_qr')]/@src")
        self.assertEqual(self.url_open(code).status_code, 200)

    def test_a_product_that_earns_nothing_says_so(self):
        self.env['distribution.plan.version'].search([('state', '=', 'active')]).sudo().state = 'retired'
        text = self._read(f'{PAGE}/{self.product.product_tmpl_id.id}')
        self.assertIn("No commission is paid on it", text)
        self.assertNotIn("Earn", text)

    def test_words_about_a_product_do_not_promise_income(self):
        for name in ('distribution_phrase', 'distribution_points'):
            with self.subTest(name), self.assertRaisesRegex(ValidationError, "躺赚"):
                self.product.product_tmpl_id[name] = "买它就能躺 赚"

    def test_links_to_products_show_what_they_earn(self):
        link, other = self.env['distribution.link'].create([
            {'name': "Tea", 'distributor_id': self.mei.id, 'product_tmpl_id': self.product.product_tmpl_id.id},
            {'name': "Anything", 'distributor_id': self.mei.id, 'target': '/about'},
        ])
        self.assertEqual((link | other)._get_earnings(), {link: 10.0})
        text = self._read('/my/distribution/links')
        self.assertEqual(text.count("Earn $ 10.00"), 1)
        self.product.sale_ok = False
        self.assertEqual(link._get_earnings(), {})

    def test_the_upline_does_not_change_what_is_shown(self):
        """The estimate is of tier 1 alone: what the one above earns is nobody's business here."""
        self.mei.parent_id = self.upline
        self.assertEqual(self._get_cards(f'{PAGE}?search=Tea')["Tea"][1], "Earn $ 10.00")

    def test_a_rule_of_a_level_counts(self):
        gold = self.env['distribution.level'].create({'name': "Gold", 'sequence': 1, 'company_id': self.company.id})
        self.mei._set_level(gold, "A test")
        self.plan.action_new_version()
        version = self.plan._get_latest_version()
        version.rule_ids = [Command.clear(), Command.create({'tier': 1, 'rate': 15, 'level_id': gold.id}), Command.create(
            {'tier': 1, 'rate': 2})]
        version.action_activate()
        self.assertEqual(self._get_cards(f'{PAGE}?search=Tea')["Tea"][1], "Earn $ 15.00")
        self.assertEqual(self._get_cards(f'{PAGE}?search=Tea', 'bo')["Tea"][1], "Earn $ 2.00")
