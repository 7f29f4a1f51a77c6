import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

from psycopg2 import Error

from odoo import Command
from odoo.exceptions import UserError

from .wechat_pay_common import connect_person
from .wechatpay_storm_common import WechatpayFaultsCase

SHARING = '/v3/profitsharing'
MCHID = '1900000009'        # of the company that shares are given to, and taken back from
SHARING_JOBS = [
    ('distribution.payout', '_cron_process'), ('distribution.wechat.return', '_cron_go_on'),
    ('distribution.wechat.frozen', '_cron_unfreeze')]


class WechatSharingFaultsCase(WechatpayFaultsCase):
    """Payments that are shared by workers whose transactions are real: 10 % for who sold, 5 % for the upline."""

    SELLERS = 1

    @classmethod
    def _connect(cls, env):
        super()._connect(env)
        env.company.write({'distribution_withdrawal_daily_count': 0, 'distribution_approval_limit': 10.0 ** 9})
        env['product.pricelist'].search([('company_id', '=', env.company.id)]).currency_id = env.company.currency_id
        env['distribution.policy']._get_in_force(env.company).notice_days = 0
        version = env['distribution.plan'].create({'name': "Two Tiers"})._get_latest_version()
        version.rule_ids = [Command.create({'tier': tier, 'rate': rate}) for tier, rate in ((1, 10.0), (2, 5.0))]
        version.action_activate()
        cls._connect_receivers(env)

    @classmethod
    def _connect_receivers(cls, env):
        merchant = env['distribution.wechat.merchant'].browse(cls.ids['merchant'])
        account = env['payment.provider'].browse(cls.ids['provider']).wechatpay_account_id
        merchant.is_sharing = True
        journal = env['account.journal'].create({'name': "Shares", 'code': 'WXS', 'type': 'bank'})
        channel = env['distribution.payout.channel'].create({
            'name': "Sharing", 'code': 'wechat_sharing', 'sequence': 0, 'wechat_merchant_id': merchant.id,
            'wechat_account_id': account.id, 'journal_id': journal.id})
        upline = env['distribution.distributor'].browse(cls.ids['distributor'])
        sellers = [
            cls._create_distributor(env, f"Seller {number}", parent_id=upline.id) for number in range(cls.SELLERS)]
        for distributor in [upline, *sellers]:
            connect_person(env, cls.fake, account, distributor, f'd{distributor.id}x')
        cls.ids.update(
            channel=channel.id, shares=journal.id, sellers=[seller.id for seller in sellers],
            firm=cls._create_firm(env).id)

    @classmethod
    def _create_firm(cls, env):
        """A company that receives as a merchant, and hands in invoices."""
        firm = env['distribution.distributor'].create({
            'partner_id': env['res.partner'].create({'name': "Tea Ltd", 'is_company': True}).id, 'kind': 'company',
            'wechat_mchid': MCHID})
        firm._set_active()
        env['distribution.identity'].create({
            'distributor_id': firm.id, 'document_type': 'credit_code', 'real_name': "Tea Ltd",
            'number': '91350100M000100Y43'}).action_verify()
        env['distribution.payee.account'].create({
            'distributor_id': firm.id, 'bank_name': "ICBC", 'holder_name': "Tea Ltd",
            'number': f'62220212{firm.id:08}'}).action_verify()
        firm.partner_id.vat = False
        return firm

    def setUp(self):
        super().setUp()
        self._tell('merchants', share_faults={}, share_waits=False, share_ratio=3000, consents=[MCHID], money=[])

    # === HELPERS === #

    def _tell(self, order_name, **order):
        return self.fake.tell(order_name, mchid=self.ids['mchid'], **order)

    def _earn(self, *distributor_ids):
        """Commit a payment of 1,000 for each of these, whose commissions are settled; return what is frozen of them."""
        with self._transaction() as env:
            txs = env['payment.transaction'].concat(*(self._announce_order(env, one) for one in distributor_ids))
            numbers = txs.mapped('wechatpay_number')
        for number in numbers:
            self._tell('pay', number=number)
            self._tell('age', number=number, seconds=120)
        with self._transaction() as env:
            for tx in txs.with_env(env):
                tx._wechatpay_ask()
                tx._post_process()
                tx.sale_order_ids._create_invoices().action_post()
        self._work_out()
        self._settle()
        with self._cursor() as env:
            return env['distribution.wechat.frozen'].search([('transaction_id', 'in', txs.ids)], order='id').ids

    def _announce_order(self, env, distributor_id):
        order = self._create_order(env, distributor_id)
        tx = env['payment.transaction'].create({
            'provider_id': self.ids['provider'], 'amount': order.amount_total, 'currency_id': order.currency_id.id,
            'payment_method_id': env.ref('payment.payment_method_wechat_pay').id, 'operation': 'online_redirect',
            'partner_id': self.ids['customer'], 'reference': f'{order.name}-1', 'sale_order_ids': [Command.set(order.ids)]})
        tx._wechatpay_announce('native')
        return tx

    def _work_out(self):
        with self._transaction() as env:
            while env['distribution.event']._process():
                pass

    def _settle(self):
        with self._transaction() as env:
            company = env['res.company'].browse(self.ids['company'])
            env['distribution.commission']._mature(company, '2100-01-01 00:00:00')
            run = env['distribution.settlement.run'].create({})
            run.action_post()
            for statement in run.settlement_ids.filtered(lambda statement: statement.state == 'billed'):
                statement._hand_in_invoice(f'A{statement.id}', statement.expected_amount)
                statement.action_post_bill()

    def _approve(self, distributor_id, amount):
        """Return the payout of a withdrawal that waits to be sent."""
        with self._transaction() as env:
            channel = env['distribution.payout.channel'].browse(self.ids['channel'])
            withdrawal = env['distribution.distributor'].browse(distributor_id)._request_withdrawal(amount, channel=channel)
            withdrawal.action_approve()
            return withdrawal.payout_ids.id

    def _meet(self, *steps):
        """Let workers begin at the same moment with what they knew before; return what came of each: a value or an error."""
        barrier = threading.Barrier(len(steps))

        def work(env, step):
            env.cr.execute("SELECT 1 FROM distribution_payout")       # takes the snapshot
            barrier.wait(timeout=60)
            try:
                result = step(env)
                env.cr.commit()
            except (Error, UserError) as error:
                env.cr.rollback()
                return error
            return result

        with ExitStack() as stack, ThreadPoolExecutor(len(steps)) as pool:
            workers = [pool.submit(work, stack.enter_context(self._cursor()), step) for step in steps]
            return [worker.result() for worker in workers]

    def _run_sharing_jobs(self):
        with self._transaction() as env:
            env['distribution.wechat.frozen'].search([('state', '=', 'frozen')]).checked_at = False
        for model, job in SHARING_JOBS:
            with self._cursor() as env:
                getattr(env[model], job)()

    def _work_on(self, is_next=lambda: True):
        """Let the platform do what it put off, or some of it."""
        known = self._tell('sharing')
        for number, state in {**known['sharings'], **known['returns']}.items():
            if state == 'PROCESSING' and is_next():
                self._tell('sharing', number=number)

    def _let_the_last_day_come(self):
        """Let nothing be frozen or under way, here and for the tests that follow."""
        self.fake.tell('calm')
        self._tell('merchants', share_faults={}, share_waits=False)
        self._work_on()
        self.clock += timedelta(days=29)
        self._run_sharing_jobs()
        with self._transaction() as env:
            self._search(env, 'distribution.payout', ('state', '=', 'draft')).withdrawal_id.action_refuse()
        with self._cursor() as env:
            self.assertEqual(set(self._search(env, 'distribution.wechat.frozen').mapped('state')), {'unfrozen'})

    def _search(self, env, model, *domain):
        return env[model].search([('company_id', '=', self.ids['company']), *domain], order='id')

    def _get_log(self, *kinds):
        """Return what the platform really did: kind and fen."""
        return [(entry['kind'], entry['amount']) for entry in self._platform()['money'] if entry['kind'] in kinds]
