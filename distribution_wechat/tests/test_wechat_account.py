from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import file_open, mute_logger

from ..wechat import Transport, Unreachable, to_error
from .common import AES_KEY, SECRET, WechatCommon
from .test_signature import PUSH

TOKEN, TIMESTAMP, NONCE, SIGNATURE = PUSH[0]
ECHO = '4375120948345356249'
SECRETS = ('app_secret', 'token', 'aes_key', 'aes_key_old')


@tagged('post_install', '-at_install')
class TestVerification(WechatCommon):

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
        self.account.active = False
        self.assertEqual(self._verify().status_code, 403)
        self.account.active = True
        self.assertEqual(self._verify().status_code, 200)
        self.account._erase_secrets()
        self.assertEqual(self._verify().status_code, 403)


@tagged('post_install', '-at_install')
class TestRights(WechatCommon):

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
        other = self.account.copy({'name': "Other", 'app_id': 'wx00000000000000a2'})
        self.assertNotEqual(other.webhook_token, self.account.webhook_token)
        self.assertGreaterEqual(len(other.webhook_token), 32)

    def test_a_neutralized_copy_knows_no_secret(self):
        self.account.write({'aes_key': AES_KEY})
        self.account.write({'aes_key': 'B' * 43})
        with patch.object(Transport, 'fetch_token', return_value=('T1', 7200)):
            self.env['distribution.wechat.token']._get_value(self.account, 'access')
        address = self.account.webhook_token
        self.env.flush_all()
        with file_open('distribution_wechat/data/neutralize.sql') as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertEqual([self.account._decrypt(name) for name in SECRETS], [''] * 4)
        self.assertEqual(self.account.token_ids.mapped('value_encrypted'), [False, False])
        self.assertNotEqual(self.account.webhook_token, address)
        with self.assertRaisesRegex(UserError, "Enter the AppSecret"):
            self.account._get_client()


