import logging
import os
import random
import signal
import threading
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError, OperationalError

from odoo import Command, fields
from odoo.exceptions import LockError, UserError
from odoo.modules.registry import Registry
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_wechat.wechat import WechatError
from odoo.addons.distribution_wechat.wechat.pay import PayMerchant

from .common import CommittedCase
from .test_payout_faults import Killed, run_child
from .test_wechat_transfer_faults import FAULTS
from .wechat_common import connect_account, start_fake_wechat
from .wechat_pay_common import connect_merchant, get_certificate, get_seeds

_logger = logging.getLogger(__name__)

# How many for each of three seeds; DISTRIBUTION_PAYMENTS=1000 for a long run, DISTRIBUTION_SEED to repeat one.
PAYMENTS = int(os.environ.get('DISTRIBUTION_PAYMENTS') or 100)
# What has to come of a hundred, so that the storm blows through all of it.
LEAST = {'paid': 60, 'refunded': 20, 'closed': 2, 'abnormal': 2}
APP_ID = 'wx00000000000000a5'
PATHS = ['/v3/pay/transactions/native', '/v3/pay/transactions/h5', '/v3/pay/transactions/out-trade-no/*', '/v3/refund/*']
JOBS = [('payment.transaction', '_wechatpay_cron_ask'), ('distribution.wechat.callback', '_cron_process'),
        ('payment.transaction', '_cron_post_process')]
MUTED = (
    'odoo.sql_db', 'odoo.addons.distribution_wechat.models.distribution_wechat_callback',
    'odoo.addons.distribution_wechat.models.payment_transaction', 'odoo.addons.payment.models.payment_transaction')
_CHILD = """
import json, os, signal, sys
from unittest.mock import patch
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

arguments = json.loads(sys.argv[1])
config.parse_config(arguments['options'])
registry = Registry(arguments['db'])
from odoo.addons.distribution_wechat.wechat.pay import PayMerchant
with registry.cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {'allowed_company_ids': [arguments['company']]})
    request = PayMerchant.request

    def die(client, *arguments_, **named):
        if arguments['point'] == 'after':
            request(client, *arguments_, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    with patch.object(PayMerchant, 'request', die):
        env['payment.transaction'].browse(arguments['transaction'])._wechatpay_ask()
"""


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


