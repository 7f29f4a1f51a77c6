from psycopg2 import errors

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestLedger(DistributionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._invoice(cls._create_order())
        cls._process()
        cls.transfer = cls.env['distribution.transfer'].search([('distributor_id', '=', cls.seller.id)])

    def test_a_posted_transfer_cannot_be_changed_by_the_orm(self):
        for change in (
            lambda: self.transfer.write({'amount': 1}),
            lambda: self.transfer.unlink(),
            lambda: self.transfer.create({}),
        ):
            with self.assertRaises(UserError):
                change()
        self.assertBalances(self.seller, merchant=-10, pending=10)

    @mute_logger('odoo.sql_db')
    def test_a_posted_transfer_cannot_be_changed_by_sql(self):
        for query in (
            "UPDATE distribution_transfer SET amount = 1",
            "UPDATE distribution_transfer SET move_line_id = NULL, amount = 2",
            "DELETE FROM distribution_transfer",
            "TRUNCATE distribution_transfer CASCADE",
        ):
            with self.subTest(query), self.assertRaises(errors.RaiseException), self.env.cr.savepoint():
                self.env.cr.execute(query)
        self.assertBalances(self.seller, merchant=-10, pending=10)

    def test_the_guard_is_an_ordinary_part_of_the_schema(self):
        """A dump takes along what hangs on the table in the schema: triggers, fired for everybody, and their function."""
        self.env.cr.execute("""
            SELECT tgname, pg_get_triggerdef(t.oid), tgenabled, tgisinternal, n.nspname
              FROM pg_trigger t
              JOIN pg_proc p ON p.oid = t.tgfoid
              JOIN pg_namespace n ON n.oid = p.pronamespace
             WHERE tgrelid = 'distribution_transfer'::regclass AND p.proname = 'distribution_transfer_guard'
          ORDER BY tgname
        """)
        self.assertEqual(self.env.cr.fetchall(), [
            ('distribution_transfer_append_only',
             ("CREATE TRIGGER distribution_transfer_append_only BEFORE DELETE OR UPDATE ON public.distribution_transfer"
              " FOR EACH ROW EXECUTE FUNCTION distribution_transfer_guard()"), 'O', False, 'public'),
            ('distribution_transfer_no_truncate',
             ("CREATE TRIGGER distribution_transfer_no_truncate BEFORE TRUNCATE ON public.distribution_transfer"
              " FOR EACH STATEMENT EXECUTE FUNCTION distribution_transfer_guard()"), 'O', False, 'public'),
        ])

    @mute_logger('odoo.sql_db')
    def test_the_guard_comes_back_with_an_update_of_the_module(self):
        self.env.cr.execute("DROP FUNCTION distribution_transfer_guard() CASCADE")
        self.env['distribution.transfer'].init()
        with self.assertRaises(errors.RaiseException), self.env.cr.savepoint():
            self.env.cr.execute("DELETE FROM distribution_transfer")

    @mute_logger('odoo.sql_db')
    def test_the_guard_survives_the_removal_of_other_models_records(self):
        """What an uninstallation does to rows that point at its own records stops at the ledger."""
        commission = self.transfer.commission_id
        for query in (
            "DELETE FROM distribution_commission WHERE id = %s",
            "DELETE FROM distribution_distributor WHERE id = %s",
        ):
            record = commission if 'commission ' in query else self.seller
            with self.subTest(query), self.assertRaises(errors.IntegrityError), self.env.cr.savepoint():
                self.env.cr.execute(query, [record.id])
        self.assertBalances(self.seller, merchant=-10, pending=10)

    @mute_logger('odoo.sql_db')
    def test_a_journal_item_is_filled_in_once(self):
        self._book()
        line = self.transfer.move_line_id
        self.transfer._link_journal_items([line.move_id.line_ids.filtered(lambda other: other != line).id])
        self.assertEqual(self.transfer.move_line_id, line)
        with self.assertRaises(errors.RaiseException), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE distribution_transfer SET move_line_id = NULL")

    def test_an_entry_that_books_commissions_cannot_be_taken_back(self):
        self._book()
        with self.assertRaisesRegex(UserError, "books commissions"):
            self.transfer.move_line_id.move_id.button_draft()
        self.assertRecordValues(self.transfer.move_line_id.move_id, [{'state': 'posted'}])

    def test_posting_again_under_the_same_key_moves_nothing(self):
        from ..models.distribution_transfer import Transfer
        again = Transfer(
            self.transfer.idempotency_key, self.seller.id, 'merchant', 'pending', 1000, 'accrual',
            commission_id=self.transfer.commission_id.id)
        self.assertEqual(self.env['distribution.transfer']._post([again], self.company), 0)
        self.assertBalances(self.seller, merchant=-10, pending=10)

    def test_the_books_check_names_an_altered_journal_item(self):
        self._book()
        line = self.transfer.move_line_id
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move_line SET balance = balance - 0.01 WHERE id = %s", [line.id])
        found = {row['check']: row for row in self.env['distribution.books'].check()}
        self.assertEqual(set(found), {
            "pending, available and held equal the accrued account",
            "each booked journal item equals its transfers",
            "entries of the journal are balanced",
        })
        self.assertEqual(found["each booked journal item equals its transfers"]['difference'], '0.01')
        self.assertIn(f"journal item {line.id}", found["each booked journal item equals its transfers"]['detail'])

    def test_the_books_check_names_an_altered_balance(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE distribution_balance SET amount = amount + 1 WHERE distributor_id = %s AND bucket = 'pending'",
            [self.seller.id])
        self.assertEqual(
            self.env['distribution.books'].check(), [{
                'check': "balances are the sums of the transfers", 'company_id': self.company.id,
                'company': self.company.name, 'expected': '10.00', 'actual': '11.00', 'difference': '1.00',
                'detail': f'distributor {self.seller.id}, bucket pending'}])

    def test_an_order_that_earned_cannot_be_deleted(self):
        order = self.transfer.commission_id.attribution_id.order_id
        with self.assertRaisesRegex(UserError, "kept as a record"):
            order._unlink_unless_attributed()

    def test_every_explanation_evaluates_to_its_amount(self):
        from ..engine import evaluate
        for transfer in self.env['distribution.transfer'].search([('reason', '=', 'accrual')]):
            self.assertEqual(evaluate(transfer.explanation), transfer.explanation['amount'])
        self.assertEqual(self.transfer.commission_id._get_explanation_lines(), [
            "Sold, without tax: $\xa0100.00",
            "Commission base: $\xa0100.00",
            "Tier 1 earns 10 %: $\xa010.00",
        ])

    def test_an_explanation_that_does_not_give_the_amount_is_found(self):
        commission = self.transfer.commission_id
        for what, change in {
            'net': "jsonb_set(explanation, '{base,sold}', '20000')",
            'rate': "jsonb_set(explanation, '{rule,value}', '110000')",
        }.items():
            with self.subTest(what), self.env.cr.savepoint() as savepoint:
                self.env.cr.execute(
                    f"UPDATE distribution_commission SET explanation = {change} WHERE id = %s", [commission.id])
                self.assertEqual(
                    [difference['detail'] for difference in self.env['distribution.books'].check()],
                    [f"explanation of commission {commission.id}"])
                savepoint.rollback()
        self.assertBooks()
