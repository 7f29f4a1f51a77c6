from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common import NetworkBuilders

NOW = datetime(2026, 6, 30, 19)


class LevelRunCommon(NetworkBuilders, AccountTestInvoicingCommon):
    """A company with two levels by hand of the test, whose runs happen in June 2026."""

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref('distribution_core.group_distribution_manager') \
            | cls.quick_ref('sales_team.group_sale_manager')

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.customer = cls.env['res.partner'].create({'name': "Customer", 'email': 'customer@example.com'})
        cls.product = cls.env['product.product'].create({
            'name': "Tea", 'type': 'service', 'list_price': 100.0, 'invoice_policy': 'order', 'taxes_id': False})
        with freeze_time('2026-01-01 08:00:00'):
            cls.seller = cls._create_distributor("Seller")
        cls.level = cls.env['distribution.level']
        cls.none = cls.level
        cls.run_sudo = cls.env['distribution.level.run'].sudo()

    # === BUILDERS === #

    @classmethod
    def _create_level(cls, name, sequence, **values):
        return cls.level.create({'name': name, 'sequence': sequence, 'is_automatic': True, **values})

    @classmethod
    def _sell(cls, amount, at='2026-06-15 10:00:00', distributor=None, invoiced=True, lines=(), **values):
        """Confirm an order credited to a distributor, and post its invoice."""
        with freeze_time(at):
            order = cls.env['sale.order'].create({
                'partner_id': cls.customer.id,
                'distributor_id': (distributor or cls.seller).id,
                'order_line': [
                    Command.create({'product_id': cls.product.id, 'price_unit': amount}),
                    *(Command.create({'product_id': cls.product.id, **line}) for line in lines),
                ],
                **values,
            })
            order.action_confirm()
            if invoiced:
                order._create_invoices().action_post()
        return order

    @classmethod
    def _refund(cls, order, amount):
        """Post a credit note of an amount of the order's first line."""
        refund = order.invoice_ids._reverse_moves([{'invoice_date': order.invoice_ids.invoice_date}])
        refund.invoice_line_ids[1:].unlink()
        refund.invoice_line_ids.write({'quantity': 1, 'price_unit': amount})
        refund.action_post()

    def _move(self, now=NOW):
        """Make a run, apply it, and return its lines."""
        with freeze_time(now):
            run = self.run_sudo._preview(self.company, now)
            run._apply()
        return run.line_ids

    def _would_move(self, now=NOW):
        """Return whether a preview finds anybody; it is thrown away."""
        run = self.run_sudo._preview(self.company, now)
        found = bool(run)
        run.unlink()
        return found


