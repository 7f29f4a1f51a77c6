from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from odoo.tools import SQL

from .wechat_pay_common import WechatTransferCase, run_job

DAY_SECONDS = 86400


class WechatStatementCase(WechatTransferCase):
    """A company that is paid and pays through a merchant of the fake platform, whose account is a bank journal."""

    APP_ID = 'wx00000000000000a7'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['distribution.wechat.statement'].search([]).merchant_id.statement_from = False
        cls.journal = cls.env['account.journal'].create({'name': "WeChat Pay", 'code': 'WXP', 'type': 'bank'})
        cls.fee_account = cls.env['account.account'].create({
            'name': "Fees of WeChat Pay", 'code': '669900', 'account_type': 'expense'})
        cls.merchant.write({
            'journal_id': cls.journal.id, 'fee_account_id': cls.fee_account.id, 'accountant_id': cls.env.uid,
            'statement_from': False})
        cls.wechat.journal_id = cls.journal
        cls.provider = cls._create_provider(cls.merchant, cls.account)
        cls.day = datetime.now(tz=ZoneInfo('Asia/Shanghai')).date() - timedelta(days=2)

    @classmethod
    def _create_provider(cls, merchant, account):
        company = merchant.company_id
        provider = cls.env['payment.provider'].search(
            [('code', '=', 'wechatpay'), ('company_id', '=', company.id)], limit=1)
        if not provider:
            provider = cls.env.ref('distribution_wechat.payment_provider_wechatpay').copy({'company_id': company.id})
        provider.write({
            'wechatpay_merchant_id': merchant.id, 'wechatpay_account_id': account.id, 'state': 'enabled'})
        provider.journal_id = merchant.journal_id
        return provider

    def setUp(self):
        super().setUp()
        self.fake.tell(
            'merchants', mchid=self.merchant.mchid, orders={}, refunds={}, bills={}, money=[], statements={}, opening=0,
            fee_rate='0.006', is_fee_given_back=False)

    # === BUILDERS === #

    def _buy(self, amount, provider=None, **values):
        """Let a customer pay; return the transaction, which is done."""
        provider = provider or self.provider
        tx = self.env['payment.transaction'].create({
            'provider_id': provider.id, 'payment_method_id': self.env.ref('payment.payment_method_wechat_pay').id,
            'amount': amount, 'currency_id': self.currency.id, 'partner_id': self.customer.id,
            'reference': f"Tea {self.env['payment.transaction'].search_count([])}", 'operation': 'online_redirect',
            **values})
        tx._wechatpay_announce('native')
        self.fake.tell('pay', mchid=provider.wechatpay_merchant_id.mchid, number=tx.wechatpay_number)
        self._learn(tx)
        return tx

    def _ask(self, tx):
        """Ask what became of a transaction, as the job does: it commits."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            tx.with_env(self.env(cr=cr, su=True))._wechatpay_ask()
        self.env.invalidate_all()

    def _learn(self, tx):
        self._ask(tx)
        tx._post_process()

    def _refund_part(self, tx, amount, is_known=True):
        refund = tx._refund(amount)
        self._ask(refund)
        self.fake.tell('refund', mchid=self.merchant.mchid, number=refund.wechatpay_number)
        if is_known:
            self._learn(refund)
        return refund

    def _pay_out(self, amount):
        """Let a distributor be paid; return the payout, which is done."""
        payout = self._sent(amount)
        for bill in payout.wechat_bill_ids:
            self._move(bill, 'SUCCESS')
        self._run()
        return payout

    def _age(self, days=2, merchant=None):
        """Let all of that have happened some days ago."""
        seconds = days * DAY_SECONDS
        self.fake.tell('age', mchid=(merchant or self.merchant).mchid, seconds=seconds)
        self.env.flush_all()
        for table, column in (('payment_transaction', 'last_state_change'), ('distribution_wechat_bill', 'paid_at')):
            self.env.cr.execute(SQL(
                "UPDATE %s SET %s = %s - make_interval(secs => %s)", SQL.identifier(table), SQL.identifier(column),
                SQL.identifier(column), seconds))
        self.env.invalidate_all()

    def _spoil(self, merchant=None, **faults):
        """Let statements be wrong."""
        self.fake.tell('merchants', mchid=(merchant or self.merchant).mchid, statements=faults)

    def _create_statement(self, kind='trade', day=None, merchant=None):
        return self.env['distribution.wechat.statement'].create({
            'merchant_id': (merchant or self.merchant).id, 'day': day or self.day, 'kind': kind})

    def _fetch(self, kind='trade', day=None):
        statement = self._create_statement(kind, day)
        statement.action_fetch()
        return statement

    def _run_cron(self):
        run_job(self, 'distribution.wechat.statement', '_cron_fetch')

    def _get_balance(self):
        """Return what is on the account at the platform, in yuan."""
        return self.fake.tell('money', mchid=self.merchant.mchid)['account'] / 100
