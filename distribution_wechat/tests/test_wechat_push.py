import time
from datetime import timedelta
from unittest.mock import patch

from lxml import etree

from odoo import fields
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..wechat import decrypt
from .common import AES_KEY, APP_ID, OPENID, TOKEN, WechatCommon

CONTROLLER = 'odoo.addons.distribution_wechat.controllers.main'
CRON = 'odoo.addons.distribution_core.models.ir_cron'
INBOX = 'odoo.addons.distribution_wechat.models.distribution_wechat_inbox_mixin'
BOMB = '<!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'


@tagged('post_install', '-at_install')
class TestPush(WechatCommon):

    def test_an_event_is_answered_at_once_and_kept_for_later(self):
        response = self._push(self._event('subscribe', EventKey='qrscene_MEI888'))
        self.assertEqual((response.status_code, response.text), (200, 'success'))
        self.assertEqual(response.headers['Content-Type'], 'text/plain; charset=utf-8')
        self.assertNotIn('session_id', response.cookies)
        self.assertRecordValues(self._get_messages(), [{
            'account_id': self.account.id, 'company_id': self.account.company_id.id, 'openid': OPENID, 'kind': 'event',
            'event': 'subscribe', 'scene': 'MEI888', 'state': 'new'}])
        self.assertFalse(self._get_touches())

    def test_a_message_that_comes_again_counts_once(self):
        at = time.time()
        for _again in range(3):
            self.assertEqual(self._push(self._event('SCAN', at=at, EventKey='MEI888')).status_code, 200)
        self.assertEqual(len(self._get_messages()), 1)
        self._process()
        self._push(self._event('SCAN', at=at, EventKey='MEI888'))
        self._process()
        self.assertEqual(len(self._get_touches()), 1)
        self._push(self._event('SCAN', at=at - 1, EventKey='MEI888'))
        self.assertEqual(len(self._get_messages()), 2)

    def test_one_message_to_two_accounts_counts_for_both(self):
        other = self._create_account("Other", 'wx00000000000000a2')
        for account in (self.account, other):
            self._push(self._event('subscribe', at=1_800_000_000), account=account)
        self.assertEqual(self._get_messages().account_id, self.account | other)

    def test_events_that_mean_nothing_here_are_done(self):
        self._push(self._event('VIEW', EventKey='https://example.com'))
        self.assertRecordValues(self._get_messages(), [{'event': 'view', 'state': 'done', 'scene': False}])

    def test_in_safe_mode_the_message_is_decrypted(self):
        self.account.aes_key = AES_KEY
        self.assertEqual(self._push(self._event('subscribe'), is_safe=True).text, 'success')
        self.assertRecordValues(self._get_messages(), [{'event': 'subscribe', 'openid': OPENID}])

    @mute_logger(CONTROLLER)
    def test_whatever_is_not_right_is_refused_and_leaves_nothing(self):
        good = self._event('subscribe')
        archived = self._create_account("Archived", 'wx00000000000000a3', active=False)
        nameless = self._create_account("Nameless", 'wx00000000000000a4', token=False)
        for name, status, push in (
            ('wrong signature', 403, {'body': good, 'signature': '0' * 40}),
            ('no signature', 403, {'body': good, 'signature': None}),
            ('another nonce', 403, {'body': good, 'nonce': '1'}),
            ('another time', 403, {'body': good, 'timestamp': '1714036505'}),
            ('no time', 403, {'body': good, 'timestamp': None}),
            ('two hours old', 403, {'body': good, 'age': 7200}),
            ('two hours ahead', 403, {'body': good, 'age': -7200}),
            ('archived account', 403, {'body': good, 'account': archived}),
            ('account without a token', 403, {'body': good, 'account': nameless}),
            ('no body', 400, {'body': ''}),
            ('not XML', 400, {'body': 'hello'}),
            ('entities', 400, {'body': BOMB + good.replace(OPENID, '&b;')}),
            ('other root', 400, {'body': good.replace('xml>', 'html>')}),
            ('no sender', 400, {'body': good.replace('FromUserName', 'From')}),
            ('hostile sender', 400, {'body': self._event('subscribe', openid="o' OR 1=1")}),
            ('hostile time', 400, {'body': good.replace('<CreateTime>', '<CreateTime>9999999999999')}),
            ('encrypted for an account without a key', 400, {'body': good, 'is_safe': True}),
            ('10 MB', 413, {'body': b'<xml>' + b'x' * 10_000_000}),
            ('a form', 400, {'body': 'a=b', 'headers': {'Content-Type': 'application/x-www-form-urlencoded'}}),
            ('a form of 10 MB', 413, {
                'body': b'a=' + b'b' * 10_000_000, 'headers': {'Content-Type': 'application/x-www-form-urlencoded'}}),
        ):
            with self.subTest(name):
                self.assertEqual(self._push(**push).status_code, status)
                self.assertFalse(self._get_messages())
        self.assertFalse(self.env['distribution.wechat.identity'].search([]))

    @mute_logger(CONTROLLER)
    def test_an_account_with_a_key_takes_no_plain_message(self):
        self.account.aes_key = AES_KEY
        good = self._event('subscribe')
        for name, status, push in (
            ('plain', 400, {'body': good}),
            ('wrong signature of the message', 403, {'body': good, 'is_safe': True, 'msg_signature': '0' * 40}),
            ('only the signature of the time', 403, {'body': good, 'is_safe': True, 'msg_signature': None}),
            ('two hours old', 403, {'body': good, 'is_safe': True, 'age': 7200}),
            ('not XML', 400, {'body': 'hello', 'is_safe': True}),
        ):
            with self.subTest(name):
                self.assertEqual(self._push(**push).status_code, status)
        self.account.app_id = 'wx00000000000000a5'      # now it was encrypted for another account
        encrypted_before = self.account.browse().new({'app_id': APP_ID, 'webhook_token': self.account.webhook_token})
        self.assertEqual(self._push(good, account=encrypted_before, is_safe=True).status_code, 403)
        self.assertFalse(self._get_messages())

    @mute_logger(CONTROLLER)
    def test_a_former_key_is_good_for_a_week(self):
        self.account.aes_key = AES_KEY
        self.account.aes_key = 'B' * 43
        self.assertEqual(self._push(self._event('subscribe'), is_safe=True).status_code, 200)
        self.account.aes_key_changed_at -= timedelta(days=8)
        self.assertEqual(self._push(self._event('SCAN'), is_safe=True).status_code, 403)

    def test_other_ways_to_call_are_none(self):
        url = f'/distribution/wechat/{self.account.webhook_token}'
        for method in ('PUT', 'DELETE', 'PATCH'):
            with self.subTest(method):
                self.assertEqual(self.url_open(url, method=method).status_code, 405)

    def test_messages_are_seen_by_the_administrator_alone(self):
        self._push(self._event('subscribe'))
        for group, rights in (
            ('base.group_portal', ''), ('base.group_user', ''), ('distribution_core.group_distribution_user', ''),
            ('distribution_core.group_distribution_manager', 'read'),
        ):
            user = new_test_user(self.env, f'user_{group}', groups=group)
            for operation in ('read', 'write', 'create', 'unlink'):
                with self.subTest(group=group, operation=operation):
                    self.assertEqual(
                        self._get_messages().with_user(user).has_access(operation), operation in rights.split())


