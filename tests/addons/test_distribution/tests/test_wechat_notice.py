import json
from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_commission.tests.common import DistributionCommon

from .wechat_common import APP_ID, OTHER_APP_ID, FakeWechatCase, connect_account

SENDING = 'odoo.addons.distribution_wechat.models.distribution_wechat_notice_sending'
SEND, SUBSCRIBE = '/cgi-bin/message/template/send', '/cgi-bin/message/subscribe/send'
FIELDS = {'thing1': "{text}", 'amount2': "{amount}", 'character_string3': "{reference}", 'time4': "{time}"}
TEMPLATES = {'T-COMMISSION': list(FIELDS), 'T-OTHER': ['phrase1', 'amount2'], 'S-COMMISSION': ['thing1']}


class NoticeCase(DistributionCommon, FakeWechatCase):
    """Mei follows the account, which tells her of commissions and of the steps of withdrawals."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(su=True)
        cls.env['distribution.wechat.notice'].search([]).unlink()
        cls.template = cls._create_template('commission', 'T-COMMISSION', FIELDS)
        cls.env.ref('base.lang_zh_CN').active = True

    @classmethod
    def _create_template(cls, topic, code, lines, account=None, **values):
        return cls.env['distribution.wechat.template'].create({
            'account_id': (account or cls.account).id, 'topic': topic, 'template_code': code,
            'line_ids': [Command.create({'name': name, 'value': value}) for name, value in lines.items()], **values})

    def setUp(self):
        super().setUp()
        for appid in (APP_ID, OTHER_APP_ID):
            self.fake.tell('accounts', appid=appid, secret='never-to-be-seen', templates=TEMPLATES)
        self.openids = self.fake.tell('people', name='ann', follows=[APP_ID])['openids']
        self.identity = self.env['distribution.wechat.identity'].create({
            'account_id': self.account.id, 'openid': self.openids[APP_ID], 'partner_id': self.mei_user.partner_id.id,
            'is_follower': True})

    def _sell(self, quantity=1):
        self._invoice(self._create_order(quantity, distributor=self.mei))
        self._process()

    def _queue(self, topic='commission', key='a', **values):
        self.env['distribution.wechat.notice']._queue(self.company, [
            {'key': key, 'topic': topic, 'distributor_id': self.mei.id, 'amount': 10, **values}])

    def _run(self):
        """Let the job send what is due."""
        self.env.flush_all()
        with self.registry.cursor() as cr:
            self.env(cr=cr)['distribution.wechat.notice'].sudo()._cron_send()
        self.env.invalidate_all()

    def _wait(self, **time):
        """Let time pass for what waits."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE distribution_wechat_notice SET created_at = created_at - %(time)s,"
            " next_try_at = next_try_at - %(time)s, unknown_since = unknown_since - %(time)s", {'time': timedelta(**time)})
        self.env.invalidate_all()

    def _notices(self):
        return self.env['distribution.wechat.notice'].search([], order='id')

    def _get_mails(self):
        return self.env['mail.message'].search([('model', '=', self.mei._name), ('res_id', '=', self.mei.id)])

    def _sent(self):
        return self.fake.log['messages']

    def assertNotices(self, *states):
        self.assertEqual(self._notices().mapped('state'), list(states), self._notices().mapped('error'))


