import json
import logging
import os
import random
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError
from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import get_db_name, tagged
from odoo.tools import config, mute_logger

from odoo.addons.distribution_commission.models.distribution_payout_demo import DemoTimeout

from .common import CommittedCase

_logger = logging.getLogger(__name__)

# How many in every run; DISTRIBUTION_FAULTS=1000 for a long one.
FAULTS = int(os.environ.get('DISTRIBUTION_FAULTS') or 200)
_CHILD = """
import json, os, signal, sys
from importlib import import_module
from unittest.mock import patch
from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

arguments = json.loads(sys.argv[1])
config.parse_config(arguments['options'])
registry = Registry(arguments['db'])
with registry.cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {'allowed_company_ids': [arguments['company']]})
    owner = %(owner)s
    deadly = owner.%(name)s

    def die(*args, **named):
        if arguments['point'] == 'after':
            deadly(*args, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    with patch.object(owner, '%(name)s', die):
        %(act)s
"""


class Killed(BaseException):
    """The worker died here."""


def run_child(owner, name, act, **arguments):
    """Run another Odoo on this database, in a process of its own that dies by SIGKILL, and return how it ended.

    :param str owner: An expression: the class of the method in which it dies.
    :param str name: Of the method.
    :param str act: A statement: what it does until it dies.
    :param arguments: What the statement needs, with `company`, and `point`: it dies `before` the method, or `after` it.
    """
    paths = config['addons_path']
    options = [f'--addons-path={paths if isinstance(paths, str) else ",".join(paths)}']
    options += [f'--{name}={config[name]}' for name in ('db_host', 'db_port', 'db_user', 'db_password') if config[name]]
    arguments |= {'options': [*options, '--no-http', '--log-level=error'], 'db': get_db_name()}
    script = _CHILD % {'owner': owner, 'name': name, 'act': act}
    child = subprocess.run(
        [sys.executable, '-c', script, json.dumps(arguments)], env=dict(os.environ), timeout=300, check=False,
        stderr=subprocess.PIPE, text=True)
    if child.returncode != -signal.SIGKILL:
        _logger.error("The other process ended by itself: %s", child.stderr[-2000:])
    return child.returncode


