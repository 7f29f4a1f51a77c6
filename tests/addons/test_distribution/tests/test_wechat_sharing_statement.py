from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from odoo.tests import tagged
from odoo.tools import SQL

from .wechat_pay_common import run_job
from .wechat_sharing_common import WechatSharingCase

DAYS = 2
MOVED = (
    ('payment_transaction', 'last_state_change'), ('distribution_wechat_share', 'paid_at'),
    ('distribution_wechat_return', 'paid_at'))


@tagged('post_install', '-at_install')
class TestWechatSharingStatement(WechatSharingCase):
    """What was shared out of payments is in the statement of the day, and in the books once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.journal = cls.env['account.journal'].create({'name': "WeChat Pay", 'code': 'WXP', 'type': 'bank'})
        fee_account = cls.env['account.account'].create({
            'name': "Fees of WeChat Pay", 'code': '669900', 'account_type': 'expense'})
        cls.merchant.write({'journal_id': cls.journal.id, 'fee_account_id': fee_account.id, 'accountant_id': cls.env.uid})
        cls.sharing.journal_id = cls.provider.journal_id = cls.journal
        cls.day = datetime.now(tz=ZoneInfo('Asia/Shanghai')).date() - timedelta(days=DAYS)

    def _fetch(self):
        """Let all of it have happened two days ago; return the statement of that day's movements."""
        self.fake.tell('age', mchid=self.merchant.mchid, seconds=DAYS * 86400)
        self.env.flush_all()
        for table, column in MOVED:
            self.env.cr.execute(SQL(
                "UPDATE %(table)s SET %(column)s = %(column)s - make_interval(days => %(days)s)",
                table=SQL.identifier(table), column=SQL.identifier(column), days=DAYS))
        self.env.invalidate_all()
        statement = self.env['distribution.wechat.statement'].create({
            'merchant_id': self.merchant.id, 'day': self.day, 'kind': 'flow'})
        statement.action_fetch()
        return statement

    def _get_balance(self):
        lines = self.env['account.move.line'].search([
            ('account_id', '=', self.journal.default_account_id.id), ('parent_state', '=', 'posted')])
        return sum(lines.mapped('balance'))

    def test_a_share_is_matched_and_reconciled_with_its_payout(self):
        self._earned()
        payout = self._share()
        statement = self._fetch()
        self.assertEqual((statement.state, statement.booking_error, statement.difference_ids.ids), ('matched', False, []))
        line = statement.line_ids.filtered('share_id')
        self.assertRecordValues(line, [{
            'kind': 'share', 'amount': -100.0, 'number': payout.wechat_share_ids.name, 'share_id': payout.wechat_share_ids.id}])
        self.assertRecordValues(line.bank_line_id, [{
            'amount': -100.0, 'is_reconciled': True, 'partner_id': self.seller.partner_id.id}])
        self.assertTrue(payout.payment_id.is_matched)
        self.assertEqual(round(self._get_balance() * 100), self._tell('money')['account'])

    def test_a_return_is_matched_and_reconciled_with_the_returned_payout(self):
        self._tell('merchants', consents=['1900000009'])
        payout = self._share_with_company()
        back = self.env['distribution.payout.return'].create({'payout_id': payout.id, 'reason': "Returned goods"})
        back.action_wechat_take_back()
        run_job(self, 'distribution.wechat.return', '_cron_go_on')
        self.assertEqual(back.state, 'posted')
        statement = self._fetch()
        self.assertEqual((statement.state, statement.booking_error), ('matched', False))
        self.assertRecordValues(statement.line_ids.filtered('return_id'), [{
            'kind': 'return', 'amount': 10.0, 'number': back.wechat_return_ids.name}])
        self.assertTrue(back.payment_id.is_matched)
        self.assertEqual(round(self._get_balance() * 100), self._tell('money')['account'])

    def test_a_share_that_only_one_side_knows_is_named(self):
        self._earned()
        share = self._share().wechat_share_ids
        for title, values, expected in (
            ("not here", {'name': 'X1', 'platform_number': False}, [('missing_here', 'share'), ('missing_there', 'share')]),
            ("another amount", {'amount': 90.0}, [('amount', 'share')]),
        ):
            with self.subTest(title), self.env.cr.savepoint() as savepoint:
                share.sudo().write(values)
                statement = self._fetch()
                found = sorted(statement.difference_ids.mapped(lambda found: (found.kind, found.subject)))
                self.assertEqual((statement.state, found), ('differences', expected))
                savepoint.rollback()
                self.fake.tell('age', mchid=self.merchant.mchid, seconds=-DAYS * 86400)
                self.env.invalidate_all()