@tagged('post_install', '-at_install')
class TestLevelQualification(LevelRunCommon):

    def test_what_each_condition_asks_for_and_where_it_begins_to_hold(self):
        """Own: 2 orders on 15 June of 60 and 40, one of them with 5 refunded. Active since 1 January."""
        self._refund(self._sell(60.0), 5.0)
        self._sell(40.0)
        self.seller.trained_at = date(2026, 6, 30)
        level = self._create_level("Silver", 1)
        since_active = (NOW - datetime(2026, 1, 1, 8)).days
        for values, now, expected in [
            ({'min_sales': 95.0}, NOW, True),
            ({'min_sales': 95.01}, NOW, False),
            ({'min_orders': 2}, NOW, True),
            ({'min_orders': 3}, NOW, False),
            ({'max_return_rate': 5.0}, NOW, True),
            ({'max_return_rate': 4.99}, NOW, False),
            ({'min_tenure_days': since_active}, NOW, True),
            ({'min_tenure_days': since_active + 1}, NOW, False),
            ({'min_tenure_days': 30}, datetime(2026, 1, 31, 8), True),
            ({'min_tenure_days': 30}, datetime(2026, 1, 31, 7, 59, 59), False),
            ({'needs_training': True}, NOW, True),
            ({'needs_training': True}, datetime(2026, 6, 29, 23, 59), False),
            # The window: from exactly its days before, until before now.
            ({'min_orders': 2, 'window_days': 10}, datetime(2026, 6, 25, 10), True),
            ({'min_orders': 1, 'window_days': 10}, datetime(2026, 6, 25, 10, 0, 1), False),
            ({'min_orders': 1}, datetime(2026, 6, 15, 10), False),
            ({'min_orders': 2}, datetime(2026, 6, 15, 10, 0, 1), True),
            # All of them together.
            ({'min_sales': 95.0, 'min_orders': 2, 'max_return_rate': 5.0, 'needs_training': True}, NOW, True),
            ({'min_sales': 95.0, 'min_orders': 3, 'max_return_rate': 5.0, 'needs_training': True}, NOW, False),
        ]:
            with self.subTest(values=values, now=now):
                level.write({
                    'window_days': 90, 'min_sales': 0, 'min_orders': 0, 'max_return_rate': 100, 'min_tenure_days': 0,
                    'needs_training': False, **values})
                self.assertEqual(self._would_move(now), expected)

    def test_without_training_a_level_that_asks_for_it_is_not_given(self):
        self._create_level("Silver", 1, needs_training=True)
        self.assertFalse(self._would_move())

    def test_the_facts_are_kept_with_the_line_and_in_the_history(self):
        self._refund(self._sell(60.0), 5.0)
        self._sell(40.0)
        level = self._create_level("Silver", 1, min_sales=95, min_orders=2, max_return_rate=5)
        line = self._move()
        facts = {
            'window_days': 90, 'sales': 95.0, 'orders': 2, 'refunded': 5.0, 'return_rate': 5.0, 'tenure_days': 180,
            'trained': False,
            'required': {'min_sales': 95.0, 'min_orders': 2, 'max_return_rate': 5.0, 'min_tenure_days': 0,
                         'needs_training': False},
        }
        self.assertEqual(line.facts, facts)
        self.assertRecordValues(line, [{
            'distributor_id': self.seller.id, 'from_level_id': False, 'to_level_id': level.id,
            'direction': 'promotion', 'outcome': 'applied'}])
        self.assertEqual(
            line.why.replace('\N{NO-BREAK SPACE}', ' '),
            "own net sales in 90 days: $ 95.00 of $ 95.00; own orders in 90 days: 2 of 2; "
            "return rate: 5.0 %, at most 5.0 %")
        edge = self.seller.level_history_ids.sorted('id')[-1]
        self.assertRecordValues(edge, [{
            'level_id': level.id, 'from_at': NOW, 'until_at': False, 'source': 'run', 'run_id': line.run_id.id}])
        self.assertEqual(edge.facts, facts)
        self.assertEqual(edge.why, line.why)

    def test_what_counts_as_own_sales(self):
        foreign = self.env['res.currency'].create({'name': 'XFX', 'symbol': "X", 'rate_ids': [Command.create({
            'name': '2026-01-01', 'rate': 4.0, 'company_id': self.company.id})]})
        pricelist = self.env['product.pricelist'].create({'name': "Foreign", 'currency_id': foreign.id})
        other = self._create_distributor("Downline", parent_id=self.seller.id)
        level = self._create_level("Silver", 1)
        delivery = [{'price_unit': 7.0, 'is_delivery': True}] \
            if 'is_delivery' in self.env['sale.order.line']._fields else []
        for name, values, sales in [
            ("in the company's currency", {'amount': 100.0}, 100.0),
            ("in another currency, at the order's rate", {'amount': 100.0, 'pricelist_id': pricelist.id}, 25.0),
            ("not invoiced", {'amount': 100.0, 'invoiced': False}, 0.0),
            ("shipping", {'amount': 100.0, 'lines': delivery}, 100.0),
            ("a down payment", {'amount': 100.0, 'lines': [{'price_unit': 30.0, 'is_downpayment': True}]}, 100.0),
            ("of somebody below", {'amount': 100.0, 'distributor': other}, 0.0),
        ]:
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                self._sell(**values)
                for least, expected in ((sales, True), (sales + 0.01, False)):
                    level.min_sales = least
                    run = self.run_sudo._preview(self.company, NOW)
                    self.assertEqual(self.seller in run.line_ids.distributor_id, expected, least)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_cancelled_order_does_not_count(self):
        order = self._sell(100.0)
        self._create_level("Silver", 1, min_orders=1)
        self.assertTrue(self._would_move())
        order._action_cancel()
        self.assertFalse(self._would_move())

    def test_the_return_rate_of_a_foreign_order_is_that_of_its_own_currency(self):
        foreign = self.env['res.currency'].create({'name': 'XFX', 'symbol': "X", 'rate_ids': [
            Command.create({'name': '2026-01-01', 'rate': 4.0, 'company_id': self.company.id}),
            Command.create({'name': '2026-06-16', 'rate': 8.0, 'company_id': self.company.id})]})
        pricelist = self.env['product.pricelist'].create({'name': "Foreign", 'currency_id': foreign.id})
        order = self._sell(100.0, pricelist_id=pricelist.id)
        with freeze_time('2026-06-20 10:00:00'):
            self._refund(order, 50.0)
        self._create_level("Silver", 1, min_sales=12.5, max_return_rate=50)
        self.assertEqual(self._move().facts['return_rate'], 50.0)

    def test_the_best_level_is_given_whatever_the_order_of_creation(self):
        gold = self._create_level("Gold", 3, min_sales=100)
        self._create_level("Diamond", 4, min_sales=1000)
        self._create_level("By hand", 5, is_automatic=False)
        self._create_level("Archived", 6, active=False)
        self._create_level("Silver", 2)
        self._sell(100.0)
        self._move()
        self.assertEqual(self.seller.level_id, gold)


