from unittest.mock import patch

from odoo.tests import new_test_user, tagged

from odoo.addons.distribution_portal.models.ir_http import IrHttp
from odoo.addons.website.tests.test_performance import UtilPerf


@tagged('post_install', '-at_install')
class TestQueries(UtilPerf):

    def test_an_ordinary_page_of_the_shop_pays_no_query(self):
        product = self.env['product.template'].create({'name': "Oolong", 'website_published': True})
        without_ours = patch.multiple(
            IrHttp,
            _pre_dispatch=classmethod(lambda cls, rule, args: super(IrHttp, cls)._pre_dispatch(rule, args)),
            _serve_fallback=classmethod(lambda cls: super(IrHttp, cls)._serve_fallback()),
        )
        for url in ('/shop', product.website_url, '/contactus'):
            with self.subTest(url=url):
                with without_ours:
                    expected = self._get_url_hot_query(url)
                self.assertEqual(self._get_url_hot_query(url), expected)

    def test_a_referred_visitor_pays_no_query_either(self):
        mei = self.env['distribution.distributor'].create({
            'partner_id': self.env['res.partner'].create({'name': "Mei"}).id,
            'code': 'MEI888',
        })
        mei._set_active()
        self.authenticate(None, None)
        expected = self._get_url_hot_query('/shop')
        self.url_open('/d/MEI888')
        self.assertEqual(self.env['distribution.touch'].search_count([('distributor_id', '=', mei.id)]), 1)
        self.assertEqual(self._get_url_hot_query('/shop'), expected)

    def test_sharing_from_pages_of_products_costs_other_people_no_query(self):
        product = self.env['product.template'].create({'name': "Oolong", 'website_published': True})
        view = self.env.ref('distribution_website_sale.product')
        new_test_user(self.env, 'guest', groups='base.group_portal')
        for login in (None, 'guest'):
            self.authenticate(login, login)
            for url in ('/shop', product.website_url):
                with self.subTest(login=login, url=url):
                    view.active = True
                    ours = self._get_url_hot_query(url)
                    view.active = False
                    self.assertEqual(ours, self._get_url_hot_query(url))
