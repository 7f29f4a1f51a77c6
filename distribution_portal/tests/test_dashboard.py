import json
from datetime import timedelta

from freezegun import freeze_time
from lxml import html

from odoo import fields
from odoo.tests import new_test_user, tagged

from .common import PageCommon

PAGE = '/my/distribution'
OUTLOOK = '/my/distribution/outlook'


@tagged('post_install', '-at_install')
class TestDashboard(PageCommon):
    """Mei has earned 40.00 today."""

    def _get_points(self):
        [chart] = html.fromstring(self._open(PAGE).text).xpath("//div[contains(@class, 'o_distribution_chart')]")
        return json.loads(chart.get('data-points'))

    def _shift(self, commission, days):
        """Let it have been earned some days ago."""
        self.env.cr.execute(
            "UPDATE distribution_commission SET created_at = created_at - make_interval(days => %s) WHERE id = %s",
            [days, commission.id])
        commission.invalidate_recordset()

    def test_today_the_month_and_the_last_days_are_shown(self):
        with freeze_time('2026-06-20 12:00:00'):
            self.env.cr.execute("UPDATE distribution_commission SET created_at = '2026-06-20 09:00:00'")
            self.env.invalidate_all()
            self.assertIn("Today $ 40.00 This month $ 40.00", self._read(PAGE))
            for days, today, month, last in ((5, 10, 40, 40), (20, 10, 10, 40), (29, 10, 10, 40), (30, 10, 10, 10)):
                with self.subTest(days=days):
                    self.env.cr.execute("UPDATE distribution_commission SET created_at = '2026-06-20 09:00:00'")
                    self._shift(self.settled, days)
                    earnings = self.mei._get_earnings()
                    self.assertEqual(
                        (earnings.today, earnings.month, sum(amount for _day, amount in earnings.days)), (today, month, last))
                    self.assertEqual(
                        [str(earnings.days[0][0]), str(earnings.days[-1][0]), len(earnings.days)],
                        ['2026-05-22', '2026-06-20', 30])

    def test_days_begin_where_the_company_is(self):
        self.company.partner_id.tz = 'Asia/Shanghai'
        with freeze_time('2026-06-30 17:00:00'):        # July there
            for moment, today, month in (
                ('2026-06-30 16:00:00', 40, 40), ('2026-06-30 15:59:59', 0, 0), ('2026-06-30 17:00:00', 40, 40),
            ):
                with self.subTest(moment):
                    self.env.cr.execute("UPDATE distribution_commission SET created_at = %s", [moment])
                    earnings = self.mei._get_earnings()
                    self.assertEqual((earnings.today, earnings.month), (today, month))

    def test_what_was_taken_back_is_off(self):
        self._refund(self.env['sale.order'].search([('name', '=', self.pending.order_name)]).invoice_ids)
        self._process()
        self.assertEqual(self.mei._get_earnings().month, 30.0)

    def test_the_chart_and_the_table_say_the_same(self):
        points = self._get_points()
        self.assertEqual(len(points), 30)
        self.assertEqual([point['amount'] for point in points], [0.0] * 29 + [40.0])
        self.assertRegex(self._read(PAGE), r"Day ?Commissions \w+ \d+ ?\$ 40\.00")

    def test_without_a_commission_there_is_no_chart(self):
        self.assertIn("The chart of your last 30 days begins with your first commission.", self._read(PAGE, 'bo'))
        self.assertNotIn('<canvas', self._open(PAGE, 'bo').text)

    def test_what_is_missing_to_the_next_level_is_said(self):
        levels = self.env['distribution.level'].create([
            {'name': "Silver", 'sequence': 1, 'is_automatic': True, 'min_sales': 100},
            {'name': "By hand", 'sequence': 2},
            {'name': "Gold", 'sequence': 3, 'is_automatic': True, 'min_sales': 500, 'min_orders': 2},
        ])
        self.assertIn("Next level: Silver", self._read(OUTLOOK))
        self.mei.level_id = levels[0]
        text = self._read(OUTLOOK)
        self.assertRegex(text, r"Silver\s+Gold own net sales in 90 days: \$.400\.00 of \$.500\.00 own orders in 90 days: 2 of 2")
        self.mei.level_id = levels[2]
        self.assertIn("Nothing lies ahead", self._read(OUTLOOK))

    def test_the_overview_takes_what_lies_ahead_as_a_part(self):
        self.env['distribution.level'].create({'name': "Silver", 'is_automatic': True, 'min_sales': 100})
        new_test_user(self.env, 'employee', groups='base.group_user')
        [place] = html.fromstring(self._open(PAGE).text).xpath("//div[@class='o_distribution_outlook']")
        self.assertEqual(place.xpath('.//a/@href'), [OUTLOOK])
        part = self._open(place.get('data-url')).text
        self.assertIn("own net sales in 90 days", part)
        self.assertNotIn('<html', part)
        self.assertEqual(self._open(place.get('data-url'), 'employee').text.strip(), '')

    def test_the_next_level_is_measured_as_the_nightly_run_does(self):
        gold = self.env['distribution.level'].create({
            'name': "Gold", 'is_automatic': True, 'min_sales': 350, 'max_return_rate': 20})
        self._invoice(self._create_order(9, distributor=self.bo))       # another's sales
        for refunded, reached in ((0, True), (60.0, False)):
            with self.subTest(refunded=refunded):
                if refunded:
                    self._refund(self.env['sale.order'].search([('name', '=', self.settled.order_name)]).invoice_ids, refunded)
                conditions = self.mei._get_level_progress().conditions
                self.assertEqual(all(holds for holds, _text in conditions), reached)
                run = self.env['distribution.level.run'].sudo()._preview(
                    self.company, fields.Datetime.now() + timedelta(seconds=1))
                moved = run.line_ids.filtered(lambda line: line.distributor_id == self.mei)
                self.assertEqual(moved.to_level_id, gold if reached else gold.browse())

    def test_what_there_is_to_do_is_listed(self):
        accounts = self.env['distribution.payee.account'].search([('distributor_id', '=', self.mei.id)])
        self.assertNotIn("account", self._get_todos())
        accounts._set_unverified()
        self.assertIn("We are verifying your account.", self._get_todos())
        accounts.active = False
        self.assertIn("Add the account that you want to be paid to.", self._get_todos())
        self.env.cr.execute(
            "UPDATE distribution_settlement SET state = 'billed' WHERE distributor_id = %s", [self.mei.id])
        self.env.invalidate_all()
        self.assertIn("A statement waits for your invoice.", self._get_todos())
        self.assertEqual(self._get_todos('bo'), "")

    def _get_todos(self, login='mei'):
        todos = html.fromstring(self._open(PAGE, login).text).xpath("//ul[contains(@class, 'o_distribution_todos')]")
        return ' '.join(' '.join(todo.text_content().split()) for todo in todos)

    def test_a_long_history_costs_as_many_statements_as_a_short_one(self):
        before = self._count_statements(PAGE)
        for quantity in range(1, 7):
            self._invoice(self._create_order(quantity, distributor=self.mei))
        self._process()
        self.assertEqual(self._count_statements(PAGE), before)
