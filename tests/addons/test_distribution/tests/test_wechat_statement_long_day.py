from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from .wechat_statement_common import WechatStatementCase

BOOKING = 'odoo.addons.distribution_wechat.models.distribution_wechat_statement_booking'
QUERIES_EACH = 6.5      # of Odoo, which numbers and posts entries one by one; 7.3 if the suspense account is overwritten


@tagged('post_install', '-at_install')
class TestWechatStatementLongDay(WechatStatementCase):
    """A day of many movements is booked in parts that are committed, each movement once."""

    def _book_in_parts(self, size=3):
        return patch(f'{BOOKING}._BATCH', size)

    def _interrupt(self, part):
        """Let the worker be killed in a part, when it has made its entries."""
        model, parts = self.env.registry['distribution.wechat.statement'], iter(range(1, 100))
        reconcile = model._reconcile

        def _reconcile(statement, counterparts):
            if next(parts) == part:
                raise SystemExit
            return reconcile(statement, counterparts)

        return patch.object(model, '_reconcile', _reconcile)

    def _count_triggers(self):
        job = self.env.ref('distribution_wechat.ir_cron_fetch_statements')
        return self.env['ir.cron.trigger'].search_count([('cron_id', '=', job.id)])

    def _buy_some(self, count):
        for number in range(count):
            self._buy(10.0 + number)

    def _assert_booked(self, statement, count):
        """The first movements are booked, each once, in their order, and the bank statement adds up to there."""
        lines = statement.line_ids.sorted('id')
        bank = statement.bank_statement_id
        self.assertEqual(bank.line_ids.sorted('id').mapped('wechat_flow_number'), lines[:count].mapped('flow_number'))
        self.assertEqual(lines.bank_line_id, bank.line_ids)
        self.assertEqual(set(bank.line_ids.mapped('is_reconciled')), {True})
        self.assertRecordValues(bank, [{
            'balance_start': 0.0, 'balance_end': lines[count - 1].balance, 'balance_end_real': lines[count - 1].balance,
            'is_complete': True, 'is_valid': True}])
        self.assertEqual(self.env['account.move'].search_count([('journal_id', '=', self.journal.id),
                                                                ('statement_line_id', '!=', False)]), count)

    def test_a_part_that_is_interrupted_is_begun_anew(self):
        self._buy_some(4)
        self._age()
        statement = self._create_statement('flow')
        with self._book_in_parts():
            with self._interrupt(part=3), suppress(SystemExit):     # `assertRaises` would take back what is committed
                self._run_cron()
            self.env.invalidate_all()
            self._assert_booked(statement, 6)
            self._run_cron()
        self._assert_booked(statement, 8)

    def test_the_button_books_the_first_part_and_the_job_the_others(self):
        self._buy_some(4)
        self._age()
        with self._book_in_parts():
            statement = self._fetch('flow')
            self._assert_booked(statement, 3)
            self.assertEqual(self._count_triggers(), 1)
            self._run_cron()
        self._assert_booked(statement, 8)
        self._create_statement('flow', self.day - timedelta(days=1)).action_fetch()
        self.assertEqual(self._count_triggers(), 1)

    def test_a_movement_that_cannot_be_booked_stops_its_day_only_and_from_there_on(self):
        other_account = self.fee_account.copy({'code': '112298', 'account_type': 'asset_current', 'reconcile': True})
        self._buy(10.0)
        methods = self.journal.inbound_payment_method_line_ids
        account, methods.payment_account_id = methods.payment_account_id[:1], other_account
        self._buy(11.0)
        methods.payment_account_id = account
        other_account.active = False
        self._age(1)
        self._buy(12.0)
        self._age()
        statement, next_day = (self._create_statement('flow', self.day - timedelta(days=days)) for days in (1, 0))
        with self._book_in_parts(2):
            self._run_cron()
            self._assert_reason(statement, "is archived")
            self.assertEqual((len(statement.bank_statement_id.line_ids), len(statement.line_ids)), (2, 4))
            self._assert_reason(next_day, False)
            self.assertEqual(len(next_day.bank_statement_id.line_ids), 2)
            other_account.active = True
            statement.sudo().next_try_at = False
            self._run_cron()
        self._assert_reason(statement, False)
        self.assertEqual(len(statement.bank_statement_id.line_ids), 4)
        bank = next_day.bank_statement_id
        self.assertRecordValues(bank, [{'is_complete': True, 'is_valid': True}])
        self.assertEqual(self.currency.compare_amounts(bank.balance_end, self._get_balance()), 0)

    def _assert_reason(self, statement, reason):
        if reason:
            self.assertIn(reason, statement.booking_error)
        else:
            self.assertFalse(statement.booking_error)

    def test_what_becomes_certain_later_is_reconciled_in_parts(self):
        self.merchant.fee_account_id = False
        self._buy_some(4)
        self._age()
        statement = self._fetch('flow')
        self.assertEqual(statement.bank_statement_id.line_ids.mapped('is_reconciled').count(False), 4)
        self.merchant.fee_account_id = self.fee_account
        with self._book_in_parts():
            self.assertTrue(statement.sudo()._book())
            self.assertEqual(statement.bank_statement_id.line_ids.mapped('is_reconciled').count(False), 1)
            self.assertFalse(statement.sudo()._book())
        self._assert_booked(statement, 8)

    def test_the_entries_tell_of_themselves_where_the_chatter_is_the_audit_trail(self):
        self._buy(10.0)
        self._age(1)
        self._buy(11.0)
        self._age()
        told = []
        for days, is_audit_trail in ((1, False), (0, True)):
            self.company.restrictive_audit_trail = is_audit_trail
            statement = self._create_statement('flow', self.day - timedelta(days=days))
            statement.with_env(self.env(context={})).action_fetch()      # tests tell nothing by default
            told.append([bool(move.message_ids) for move in statement.bank_statement_id.line_ids.move_id])
        self.assertEqual(told, [[False, False], [True, True]])

    def test_what_a_movement_costs_in_queries_does_not_grow(self):
        self._buy_some(5)
        self._age(1)
        self._buy_some(20)
        self._age()
        counts = {}
        for days in (1, 0):
            statement = self._create_statement('flow', self.day - timedelta(days=days)).sudo()
            statement._fetch()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            statement._book()
            self.env.flush_all()
            counts[len(statement.bank_statement_id.line_ids)] = self.env.cr.sql_log_count - before
        self.assertEqual(list(counts), [10, 40])
        self.assertLessEqual((counts[40] - counts[10]) / 30, QUERIES_EACH, counts)
