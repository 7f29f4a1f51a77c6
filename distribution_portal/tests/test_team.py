from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import PageCommon

PAGE = '/my/distribution/team'


@tagged('post_install', '-at_install')
class TestTeam(PageCommon):
    """Below Mei stand Ann, who has an alias, and Ben, who has none; Cy stands below Ann. Ann sold two boxes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold = cls.env['distribution.level'].create({'name': "Gold"})
        cls.ann = cls._create_member("Ann Secret", cls.mei, code='ANN777', alias="Sunny", level_id=cls.gold.id)
        cls.ben = cls._create_member("Ben Secret", cls.mei, code='BENBEN')
        cls.cy = cls._create_member("Cy Secret", cls.ann, code='CYCYCY')
        cls._invoice(cls._create_order(2, distributor=cls.ann))
        cls._create_order(3, distributor=cls.ben)       # not invoiced

    @classmethod
    def _create_member(cls, name, parent, **values):
        partner = cls.env['res.partner'].create({
            'name': name, 'phone': '13800001111', 'email': f'{name.split()[0]}@secret.example.com'})
        return cls._create_distributor(None, partner_id=partner.id, parent_id=parent.id, **values)

    @classmethod
    def _pay_three_tiers(cls):
        return patch.object(type(cls.env['distribution.distributor']), '_get_team_depth', lambda distributor: 2)

    def _read_members(self, url=PAGE, login='mei'):
        """Return the shown names in their order."""
        names = ("Sunny", "B··NBEN", "C··CYCY")
        text = self._read(url, login)
        return sorted((name for name in names if name in text), key=text.index)

    def test_the_team_is_shown_with_its_sales_of_the_month(self):
        text = self._read(PAGE)
        self.assertIn("Directly below: 2 You see aliases only", text)
        self.assertRegex(text, r"Sunny Gold · since [\d/]+ \$ 200\.00 1 order ")
        self.assertRegex(text, r"B··NBEN since [\d/]+ \$ 0\.00 0 orders")

    def test_nobody_is_named(self):
        with self._pay_three_tiers():
            page = self._open(PAGE).text
        for part in ("Secret", '13800001111', 'secret.example.com', "张三丰", 'ANN777', 'BENBEN'):
            with self.subTest(part):
                self.assertNotIn(part, page)
        for member in (self.ann, self.ben):
            self.assertNotRegex(page, rf'(?:distributor|partner|member)[^"\s]*["=/]{member.id}\b')

    def test_only_tiers_that_pay_are_shown(self):
        self.assertEqual(self.mei._get_team_depth(), 1)     # of two paid tiers Mei is the second
        self.assertEqual(self._read_members(), ["B··NBEN", "Sunny"])
        with self._pay_three_tiers():
            self.assertEqual(self._read_members(), ["C··CYCY", "B··NBEN", "Sunny"])
            self.assertIn("Directly below: 2 One further down: 1 You see aliases only", self._read(PAGE))
            self.assertEqual(self._read_members(f'{PAGE}?filterby=direct'), ["B··NBEN", "Sunny"])
            self.assertEqual(self._read_members(f'{PAGE}?filterby=second'), ["C··CYCY"])

    def test_the_team_is_searched_by_alias(self):
        for search, found in (
            ('sun', ["Sunny"]), ('nben', ["B··NBEN"]), ('ann777', []), ('secret', []), ('1380', []), ('%', []),
        ):
            with self.subTest(search):
                self.assertEqual(self._read_members(f'{PAGE}?search={search}'), found)

    def test_the_team_of_another_is_not_shown(self):
        self.assertEqual(self._read_members(login='bo'), [])
        self.assertIn("Nobody stands below you", self._read(PAGE, 'bo'))

    def test_who_has_left_is_not_shown(self):
        self.ann._set_closed("Left")
        self.ben._set_suspended("Looked into")
        self.assertEqual(self._read_members(), ["B··NBEN"])

    def test_refunds_are_taken_off_and_other_months_do_not_count(self):
        self._refund(self.env['sale.order'].search([('distributor_id', '=', self.ann.id)]).invoice_ids, 50.0)
        member = next(member for member in self.mei._get_team() if member.name == "Sunny")
        self.assertEqual((member.orders, member.sales), (1, 150.0))
        self.env.cr.execute("UPDATE distribution_attribution SET pinned_at = pinned_at - INTERVAL '1 month'")
        member = next(member for member in self.mei._get_team() if member.name == "Sunny")
        self.assertEqual((member.orders, member.sales), (0, 0.0))

    def test_a_large_team_costs_as_many_statements_as_a_small_one(self):
        small = self._count_statements(PAGE)
        for number in range(12):
            self._create_member(f"Member{number} Secret", self.mei, alias=f"Alias {number}", level_id=self.gold.id)
        self.assertEqual(self._count_statements(PAGE), small)

    def test_an_alias_tells_no_contact(self):
        for alias in ("138 0000 1111", "call 13800001111", "me@example.com", "https://a.b", "WWW.a.b", "x" * 25):
            with self.subTest(alias), self.assertRaises(ValidationError):
                self.ann._set_own_alias(alias)
        self.ann._set_own_alias("  Sun\0 flower  8 ")
        self.assertEqual(self.ann.shown_name, "Sun flower 8")
        self.ann._set_own_alias(' ')
        self.assertEqual(self.ann.shown_name, "A··N777")
