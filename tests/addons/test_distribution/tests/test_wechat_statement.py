import base64
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Datetime
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .wechat_pay_common import connect_merchant
from .wechat_statement_common import WechatStatementCase

CRON = 'odoo.addons.distribution_core.models.ir_cron'
STATEMENT = 'odoo.addons.distribution_wechat.models.distribution_wechat_statement'


@tagged('post_install', '-at_install')
class TestWechatStatement(WechatStatementCase):
    """What WeChat Pay says about a day, and what is known here."""

    @contextmanager
    def _undone(self):
        """Let what happens be forgotten at the end."""
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
            self._spoil()

    def _get_open(self, statement):
        return statement.difference_ids.filtered(lambda found: found.state == 'open').sorted('id')

    def _create_user(self, login, group):
        return new_test_user(self.env, login, groups=group, company_id=self.company.id)

    # === A DAY === #

    def test_a_day_on_which_all_is_well_matches(self):
        tx = self._buy(100.0, reference='Tea, green "one"')
        refund, payout = self._refund_part(tx, 30.0), self._pay_out(50.0)
        self._age()
        trade, flow = self._fetch(), self._fetch('flow')
        self.assertEqual((trade.state, flow.state), ('matched', 'matched'))
        self.assertFalse((trade | flow).difference_ids)
        bill = payout.wechat_bill_ids
        self.assertRecordValues(trade.line_ids.sorted('id'), [
            {'kind': 'payment', 'number': tx.wechatpay_number, 'amount': 100.0, 'fee': 0.6, 'transaction_id': tx.id},
            {'kind': 'refund', 'number': refund.wechatpay_number, 'amount': -30.0, 'fee': 0.0,
             'transaction_id': refund.id}])
        self.assertRecordValues(flow.line_ids.sorted('id'), [
            {'kind': 'payment', 'amount': 100.0, 'balance': 100.0, 'transaction_id': tx.id, 'transfer_id': False},
            {'kind': 'fee', 'amount': -0.6, 'balance': 99.4, 'transaction_id': tx.id, 'transfer_id': False},
            {'kind': 'refund', 'amount': -30.0, 'balance': 69.4, 'transaction_id': refund.id, 'transfer_id': False},
            {'kind': 'transfer', 'amount': -50.0, 'balance': 19.4, 'transaction_id': False, 'transfer_id': bill.id}])
        self.assertTrue(base64.b64decode(trade.file).startswith('\ufeff交易时间'.encode()))
        with self.assertRaisesRegex(UserError, "matches"):
            trade.action_fetch()

    def test_a_day_on_which_nothing_happened_is_empty(self):
        for kind in ('trade', 'flow'):
            statement = self._fetch(kind)
            self.assertEqual((statement.state, statement.line_count, statement.file), ('matched', 0, False))

    def test_each_difference_is_found_and_named(self):
        """A wrong statement of a day with a payment of 100.00 first, and a refund of 30.00."""
        tx = self._buy(100.0)
        self._refund_part(tx, 30.0)
        self._age()
        number, format_amount = tx.wechatpay_number, self.currency.format
        hundred, more = format_amount(100.0), format_amount(101.0)
        wrong_fee = f"The fee of {number} is {format_amount(1.6)}, by the merchant's rate it is {format_amount(0.6)}."
        balance = "the balance is"
        for faults, expected in (
            ({'row': 'amount'}, [('amount', f"Payment {number} is of {hundred} here, and of {more} at WeChat Pay.")]),
            ({'row': 'missing'}, [
                ('missing_there', f"Payment {number} of {hundred} is done here, and not in the statement.")]),
            ({'row': 'unknown'}, [('missing_here', f"Payment UNKNOWN1 of {hundred} at WeChat Pay is not known here.")]),
            ({'row': 'fee'}, [
                ('fee', wrong_fee)]),
            ({'row': 'duplicate'}, [('duplicate', f"Payment {number} of {hundred} is in the statement twice.")]),
            ({'row': 'state'}, [
                ('state', f"Payment {number} of {hundred} is “done” here, and “REVOKED” at WeChat Pay.")]),
            ({'of': 'flow', 'row': 'amount'}, [
                ('amount', f"Payment {number} is of {hundred} here, and of {more} at WeChat Pay.")]),
            ({'of': 'flow', 'row': 'missing'}, [
                ('missing_there', f"Payment {number} of {hundred} is done here, and not in the statement.")]),
            ({'of': 'flow', 'row': 'unknown'}, [
                ('missing_here', f"Payment UNKNOWN1 of {hundred} at WeChat Pay is not known here."),
                ('balance', balance)]),
            ({'of': 'flow', 'row': 'fee'}, [
                ('fee', wrong_fee),
                ('balance', balance)]),
            ({'of': 'flow', 'row': 'duplicate'}, [
                ('duplicate', f"Payment {number} of {hundred} is in the statement twice."), ('balance', balance)]),
        ):
            with self.subTest(faults), self._undone():
                self._spoil(**faults)
                statement = self._fetch(faults.get('of', 'trade'))
                found = self._get_open(statement)
                self.assertEqual(found.mapped('kind'), [kind for kind, _text in expected])
                for difference, (_kind, text) in zip(found, expected, strict=True):
                    self.assertIn(text, difference.description)
                self.assertEqual((statement.state, statement.difference_count), ('differences', len(expected)))
                self.assertEqual(statement.activity_ids.mapped('user_id'), self.env.user)

    def test_a_fee_is_compared_unless_the_merchant_has_no_rate(self):
        self._buy(100.0)
        self._age()
        self.fake.tell('merchants', mchid=self.merchant.mchid, fee_rate='0')
        with self._undone():
            flow = self._fetch('flow')
            self.assertRecordValues(self._get_open(flow), [
                {'kind': 'fee', 'subject': 'fee', 'amount_here': 0.6, 'amount_there': 0.0}])
        self.merchant.fee_rate = 0
        self.assertEqual([self._fetch(kind).state for kind in ('trade', 'flow')], ['matched', 'matched'])

    def test_a_transfer_that_is_missing_on_either_side_is_named(self):
        payout = self._pay_out(50.0)
        self._age()
        bill = payout.wechat_bill_ids
        with self._undone():
            bill.sudo().name = 'OTHER1'
            bill.sudo().platform_number = 'OTHER2'
            found = self._fetch('flow').difference_ids
            self.assertEqual(sorted((one.kind, one.subject, one.number) for one in found), [
                ('missing_here', 'transfer', self.fake.tell('money', mchid=self.merchant.mchid)['money'][0]['number']),
                ('missing_there', 'transfer', 'OTHER1')])
        with self._undone():
            bill.sudo().state = 'fail'
            self.assertRecordValues(self._fetch('flow').difference_ids, [
                {'kind': 'state', 'subject': 'transfer', 'state_here': 'fail', 'state_there': 'SUCCESS',
                 'amount_there': -50.0}])

    def test_the_balance_goes_on_from_day_to_day(self):
        self._buy(100.0)
        self._age(1)
        self._buy(10.0)
        self._age()
        self.assertEqual(self._fetch('flow', self.day - timedelta(days=1)).state, 'matched')
        self.fake.tell('merchants', mchid=self.merchant.mchid, opening=500)
        statement = self._fetch('flow')
        self.assertRecordValues(statement.difference_ids, [
            {'kind': 'balance', 'amount_here': 109.4, 'amount_there': 114.4}])
        self.assertFalse(statement.bank_statement_id)
        self.assertIn("do not add up", statement.booking_error)

    # === WHAT IS NOT BELIEVED, OR NOT THERE === #

    def test_a_statement_that_cannot_be_believed_is_refused_and_nothing_is_kept(self):
        self._buy(100.0)
        self._age()
        for faults, text in (
            ({'is_hash_wrong': True}, "not what was announced"), ({'is_total_wrong': True}, "add up"),
            ({'url': 'x'}, "no file"), ({'is_creating': True}, "ten o'clock"),
        ):
            for kind in ('trade', 'flow'):
                with self.subTest(faults, kind=kind), self._undone():
                    self._spoil(**faults)
                    statement = self._create_statement(kind)
                    with self.assertRaisesRegex(UserError, text), self.env.cr.savepoint():
                        statement.action_fetch()
                    self.assertRecordValues(statement, [{
                        'state': 'waiting', 'file': False, 'line_count': 0, 'bank_statement_id': False}])
                    self.assertFalse(statement.line_ids)

    @mute_logger(CRON)
    def test_a_day_that_is_not_ready_is_fetched_later(self):
        self._buy(100.0)
        self._age()
        self.merchant.statement_from = self.day
        self._spoil(is_creating=True)
        self._run_cron()
        statement = self.env['distribution.wechat.statement'].search(
            [('merchant_id', '=', self.merchant.id), ('day', '=', self.day), ('kind', '=', 'trade')])
        self.assertEqual((statement.state, statement.tries), ('waiting', 1))
        self.assertIn("ten o'clock", statement.error)
        self._spoil()
        self._run_cron()
        self.assertEqual(statement.state, 'waiting', "Not before its time")
        statement.sudo().next_try_at = Datetime.now()
        self._run_cron()
        self.assertEqual((statement.state, statement.tries, statement.error), ('matched', 0, False))

    # === FROM DAY TO DAY === #

    def test_a_day_of_china_begins_at_midnight_there(self):
        """Half-open: the last second of a day is part of it, the first one of the next day is not."""
        tx = self._buy(100.0)
        midnight = Datetime.to_datetime(self.day) - timedelta(hours=8)
        for moment, kinds in (
            (midnight - timedelta(seconds=1), []), (midnight, ['missing_there']),
            (midnight + timedelta(days=1, seconds=-1), ['missing_there']), (midnight + timedelta(days=1), []),
        ):
            with self.subTest(moment), self._undone():
                self.env.flush_all()
                self.env.cr.execute(
                    'UPDATE payment_transaction SET last_state_change = %s WHERE id = %s', [moment, tx.id])
                self.assertEqual(self._fetch().difference_ids.mapped('kind'), kinds)

    def test_what_comes_a_day_later_at_the_platform_heals(self):
        """The clocks differ around midnight: done here, and in the statement of the next day."""
        self.merchant.statement_from = self.day - timedelta(days=1)
        tx = self._buy(100.0)
        self._age()
        self.env.cr.execute('UPDATE payment_transaction SET last_state_change = %s WHERE id = %s', [
            Datetime.to_datetime(self.day) - timedelta(hours=8, seconds=1), tx.id])
        first = self._fetch(day=self.day - timedelta(days=1))
        self.assertEqual((first.state, first.difference_ids.kind), ('differences', 'missing_there'))
        self.assertTrue(first.activity_ids)
        self._run_cron()
        self.assertEqual((first.state, first.difference_ids.state), ('matched', 'healed'))
        self.assertFalse(first.activity_ids)

    def test_a_refund_that_is_known_after_midnight_heals(self):
        tx = self._buy(100.0)
        refund = self._refund_part(tx, 30.0, is_known=False)
        self._age()
        statement = self._fetch()
        self.assertRecordValues(statement.difference_ids, [{
            'kind': 'state', 'number': refund.wechatpay_number, 'state_here': 'pending', 'state_there': 'SUCCESS'}])
        self._learn(refund)
        statement.action_fetch()
        self.assertEqual((statement.state, statement.difference_ids.state), ('matched', 'healed'))
        self.assertEqual(len(statement.message_ids.filtered(lambda message: 'differences' in message.body)), 0)

    def test_a_refund_that_was_under_way_when_the_statement_was_made_is_no_difference(self):
        refund = self._refund_part(self._buy(100.0), 30.0)
        self._age()
        statement = self._create_statement()
        statement.sudo()._keep(self.merchant._get_client().get_trade_statement(self.day))
        line = statement.line_ids.filtered(lambda line: line.kind == 'refund')
        for state, kinds in (('PROCESSING', []), ('CHANGE', ['state'])):
            line.sudo().platform_state = state
            statement.sudo().write({'state': 'fetched'})
            statement.sudo()._match()
            self.assertEqual((refund.state, statement.difference_ids.mapped('kind')), ('done', kinds))

    def test_another_file_takes_the_place_of_a_wrong_one(self):
        self._buy(100.0)
        self._age()
        self._spoil(of='flow', row='amount')
        statement = self._fetch('flow')
        lines = statement.line_ids
        statement.action_fetch()
        self.assertEqual(statement.line_ids, lines, "The same file again changes nothing")
        self.assertEqual(len(statement.difference_ids), 1)
        self.assertEqual(len(statement.activity_ids), 1, "The accountant is told once")
        self._spoil()
        statement.action_fetch()
        self.assertEqual((statement.state, statement.difference_ids.state), ('matched', 'healed'))
        self.assertFalse(lines.exists())

    def test_what_is_booked_is_not_replaced(self):
        self._buy(100.0)
        self._age()
        self._spoil(of='flow', row='missing')
        statement = self._fetch('flow')
        lines = statement.line_ids
        self.assertTrue(lines.bank_line_id)
        self._spoil()
        with self.assertRaisesRegex(UserError, "booked"), self.env.cr.savepoint():
            statement.action_fetch()
        self.assertEqual(statement.line_ids, lines)

    def test_missed_days_are_fetched_up_to_ninety_days_back(self):
        for begin, count in ((self.day, 2), (self.day - timedelta(days=3), 5), (self.day - timedelta(days=400), 90)):
            with self.subTest(begin), self._undone():
                self.merchant.statement_from = begin
                with patch(f'{STATEMENT}.get_last_day', lambda _now: self.day + timedelta(days=1)):
                    self.env['distribution.wechat.statement']._create_missing(self.merchant)
                    self.env['distribution.wechat.statement']._create_missing(self.merchant)
                for kind in ('trade', 'flow'):
                    days = self.env['distribution.wechat.statement'].search(
                        [('merchant_id', '=', self.merchant.id), ('kind', '=', kind)]).mapped('day')
                    self.assertEqual((len(days), days[0]), (count, self.day + timedelta(days=1)))

    @mute_logger(CRON)
    def test_one_merchant_that_fails_stops_no_other(self):
        company = self.env['res.company'].create({'name': "Other", 'currency_id': self.currency.id})
        other = connect_merchant(self.env(context={**self.env.context, 'allowed_company_ids': [
            self.company.id, company.id]}), self.fake, self.APP_ID)
        other.write({'company_id': company.id, 'statement_from': self.day})
        self._spoil(other, is_creating=True)
        third = connect_merchant(self.env, self.fake, self.APP_ID)
        third.write({'statement_from': self.day, 'private_key': False})
        third.sudo().private_key_encrypted = False
        self.merchant.statement_from = self.day
        self._buy(100.0)
        self._age()
        self._run_cron()
        statements = self.env['distribution.wechat.statement'].search([('day', '=', self.day), ('kind', '=', 'trade')])
        self.assertEqual(
            {statement.merchant_id: statement.state for statement in statements},
            {self.merchant: 'matched', other: 'waiting', third: 'waiting'})
        self.assertEqual(
            statements.filtered(lambda statement: statement.merchant_id == other).company_id, company)
        self._spoil(other)
        statements.sudo().next_try_at = False
        self._run_cron()
        self.assertEqual(
            statements.filtered(lambda statement: statement.merchant_id == other).mapped('state'), ['matched'])

    def test_a_payment_of_another_merchant_is_none_of_this_one(self):
        """Known by its number, and by its merchant: the same company has another one."""
        tx = self._buy(100.0)
        self._age()
        other = connect_merchant(self.env, self.fake, self.APP_ID)
        self.provider.wechatpay_merchant_id = other
        self.assertRecordValues(self._fetch().difference_ids, [
            {'kind': 'missing_here', 'number': tx.wechatpay_number, 'amount_there': 100.0}])

    # === WHO MAY WHAT === #

    def test_a_difference_is_explained_with_a_reason_and_stays(self):
        self._buy(100.0)
        self._age()
        self._spoil(row='unknown')
        statement = self._fetch()
        accountant = self._create_user('accountant', 'distribution_commission.group_distribution_finance')
        difference = statement.difference_ids.with_user(accountant)
        with self.assertRaisesRegex(UserError, "why"):
            difference.action_explain()
        for vals in ({'state': 'explained'}, {'amount_here': 1.0}, {'explained_by_id': 1}):
            with self.assertRaisesRegex(UserError, "buttons"):
                difference.write(vals)
        difference.reason = "Paid by another shop"
        difference.action_explain()
        self.assertRecordValues(difference, [{
            'state': 'explained', 'explained_by_id': accountant.id, 'reason': "Paid by another shop"}])
        self.assertEqual(statement.state, 'matched')
        self.assertFalse(statement.activity_ids)
        with self.assertRaisesRegex(UserError, "stays explained"):
            difference.reason = "Else"
        for record in (difference.sudo(), statement.sudo()):
            with self.assertRaisesRegex(UserError, "kept"):
                record.unlink()

    def test_finance_fetches_and_officers_see_nothing(self):
        self._buy(100.0)
        self._age()
        finance = self._create_user('finance', 'distribution_commission.group_distribution_finance')
        officer = self._create_user('officer', 'distribution_core.group_distribution_user')
        statement = self._create_statement().with_user(finance)
        statement.action_fetch()
        self.assertEqual(statement.state, 'matched')
        self.assertTrue(statement.file)
        for values in ({'state': 'waiting'}, {'file': b'eA=='}, {'line_count': 7}):
            with self.assertRaises(UserError):
                statement.write(values)
        with self.assertRaises(AccessError):
            statement.line_ids.amount = 1.0
        attachment = self.env['ir.attachment'].search([
            ('res_model', '=', statement._name), ('res_id', '=', statement.id), ('res_field', '=', 'file')])
        for record, name in ((statement, 'day'), (statement.line_ids, 'number'), (attachment, 'raw')):
            record.env.invalidate_all()
            with self.assertRaises(AccessError):
                record.with_user(officer).read([name])
        made = self.env['distribution.wechat.statement'].with_user(finance).create({
            'merchant_id': self.merchant.id, 'day': self.day, 'kind': 'flow', 'state': 'matched', 'line_count': 3})
        self.assertRecordValues(made, [{'state': 'waiting', 'line_count': 0}])
        with self.assertRaisesRegex(UserError, "stays"):
            statement.day = self.day - timedelta(days=1)

    def test_statements_are_their_companys(self):
        company = self.env['res.company'].create({'name': "Other"})
        self._buy(100.0)
        self._age()
        self._spoil(row='unknown')
        statement = self._fetch()
        stranger = new_test_user(
            self.env, 'stranger', groups='distribution_core.group_distribution_manager', company_id=company.id,
            company_ids=[(6, 0, company.ids)])
        for records in (statement, statement.line_ids, statement.difference_ids):
            self.assertFalse(records.with_user(stranger).search([]))
            with self.assertRaises(AccessError):
                records.with_user(stranger).read(['company_id'])

    def test_the_account_of_a_merchant_is_a_bank_journal_in_its_currency(self):
        for values in ({'type': 'cash'}, {'type': 'bank', 'currency_id': self.env.ref('base.EUR').id}):
            journal = self.env['account.journal'].create({'name': "Wrong", 'code': 'WRG', **values})
            with self.subTest(values), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.merchant.journal_id = journal
            journal.unlink()
