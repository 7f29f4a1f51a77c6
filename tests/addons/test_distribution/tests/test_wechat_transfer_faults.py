import logging
import os
import random
import signal
import time
from collections import defaultdict
from unittest.mock import patch

from psycopg2 import OperationalError

from odoo import fields
from odoo.exceptions import LockError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from . import test_payout_faults
from .common import CommittedCase
from .test_payout_faults import Killed
from .wechat_common import connect_account, start_fake_wechat
from .wechat_pay_common import connect_merchant, connect_person, get_seeds

_logger = logging.getLogger(__name__)

# How many payouts for each of three seeds; DISTRIBUTION_TRANSFERS=1000 for a long run, DISTRIBUTION_SEED to repeat one.
TRANSFERS = int(os.environ.get('DISTRIBUTION_TRANSFERS') or 100)
BALANCE = 10 ** 12
BILLS = '/v3/fund-app/mch-transfer/transfer-bills'
APP_ID = 'wx00000000000000a1'
# What may happen to a call: carried out or not, heard of or not.
FAULTS = {
    'lost answer': {'status': 502, 'after': True},
    'never arrived': {'status': 502},
    'arrives late': {'status': 504, 'late': 0.05},
    'server error': {'status': 500, 'text': '{"code":"SYSTEM_ERROR"}', 'after': True},
    'not signed': {'status': 200, 'text': '{"state":"SUCCESS"}'},
    'not signed, and done': {'status': 200, 'text': '{"state":"FAIL"}', 'after': True},
    'too many calls': {'status': 429, 'text': '{"code":"FREQUENCY_LIMITED"}'},
    'refused': {'status': 400, 'text': '{"code":"PARAM_ERROR"}'},
}
ENDS = {
    'SUCCESS': [['SUCCESS'], ['TRANSFERING', 'SUCCESS'], ['CANCELING', 'SUCCESS']],
    'FAIL': [['FAIL'], ['TRANSFERING', 'FAIL']],
    'CANCELLED': [['CANCELING', 'CANCELLED']],
}
MUTED = ('odoo.sql_db', 'odoo.addons.distribution_core.models.ir_cron')


