import logging

from odoo.tests import tagged
from odoo.tools import mute_logger

from .wechat_common import AES_KEY, APP_ID, OTHER_APP_ID, SECRET, TOKEN, FakeWechatCase, connect_account

CONTROLLER = 'odoo.addons.distribution_wechat.controllers.main'
SCAN = {'MsgType': 'event', 'Event': 'SCAN', 'EventKey': 'MEI888', 'Ticket': 'T'}


@tagged('post_install', '-at_install')
class TestWechatPush(FakeWechatCase):
    """The fake platform calls the server in every way, and reads the answers by itself."""

    def test_the_platform_verifies_the_address(self):
        url = f'{self.base_url()}/distribution/wechat/{self.account.webhook_token}'
        for tamper, expected in ((None, (200, True)), ('signature', (403, False))):
            with self.subTest(tamper=tamper), self.allow_requests(all_requests=True), mute_logger(CONTROLLER):
                result = self.fake.tell('verify', url=url, appid=APP_ID, tamper=tamper)
                self.assertEqual((result['status'], result['is_verified']), expected)

    def test_a_message_arrives_in_every_mode_and_form(self):
        plain = connect_account(self.env, self.fake, OTHER_APP_ID)
        for account, mode, form in (
            (plain, 'plain', 'xml'), (plain, 'plain', 'json'), (self.account, 'safe', 'xml'),
            (self.account, 'safe', 'json'), (self.account, 'compat', 'xml'), (self.account, 'compat', 'json'),
        ):
            with self.subTest(mode=mode, form=form):
                [answer] = self._push({**SCAN, 'CreateTime': 1_700_000_000}, account, mode, format=form)
                self.assertEqual((answer['status'], answer['text'], answer['reply']), (200, 'success', None))
                self.assertLess(answer['seconds'], 5)
                self.assertRecordValues(self._get_messages(), [{
                    'event': 'scan', 'scene': 'MEI888', 'state': 'new', 'account_id': account.id}])
                self._get_messages().unlink()

    def test_however_often_a_message_comes_it_counts_once(self):
        answers = self._push(SCAN, repeat=3, verbatim=3)
        self.assertEqual([answer['status'] for answer in answers], [200] * 9)
        self.assertEqual(len(self._get_messages()), 1)
        self._process_messages()
        self.assertEqual(self.env['distribution.touch'].search_count([('distributor_id', '=', self.mei.id)]), 1)

    @mute_logger(CONTROLLER)
    def test_whatever_was_tampered_with_is_refused(self):
        for tamper, status in (
            ('msg_signature', 403), ('appid', 403), ('padding', 403), ('length', 403), ('body', 200),
        ):
            with self.subTest(tamper):
                [answer] = self._push(SCAN, tamper=tamper)
                # The envelope holds no sender: changing it there changes nothing.
                self.assertEqual(answer['status'], status)
                self.assertEqual(len(self._get_messages()), status == 200)
        self._get_messages().unlink()
        for order, status in (
            ({'mode': 'plain'}, 400), ({'mode': 'plain', 'tamper': 'signature'}, 400), ({'age': 4000}, 403),
            ({'without': ['msg_signature']}, 403), ({'without': ['timestamp']}, 403), ({'without': ['nonce']}, 403),
            ({'raw': '<xml><a'}, 400), ({'raw': ''}, 400), ({'raw': '[' * 9999}, 400), ({'raw': '{"a":' * 5000}, 400),
            ({'raw': '<!DOCTYPE x [<!ENTITY a "b">]><xml><FromUserName>&a;</FromUserName></xml>'}, 400),
            ({'raw': 'x' * 100_000}, 413), ({'mode': 'plain', 'raw': 'x' * 10_000_000}, 413),
        ):
            with self.subTest(str(order)[:80]):
                [answer] = self._push(SCAN, **order)
                self.assertEqual(answer['status'], status)
                self.assertFalse(self._get_messages())

    def test_an_answer_is_read_by_the_platform(self):
        self.env['distribution.wechat.identity'].create({
            'account_id': self.account.id, 'openid': self.openids[APP_ID], 'partner_id': self.mei_user.partner_id.id})
        plain = connect_account(self.env, self.fake, OTHER_APP_ID, welcome="欢迎")
        for form in ('xml', 'json'):
            with self.subTest(form):
                [answer] = self._push({'MsgType': 'text', 'Content': "我的链接"}, format=form)
                self.assertNotIn('MEI888', answer['text'])
                self.assertEqual(answer['reply']['ToUserName'], self.openids[APP_ID])
                self.assertTrue(answer['reply']['Content'].endswith('/d/MEI888'))
        [answer] = self._push({'MsgType': 'event', 'Event': 'subscribe', 'EventKey': ''}, plain, 'plain')
        self.assertEqual((answer['reply']['Content'], answer['reply']['MsgType']), ("欢迎", 'text'))

    def test_a_new_follower_by_a_code_and_a_follower_who_scans_are_touches(self):
        self._push({'MsgType': 'event', 'Event': 'subscribe', 'EventKey': 'qrscene_MEI888', 'Ticket': 'T'})
        self._push(SCAN)
        self._process_messages()
        touches = self.env['distribution.touch'].search([('distributor_id', '=', self.mei.id)])
        self.assertEqual(touches.mapped('kind'), ['scan', 'scan'])
        self.assertEqual(len(set(touches.mapped('visitor'))), 1)

    def test_no_secret_is_written_anywhere(self):
        openid = self.openids[APP_ID]
        with self.assertLogs(level=logging.DEBUG) as logs:
            self._push(SCAN)
            self._push(SCAN, tamper='msg_signature')
            self._push({'MsgType': 'text', 'Content': "a private word"})
            self._process_messages()
            qr = self.account._get_client().create_qr('MEI888')
            self.account.action_test_connection()
            token = self.env['distribution.wechat.token']._get_value(self.account, 'access')
        self.assertTrue(qr.url)
        text = '\n'.join(log for log in logs.output if not log.startswith('DEBUG:odoo.sql_db'))
        self.assertIn('/cgi-bin/qrcode/create', text)
        for secret in (SECRET, TOKEN, AES_KEY, token, "a private word", openid):
            self.assertNotIn(secret, text)
        self.env.flush_all()
        self.env.cr.execute("SELECT message FROM ir_logging")
        logged = str(self.env.cr.fetchall())
        for table in ('distribution_wechat_account', 'distribution_wechat_token', 'distribution_wechat_message'):
            self.env.cr.execute(f"SELECT t::text FROM {table} t")      # pylint: disable=sql-injection
            stored = str(self.env.cr.fetchall())
            for secret in (SECRET, TOKEN, AES_KEY, token, "a private word"):
                self.assertNotIn(secret, stored + logged)
        self.assertEqual(self.fake.log['violations'], [])
