import logging
import random
import threading
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError, OperationalError

from odoo import Command, fields
from odoo.exceptions import LockError, UserError
from odoo.modules.registry import Registry
from odoo.tools import mute_logger

from odoo.addons.distribution_wechat.wechat import WechatError

from .common import CommittedCase
from .test_payout_faults import Killed
from .wechat_common import connect_account, start_fake_wechat
from .wechat_pay_common import connect_merchant, get_certificate

_logger = logging.getLogger(__name__)

APP_ID = 'wx00000000000000a5'
JOBS = [('payment.transaction', '_wechatpay_cron_ask'), ('distribution.wechat.callback', '_cron_process'),
        ('payment.transaction', '_cron_post_process')]
MUTED = (
    'odoo.sql_db', 'odoo.addons.distribution_core.models.ir_cron', 'odoo.addons.payment.models.payment_transaction')


class WechatpayFaultsCase(CommittedCase):
    """A company that takes CNY through the fake platform, with workers whose transactions are real."""

    @classmethod
    def setUpClass(cls):
        cls.fake = start_fake_wechat()
        cls.addClassCleanup(cls.fake.stop)
        super().setUpClass()
        with cls._transaction() as env:
            cls._connect(env)

    @classmethod
    def _create_world(cls, env):
        ids = super()._create_world(env)
        currency = env.ref('base.CNY')
        currency.active = True
        env['res.company'].browse(ids['company']).currency_id = currency
        return ids

    @classmethod
    def _connect(cls, env):
        account = env['distribution.wechat.account'].search([('app_id', '=', APP_ID)])      # of an earlier run
        if account:
            env['payment.provider'].search([('wechatpay_account_id', '=', account.id)]).write({
                'state': 'disabled', 'wechatpay_account_id': False, 'wechatpay_merchant_id': False})
            cls.fake.tell('accounts', appid=APP_ID, secret='s')
            account.company_id = env.company
        else:
            account = connect_account(env, cls.fake, APP_ID)
        merchant = connect_merchant(env, cls.fake, APP_ID)
        merchant.certificates = {'C2D': get_certificate()}       # beside the public key: both modes
        journal = env['account.journal'].search([('type', '=', 'bank'), ('company_id', '=', env.company.id)], limit=1)
        provider = env.ref('distribution_wechat.payment_provider_wechatpay').copy({'company_id': env.company.id})
        provider.write({
            'wechatpay_merchant_id': merchant.id, 'wechatpay_account_id': account.id, 'state': 'enabled',
            'journal_id': journal.id})
        cls.ids.update(merchant=merchant.id, mchid=merchant.mchid, provider=provider.id, journal=journal.id)

    def setUp(self):
        super().setUp()
        self.clock = fields.Datetime.now()
        self.startPatcher(patch.object(fields.Datetime, 'now', lambda *args: self.clock))
        self.startPatcher(patch.object(Registry, '_lock', threading.RLock()))       # who runs the tests holds it
        self.enterContext(mute_logger(*MUTED))
        self.fake.tell('calm')
        self.held = defaultdict(list)       # numbers that a payer's phone knows, by transaction
        self.seen = Counter()               # what became of refunds
        self.late = []                      # calls back that are still on their way

    # === HELPERS === #

    @classmethod
    @contextmanager
    def _cursor(cls):
        """Override: nobody follows what happens here, so it is quicker."""
        with super()._cursor() as env:
            yield env(context={**env.context, 'tracking_disable': True})

    def _platform(self):
        return self.fake.tell('money', mchid=self.ids['mchid'])

    def _try(self, step):
        """Do something in a transaction of its own."""
        with self._cursor() as env:
            return self._do(env, step)

    @staticmethod
    def _do(env, step):
        """Who loses a race, or is killed, has done nothing."""
        try:
            result = step(env)
            env.cr.commit()
            return result
        except (Killed, IntegrityError, LockError, OperationalError, UserError, WechatError):
            env.cr.rollback()
            return None

    def _race(self, *steps):
        """Let workers do this at the same time, each with a cursor of its own."""
        with ExitStack() as stack:
            workers = [(stack.enter_context(self._cursor()), step) for step in steps]
            with ThreadPoolExecutor(len(workers)) as pool:
                for worker in [pool.submit(self._do, *worker) for worker in workers]:
                    worker.result()

    def _run_jobs(self):
        for model, job in JOBS:
            self._try(lambda env, model=model, job=job: getattr(env[model], job)())

    def _browse(self, env, tx_id):
        return env['payment.transaction'].browse(tx_id)

    def _create(self, chance, reference):
        """Return what somebody shall pay: an order, an invoice, or an amount alone."""
        amount, kind = chance.choice([0.01, 12.34, 1111.11]), chance.choice(
            ['order', 'invoice', 'invoice', *['amount'] * 7])
        with self._transaction() as env:
            values = {}
            if kind == 'order':
                order = self._create_order(env)
                order.order_line.price_unit = amount
                values['sale_order_ids'] = [Command.set(order.ids)]
            elif kind == 'invoice':
                invoice = env['account.move'].create({
                    'move_type': 'out_invoice', 'partner_id': self.ids['customer'], 'invoice_line_ids': [Command.create({
                        'product_id': self.ids['product'], 'price_unit': amount, 'tax_ids': []})]})
                invoice.action_post()
                values['invoice_ids'] = [Command.set(invoice.ids)]
            return env['payment.transaction'].create({
                'provider_id': self.ids['provider'], 'reference': reference, 'amount': amount,
                'payment_method_id': env.ref('payment.payment_method_wechat_pay').id,
                'currency_id': env.ref('base.CNY').id, 'operation': 'online_redirect',
                'partner_id': self.ids['customer'], **values}).id

    def _announce(self, tx_id, way):
        """Return what the page of the payment does; the payer knows the number once it is committed."""
        def announce(env):
            tx = self._browse(env, tx_id)
            try:
                tx._wechatpay_announce(way, client_ip='203.0.113.9')
            except UserError:
                return None
            env.cr.commit()
            return self.held[tx_id].append(tx.wechatpay_number)

        return announce

    def _pay(self, tx_id):
        """The payer tries every code that the phone knows."""
        for number in dict.fromkeys(self.held[tx_id]):
            if self.fake.tell('pay', mchid=self.ids['mchid'], number=number, is_tried=True)['paid']:
                self._post('payment', number, by_key=len(self.late) % 2 == 0)

    def _post(self, kind, number, **order):
        """Put a call back on its way, with what is true now."""
        self.late.append(self.fake.tell('notice', mchid=self.ids['mchid'], kind=kind, number=number, **order))

    def _receive(self, sent):
        def receive(env):
            merchant = env['distribution.wechat.merchant'].browse(self.ids['merchant'])
            notice = merchant._open_notice(sent['body'].encode(), sent['headers'])
            env['distribution.wechat.callback']._receive(merchant, notice)

        return receive

    def _refund(self, tx_id, amount):
        def refund(env):
            return self._browse(env, tx_id)._refund(amount).id

        return refund

    def _end_refund(self, number, state):
        self.fake.tell('refund', mchid=self.ids['mchid'], number=number, state=state)

    def _redirect(self, env):
        """The accountant says where the money of refunds shall go that did not arrive."""
        for refund in env['payment.transaction'].search([
                ('wechatpay_is_abnormal', '=', True), ('provider_id', '=', self.ids['provider'])], limit=3):
            card = {'bank_type': 'ICBC_DEBIT', 'card_number': '6222021234567890', 'holder_name': "Ann"}
            env['distribution.wechat.abnormal.refund'].create({'transaction_id': refund.id, **card}).action_confirm()
            env.cr.commit()

    # === THE END ===

    def _settle_everything(self):
        """Let the network be good, everybody decide, and what nobody pays grow old, until nothing is under way."""
        self.fake.tell('calm')
        chance = random.Random(0)
        for _run in range(15):
            for sent in self.late:
                self._try(self._receive(sent))
            self.late = []
            self.clock += timedelta(minutes=121)
            self._run_jobs()
            self._try(self._redirect)
            self._decide(chance, share=1)
            with self._cursor() as env:
                if not self._search_open(env) and not env['distribution.wechat.callback'].search_count([
                        ('state', '=', 'new'), ('merchant_id', '=', self.ids['merchant'])]):
                    return
        self.fail("Something is under way for ever")

    def _search_open(self, env):
        domain = [('provider_id', '=', self.ids['provider']), ('wechatpay_number', '!=', False)]
        return env['payment.transaction'].search([
            *domain, '|', ('state', 'in', ('draft', 'pending')), ('is_post_processed', '=', False)])

    def _assert_platform_and_books_agree(self):
        """Compare what customers really paid and got back with transactions, payments and journal items: number by number."""
        money = {kind: [(entry['number'], entry['amount']) for entry in self._platform()['money'] if entry['kind'] == kind]
                 for kind in ('payment', 'refund')}
        with self._cursor() as env:
            txs = env['payment.transaction'].search([('provider_id', '=', self.ids['provider']), ('state', '=', 'done')])
            refunds = txs.filtered(lambda tx: tx.operation == 'refund')
            for kind, some, sign in (('payment', txs - refunds, 1), ('refund', refunds, -1)):
                self.assertEqual(
                    sorted(money[kind]), sorted((tx.wechatpay_number, sign * round(tx.amount * 100)) for tx in some), kind)
                self.assertEqual(
                    sorted(money[kind]), sorted((tx.wechatpay_number, self._get_booked_fen(tx)) for tx in some), kind)
            for tx in refunds.source_transaction_id:
                given_back = sum(refunds.filtered(lambda refund, tx=tx: refund.source_transaction_id == tx).mapped('amount'))
                self.assertLessEqual(round(-given_back * 100), round(tx.amount * 100))
            self._assert_nothing_else_is_booked(env, txs, money)
            self.assertFalse(env['distribution.wechat.callback'].search([
                ('merchant_id', '=', self.ids['merchant']), ('state', '!=', 'done')]))
        self._check_books()

    def _get_booked_fen(self, tx):
        """Return what the journal items of the one payment of a transaction say."""
        payment = tx.payment_id
        self.assertEqual((len(payment), payment.payment_transaction_id, payment.move_id.state), (1, tx, 'posted'))
        items = payment.move_id.line_ids.filtered(lambda item: item.account_id == payment.outstanding_account_id)
        self.assertEqual(round(items.balance * 100), round(tx.amount * 100))
        return round(payment.amount * 100)

    def _assert_nothing_else_is_booked(self, env, txs, money):
        payments = env['account.payment'].search([('journal_id', '=', self.ids['journal'])])
        self.assertEqual(payments, txs.payment_id & payments)
        self.assertEqual(len(payments), len(txs))
        items = env['account.move.line'].search([
            ('journal_id', '=', self.ids['journal']), ('parent_state', '=', 'posted'),
            ('account_id', 'in', payments.outstanding_account_id.ids)])
        totals = [sum(amount for _number, amount in money[kind]) for kind in ('payment', 'refund')]
        self.assertEqual(round(sum(items.mapped('balance')) * 100), totals[0] - totals[1])