@tagged('post_install', '-at_install')
class TestLevelRun(LevelRunCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.silver = cls._create_level("Silver", 1)
        cls.gold = cls._create_level("Gold", 2, min_sales=100, window_days=30, grace_days=7)

    def test_a_preview_moves_nobody_and_the_next_one_replaces_it(self):
        first = self.run_sudo._preview(self.company, NOW)
        self.assertEqual((first.state, len(first.line_ids), self.seller.level_id), ('draft', 1, self.none))
        self.assertEqual(len(self.seller.level_history_ids), 1)
        second = self.run_sudo._preview(self.company, NOW)
        self.assertEqual((first.state, second.state), ('cancelled', 'draft'))

    def test_applying_twice_moves_nobody_twice(self):
        run = self._move().run_id
        self.seller._set_level(self.none, "By hand")
        run._apply()
        self.assertEqual((run.state, self.seller.level_id), ('applied', self.none))
        self.assertEqual(len(self.seller.level_history_ids), 3)

    def test_a_run_that_would_move_nobody_leaves_nothing_behind(self):
        self._move()
        own = [('company_id', '=', self.company.id)]
        self.assertEqual(self.run_sudo.search_count(own), 1)
        with freeze_time(NOW), self.enter_registry_test_mode():
            self.env.ref('distribution_core.ir_cron_level_run').method_direct_trigger()
        self.assertEqual(self.run_sudo.search_count(own), 1)

    def test_the_nightly_job_measures_and_applies(self):
        with freeze_time(NOW), self.enter_registry_test_mode():
            self.env.ref('distribution_core.ir_cron_level_run').method_direct_trigger()
        self.assertEqual(self.seller.level_id, self.silver)

    def test_a_level_is_lost_only_after_its_conditions_failed_for_the_whole_grace(self):
        self._sell(100.0, at='2026-05-01 10:00:00')
        steps = [
            (datetime(2026, 5, 2, 19), 'promotion', self.gold, False),
            (datetime(2026, 5, 31, 9), None, self.gold, False),
            (datetime(2026, 6, 1, 19), 'warning', self.gold, date(2026, 6, 1)),
            (datetime(2026, 6, 2, 19), None, self.gold, date(2026, 6, 1)),
            (datetime(2026, 6, 7, 19), None, self.gold, date(2026, 6, 1)),
            (datetime(2026, 6, 8, 18), 'demotion', self.silver, False),
            (datetime(2026, 6, 9, 19), None, self.silver, False),
        ]
        for now, direction, level, failing_since in steps:
            with self.subTest(now):
                lines = self._move(now)
                self.assertEqual(lines.mapped('direction'), [direction] if direction else [])
                self.assertEqual((self.seller.level_id, self.seller.level_failing_since), (level, failing_since))
        self.assertEqual(
            self.seller.level_history_ids.sorted('id').mapped('source'), ['creation', 'run', 'run'])

    def test_who_recovers_within_the_grace_starts_anew_when_it_fails_again(self):
        self.seller.level_id = self.gold
        self.assertEqual(self._move(datetime(2026, 5, 1, 19)).direction, 'warning')
        self._sell(100.0, at='2026-05-05 10:00:00')
        self.assertEqual(self._move(datetime(2026, 5, 5, 19)).direction, 'recovery')
        self.assertFalse(self.seller.level_failing_since)
        self.assertFalse(self._move(datetime(2026, 5, 9, 19)))
        self.assertEqual(self._move(datetime(2026, 6, 5, 19)).direction, 'warning')
        self.assertEqual((self.seller.level_id, self.seller.level_failing_since), (self.gold, date(2026, 6, 5)))

    def test_a_refund_takes_the_level_back(self):
        order = self._sell(100.0)
        self._move()
        self.assertEqual(self.seller.level_id, self.gold)
        self.gold.grace_days = 0
        self._refund(order, 0.01)
        line = self._move()
        self.assertEqual((line.direction, self.seller.level_id), ('demotion', self.silver))
        self.assertEqual(
            line.why.replace('\N{NO-BREAK SPACE}', ' '), "own net sales in 30 days: $ 99.99 of $ 100.00")

    def test_without_another_level_that_fits_none_is_left(self):
        self.silver.active = False
        self.gold.grace_days = 0
        with freeze_time('2026-06-01 10:00:00'):
            self.seller.level_id = self.gold
        self._move()
        self.assertFalse(self.seller.level_id)

    def test_which_levels_are_never_lost(self):
        self.gold.grace_days = 0
        for values in ({'allows_demotion': False}, {'is_automatic': False}, {'active': False}):
            with self.subTest(values), self.env.cr.savepoint() as savepoint:
                self.seller.level_id = self.gold
                self.gold.write(values)
                self.assertFalse(self._would_move())
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_level_given_by_hand_is_kept_until_its_day(self):
        self.gold.grace_days = 0
        with freeze_time('2026-06-01 10:00:00'):
            self.seller._set_level(self.gold, "Contest", kept_until=date(2026, 6, 20))
        self.assertFalse(self._move(datetime(2026, 6, 19, 19)))
        self.assertEqual(self.seller.level_id, self.gold)
        self.assertEqual(self._move(datetime(2026, 6, 20, 0)).direction, 'demotion')
        self.assertEqual(self.seller.level_id, self.silver)

    def test_a_level_given_by_hand_does_not_stand_in_the_way_of_a_promotion(self):
        with freeze_time('2026-06-01 10:00:00'):
            self.seller._set_level(self.silver, "Contest", kept_until=date(2026, 12, 31))
        self._sell(100.0)
        self._move()
        self.assertEqual(self.seller.level_id, self.gold)

    def test_what_changed_after_the_preview_is_not_overwritten(self):
        sellers = {name: self._create_distributor(name) for name in ("same", "moved", "moved back", "suspended")}
        run = self.run_sudo._preview(self.company, NOW)
        self.assertEqual(len(run.line_ids), 5)
        sellers["moved"].level_id = self.gold
        sellers["moved back"].level_id = self.gold
        sellers["moved back"].level_id = False
        sellers["suspended"]._set_suspended("Complaint")
        run._apply()
        self.assertEqual(
            {name: seller.level_id for name, seller in sellers.items()},
            {"same": self.silver, "moved": self.gold, "moved back": self.none, "suspended": self.none})
        self.assertEqual(
            {line.distributor_id: line.outcome for line in run.line_ids},
            {self.seller: 'applied', sellers["same"]: 'applied', sellers["moved"]: 'skipped',
             sellers["moved back"]: 'skipped', sellers["suspended"]: 'skipped'})

    def test_only_the_active_of_the_company_are_measured(self):
        other = self.env['res.company'].create({'name': "Other"})
        self.env.user.company_ids |= other
        everybody = self.env['distribution.level'].create({
            'name': "Everywhere", 'is_automatic': True, 'company_id': False, 'sequence': 3})
        foreign = self._create_distributor("Foreign", company_id=other.id)
        suspended = self._create_distributor("Suspended")
        suspended._set_suspended("Complaint")
        draft = self._create_distributor("Draft", active=False)
        self._move()
        self.assertEqual(self.seller.level_id, everybody)
        self.assertFalse((foreign | suspended | draft).level_id)
        self.run_sudo._preview(other, NOW)._apply()
        self.assertEqual(foreign.level_id, everybody)

    def test_the_number_of_statements_does_not_depend_on_the_number_of_distributors(self):
        counts = []
        for size in (1, 5, 50):       # the first one fills the caches
            sellers = self.env['distribution.distributor'].union(*(
                self._create_distributor(f"Seller {size}") for _ in range(size)))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            run = self.run_sudo._preview(self.company, NOW + timedelta(days=size))
            run._apply()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(sellers.level_id, self.silver)
        self.assertEqual(counts[1], counts[2])