@tagged('post_install', '-at_install')
class TestEvents(WechatCommon):
    """What messages mean, once they are in."""

    def _identities(self):
        return self.env['distribution.wechat.identity'].search([])

    def test_a_new_follower_by_a_code_is_a_touch_of_its_distributor(self):
        at = int(time.time()) - 600
        self._push(self._event('subscribe', at=at, EventKey='qrscene_MEI888'))
        self._process()
        self.assertRecordValues(self._get_touches(), [{
            'kind': 'scan', 'at': fields.Datetime.to_datetime(time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(at))),
            'partner_id': False, 'company_id': self.account.company_id.id,
            'visitor': self.env['distribution.wechat.identity']._get_visitor(self.account, OPENID)}])
        self.assertRecordValues(self._identities(), [{'openid': OPENID, 'is_follower': True, 'partner_id': False}])
        self.assertRecordValues(self._get_messages(), [{'state': 'done', 'tries': 0}])

    def test_a_follower_who_scans_is_a_touch_of_the_link(self):
        link = self.env['distribution.link'].create({'name': "Tea", 'distributor_id': self.mei.id})
        self._push(self._event('SCAN', EventKey=link.code))
        self._process()
        self.assertRecordValues(self._get_touches(), [{'kind': 'scan', 'link_id': link.id}])

    def test_codes_that_lead_nowhere_leave_no_touch(self):
        other = self.env['res.company'].create({'name': "Another"})
        elsewhere = self._create_account("Elsewhere", 'wx00000000000000a2', company_id=other.id)
        for name, account, scene in (
            ('unknown', self.account, 'NOBODY'), ('malformed', self.account, '中文'), ('none', self.account, ''),
            ('of another company', elsewhere, 'MEI888'),
        ):
            with self.subTest(name):
                self._push(self._event('SCAN', EventKey=scene), account=account)
                self._process()
                self.assertFalse(self._get_touches())
        self.mei.state = 'suspended'
        self._push(self._event('SCAN', EventKey='MEI888', at=time.time() - 5))
        self._process()
        self.assertFalse(self._get_touches())
        self.assertEqual(set(self._get_messages().mapped('state')), {'done'})

    def test_distributors_who_scan_their_own_code_meet_nobody(self):
        identity = self.env['distribution.wechat.identity']._ensure(self.account, OPENID)
        identity.partner_id = self.mei_user.partner_id
        self._push(self._event('SCAN', EventKey='MEI888'))
        self._process()
        self.assertFalse(self._get_touches())

    def test_a_scan_from_the_future_happened_now(self):
        self._push(self._event('SCAN', EventKey='MEI888', at=time.time() + 86400))
        self._process()
        self.assertLessEqual(self._get_touches().at, fields.Datetime.now())

    def test_who_unfollows_is_forgotten(self):
        self._push(self._event('subscribe', at=time.time() - 5))
        self._process()
        self._push(self._event('unsubscribe'))
        self._process()
        self.assertFalse(self._identities())
        self.assertEqual(self._get_messages().mapped('openid'), [False, False])

    def test_who_unfollows_as_a_customer_keeps_the_login(self):
        self._push(self._event('subscribe', at=time.time() - 5))
        self._process()
        self._identities().partner_id = self.mei_user.partner_id
        self._push(self._event('unsubscribe'))
        self._process()
        self.assertRecordValues(self._identities(), [{'is_follower': False, 'followed_at': False}])

    def test_who_takes_the_consent_back_is_gone(self):
        for event in ('user_authorization_revoke', 'user_authorization_cancellation'):
            with self.subTest(event):
                identity = self.env['distribution.wechat.identity']._ensure(self.account, OPENID)
                identity.partner_id = self.mei_user.partner_id
                self._push(self._event(event))
                self._process()
                self.assertFalse(self._identities())
        self.assertEqual(set(self._get_messages().mapped('openid')), {False})

    def _fail_for(self, failing):
        """Return what finds everybody in WeChat but one."""
        ensure = type(self.env['distribution.wechat.identity'])._ensure

        def ensure_others(model, account, openid):
            if openid == failing:
                raise ValueError("of no interest")
            return ensure(model, account, openid)

        return ensure_others

    @mute_logger(CRON)
    def test_one_that_fails_stops_no_other_and_is_tried_again(self):
        self._push(self._event('subscribe', openid='oFirst'))
        self._push(self._event('subscribe', openid='oSecond'))
        first = self._get_messages()[-1]
        ensure = type(self.env['distribution.wechat.identity'])._ensure
        self.patch(type(self.env['distribution.wechat.identity']), '_ensure', self._fail_for('oFirst'))
        self._process()
        self.assertEqual(self._get_messages().mapped('state'), ['done', 'new'])
        for _again in range(4):
            self._process()
        self.assertRecordValues(first, [{'state': 'failed', 'tries': 5, 'error': 'ValueError'}])
        self.patch(type(self.env['distribution.wechat.identity']), '_ensure', ensure)
        first.action_retry()
        self._process()
        self.assertEqual(first.state, 'done')

    @mute_logger(CRON)
    def test_what_is_more_than_a_run_takes_comes_next_before_what_has_failed(self):
        for openid in ('oFirst', 'oSecond', 'oThird'):
            self._push(self._event('subscribe', openid=openid))
        third, second, first = self._get_messages()
        self.patch(type(self.env['distribution.wechat.identity']), '_ensure', self._fail_for('oFirst'))
        triggers = self.env['ir.cron.trigger'].search([
            ('cron_id', '=', self.env.ref('distribution_wechat.ir_cron_process_messages').id)])
        triggers.unlink()
        with patch(f'{INBOX}._BATCH', 2):
            self._process()
            self.assertEqual((first.tries, second.state, third.state), (1, 'done', 'new'))
            self.assertEqual(triggers.search_count([('cron_id.model_id.model', '=', first._name)]), 1)
            self._process()
        self.assertEqual((first.tries, third.state), (2, 'done'))

    def test_old_messages_go(self):
        self._push(self._event('VIEW'))
        self._push(self._event('subscribe'))
        self._get_messages().received_at = fields.Datetime.now() - timedelta(days=31)
        self.env['distribution.wechat.message']._gc_old()
        self.assertEqual(self._get_messages().mapped('event'), ['subscribe'])


