from odoo.tests import tagged

from odoo.addons.distribution_core.tests.common import TerritoryBuilders

from .common import PageCommon


@tagged('post_install', '-at_install')
class TestTerritoryPages(TerritoryBuilders, PageCommon):
    """Mei is the agent of the province; Bo of nothing any more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan.action_new_version()
        cls._create_version(cls.plan, [(1, 10.0), (13, 3.0)])
        cls._create_territory(cls.bo, city="宁波市").action_end()
        cls._create_territory(cls.mei)
        cls._invoice(cls._create_order(distributor=cls.seller.browse()))
        cls._process()
        cls.earned = cls.env['distribution.commission'].search([('distributor_id', '=', cls.mei.id), ('tier', '=', 13)])

    def test_an_agent_sees_its_areas_and_not_those_of_others(self):
        text = self._read('/my/distribution')
        self.assertIn("Your areas 浙江省", text)
        self.assertNotIn("宁波市", text)
        self.assertIn("浙江省 · 宁波市", self._read('/my/distribution', 'bo'))

    def test_who_never_was_an_agent_reads_nothing_of_areas(self):
        self.env['distribution.territory'].search([]).sudo().write({'until_at': '2100-01-01 00:00:00'})
        self.env.cr.execute("DELETE FROM distribution_territory WHERE distributor_id = %s", [self.bo.id])
        self.assertNotIn("Your areas", self._read('/my/distribution', 'bo'))

    def test_the_list_and_the_page_say_as_what_it_was_earned(self):
        self.assertEqual(self.earned.earned_amount, 3.0)
        self.assertIn("Agent of the province $ 3.00 Pending", self._read('/my/distribution/commissions'))
        text = self._read(f'/my/distribution/commissions/{self.earned.id}')
        self.assertIn("Regional agent of 浙江省, where the order was delivered.", text)
        self.assertIn("Agent of the province earns 3 %: $ 3.00", text)
        self.assertNotIn(self.customer.name, text)
        self.assertNotIn("文三路", text)

    def test_another_one_does_not_find_it(self):
        self.assertEqual(self._open(f'/my/distribution/commissions/{self.earned.id}', 'bo').status_code, 404)
