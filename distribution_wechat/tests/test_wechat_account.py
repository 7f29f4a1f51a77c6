from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import file_open, mute_logger

from .test_signature import PUSH

TOKEN, TIMESTAMP, NONCE, SIGNATURE = PUSH[0]
ECHO = '4375120948345356249'


class AccountCase(HttpCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account = cls.env['distribution.wechat.account'].create({
            'name': "Shop on WeChat",
            'app_id': 'wxba5fad812f8e6fb9',
            'app_secret': 'secret',
            'token': TOKEN,
        })


@tagged('post_install', '-at_install')
class TestVerification(AccountCase):

    def _verify(self, webhook_token=None, **changes):
        url = f'/distribution/wechat/{webhook_token or self.account.webhook_token}'
        params = {'signature': SIGNATURE, 'timestamp': TIMESTAMP, 'nonce': NONCE, 'echostr': ECHO, **changes}
        return self.url_open(url, params=params, allow_redirects=False)

    def test_the_platform_gets_its_word_back(self):
        response = self._verify()
        self.assertEqual((response.status_code, response.text), (200, ECHO))
        self.assertEqual(response.headers['Content-Type'], 'text/plain; charset=utf-8')
        self.assertNotIn('session_id', response.cookies)

    @mute_logger('odoo.addons.distribution_wechat.controllers.main')
    def test_whatever_is_not_right_is_refused_alike(self):
        for changes in (
            {'signature': None},
            {'signature': ''},
            {'signature': SIGNATURE[::-1]},
            {'timestamp': '1714036505'},
            {'nonce': None},
            {'echostr': None},
            {'echostr': '<script>'},
            {'webhook_token': 'unknown'},
        ):
            with self.subTest(changes=changes):
                self.assertEqual(self._verify(**changes).status_code, 403)

    @mute_logger('odoo.addons.distribution_wechat.controllers.main')
    def test_an_account_without_a_token_or_archived_is_refused(self):
        for values in ({'token': False}, {'token': TOKEN, 'active': False}):
            with self.subTest(values=values):
                self.account.write(values)
                self.assertEqual(self._verify().status_code, 403)

    def test_messages_are_not_taken(self):
        url = f'/distribution/wechat/{self.account.webhook_token}'
        self.assertEqual(self.url_open(url, data='<xml/>').status_code, 405)


@tagged('post_install', '-at_install')
class TestRights(AccountCase):

    def test_rights_are_those_of_the_table(self):
        for group, rights in (
            ('base.group_portal', ''),
            ('base.group_user', ''),
            ('base.group_system', ''),
            ('distribution_core.group_distribution_user', ''),
            ('distribution_core.group_distribution_manager', 'read write create unlink'),
        ):
            user = new_test_user(self.env, f'user_{group}', groups=group)
            for operation in ('read', 'write', 'create', 'unlink'):
                with self.subTest(group=group, operation=operation):
                    self.assertEqual(
                        self.account.with_user(user).has_access(operation), operation in rights.split())

    def test_secrets_are_for_the_system_administrator(self):
        manager = new_test_user(self.env, 'manager', groups='distribution_core.group_distribution_manager')
        account = self.account.with_user(manager)
        self.assertTrue(account.webhook_url.endswith(self.account.webhook_token))
        for name in ('app_secret', 'token', 'webhook_token'):
            with self.subTest(field=name), self.assertRaises(AccessError):
                account.read([name])

    def test_accounts_of_another_company_are_not_seen(self):
        manager = new_test_user(self.env, 'manager', groups='distribution_core.group_distribution_manager')
        self.account.company_id = self.env['res.company'].create({'name': "Another"})
        self.assertFalse(self.env['distribution.wechat.account'].with_user(manager).search([]))

    def test_each_account_has_an_address_of_its_own(self):
        other = self.account.copy({'name': "Other", 'app_id': 'wx1'})
        self.assertNotEqual(other.webhook_token, self.account.webhook_token)
        self.assertGreaterEqual(len(other.webhook_token), 32)

    def test_a_neutralized_copy_knows_no_secret(self):
        with file_open('distribution_wechat/data/neutralize.sql') as script:
            self.env.cr.execute(script.read())
        self.account.invalidate_recordset()
        self.assertRecordValues(self.account, [{'app_secret': False, 'token': False}])