@tagged('post_install', '-at_install')
class TestAnswers(WechatCommon):

    def _ask(self, body, **kwargs):
        """Return what somebody is told, or the plain answer."""
        text = self._push(body, **kwargs).text
        return text if text == 'success' else etree.fromstring(text).findtext('Content')

    def _know(self, openid=OPENID):
        self.env['distribution.wechat.identity']._ensure(self.account, openid).partner_id = self.mei_user.partner_id

    def test_distributors_are_told_their_link_and_their_amounts(self):
        self._know()
        for body in (
            self._event(Content="我的链接"),
            self._event(Content=" 我的链接 "),
            self._event('CLICK', EventKey='my_link'),
        ):
            with self.subTest(body):
                self.assertEqual(self._ask(body), f"Your promotion link: {self.mei.get_base_url()}/d/MEI888")
        self.assertEqual(
            self._ask(self._event(Content="我的佣金")).splitlines()[:3],
            ["Pending: $\xa00.00", "Available: $\xa00.00", "Payable: $\xa00.00"])

    def test_strangers_are_told_to_log_in(self):
        self.assertEqual(
            self._ask(self._event(Content="我的佣金")),
            f"You are not known as a distributor here yet. Log in: {self.account.get_base_url()}/my/distribution")

    def test_closed_distributors_are_strangers(self):
        self._know()
        self.mei.state = 'closed'
        self.assertIn("not known", self._ask(self._event(Content="我的佣金")))

    def test_other_words_are_not_answered_and_not_kept(self):
        self._know()
        self.assertEqual(self._ask(self._event(Content="my password is 123")), 'success')
        self.env.flush_all()
        self.env.cr.execute("SELECT m::text FROM distribution_wechat_message m")
        self.assertNotIn('password', self.env.cr.fetchone()[0])

    def test_an_empty_word_answers_nothing(self):
        self._know()
        self.account.write({'link_keyword': False, 'commission_keyword': False})
        for body in (self._event(Content=""), self._event(Content="False"), self._event('CLICK', EventKey='')):
            with self.subTest(body):
                self.assertEqual(self._ask(body), 'success')

    def test_new_followers_are_welcomed_if_there_is_a_text(self):
        self.assertEqual(self._ask(self._event('subscribe')), 'success')
        self.account.welcome = "Welcome & <hello>"
        self.assertEqual(self._ask(self._event('subscribe', openid='oOther')), "Welcome & <hello>")

    def test_a_repeated_question_is_answered_again(self):
        self._know()
        body = self._event(Content="我的链接")
        self.assertEqual(self._ask(body), self._ask(body))
        self.assertEqual(len(self._get_messages()), 1)

    def test_in_safe_mode_the_answer_is_encrypted(self):
        self._know()
        self.account.aes_key = AES_KEY
        text = self._push(self._event(Content="我的链接"), is_safe=True).text
        self.assertNotIn('MEI888', text)
        answer = {child.tag: child.text for child in etree.fromstring(text)}
        self.assertEqual(
            answer['MsgSignature'], self._sign(TOKEN, answer['TimeStamp'], answer['Nonce'], answer['Encrypt']))
        self.assertIn('/d/MEI888', decrypt(answer['Encrypt'], APP_ID, AES_KEY).decode())