@tagged('post_install', '-at_install')
class TestWechatpayFaults(WechatpayFaultsCase):
    """Whatever the network and the workers do: what customers paid and got back is what the journals say, to the fen."""

    def test_a_storm_of_payments_loses_and_doubles_nothing(self):
        for seed in get_seeds():
            _logger.info("%s payments with the seed %s", PAYMENTS, seed)
            self.clock = fields.Datetime.add(fields.Datetime.now(), seconds=1)
            with self.subTest(seed=seed):
                self.seen = Counter()
                ids = self._storm(random.Random(seed), seed)
                self._settle_everything()
                self._assert_platform_and_books_agree()
                self._assert_it_was_a_storm(ids)

    # === THE STORM === #

    def _storm(self, chance, seed):
        ids = []
        for number in range(PAYMENTS):
            ids.append(self._create(chance, f'Storm {self.ids["company"]} {seed} {number}'))
            for _step in range(4):
                self._step(chance, chance.choice(ids[-4:]))
            if number % 10 == 9:
                for tx_id in chance.sample(ids[-30:], 10):       # who comes back later
                    self._step(chance, tx_id)
                self._decide(chance)
                self._call_back(chance)
                self.clock += timedelta(minutes=chance.choice([1, 1, 10, 61]))
                self._work(chance, *[lambda env, job=job: getattr(env[job[0]], job[1])() for job in JOBS])
                self._work(chance, self._redirect)
        return ids

    def _step(self, chance, tx_id):
        """Somebody goes on, and the network or the worker may fail."""
        if chance.random() < 0.25:
            name = chance.choice(list(FAULTS))
            self.fake.tell('faults', path=chance.choice(PATHS), times=chance.choice([1, 1, 2]), **FAULTS[name])
        with self._cursor() as env:
            tx = self._browse(env, tx_id)
            state, amount, has_refund = tx.state, tx.amount, any(
                child.state != 'error' for child in tx.child_transaction_ids)
        if state == 'done':
            step = 'look' if has_refund or tx_id % 4 == 0 else 'refund'
        elif not self.held[tx_id]:
            step = 'announce'
        else:
            step = chance.choice(['pay'] * 8 + ['announce', 'look', 'look', 'last moment'])
        getattr(self, f'_step_{step.replace(" ", "_")}')(chance, tx_id, amount)

    def _work(self, chance, *steps):
        """Let workers do things: one after the other, at the same time, or until they are killed."""
        way = chance.choice(['plain'] * 5 + ['race', 'race', 'killed before', 'killed after'])
        if way == 'race':
            self._race(*steps, *steps)
            return
        with nullcontext() if way == 'plain' else self._die(way):
            for step in steps:
                self._try(step)

    @staticmethod
    def _die(way):
        request = PayMerchant.request

        def die(client, *arguments, **named):
            if way == 'killed after':
                request(client, *arguments, **named)
            raise Killed

        return patch.object(PayMerchant, 'request', die)

    def _step_announce(self, chance, tx_id, _amount):
        self._work(chance, self._announce(tx_id, chance.choice(['native', 'native', 'h5'])))
        if chance.random() < 0.6:
            self._pay(tx_id)

    def _step_pay(self, chance, tx_id, amount):
        self._pay(tx_id)
        self._step_look(chance, tx_id, amount)

    def _step_look(self, chance, tx_id, _amount):
        """The customer looks at the page of the status, which asks and books, as the jobs do."""
        def ask(env):
            tx = self._browse(env, tx_id)
            if tx.wechatpay_number and tx.state in ('draft', 'pending'):
                tx._wechatpay_ask()

        def book(env):
            tx = self._browse(env, tx_id)
            if not tx.is_post_processed:
                tx._post_process()

        self._work(chance, ask, book)

    def _step_last_moment(self, _chance, tx_id, _amount):
        """It is too late, and somebody pays after WeChat Pay was asked and before the number is closed."""
        close = PayMerchant.close_order

        def close_late(client, number):
            if number in self.held[tx_id]:
                self._pay(tx_id)
            close(client, number)

        def ask(env):
            tx = self._browse(env, tx_id)
            if tx.wechatpay_number and tx.state in ('draft', 'pending'):
                tx.wechatpay_expires_at = self.clock - timedelta(minutes=1)
                tx._wechatpay_ask()

        with patch.object(PayMerchant, 'close_order', close_late):
            self._try(ask)

    def _step_refund(self, chance, tx_id, amount):
        """All of it, or parts; and now and then more than there is, which is refused here."""
        half = round(amount / 2, 2)
        for part in chance.choice([[amount], [0.01], [half, amount - half], [amount, amount]]) if half else [amount]:
            self._work(chance, self._refund(tx_id, round(part, 2)))

    def _decide(self, chance, share=0.7):
        """Refunds arrive, or are closed, or cannot arrive."""
        for number, state in self._platform()['refunds'].items():
            if state != 'PROCESSING' or chance.random() > share:
                continue
            target = chance.choice(['SUCCESS', 'SUCCESS', 'SUCCESS', 'CLOSED', 'ABNORMAL'])
            self._end_refund(number, target)
            self.seen[target] += 1
            if chance.random() < 0.7:
                self._post('refund', number, by_key=chance.random() < 0.5, **chance.choice([{}, {'id': f'{number}{chance.random()}'}]))

    def _call_back(self, chance):
        """The platform calls back: late, twice, in any order, in both modes, to two workers; some calls never come."""
        chance.shuffle(self.late)
        count = len(self.late) * 2 // 3
        for sent in self.late[:count]:
            for _time in range(chance.choice([1, 1, 2])):
                self._work(chance, self._receive(sent))
        self.late = self.late[count:]

    # === WHAT CAME OF IT === #

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

    def _assert_it_was_a_storm(self, ids):
        with self._cursor() as env:
            txs = self._browse(env, ids)
            done = txs.filtered(lambda tx: tx.state == 'done')
            refunds = txs.child_transaction_ids
            counts = {
                'paid': len(done), 'refunded': len(refunds.filtered(lambda tx: tx.state == 'done').source_transaction_id),
                'closed': self.seen['CLOSED'], 'abnormal': self.seen['ABNORMAL']}
            _logger.info("%s of %s; %s refunds, of them %s came to nothing; %s calls", counts, len(txs), len(refunds), len(
                refunds.filtered(lambda tx: tx.state == 'error')), len(self.fake.log['calls']))
        for name, least in LEAST.items():
            self.assertGreaterEqual(counts[name] * 100, least * PAYMENTS, f"The storm was weak: {name} {counts}")

    # === WORKERS THAT ARE KILLED === #

    def test_a_worker_that_is_killed_leaves_a_refund_that_is_made_once(self):
        """Real processes die by SIGKILL: before the refund left, and after the platform had taken it."""
        for point in ('before', 'after'):
            with self.subTest(point):
                tx_id = self._create(random.Random(point), f'Killed {self.ids["company"]} {point}')
                self._try(self._announce(tx_id, 'native'))
                self._pay(tx_id)
                self._run_jobs()
                refund_id = self._try(self._refund(tx_id, 0.01))
                self.assertEqual(run_child(
                    _CHILD, company=self.ids['company'], transaction=refund_id, point=point), -signal.SIGKILL)
                with self._cursor() as env:
                    refund = self._browse(env, refund_id)
                    number = refund.wechatpay_number
                    self.assertEqual(refund.state, 'pending')
                self.assertEqual(number in self._platform()['refunds'], point == 'after')
                self._run_jobs()
                self._end_refund(number, 'SUCCESS')
                self._run_jobs()
                with self._cursor() as env:
                    self.assertEqual(self._browse(env, refund_id).state, 'done')
        self._settle_everything()
        self._assert_platform_and_books_agree()

    def test_a_worker_that_is_killed_leaves_a_payment_that_is_done_once(self):
        for point in ('before', 'after'):
            with self.subTest(point):
                tx_id = self._create(random.Random(point), f'Asked {self.ids["company"]} {point}')
                self._try(self._announce(tx_id, 'native'))
                self._pay(tx_id)
                self.assertEqual(run_child(
                    _CHILD, company=self.ids['company'], transaction=tx_id, point=point), -signal.SIGKILL)
                self._race(*[self._receive(sent) for sent in self.late * 2])
                self._run_jobs()
                with self._cursor() as env:
                    self.assertEqual(self._browse(env, tx_id).state, 'done')
        self._settle_everything()
        self._assert_platform_and_books_agree()
