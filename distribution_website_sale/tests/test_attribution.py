from lxml import html

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

    def _type_code(self, code):
        """Type a referral code into the cart; return the page that follows."""
        page = html.fromstring(self.url_open('/shop/cart').text)
        [token] = page.xpath("//form[@action='/shop/referral_code']/input[@name='csrf_token']/@value")
        return self.url_open('/shop/referral_code', data={'code': code, 'csrf_token': token})

    def test_a_code_typed_into_the_cart_goes_before_a_visit(self):
        other = self.env['distribution.distributor'].create({
            'partner_id': self.env['res.partner'].create({'name': "Other"}).id, 'code': 'OTHER7'})
        other._set_active()
        self.url_open('/d/MEI888')
        cart = self._add_to_cart()
        self.assertIn("Recommended by", self._type_code(' other7 ').text)
        self.assertEqual(cart.distribution_code, 'OTHER7')
        self.assertRecordValues(self._buy(cart), [{'distributor_id': other.id, 'source': 'code'}])

    def test_an_unknown_code_is_answered_and_changes_nothing(self):
        cart = self._add_to_cart()
        self._type_code('MEI888')
        self.assertIn("We know nobody with this code.", self._type_code('NOBODY').text)
        self.assertEqual(cart.distribution_code, 'MEI888')
        self._type_code('')
        self.assertFalse(cart.distribution_code)

    def test_codes_are_not_found_by_trying(self):
        self.env['ir.config_parameter'].sudo().set_param('distribution_core.max_unknown_codes_per_hour', '2')
        cart = self._add_to_cart()
        for code, answer, kept in (
            ('NOBODY', "We know nobody with this code.", False),
            ('MEI888', "Recommended by", 'MEI888'),
            ('NOBODY', "We know nobody with this code.", 'MEI888'),
            ('', "Did somebody recommend us to you?", False),
            ('MEI888', "Too many unknown codes came from here.", False),
            ('NOBODY', "Too many unknown codes came from here.", False),
        ):
            with self.subTest(code=code, answer=answer):
                self.assertIn(answer, self._type_code(code).text)
                self.assertEqual(cart.distribution_code, kept)
        attempts = self.env['distribution.attempt'].search([])
        self.assertEqual(attempts.mapped('kind'), ['referral', 'referral'])
        self.env.cr.execute("UPDATE distribution_attempt SET create_date = create_date - INTERVAL '61 minutes'")
        self.assertIn("Recommended by", self._type_code('MEI888').text)

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


@tagged('post_install', '-at_install')
class TestPromotionLink(ShopCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.campaign = cls.env['utm.campaign'].create({'title': "Spring"})
        cls.medium = cls.env['utm.medium'].create({'name': "Neighbours"})
        cls.link = cls.env['distribution.link'].create({
            'name': "Oolong",
            'distributor_id': cls.mei.id,
            'product_tmpl_id': cls.oolong.product_tmpl_id.id,
            'campaign_id': cls.campaign.id,
            'medium_id': cls.medium.id,
        })

    def test_a_link_to_a_product_leads_to_its_page(self):
        self.assertEqual(self.link.target, self.oolong.product_tmpl_id.website_url)
        response = self.url_open(f'/d/{self.link.code}')
        self.assertEqual((response.status_code, response.url), (200, self.base_url() + self.link.target))
        self.link.product_tmpl_id = False
        self.assertEqual(self.link.target, self.oolong.product_tmpl_id.website_url)

    def test_what_is_bought_afterwards_is_credited_to_the_link_and_its_campaign(self):
        count = self.env['utm.campaign'].search_count([])
        self.url_open(f'/d/{self.link.code}?s=qr')
        cart = self._add_to_cart()
        self.assertRecordValues(cart, [{
            'campaign_id': self.campaign.id, 'medium_id': self.medium.id, 'source_id': False}])
        self.assertEqual(self.env['utm.campaign'].search_count([]), count)
        attribution = self._buy(cart)
        self.assertRecordValues(attribution, [{'distributor_id': self.mei.id, 'source': 'scan'}])
        self.assertEqual(attribution.touch_id.link_id, self.link)
        self.assertEqual(self.link.order_count, 1)

    def test_without_consent_to_cookies_the_link_is_credited_and_the_campaign_is_not(self):
        self.env['website'].get_current_website().cookies_bar = True
        self.url_open(f'/d/{self.link.code}')
        cart = self._add_to_cart()
        self.assertFalse(cart.campaign_id)
        self.assertEqual(self._buy(cart).touch_id.link_id, self.link)

    def test_an_expired_link_leads_to_its_page_and_credits_nobody(self):
        self.link.expires_on = '2020-01-01'
        response = self.url_open(f'/d/{self.link.code}')
        self.assertEqual(response.url, self.base_url() + self.link.target)
        cart = self._add_to_cart()
        self.assertFalse(cart.campaign_id)
        self.assertFalse(self._buy(cart))
