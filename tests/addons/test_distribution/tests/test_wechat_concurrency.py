import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_wechat.wechat import Message, Unreachable, WechatError

from .common import CommittedCase
from .wechat_common import connect_account, start_fake_wechat

WORKERS = 20


@tagged('post_install', '-at_install')
class TestWechatConcurrency(CommittedCase):
    """Many workers with real cursors share one token. What is made here is committed."""

    @classmethod
    def setUpClass(cls):
        cls.fake = start_fake_wechat()
        cls.addClassCleanup(cls.fake.stop)
        super().setUpClass()

    @classmethod
    def _create_world(cls, env):
        cls.app_id = f'wx{uuid.uuid4().hex[:16]}'
        return {'company': env.company.id, 'account': connect_account(env, cls.fake, cls.app_id).id}

    @contextmanager
    def _workers(self):
        # The main thread holds the lock of the registries while tests run.
        with patch.object(Registry, '_lock', DummyRLock()), ThreadPoolExecutor(WORKERS) as pool:
            yield pool

    def _ask_all(self, refused=None):
        """Let all workers ask for the token at the same moment; return what they got."""
        barrier = threading.Barrier(WORKERS)

        def ask(_worker):
            with self.registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                account = env['distribution.wechat.account'].browse(self.ids['account'])
                self.assertTrue(account.app_id)     # takes the snapshot
                barrier.wait(timeout=60)
                try:
                    return account.env['distribution.wechat.token']._get_value(account, 'access', refused)
                except WechatError as error:
                    return error

        with self._workers() as pool:
            return list(pool.map(ask, range(WORKERS)))

    def _count_fetches(self):
        return len(self.fake.calls('/cgi-bin/stable_token'))

    def test_twenty_workers_fetch_one_token(self):
        for expired in ('no token yet', 'over', 'refused'):
            with self.subTest(expired):
                with self._transaction() as env:
                    row = env['distribution.wechat.token']._find(
                        env['distribution.wechat.account'].browse(self.ids['account']), 'access')
                    refused = row._decrypt('value') if expired == 'refused' else None
                    if not refused:
                        row.expires_at = '2020-01-01 00:00:00' if expired == 'over' else False
                    row.failed_at = False       # nobody rests after what another test let fail
                self.fake.tell('tokens', appid=self.app_id)
                before = self._count_fetches()
                self.fake.tell('faults', path='/cgi-bin/stable_token', seconds=0.5)
                tokens = self._ask_all(refused)
                self.assertEqual(self._count_fetches() - before, 1)
                self.assertEqual(len(set(tokens)), 1)
                self.assertNotIn(tokens[0], (None, '', refused))

    @mute_logger('odoo.addons.distribution_wechat.models.distribution_wechat_token', 'odoo.sql_db')
    def test_a_platform_that_is_down_is_asked_once(self):
        with self._transaction() as env:
            env['distribution.wechat.token'].search([('account_id', '=', self.ids['account'])]).expires_at = False
        before = self._count_fetches()
        self.fake.tell('faults', path='/cgi-bin/stable_token', status=502, seconds=0.5, times=WORKERS)
        answers = self._ask_all()
        self.assertEqual({type(answer) for answer in answers}, {Unreachable})
        self.assertEqual(self._count_fetches() - before, 1)
        self.fake.tell('calm')

    @mute_logger('odoo.sql_db', 'odoo.service.model')
    def test_one_message_to_many_workers_counts_once(self):
        barrier = threading.Barrier(WORKERS)
        message = Message('oAnn', 'gh_1', 1_700_000_000, 'event', 'scan', 'X', '', uuid.uuid4().hex, '', '', ())

        def receive(_worker):
            with self.registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                account = env['distribution.wechat.account'].browse(self.ids['account'])
                barrier.wait(timeout=60)
                return retrying(partial(env['distribution.wechat.message']._receive, account, message), env)

        with self._workers() as pool:
            self.assertEqual(sorted(pool.map(receive, range(WORKERS))), [False] * (WORKERS - 1) + [True])
