import logging
import os
import random
import signal
from collections import Counter
from contextlib import nullcontext
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.distribution_wechat.wechat.pay import PayMerchant

from .test_payout_faults import Killed, run_child
from .test_wechat_transfer_faults import FAULTS
from .wechat_pay_common import get_seeds
from .wechatpay_storm_common import JOBS, WechatpayFaultsCase

_logger = logging.getLogger(__name__)

# How many for each of three seeds; DISTRIBUTION_PAYMENTS=1000 for a long run, DISTRIBUTION_SEED to repeat one.
PAYMENTS = int(os.environ.get('DISTRIBUTION_PAYMENTS') or 100)
# What has to come of a hundred, so that the storm blows through all of it.
LEAST = {'paid': 60, 'refunded': 20, 'closed': 2, 'abnormal': 2}
PATHS = ['/v3/pay/transactions/native', '/v3/pay/transactions/h5', '/v3/pay/transactions/out-trade-no/*', '/v3/refund/*']
_CHILD = (
    "import_module('odoo.addons.distribution_wechat.wechat.pay').PayMerchant", 'request',
    "env['payment.transaction'].browse(arguments['transaction'])._wechatpay_ask()")


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
                    *_CHILD, company=self.ids['company'], transaction=refund_id, point=point), -signal.SIGKILL)
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
                    *_CHILD, company=self.ids['company'], transaction=tx_id, point=point), -signal.SIGKILL)
                self._race(*[self._receive(sent) for sent in self.late * 2])
                self._run_jobs()
                with self._cursor() as env:
                    self.assertEqual(self._browse(env, tx_id).state, 'done')
        self._settle_everything()
        self._assert_platform_and_books_agree()