@tagged('post_install', '-at_install')
class TestPayoutFaults(CommittedCase):
    """Workers die, answers come late, twice or never: nobody is paid twice, and nothing is lost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._transaction() as env:
            cls.ids['transfer'] = env['distribution.payout.demo'].search([], limit=1).id      # of an earlier run
            cls.ids['channel'] = env['distribution.payout.channel'].create({
                'name': "Demo", 'code': 'demo', 'sequence': 1}).id
            env.company.distribution_withdrawal_daily_count = 0
            env['product.product'].browse(cls.ids['product']).list_price = 5_000.0
            cls.ids['distributors'] = [
                cls.ids['distributor'],
                *(cls._create_distributor(env, f"Popular {number}").id for number in range(2, 11)),
            ]
        cls._make_payable(cls.ids['distributors'])      # 500 for each

    def setUp(self):
        super().setUp()
        self.clock = fields.Datetime.now()
        self.startPatcher(patch.object(fields.Datetime, 'now', lambda *args: self.clock))

    # === HELPERS === #

    def _request(self, env, amount, distributor_id=None):
        distributor_id = distributor_id or self.ids['distributor']
        return env['distribution.distributor'].browse(distributor_id)._request_withdrawal(amount)

    def _set_answer(self, answer):
        with self._transaction() as env:
            env['distribution.payout.channel'].browse(self.ids['channel']).demo_answer = answer

    def _approve(self, amount, distributor_id=None):
        """Commit an approved withdrawal, and return the ids of it and of its payout."""
        with self._transaction() as env:
            withdrawal = self._request(env, amount, distributor_id)
            withdrawal.channel_id = self.ids['channel']
            withdrawal.action_approve()
            return withdrawal.id, withdrawal.payout_ids.id

    def _send_and_die(self, payout_id, point):
        """Die at a point of the way: before the number's promise is kept, before it leaves, or before it is noted."""
        with self._cursor() as env:
            channel = type(env['distribution.payout.channel'])
            payout, send = env['distribution.payout'].browse(payout_id), channel._send_payout_request

            def die(self, payout):
                if point == 'after':
                    send(self, payout)
                raise Killed

            patcher = patch.object(type(payout), '_set_sent', side_effect=Killed) if point == 'promise' \
                else patch.object(channel, '_send_payout_request', die)
            try:
                with patcher:
                    payout._send()
            except Killed:
                env.cr.rollback()

    def _run_job(self):
        with self._cursor() as env:
            env['distribution.payout']._cron_process()

    def _assert_provider_and_books_agree(self):
        """What the provider paid is what was booked, each once, and the books are right."""
        with self._cursor() as env:
            paid = env['distribution.payout.demo'].search([
                ('status', '=', 'paid'), ('id', '>', self.ids['transfer'] or 0)])
            done = env['distribution.payout'].search([
                ('channel_id', '=', self.ids['channel']), ('state', 'in', ('done', 'returned'))])
            self.assertEqual(
                sorted((transfer.number, transfer.amount) for transfer in paid),
                sorted((payout.name, payout.net_amount) for payout in done))
            payments = env['account.payment'].search([('memo', 'in', done.mapped('name'))])
            self.assertEqual(sorted(payments.mapped('memo')), sorted(done.mapped('name')))
            self.assertEqual(len(done.withdrawal_id), len(done))
        self._check_books()

    def _get_payable(self):
        with self._cursor() as env:
            return env['distribution.distributor'].browse(self.ids['distributor']).payable_amount

    # === TESTS === #

    @mute_logger('odoo.sql_db', 'odoo.addons.distribution_core.models.ir_cron')
    def test_a_thousand_faults_pay_nobody_twice_and_lose_nothing(self):
        seed = random.SystemRandom().randrange(10 ** 9)
        _logger.info("Faults with the seed %s", seed)
        chance = random.Random(seed)
        withdrawals = []
        steps = {
            'promise': self._fault_send, 'before': self._fault_send, 'after': self._fault_send,
            'silent': self._fault_answer, 'lost': self._fault_answer, 'refused': self._fault_answer,
            'waiting': self._fault_answer,
            'approve twice': self._fault_approve_twice, 'call back twice': self._fault_call_back,
            'contradict': self._fault_call_back, 'late': self._fault_late, 'race': self._fault_race,
            'cancel': self._fault_cancel, 'retry': self._fault_retry, 'come back': self._fault_come_back,
        }
        with self.subTest(seed=seed):
            for number in range(FAULTS):
                name = chance.choice(list(steps))
                steps[name](name, chance, withdrawals)
                if number % 25 == 24:
                    self.clock += timedelta(minutes=chance.choice([1, 30, 61]))
                    self._decide(chance)
                    self._run_job()
            self._decide(chance)
            self._settle_everything()
            self._assert_provider_and_books_agree()

    def _decide(self, chance):
        """Let the provider decide what waits there."""
        with self._transaction() as env:
            for transfer in env['distribution.payout.demo'].search([('status', '=', 'waiting')]):
                transfer.status = chance.choice(['paid', 'refused'])

    def _settle_everything(self):
        """Let the job ask until nothing is under way."""
        self._set_answer('paid')
        for _run in range(30):
            self.clock += timedelta(minutes=61)
            self._run_job()
            with self._cursor() as env:
                if not env['distribution.payout'].search_count([
                        ('channel_id', '=', self.ids['channel']), ('state', 'in', ('draft', 'sent'))]):
                    return
        self.fail("Something is under way for ever")

    def _pick(self, env, chance, withdrawals, *states):
        """Return one of the payouts in these states."""
        payouts = env['distribution.payout'].search([
            ('withdrawal_id', 'in', withdrawals), ('state', 'in', states)], limit=20, order='id desc')
        return payouts.browse(chance.choice(payouts.ids)) if payouts else payouts

    def _new(self, chance, withdrawals):
        withdrawal_id, payout_id = self._approve(chance.choice([1.0, 1.5, 2.25]), chance.choice(self.ids['distributors']))
        withdrawals.append(withdrawal_id)
        return payout_id

    def _fault_send(self, name, chance, withdrawals):
        self._set_answer('paid')
        self._send_and_die(self._new(chance, withdrawals), name)

    def _fault_answer(self, name, chance, withdrawals):
        self._set_answer(name)
        payout_id = self._new(chance, withdrawals)
        with self._cursor() as env:
            try:
                env['distribution.payout'].browse(payout_id)._send()
                env.cr.commit()
            except DemoTimeout:
                env.cr.rollback()

    def _fault_approve_twice(self, _name, chance, withdrawals):
        with self._transaction() as env:
            withdrawal = self._request(env, 1.0, chance.choice(self.ids['distributors']))
            withdrawal.channel_id = self.ids['channel']
            withdrawals.append(withdrawal.id)
        with self._cursor() as one, self._cursor() as other:
            first, second = (env['distribution.withdrawal'].browse(withdrawal.id) for env in (one, other))
            self.assertEqual((first.state, second.state), ('requested', 'requested'))
            first.action_approve()
            one.cr.commit()
            with self.assertRaises(SerializationFailure):
                second.action_approve()
                other.flush_all()

    def _fault_call_back(self, name, chance, withdrawals):
        """The provider tells again what it told, or somebody says the opposite."""
        with self._transaction() as env:
            if payout := self._pick(env, chance, withdrawals, 'sent', 'done', 'failed', 'returned'):
                answer = env['distribution.payout.demo']._get_answer(payout.name)
                if name == 'contradict' and payout.state in ('done', 'failed'):
                    answer = {'status': 'refused' if payout.state == 'done' else 'paid'}
                for _time in range(2):
                    payout._process(answer)

    def _fault_late(self, _name, chance, withdrawals):
        """A request that was on its way arrives after somebody asked about it, in time or not."""
        self._set_answer('paid')
        payout_id = self._new(chance, withdrawals)
        self._send_and_die(payout_id, 'before')
        with self._transaction() as env:
            env['distribution.payout'].browse(payout_id)._ask()
        late = chance.choice([0, 59, 60, 90])
        self.clock += timedelta(minutes=late)
        with self._transaction() as env:
            if chance.random() < 0.5:
                env['distribution.payout'].browse(payout_id)._ask()
        with self._transaction() as env:
            payout = env['distribution.payout'].browse(payout_id)
            env['distribution.payout.demo']._receive(payout.name, payout.net_amount, payout.expires_at, 'paid')

    def _fault_race(self, _name, chance, withdrawals):
        """Two workers want to send the same payout."""
        self._set_answer('paid')
        payout_id = self._new(chance, withdrawals)
        with self._cursor() as one, self._cursor() as other:
            first, second = (env['distribution.payout'].browse(payout_id) for env in (one, other))
            self.assertEqual((first.state, second.state), ('draft', 'draft'))
            first._send()
            one.cr.commit()
            with self.assertRaises(SerializationFailure):
                second._send()

    def _fault_cancel(self, _name, chance, withdrawals):
        with self._cursor() as env:
            if payout := self._pick(env, chance, withdrawals, 'draft', 'sent', 'done'):
                try:
                    payout.withdrawal_id._cancel_by_distributor()
                    env.cr.commit()
                except UserError:
                    env.cr.rollback()

    def _fault_come_back(self, _name, chance, withdrawals):
        """The money comes back, which two persons enter at the same moment."""
        with self._transaction() as env:
            if not (payout := self._pick(env, chance, withdrawals, 'done')):
                return
        values = {'payout_id': payout.id, 'reason': "The account was closed"}
        with self._cursor() as one, self._cursor() as other:
            first, second = (env['distribution.payout.return'] for env in (one, other))
            self.assertEqual(first.search_count([]), second.search_count([]))       # both snapshots are taken
            first.create(values).action_submit()
            one.cr.commit()
            with self.assertRaises((IntegrityError, SerializationFailure)):
                second.create(values).action_submit()

    def _fault_retry(self, _name, chance, withdrawals):
        with self._cursor() as env:
            if payout := self._pick(env, chance, withdrawals, 'failed'):
                try:
                    payout.withdrawal_id.action_retry()
                    env.cr.commit()
                except UserError:
                    env.cr.rollback()

    @mute_logger('odoo.sql_db', 'odoo.addons.distribution_core.models.ir_cron')
    def test_a_worker_that_is_killed_leaves_a_payout_that_ends_as_the_provider_says(self):
        """Two real processes die by SIGKILL: after the number was committed, and after the provider paid."""
        self._set_answer('paid')
        for point, state in [('before', 'failed'), ('after', 'done')]:
            with self.subTest(point):
                _withdrawal_id, payout_id = self._approve(10.0)
                self.assertEqual(self._run_child(payout_id, point), -signal.SIGKILL)
                with self._cursor() as env:
                    self.assertEqual(env['distribution.payout'].browse(payout_id).state, 'sent')
                self.clock = fields.Datetime.from_string('2100-01-01 00:00:00')
                self._run_job()
                with self._cursor() as env:
                    self.assertEqual(env['distribution.payout'].browse(payout_id).state, state)
        self._assert_provider_and_books_agree()

    def _run_child(self, payout_id, point):
        """Run another Odoo on this database that sends the payout, and return how it ended."""
        return run_child(
            "type(env['distribution.payout.channel'])", '_send_payout_request',
            "env['distribution.payout'].browse(arguments['payout'])._send()",
            company=self.ids['company'], payout=payout_id, point=point)

    @mute_logger('odoo.sql_db')
    def test_eight_withdrawals_of_everything_at_once_are_one(self):
        payable = self._get_payable()
        outcomes = []

        def withdraw(env):
            try:
                self._request(env, payable)
                env.cr.commit()
                outcomes.append('taken')
            except (SerializationFailure, UserError) as error:
                env.cr.rollback()
                outcomes.append(type(error).__name__)

        environments = [self._cursor() for _index in range(8)]
        opened = [cursor.__enter__() for cursor in environments]
        try:
            for env in opened:      # all snapshots are taken before anybody writes
                self.assertEqual(
                    env['distribution.distributor'].browse(self.ids['distributor']).payable_amount, payable)
            threads = [threading.Thread(target=withdraw, args=[env]) for env in opened]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        finally:
            for cursor in environments:
                cursor.__exit__(None, None, None)
        self.assertEqual(len(outcomes), 8)
        self.assertEqual(outcomes.count('taken'), 1)
        self.assertEqual(self._get_payable(), 0)
        self._check_books()
        with self._transaction() as env:        # for the tests that follow
            env['distribution.withdrawal'].search([('company_id', '=', self.ids['company'])])[0].action_refuse()