@tagged('post_install', '-at_install')
class TestWechatNotice(NoticeCase):

    # === WHO IS TOLD WHAT === #

    def test_a_commission_is_told_in_the_fields_of_the_template(self):
        with freeze_time('2026-03-01 02:05:00'):
            self._sell(2)
            self.assertNotices('waiting')
            self.assertFalse(self._sent())
            self._run()
        order = self.env['sale.order'].search([('distributor_id', '=', self.mei.id)])
        [message] = self._sent()
        self.assertEqual(message['touser'], self.openids[APP_ID])
        self.assertEqual(message['template_id'], 'T-COMMISSION')
        self.assertEqual({name: field['value'] for name, field in message['data'].items()}, {
            'thing1': "New commission: $ 2…", 'amount2': '$20.00', 'character_string3': order.name,
            'time4': '2026年3月1日 ' + self._to_local('2026-03-01 02:05:00')})
        self.assertTrue(message['url'].endswith('/my/distribution'))
        self.assertRecordValues(self._notices(), [{
            'distributor_id': self.mei.id, 'topic': 'commission', 'amount': 20.0, 'count': 1, 'state': 'sent',
            'client_message_id': message['client_msg_id'], 'platform_id': str(message['msgid']), 'tries': 1}])
        self.assertEqual(self.fake.log['violations'], [])

    def _to_local(self, moment):
        zone = self.company._distribution_get_tz()
        moment = fields.Datetime.context_timestamp(self.company.with_context(tz=zone), fields.Datetime.to_datetime(moment))
        return f'{moment:%H:%M}'

    def test_what_one_batch_brings_is_told_once_and_a_refund_not_at_all(self):
        invoice = self._invoice(self._create_order(1, distributor=self.mei))
        self._invoice(self._create_order(3, distributor=self.mei))
        self._process()
        self.assertRecordValues(self._notices(), [{'amount': 40.0, 'count': 2, 'reference': False}])
        self._refund(invoice)
        self._process()
        self.assertEqual(len(self._notices()), 1)

    def test_the_steps_of_money_and_level_are_told(self):
        for topic in ('available', 'settlement', 'withdrawal', 'level'):
            self._create_template(topic, 'T-OTHER', {'phrase1': "{state}", 'amount2': "{amount}"})
        self.mei._set_notification_settings({
            (topic, 'wechat') for topic in ('available', 'settlement', 'withdrawal', 'level')})
        self._make_payable(3, distributor=self.mei)
        self.env['distribution.settlement']._tell_next()
        withdrawal = self.mei._request_withdrawal(12.0)
        withdrawal.action_approve()
        withdrawal.payout_ids.action_mark_done()
        self.mei._request_withdrawal(5.0)._cancel_by_distributor()
        self.mei._set_level(self.env['distribution.level'].create({'name': "Gold"}), "Well done")
        self.assertEqual(
            [(notice.topic, notice.step, notice.amount) for notice in self._notices()],
            [('available', False, 30.0), ('settlement', False, 30.0), ('withdrawal', 'approved', 12.0),
             ('withdrawal', 'paid', 12.0), ('level', False, 0.0)])
        self.mei_user.partner_id.lang = 'zh_CN'
        self.assertEqual(self._notices()[3]._get_facts()['state'], self._get_paid_label())
        self.assertEqual(self._notices()[4]._get_facts()['level'], "Gold")

    def _get_paid_label(self):
        selection = self.env['distribution.withdrawal'].with_context(lang='zh_CN')._fields['state']
        return dict(selection._description_selection(self.env(context={'lang': 'zh_CN'})))['paid']

    def test_the_result_of_an_application_is_told_by_mail_and_here(self):
        self._create_template('application', 'T-OTHER', {'phrase1': "{state}"})
        self.identity.partner_id = self.env['res.partner'].create({'name': "Applicant"})
        application = self.env['distribution.application'].sudo().create({
            'name': "Applicant", 'email': 'applicant@example.com', 'partner_id': self.identity.partner_id.id,
            'kind': 'individual', 'is_adult': True, 'is_not_barred': True, 'knows_it_is_free': True,
            'company_id': self.company.id})
        application.state = 'submitted'
        application._set_refused("Too few facts")
        self.assertRecordValues(self._notices(), [{
            'topic': 'application', 'step': 'refused', 'partner_id': self.identity.partner_id.id,
            'distributor_id': False}])

    def test_who_cannot_be_reached_or_does_not_want_it_is_not_queued(self):
        self.identity.is_follower = False
        self._queue()
        self.identity.is_follower = True
        self.mei._set_notification_settings(set())
        self._queue()
        self.mei._set_notification_settings({('commission', 'wechat')})
        self._queue(topic='level')          # no template
        self.template.active = False
        self._queue()
        self.assertFalse(self._notices())
        self.template.active = True
        self._queue()
        self._queue()
        self.assertNotices('waiting')

    def test_a_company_that_tells_nothing_by_wechat_pays_nothing(self):
        self.template.active = False
        self.assertFalse(self.env['distribution.wechat.template']._is_used_in(self.company.id))
        with self.assertQueryCount(0):
            self._queue()

    # === WHAT COMES OF IT === #

    def test_after_an_answer_that_did_not_come_it_is_repeated_under_its_number_and_sent_once(self):
        self._queue()
        self.fake.tell('faults', path=SEND, status=502, after=True)
        self._run()
        self.assertNotices('waiting')
        self.assertTrue(self._notices().unknown_since)
        self._wait(minutes=2)
        self._run()
        self.assertNotices('sent')
        self.assertEqual(len(self._sent()), 1)
        numbers = [json.loads(call['body'])['client_msg_id'] for call in self.fake.calls(SEND)]
        self.assertEqual(numbers, [self._notices().client_message_id] * 2)

    def test_what_is_doubtful_is_not_repeated_once_the_platform_has_forgotten_it(self):
        self._queue()
        self.fake.tell('faults', path=SEND, status=502, after=True)
        self._run()
        self._wait(minutes=15)
        self._run()
        self.assertNotices('failed')
        self.assertEqual(len(self.fake.calls(SEND)), 1)

    def test_who_died_while_sending_leaves_it_to_others_who_know_that_it_is_doubtful(self):
        self._queue()
        self.env['distribution.wechat.notice']._claim()
        self._run()
        self.assertFalse(self.fake.calls(SEND))
        self._wait(minutes=7)
        self._run()
        self.assertNotices('sent')
        self._queue(key='b')
        self.env['distribution.wechat.notice']._claim()
        self._wait(hours=1)
        self._run()
        self.assertNotices('sent', 'failed')
        self.assertEqual(len(self._sent()), 1)

    def test_while_the_platform_is_busy_it_is_asked_once_for_a_batch(self):
        for key in 'abc':
            self._queue(key=key)
        self.fake.tell('faults', path=SEND, errcode=-1)
        self._run()
        self.assertEqual(len(self.fake.calls(SEND)), 1)
        self.assertNotices(*['waiting'] * 3)
        self.assertFalse(any(self._notices().mapped('unknown_since')))
        self._wait(minutes=2)
        self._run()
        self.assertNotices(*['sent'] * 3)

    def test_after_the_quota_of_the_day_it_waits_for_the_next_one(self):
        self._queue()
        self.fake.tell('accounts', appid=APP_ID, daily_quota={SEND: 0})
        with freeze_time('2026-03-01 15:00:00'):        # in China it is eleven in the evening
            self.env.cr.execute("UPDATE distribution_wechat_notice SET created_at = now(), next_try_at = '2026-03-01'")
            self.env.invalidate_all()
            self._run()
        self.assertNotices('waiting')
        self.assertEqual(self._notices().next_try_at, fields.Datetime.to_datetime('2026-03-01 16:05:00'))

    def test_a_token_that_was_replaced_does_no_harm(self):
        self.env['distribution.wechat.token']._get_value(self.account, 'access')
        self.fake.tell('tokens', appid=APP_ID)
        self._queue()
        self._run()
        self.assertNotices('sent')

    def test_a_refusal_is_final_and_a_mail_goes_to_who_asked_for_the_topic(self):
        for number, (asked, said_no_mail, state) in enumerate((
            (False, False, 'failed'), (True, False, 'mailed'), (True, True, 'failed'),
        )):
            with self.subTest(asked=asked, said_no_mail=said_no_mail):
                self.mei.sudo().notification_setting_ids.unlink()
                wishes = [('wechat', asked)] * asked + [('mail', False)] * said_no_mail
                self.env['distribution.notification.setting'].create([
                    {'distributor_id': self.mei.id, 'topic': 'commission', 'channel': channel, 'is_wanted': is_wanted}
                    for channel, is_wanted in wishes])
                messages = self._get_mails()
                self._queue(key=str(number))
                self.fake.tell('faults', path=SEND, errcode=43004, errmsg="require subscribe")
                self._run()
                notice = self._notices()[-1]
                self.assertEqual((notice.state, notice.error), (state, "43004: require subscribe"))
                mail = self._get_mails() - messages
                self.assertEqual(len(mail), state == 'mailed')
                if mail:
                    self.assertIn("New commission: $", mail.body)
                    self.assertEqual(mail.partner_ids, self.mei_user.partner_id)

    def test_a_template_that_the_platform_refuses_says_so(self):
        self.template.template_code = 'T-GONE'
        self._queue()
        self._run()
        self.assertNotices('failed')
        self.assertTrue(self.template.error.startswith("40037: invalid template_id"))
        self.template.template_code = 'T-COMMISSION'
        self.template.line_ids[-1].unlink()
        self._notices().action_retry()
        self._run()
        self.assertTrue(self.template.error.startswith("47003: argument invalid! data.time4"))
        self.template.line_ids = [Command.create({'name': 'time4', 'value': "{date}"})]
        self._notices().action_retry()
        self._run()
        self.assertNotices('sent')
        self.assertFalse(self.template.error)

    def test_who_cannot_be_reached_one_way_is_reached_another(self):
        mini = connect_account(self.env, self.fake, OTHER_APP_ID, kind='mini')
        self.fake.tell('accounts', appid=OTHER_APP_ID, kind='mini', templates=TEMPLATES)
        self._create_template('commission', 'S-COMMISSION', {'thing1': "{text}"}, mini, page='pages/orders/orders')
        openids = self.fake.tell('people', name='ann', follows=[])['openids']
        self.env['distribution.wechat.identity'].create({
            'account_id': mini.id, 'openid': openids[OTHER_APP_ID], 'partner_id': self.mei_user.partner_id.id})
        self.fake.tell('consents', appid=OTHER_APP_ID, person='ann', template='S-COMMISSION')
        self._queue(key='a')
        self._queue(key='b')
        self._run()
        self.assertNotices('sent', 'failed')        # one consent is one message
        self.assertEqual(self._notices()[0].account_id, mini)
        self.assertTrue(self._notices()[1].error.startswith("43101"))
        [message] = self._sent()
        self.assertEqual((message['kind'], message['page']), ('subscribe', 'pages/orders/orders'))

    def test_a_subscription_whose_answer_did_not_come_is_not_repeated(self):
        self.template.active = False
        mini = connect_account(self.env, self.fake, OTHER_APP_ID, kind='mini')
        self.fake.tell('accounts', appid=OTHER_APP_ID, kind='mini', templates=TEMPLATES)
        self._create_template('commission', 'S-COMMISSION', {'thing1': "{text}"}, mini)
        openids = self.fake.tell('people', name='ann')['openids']
        self.identity.write({'account_id': mini.id, 'openid': openids[OTHER_APP_ID]})
        self.fake.tell('consents', appid=OTHER_APP_ID, person='ann', template='S-COMMISSION', times=2)
        self._queue()
        self.fake.tell('faults', path=SUBSCRIBE, status=502, after=True)
        self._run()
        self.assertNotices('failed')
        self.assertEqual(len(self._sent()), 1)

    def test_the_platform_reports_what_became_of_it(self):
        for status, state in (('success', 'delivered'), ('failed:user block', 'failed'), ('failed: system failed', 'failed')):
            with self.subTest(status):
                self._notices().unlink()
                self._queue()
                self._run()
                self.assertNotices('sent')
                self._push({
                    'MsgType': 'event', 'Event': 'TEMPLATESENDJOBFINISH', 'MsgID': self._notices().platform_id,
                    'Status': status})
                self._process_messages()
                self.assertNotices(state)
                self._get_messages().unlink()

    def test_a_fault_of_ours_stops_no_other(self):
        self._queue(key='a')
        self._queue(key='b')
        broken = self._notices()[0]
        notice_class = self.registry['distribution.wechat.notice']
        facts = notice_class._get_facts
        self.patch(
            notice_class, '_get_facts', lambda notice: facts(notice) if notice.id != broken.id else 1 // 0)
        with mute_logger(SENDING):
            self._run()
        self.assertNotices('waiting', 'sent')
        self.assertEqual(broken.error, 'ZeroDivisionError')
        self._wait(days=3)
        with mute_logger(SENDING):
            self._run()
        self.assertNotices('failed', 'sent')

    def test_a_copy_without_secrets_sends_nothing(self):
        self.account._erase_secrets()
        self._queue()
        self._run()
        self.assertNotices('failed')
        self.assertFalse(self.fake.log['calls'])

    # === KEEPING === #

    def test_old_notices_go_and_those_of_who_is_erased(self):
        self._queue(key='a')
        self._queue(key='b')
        self._run()
        self._wait(days=91)
        self._queue(key='c')
        self.env['distribution.wechat.notice']._gc_notices()
        self.assertEqual(self._notices().mapped('key'), ['c'])
        request = self.env['distribution.privacy.request'].create({
            'partner_id': self.mei_user.partner_id.id, 'kind': 'erase', 'reason': "Asked", 'company_id': self.company.id})
        request._erase()
        self.assertFalse(self._notices())

    def test_templates_are_checked_when_they_are_entered(self):
        for lines in ({}, {'thing1': "{phone}"}, {'Thing 1': "a"}, {'first.DATA': "a"}):
            with self.subTest(lines=lines), self.assertRaises(ValidationError):
                self._create_template('level', 'T', lines)
        mini = connect_account(self.env, self.fake, OTHER_APP_ID, kind='mini')
        with self.assertRaises(ValidationError):
            self._create_template('level', 'T', {'thing1': "a"}, mini).way = 'template'

    def test_rights_are_those_of_the_table(self):
        for group, notice_rights, template_rights in (
            ('base.group_portal', '', ''), ('base.group_user', '', ''),
            ('distribution_core.group_distribution_user', 'read', 'read'),
            ('distribution_core.group_distribution_manager', 'read', 'read write create unlink'),
        ):
            user = new_test_user(self.env, f'user_{group}', groups=group)
            user.write({'company_ids': [Command.link(self.company.id)], 'company_id': self.company.id})
            self._queue()
            for records, rights in (
                (self._notices(), notice_rights), (self.template, template_rights), (self.template.line_ids, template_rights),
            ):
                for operation in ('read', 'write', 'create', 'unlink'):
                    with self.subTest(group=group, model=records._name, operation=operation):
                        self.assertEqual(records.with_user(user).has_access(operation), operation in rights.split())
        other = new_test_user(self.env, 'elsewhere', groups='distribution_core.group_distribution_manager')
        company = self.env['res.company'].create({'name': "Another"})
        other.write({'company_ids': [Command.set(company.ids)], 'company_id': company.id})
        for records in (self._notices(), self.template, self.template.line_ids):
            with self.assertRaises(AccessError):
                records.with_user(other).read(['id', 'display_name'])
