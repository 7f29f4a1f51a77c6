from odoo.tests import new_test_user, tagged

from .common import ShopCase


@tagged('post_install', '-at_install')
class TestAttribution(ShopCase):

    def test_a_link_leads_to_the_shop_or_to_the_product(self):
        slug = self.oolong.product_tmpl_id.website_url
        for url, page in (('/d/MEI888', '/shop'), (f'/d/MEI888?to={slug}', slug), ('/d/NOBODY', '/shop')):
            with self.subTest(url=url):
                response = self.url_open(url)
                self.assertEqual(response.status_code, 200)
                self.assertEqual(response.url, self.base_url() + page)

    def test_what_is_bought_after_the_visit_is_credited(self):
        self.url_open('/shop?ref=MEI888')
        attribution = self._buy(self._add_to_cart())
        self.assertRecordValues(attribution, [{'distributor_id': self.mei.id, 'source': 'visit'}])
        self.assertRecordValues(attribution.tier_ids, [{'tier': 1, 'distributor_id': self.mei.id}])

    def test_a_cart_begun_before_the_visit_is_credited(self):
        cart = self._add_to_cart()
        self.assertFalse(cart.distribution_visitor)
        self.url_open('/d/MEI888')
        self.assertTrue(cart.distribution_visitor)
        self.assertRecordValues(self._buy(cart), [{'distributor_id': self.mei.id, 'source': 'visit'}])

    def test_an_order_that_is_no_cart_any_more_is_not_marked(self):
        cart = self._add_to_cart()
        self.assertFalse(self._buy(cart))
        self.url_open('/d/MEI888')
        self.assertFalse(cart.distribution_visitor)

    def test_a_cart_that_is_gone_is_no_error(self):
        self._add_to_cart().unlink()
        self.assertEqual(self.url_open('/d/MEI888', allow_redirects=False).status_code, 302)

    def test_without_a_visit_nobody_is_credited(self):
        self.assertFalse(self._buy(self._add_to_cart()))

    def test_the_distributor_earns_nothing_on_its_own_order(self):
        self.url_open('/d/MEI888')      # anonymous: before logging in
        attribution = self._buy(self._add_to_cart(), self.mei.partner_id)
        self.assertFalse(attribution.distributor_id)
        self.assertFalse(attribution.tier_ids)
        self.assertEqual([refused['reason'] for refused in attribution.evidence['refused']], ['self'])

    def test_the_visit_survives_the_login(self):
        li = new_test_user(self.env, 'li', groups='base.group_portal')
        self.url_open('/d/MEI888')
        cart = self._add_to_cart()
        self.authenticate('li', 'li')
        self.assertEqual(self._buy(cart, li.partner_id).distributor_id, self.mei)

    def test_a_visit_while_logged_in_counts_in_another_browser(self):
        li = new_test_user(self.env, 'li', groups='base.group_portal')
        self.authenticate('li', 'li')
        self.url_open('/d/MEI888')
        self.opener.cookies.clear()
        self.authenticate('li', 'li')
        cart = self._add_to_cart()
        self.assertFalse(cart.distribution_visitor)
        self.assertEqual(self._buy(cart, li.partner_id).distributor_id, self.mei)

    def test_without_consent_to_cookies_the_session_remembers(self):
        self.env['website'].get_current_website().cookies_bar = True
        self.url_open('/d/MEI888')
        self.assertNotIn('distribution_visitor', self.opener.cookies)
        self.assertEqual(self._buy(self._add_to_cart()).distributor_id, self.mei)
