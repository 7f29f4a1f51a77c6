from odoo import fields
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.distribution_core.tests.common import DistributionCoreCommon


@tagged('post_install', '-at_install')
class TestLinkReport(DistributionCoreCommon):
    """Ann comes twice by the link, once by its QR code, Bob once; Cleo by the personal code."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.taxes_id = False
        cls.seller = cls._create_distributor("Seller")
        cls.campaign = cls.env['utm.campaign'].create({'title': "Spring"})
        cls.link = cls.env['distribution.link'].create({
            'name': "Tea", 'distributor_id': cls.seller.id, 'campaign_id': cls.campaign.id})
        for visitor, kind, link in (
            ('ann', 'visit', cls.link), ('ann', 'scan', cls.link), ('bob', 'visit', cls.link),
            ('cleo', 'visit', cls.link.browse()),
        ):
            cls._create_touch(cls.seller, visitor=visitor, kind=kind, link_id=link.id)
        cls._create_touch(cls.seller, visitor='dan', kind='code')

    def _buy(self, visitor, **values):
        order = self._create_order(distribution_visitor=visitor, **values)
        order.action_confirm()
        return order

    def _read(self, groupby):
        return self.env['distribution.link.report']._read_group(
            [('distributor_id', '=', self.seller.id)], [groupby],
            ['visits:sum', 'visitors:count_distinct', 'scans:sum', 'orders:sum', 'net_sales:sum'], order=groupby)

    def test_visits_and_sales_stand_beside_each_other(self):
        self._buy('bob')
        self._buy('ann')._action_cancel()
        self._buy('cleo')
        self._create_order(distribution_visitor='ann')      # only a quotation
        self.assertCountEqual(self._read('link_id'), [
            (self.link, 3, 2, 1, 1, 100.0),
            (self.link.browse(), 1, 1, 0, 1, 100.0),
        ])
        self.assertCountEqual(self._read('campaign_id'), [
            (self.campaign, 3, 2, 1, 1, 100.0),
            (self.campaign.browse(), 1, 1, 0, 1, 100.0),
        ])
        self.assertEqual(self._read('distributor_id'), [(self.seller, 4, 3, 1, 2, 200.0)])

    def test_sales_are_in_the_currency_of_the_company(self):
        currency = self.env['res.currency'].create({'name': 'XTS', 'symbol': 'x'})
        self.env['res.currency.rate'].create({
            'currency_id': currency.id, 'rate': 4.0, 'name': fields.Date.today(), 'company_id': self.company.id})
        pricelist = self.env['product.pricelist'].create({'name': "XTS", 'currency_id': currency.id})
        order = self._create_order(distribution_visitor='bob', pricelist_id=pricelist.id)
        order.order_line.price_unit = 10.0
        order.action_confirm()
        self.assertEqual(order.currency_id, currency)
        self.assertIn((self.link, 3, 2, 1, 1, 2.5), self._read('link_id'))

    def test_a_link_is_read_by_its_index(self):
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        query = self.env['distribution.link.report']._search([('link_id', '=', self.link.id)])
        plan = '\n'.join(line for line, in self.env.execute_query(SQL("EXPLAIN %s", query.select('id'))))
        self.assertIn('distribution_touch__link_id_index', plan)
        self.assertNotIn("Seq Scan on distribution_touch", plan)
