from odoo.tests import tagged

from odoo.addons.distribution_commission.models.distribution_ranking import MEASURES

from .common import PageCommon

PAGE = '/my/distribution/ranking'


@tagged('post_install', '-at_install')
class TestRanking(PageCommon):
    """Mei sold for 400 in two orders, Bo for 500 in one, Ann for 100 in one; Ann takes part."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.distribution_ranking = 'sales'
        cls.ann = cls._create_distributor("Ann Secret", alias="Sunny")
        cls.ann._set_ranking_consent(True)
        cls._invoice(cls._create_order(5, distributor=cls.bo))
        cls._invoice(cls._create_order(1, distributor=cls.ann))

    def _get_ranking(self, distributor=None, **values):
        return [tuple(row) for row in (distributor or self.mei)._get_ranking(**values)]

    def test_a_ranking_compares_nothing_but_own_sales(self):
        self.assertEqual([name for name, _label in MEASURES], ['sales', 'orders'])

    def test_only_who_takes_part_is_shown_and_everybody_to_itself(self):
        self.assertEqual(self._get_ranking(), [(1, "M··I888", 400.0, True), (2, "Sunny", 100.0, False)])
        self.assertEqual(self._get_ranking(self.bo), [(1, "B··BO66", 500.0, True), (2, "Sunny", 100.0, False)])
        self.bo._set_ranking_consent(True)
        self.assertEqual(self._get_ranking(), [
            (1, "B··BO66", 500.0, False), (2, "M··I888", 400.0, True), (3, "Sunny", 100.0, False)])
        self.bo._set_ranking_consent(False)
        self.assertEqual([row[1] for row in self._get_ranking()], ["M··I888", "Sunny"])

    def test_orders_can_be_compared_instead(self):
        self.company.distribution_ranking = 'orders'
        self.bo._set_ranking_consent(True)
        self.assertEqual(self._get_ranking(), [
            (1, "M··I888", 2, True), (2, "B··BO66", 1, False), (2, "Sunny", 1, False)])

    def test_who_is_suspended_is_shown_to_nobody(self):
        self.ann._set_suspended("Looked into")
        self.assertEqual(self._get_ranking(), [(1, "M··I888", 400.0, True)])

    def test_what_a_team_sells_is_not_counted(self):
        below = self._create_distributor("Below", parent_id=self.ann.id)
        self._invoice(self._create_order(50, distributor=below))
        self.assertEqual(self._get_ranking(), [(1, "M··I888", 400.0, True), (2, "Sunny", 100.0, False)])

    def test_each_period_stands_for_itself(self):
        self.assertEqual(self._get_ranking(previous=True), [])
        for cycle in ('week', 'month'):
            self.company.distribution_ranking_cycle = cycle
            since, _until = self.mei._get_ranking_period()
            self.env.cr.execute("UPDATE distribution_attribution SET pinned_at = %s - INTERVAL '1 second'", [since])
            with self.subTest(cycle):
                self.assertEqual(self._get_ranking(), [])
                self.assertEqual([row[0] for row in self._get_ranking(previous=True)], [1, 2])

    def test_the_page_shows_aliases_and_says_who_sees_what(self):
        text = self._read(PAGE)
        self.assertIn("1 M··I888 (you) $ 400.00 2 Sunny $ 100.00 Only you see your place.", text)
        page = self._open(PAGE).text
        self.assertNotIn("Secret", page)
        self.assertNotIn(self.ann.code, page)
        self.assertIn("1 M··I888 (you)", self._read(f'{PAGE}?period=unheard-of'))
        self.assertIn("No place is taken yet", self._read(f'{PAGE}?period=last'))

    def test_taking_part_is_the_own_decision(self):
        self.assertEqual(self._post(PAGE, join='1').status_code, 303)
        self.assertTrue(self.mei.ranking_consent_at)
        since = self.mei.ranking_consent_at
        self._post(PAGE, join='1')
        self.assertEqual(self.mei.ranking_consent_at, since)
        self.assertIn("Others see you on this page, with what is compared here, as: M··I888", self._read(PAGE))
        self.mei._set_suspended("Looked into")
        self._post(PAGE)
        self.assertFalse(self.mei.ranking_consent_at)
        self._post(PAGE, join='1')
        self.assertFalse(self.mei.ranking_consent_at)

    def test_a_shop_without_a_ranking_has_no_page(self):
        self.assertIn(f'href="{PAGE}"', self._open('/my/distribution').text)
        self.company.distribution_ranking = False
        self.assertNotIn(f'href="{PAGE}"', self._open('/my/distribution').text)
        self.assertEqual(self._open(PAGE).status_code, 404)
        self.assertEqual(self._post(PAGE, join='1').status_code, 404)
        self.assertFalse(self.mei.ranking_consent_at)

    def test_many_who_take_part_cost_as_many_statements_as_few(self):
        self.bo._set_ranking_consent(True)      # without an alias, as the others
        before = self._count_statements(PAGE)
        for number in range(8):
            other = self._create_distributor(f"Other {number}")
            other._set_ranking_consent(True)
            self._invoice(self._create_order(1, distributor=other))
        self.assertEqual(self._count_statements(PAGE), before)