@tagged('post_install', '-at_install')
class TestSecrets(WechatCommon):

    def test_secrets_are_encrypted_and_not_read_again(self):
        self.account.aes_key = AES_KEY
        self.env.flush_all()
        self.env.cr.execute("SELECT a::text FROM distribution_wechat_account a WHERE id = %s", [self.account.id])
        [row] = self.env.cr.fetchone()
        for secret in (SECRET, AES_KEY):
            self.assertNotIn(secret, row)
        self.env.invalidate_all()
        self.assertRecordValues(self.account, [{
            'app_secret': False, 'token': False, 'aes_key': False, 'app_secret_masked': '******'}])
        self.assertEqual(
            [self.account._decrypt(name) for name in SECRETS], [SECRET, TOKEN, AES_KEY, ''])
        system = new_test_user(self.env, 'system', groups='base.group_system')
        for name in SECRETS:
            with self.subTest(name), self.assertRaises(AccessError):
                self.account.with_user(system).read([f'{name}_encrypted'])

    def test_writing_nothing_changes_nothing(self):
        before = self.account.app_secret_encrypted
        self.account.write({'app_secret': False, 'token': '', 'name': "Renamed"})
        self.assertEqual((self.account.app_secret_encrypted, self.account._decrypt('token')), (before, TOKEN))

    def test_secrets_survive_another_company_but_not_another_account(self):
        self.account.company_id = self.env['res.company'].create({'name': "Another"})
        self.assertEqual(self.account._decrypt('app_secret'), SECRET)
        other = self._create_account("Other", 'wx00000000000000a2')
        other.app_secret_encrypted = self.account.app_secret_encrypted
        with self.assertRaisesRegex(UserError, "cannot be read"):
            other._decrypt('app_secret')

    def test_a_new_key_keeps_the_one_before_it(self):
        self.assertEqual(self.account._get_aes_keys(), [])
        self.account.aes_key = AES_KEY
        self.assertEqual(self.account._get_aes_keys(), [AES_KEY])
        self.account.aes_key = 'B' * 43
        self.assertEqual(self.account._get_aes_keys(), ['B' * 43, AES_KEY])

    def test_what_is_no_secret_is_refused(self):
        for values in (
            {'token': 'ab'}, {'token': 'a' * 33}, {'token': 'with space'}, {'aes_key': 'A' * 42},
            {'aes_key': 'A' * 42 + '='}, {'app_id': 'gh_97417a04a28d'}, {'app_id': 'wx'},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.account.write(values)

    def test_secrets_are_encrypted_anew_under_a_new_key(self):
        with self._keys(self.NEW_KEY, self.KEY):
            self.env['distribution.key.rotation']._rotate()
        with self._keys(self.NEW_KEY):
            self.assertEqual(self.account._decrypt('app_secret'), SECRET)


@tagged('post_install', '-at_install')
class TestConnection(WechatCommon):

    def _test(self, answer):
        with patch.object(Transport, 'fetch_token', side_effect=[answer]):
            return self.account.action_test_connection()['params']

    def test_a_connection_that_works_is_noted(self):
        self.assertEqual(self._test(('T1', 7200))['type'], 'success')
        self.assertRecordValues(self.account, [{'connection_error': False}])
        self.assertTrue(self.account.connected_at)

    def test_a_connection_that_fails_says_what_to_do(self):
        for answer, expected in (
            (to_error(61004, "access clientip is not registered 203.0.113.7 rid: 1"),
             "IP list of the account: 203.0.113.7"),
            (to_error(40125, "invalid appsecret rid: 1"),
             "The AppID or the AppSecret is wrong: 40125: invalid appsecret"),
            (to_error(40013, "invalid appid"), "is wrong: 40013"),
            (to_error(40243, "frozen"), "The AppSecret is frozen"),
            (to_error(89503, "confirm"), "must confirm this server on the phone"),
            (to_error(45009, "quota"), "The platform refused: 45009: quota"),
            (Unreachable("/cgi-bin/stable_token: ConnectionError"), "Does this server reach the internet"),
        ):
            with self.subTest(expected):
                params = self._test(answer)
                self.assertEqual(params['type'], 'danger')
                self.assertIn(expected, params['message'])
                self.assertEqual(self.account.connection_error, params['message'])
                self.assertNotIn(SECRET, params['message'])
        self._test(('T1', 7200))
        self.assertFalse(self.account.connection_error)

    def test_without_a_secret_nothing_is_asked(self):
        self.account._erase_secrets()
        with self.assertRaisesRegex(UserError, "Enter the AppSecret"):
            self.account.action_test_connection()

    def test_secrets_are_sent_by_https_only(self):
        self.env['ir.config_parameter'].set_param('distribution_wechat.api_url', 'http://evil.example')
        with self.assertRaisesRegex(UserError, "must begin with https"):
            self.account._get_client()

    def test_a_manager_who_is_not_the_system_administrator_cannot_change_secrets(self):
        manager = new_test_user(self.env, 'manager', groups='distribution_core.group_distribution_manager')
        for name in SECRETS:
            with self.subTest(name), self.assertRaises(AccessError):
                self.account.with_user(manager).write({name: 'x' * 43})
        self.account.with_user(manager).name = "Renamed"


@tagged('post_install', '-at_install')
class TestSetup(WechatCommon):

    def _get_open(self):
        self.env.invalidate_all()
        return [name for is_done, name, _help in self.account._get_setup_steps() if not is_done]

    def test_the_steps_that_are_left_are_told(self):
        self.env['ir.config_parameter'].set_param('web.base.url', 'https://shop.example.com')
        self.assertEqual(self._get_open(), [
            "Connection tested", "Messages are encrypted", "A message has arrived", "File of the domain served"])
        self.account.write({
            'aes_key': AES_KEY, 'domain_file_name': 'MP_verify_abc.txt', 'domain_file_text': 'abc',
            'connected_at': '2026-01-01 00:00:00'})
        self.env['distribution.wechat.message'].create({
            'account_id': self.account.id, 'key': 'k', 'kind': 'text', 'at': '2026-01-01 00:00:00', 'state': 'done',
            'received_at': '2026-01-01 00:00:00'})
        self.assertEqual(self._get_open(), [])
        self.account.connection_error = "The AppSecret is frozen."
        self.assertEqual(self._get_open(), ["Connection tested"])
        self.assertIn("The AppSecret is frozen.", self.account.setup_steps)
        self.account.kind = 'mini'
        self.account.write({'domain_file_name': False, 'domain_file_text': False})
        self.assertEqual(self._get_open(), ["Connection tested"])

    def test_the_file_of_the_domain_is_served(self):
        self.account.write({'domain_file_name': 'MP_verify_abc.txt', 'domain_file_text': 'abc'})
        response = self.url_open('/MP_verify_abc.txt')
        self.assertEqual((response.status_code, response.text), (200, 'abc'))
        self.account.domain_file_text = 'xyz'
        self.assertEqual(self.url_open('/MP_verify_abc.txt').text, 'xyz')
        self.account.write({'domain_file_name': False, 'domain_file_text': False})
        self.assertEqual(self.url_open('/MP_verify_abc.txt').status_code, 404)

    def test_nothing_else_can_be_served_that_way(self):
        for name, text in (
            ('robots.html', 'abc'), ('../a.txt', 'abc'), ('a/b.txt', 'abc'), ('a.txt', '<script>'), ('a.txt', ''),
            ('', 'abc'), ('a.txt', 'a' * 129),
        ):
            with self.subTest(name=name, text=text[:9]), self.assertRaises(ValidationError):
                self.account.write({'domain_file_name': name, 'domain_file_text': text})
        self._create_account("Other", 'wx00000000000000a2', domain_file_name='MP_verify_abc.txt', domain_file_text='a')
        with self.assertRaisesRegex(ValidationError, "another file of this name"):
            self.account.write({'domain_file_name': 'MP_verify_abc.txt', 'domain_file_text': 'b'})
