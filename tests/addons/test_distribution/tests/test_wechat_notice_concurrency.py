import json
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import DummyRLock, Registry
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CommittedCase
from .wechat_common import SECRET, TOKEN, connect_account, start_fake_wechat

WORKERS, NOTICES = 8, 200
SEND = '/cgi-bin/message/template/send'


@tagged('post_install', '-at_install')
class TestWechatNoticeConcurrency(CommittedCase):
    """Many workers with real cursors empty one outbox. What is made here is committed."""

    @classmethod
    def setUpClass(cls):
        cls.fake = start_fake_wechat()
        cls.addClassCleanup(cls.fake.stop)
        super().setUpClass()

    @classmethod
    def _create_world(cls, env):
        app_id = f'wx{uuid.uuid4().hex[:16]}'
        account = connect_account(env, cls.fake, app_id)
        cls.fake.tell('accounts', appid=app_id, secret=SECRET, token=TOKEN, templates={'T': ['amount1']})
        openid = cls.fake.tell('people', name='ann', follows=[app_id])['openids'][app_id]
        env['distribution.wechat.template'].create({
            'account_id': account.id, 'topic': 'commission', 'template_code': 'T',
            'line_ids': [Command.create({'name': 'amount1', 'value': "{amount}"})]})
        distributor = env['distribution.distributor'].create({
            'partner_id': env['res.partner'].create({'name': "Popular"}).id})
        distributor._set_active()
        env['distribution.wechat.identity'].create({
            'account_id': account.id, 'openid': openid, 'is_follower': True})._bind(distributor.partner_id)
        return {'company': env.company.id, 'account': account.id, 'distributor': distributor.id}

    def _queue(self):
        """Leave notices in the outbox, and nothing else."""
        with self._transaction() as env:
            notices = env['distribution.wechat.notice']
            notices.search([('state', '=', 'waiting')]).unlink()
            notices._queue(env['res.company'].browse(self.ids['company']), [
                {'key': f'{uuid.uuid4()}', 'topic': 'commission', 'distributor_id': self.ids['distributor'], 'amount': 1}
                for _number in range(NOTICES)])

    def _send_all(self):
        barrier = threading.Barrier(WORKERS)

        def send(_worker):
            with self.registry.cursor() as cr:
                barrier.wait(timeout=60)
                api.Environment(cr, SUPERUSER_ID, {})['distribution.wechat.notice']._cron_send()

        # The main thread holds the lock of the registries while tests run.
        with patch.object(Registry, '_lock', DummyRLock()), ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(send, range(WORKERS)))

    @mute_logger('odoo.sql_db')
    def test_many_workers_send_each_notice_once(self):
        self._queue()
        self._send_all()
        numbers = [json.loads(call['body'])['client_msg_id'] for call in self.fake.calls(SEND)]
        self.assertEqual((len(numbers), len(set(numbers))), (NOTICES, NOTICES))
        with self._cursor() as env:
            mine = env['distribution.wechat.notice'].search([('distributor_id', '=', self.ids['distributor'])])
            self.assertEqual(Counter(mine.mapped('state')), {'sent': NOTICES})
            self.assertEqual(set(mine.mapped('client_message_id')), set(numbers))