@tagged('post_install', '-at_install')
class TestWechatTransferFaults(CommittedCase):
    """Whatever the network and the workers do: what WeChat Pay paid is what the journals say, to the fen."""

    @classmethod
    def setUpClass(cls):
        cls.fake = start_fake_wechat()
        cls.addClassCleanup(cls.fake.stop)
        super().setUpClass()
        with cls._transaction() as env:
            env.company.distribution_withdrawal_daily_count = 0
            env['product.product'].browse(cls.ids['product']).list_price = 9_000.0
            distributors = env['distribution.distributor'].browse(cls.ids['distributor'])
            for number in range(2, 11):
                distributors |= cls._create_distributor(env, f"Popular {number}")
            cls._connect(env, distributors)
        for _run in range(1 + TRANSFERS // 300):
            cls._make_payable(distributors.ids)     # 900 for each: one person posts it

    @classmethod
    def _create_world(cls, env):
        ids = super()._create_world(env)
        currency = env.ref('base.CNY')
        currency.active = True
        env['res.company'].browse(ids['company']).currency_id = currency
        return ids

    @classmethod
    def _connect(cls, env, distributors):
        account = env['distribution.wechat.account'].search([('app_id', '=', APP_ID)])      # of an earlier run
        if account:
            cls.fake.tell('accounts', appid=APP_ID, secret='s')
            account.company_id = env.company
        else:
            account = connect_account(env, cls.fake, APP_ID)
        merchant = connect_merchant(env, cls.fake, APP_ID)
        for distributor in distributors:
            connect_person(env, cls.fake, account, distributor, f'd{distributor.id}x')
        channel = env['distribution.payout.channel'].create({
            'name': "WeChat", 'code': 'wechat', 'sequence': 1, 'wechat_merchant_id': merchant.id,
            'wechat_account_id': account.id, 'wechat_payee_day_max': 10 ** 6, 'wechat_day_max': 10 ** 7,
            'wechat_bill_max': 3.0, 'wechat_name_from': 2.5})
        cls.ids.update(
            channel=channel.id, merchant=merchant.id, mchid=merchant.mchid, distributors=distributors.ids)

    def setUp(self):
        super().setUp()
        self.clock = fields.Datetime.now()
        self.startPatcher(patch.object(fields.Datetime, 'now', lambda *args: self.clock))
        self.enterContext(mute_logger(*MUTED))

    # === HELPERS === #

    def _platform(self):
        return self.fake.tell('money', mchid=self.ids['mchid'])

    def _run_jobs(self):
        for model, job in (('distribution.payout', '_cron_process'), ('distribution.wechat.callback', '_cron_process')):
            with self._cursor() as env:
                getattr(env[model], job)()

    def _search(self, env, model, *domain):
        return env[model].search([('channel_id' if model == 'distribution.payout' else 'merchant_id', '=', self.ids[
            'channel' if model == 'distribution.payout' else 'merchant']), *domain])

    def _approve(self, amount, distributor_id):
        with self._transaction() as env:
            channel = env['distribution.payout.channel'].browse(self.ids['channel'])
            withdrawal = env['distribution.distributor'].browse(distributor_id)._request_withdrawal(
                amount, channel=channel)
            withdrawal.action_approve()
            return withdrawal.payout_ids.id

    def _try(self, step):
        """Do something in a transaction; who loses a race, or is killed, has done nothing."""
        with self._cursor() as env:
            try:
                step(env)
                env.cr.commit()
            except (Killed, LockError, OperationalError, UserError):
                env.cr.rollback()

    # === THE STORM === #

    def test_a_storm_pays_nobody_twice_and_loses_nothing(self):
        for seed in get_seeds():
            _logger.info("%s transfers with the seed %s", TRANSFERS, seed)
            self.clock = fields.Datetime.to_datetime(time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime()))
            with self.subTest(seed=seed):
                self._storm(random.Random(seed))
                self._settle_everything()
                self._assert_platform_and_books_agree()

    def _storm(self, chance):
        self.late = []      # calls back that are still on their way
        for number in range(TRANSFERS):
            payout_id = self._approve(chance.choice([1.0, 2.53, 7.0]), chance.choice(self.ids['distributors']))
            if chance.random() < 0.5:
                self._let_fail(chance, BILLS)
            self._send(payout_id, chance)
            if number % 10 == 9:
                self._let_fail(chance, f'{BILLS}/*')
                self._decide(chance)
                self._call_back(chance)
                self._meddle(chance)
                self.clock += fields.Datetime.to_datetime('2000-01-01 00:00:00') - fields.Datetime.to_datetime(
                    chance.choice(['1999-12-31 23:59:00', '1999-12-31 22:59:00']))
                self._run_jobs()

    def _let_fail(self, chance, path):
        name = chance.choice(list(FAULTS))
        self.fake.tell('faults', path=path, times=chance.choice([1, 1, 2]), skip=chance.choice([0, 0, 1]), **FAULTS[name])

    def _send(self, payout_id, chance):
        """Send it, and perhaps die on the way, or race with another worker, or leave it to the job."""
        way = chance.choice(['send', 'send', 'job', 'killed before', 'killed after', 'killed at the promise', 'race'])

        def send(env):
            env['distribution.payout'].browse(payout_id)._send()

        def send_and_die(env):
            bill = type(env['distribution.wechat.bill'])
            go_on = bill._go_on

            def die(bills):
                if way == 'killed after':
                    go_on(bills)
                raise Killed

            target, name = (type(env['distribution.payout']), '_set_sent') if 'promise' in way else (bill, '_go_on')
            with patch.object(target, name, (lambda payout: die(payout)) if 'promise' not in way else self._die):
                send(env)

        if way.startswith('killed'):
            self._try(send_and_die)
        elif way != 'job':
            self._try(send)
            if way == 'race':
                self._try(send)

    @staticmethod
    def _die(_record):
        raise Killed

    def _decide(self, chance, is_all=False):
        """Let payees and platform go on with what they know."""
        for number, state in self._platform()['bills'].items():
            if state in ('SUCCESS', 'FAIL', 'CANCELLED') or (not is_all and chance.random() < 0.4):
                continue
            end = chance.choice(['SUCCESS', 'SUCCESS', 'FAIL', 'CANCELLED'])
            states = ENDS[end][0]
            if state == 'WAIT_USER_CONFIRM':
                states = chance.choice(ENDS[end])
            elif state == 'CANCELING':
                states = ['CANCELLED']
            elif state == 'TRANSFERING':
                states = ['SUCCESS']
            self.fake.tell('transfer', mchid=self.ids['mchid'], number=number, states=states)
            if chance.random() < 0.8:
                self.late.append(number)

    def _call_back(self, chance):
        """Let the platform call back: late, twice, in any order, by either mode; some calls never come."""
        chance.shuffle(self.late)
        for number in self.late[:len(self.late) * 2 // 3]:
            for _time in range(chance.choice([1, 1, 2])):
                sent = self.fake.tell(
                    'notice', mchid=self.ids['mchid'], kind='transfer', number=number,
                    **chance.choice([{}, {}, {'id': f'{number}{chance.random()}'}]))
                self._try(lambda env, sent=sent: self._receive(env, sent))
        self.late = self.late[len(self.late) * 2 // 3:]

    def _receive(self, env, sent):
        merchant = env['distribution.wechat.merchant'].browse(self.ids['merchant'])
        notice = merchant._open_notice(sent['body'].encode(), sent['headers'])
        env['distribution.wechat.callback']._receive(merchant, notice)

    def _meddle(self, chance):
        """People press buttons: retry, cancel, send the rest, at any time."""
        def press(env):
            failed = self._search(env, 'distribution.payout', ('state', '=', 'failed'))
            if failed and chance.random() < 0.5:
                env['distribution.payout'].browse(chance.choice(failed.ids)).withdrawal_id.action_retry()
            waiting = self._search(env, 'distribution.wechat.bill', ('state', '=', 'wait_user_confirm'))
            if waiting and chance.random() < 0.5:
                env['distribution.wechat.bill'].browse(chance.choice(waiting.ids)).action_cancel()
            for payout in self._search(env, 'distribution.payout', ('state', '=', 'sent')):
                payout._wechat_pay_rest()

        self._try(press)

    def _settle_everything(self):
        """Let the network be good, and everybody decide, until nothing is under way."""
        self.fake.tell('calm')
        chance = random.Random(0)
        for _run in range(30):
            self.clock += fields.Datetime.to_datetime('2000-01-01 01:01:00') - fields.Datetime.to_datetime('2000-01-01')
            self._run_jobs()
            with self._transaction() as env:
                under_way = self._search(env, 'distribution.payout', ('state', 'in', ('draft', 'sent')))
                if not under_way:
                    return
                for payout in under_way:
                    payout._wechat_pay_rest()
            self._decide(chance, is_all=True)
        self.fail("Something is under way for ever")

    def _assert_platform_and_books_agree(self):
        platform = self._platform()
        paid = [(entry['number'], entry['amount']) for entry in platform['money']]
        self.assertEqual(len(dict(paid)), len(paid), "A number was paid twice")
        self.assertEqual(platform['balance'], BALANCE - sum(amount for _number, amount in paid))
        with self._cursor() as env:
            by_number = {bill.name: bill for bill in self._search(env, 'distribution.wechat.bill')}
            fen, names = defaultdict(int), defaultdict(set)
            for number, amount in paid:
                payout = by_number[number].payout_id
                fen[payout.id] += amount
                names[payout.withdrawal_id.id].add(payout.id)
            done = self._search(env, 'distribution.payout', ('state', '=', 'done'))
            self.assertEqual(dict(fen), {payout.id: round(payout.net_amount * 100) for payout in done})
            self.assertEqual({len(payouts) for payouts in names.values()}, {1}, "A withdrawal was paid twice")
            self.assertEqual(
                [round(payout.payment_id.amount * 100) for payout in done],
                [round(payout.net_amount * 100) for payout in done])
            self.assertEqual(
                set(self._search(env, 'distribution.wechat.bill', ('state', '=', 'success')).mapped('name')),
                {number for number, _amount in paid})
            self.assertEqual(
                set(self._search(env, 'distribution.payout').mapped('state')) - {'done', 'failed'}, set())
            _logger.info("%s payouts done, %s failed; %s transfers, %s paid, %s calls", len(done), len(
                self._search(env, 'distribution.payout', ('state', '=', 'failed'))), len(by_number), len(paid),
                len(self.fake.log['calls']))
        self._check_books()

    # === WORKERS THAT ARE KILLED === #

    def test_a_worker_that_is_killed_leaves_a_transfer_that_is_paid_once(self):
        """Two real processes die by SIGKILL: before the number left, and after the platform had taken it."""
        self.fake.tell('calm')
        for point in ('before', 'after'):
            with self.subTest(point):
                payout_id = self._approve(2.0, self.ids['distributor'])
                self.assertEqual(
                    test_payout_faults.TestPayoutFaults._run_child(self, payout_id, point), -signal.SIGKILL)
                with self._cursor() as env:
                    payout = env['distribution.payout'].browse(payout_id)
                    self.assertEqual((payout.state, payout.wechat_bill_ids.mapped('state')), ('sent', ['new']))
                    number = payout.wechat_bill_ids.name
                self.assertEqual(number in self._platform()['bills'], point == 'after')
                self._run_jobs()
                self.fake.tell('transfer', mchid=self.ids['mchid'], number=number, states=['SUCCESS'])
                self._run_jobs()
                with self._cursor() as env:
                    self.assertEqual(env['distribution.payout'].browse(payout_id).state, 'done')
        self._settle_everything()
        self._assert_platform_and_books_agree()
