import time

from freezegun import freeze_time

from odoo import fields, http
from odoo.exceptions import AccessDenied
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.auth_totp.models.totp import hotp
from odoo.addons.distribution_portal.controllers.api.operation import PREFIX
from odoo.addons.distribution_portal.models.res_users import TOKEN_SCOPE

from .api_common import ApiCommon

LOGIN = {'login': 'mei', 'password': 'meixxxxx'}      # As `new_test_user` makes them.


@tagged('post_install', '-at_install')
class TestApiSession(ApiCommon):

    def setUp(self):
        super().setUp()
        self.addCleanup(setattr, self.registry, '_login_failures', None)
        self.registry._login_failures = None

    def _log_in(self, status=201, **values):
        with mute_logger('odoo.addons.base.models.res_users'):
            return self._call('POST /token', None, status, json={**LOGIN, **values})

    def _get_keys(self):
        return self.env['res.users.apikeys'].sudo().search([('scope', '=', TOKEN_SCOPE), ('name', '!=', 'Test')])

    def _use(self, token, url=f'{PREFIX}/me', **headers):
        self.opener.cookies.clear()
        with mute_logger('odoo.http'):
            return self.url_open(url, headers={'Authorization': f'Bearer {token}', **headers}, allow_redirects=False)

    def test_who_logs_in_gets_a_token_that_opens_the_api_until_it_is_given_back(self):
        with freeze_time('2026-03-01 12:00:00'):
            answer = self._log_in(device="My phone")
        self.assertEqual(answer['expires_at'], '2026-05-30T12:00:00Z')
        self.assertRecordValues(self._get_keys(), [{
            'user_id': self.mei_user.id, 'scope': TOKEN_SCOPE, 'name': "Distribution app: My phone",
            'expiration_date': fields.Datetime.to_datetime('2026-05-30 12:00:00')}])
        self.env.cr.execute("UPDATE res_users_apikeys SET expiration_date = '2100-01-01'")
        self.assertEqual(self._use(answer['token']).json()['code'], 'MEI888')
        self.tokens['mei'] = answer['token']
        self._call('DELETE /token', status=204)
        self.assertFalse(self._get_keys())
        self.assertEqual(self._use(answer['token']).status_code, 401)

    def test_a_token_opens_nothing_but_the_api(self):
        token = self.tokens['mei']
        keys = self.env['res.users.apikeys']
        self.assertEqual(self._use(token).status_code, 200)
        self.assertEqual(keys._check_credentials(scope=TOKEN_SCOPE, key=token), self.mei_user.id)
        self.assertFalse(keys._check_credentials(scope='rpc', key=token))
        with self.assertRaises(AccessDenied):
            self.env['res.users']._check_uid_passwd(self.mei_user.id, token)

    def test_a_token_ends_at_its_time_and_with_the_user(self):
        token = self.tokens['mei']
        for statement, undo in (
            ("UPDATE res_users_apikeys SET expiration_date = now() at time zone 'utc' - interval '1 second'",
             "UPDATE res_users_apikeys SET expiration_date = '2100-01-01'"),
            ("UPDATE res_users SET active = FALSE WHERE login = 'mei'",
             "UPDATE res_users SET active = TRUE WHERE login = 'mei'"),
        ):
            with self.subTest(statement):
                self.env.cr.execute(statement)
                self.assertEqual(self._use(token).status_code, 401)
                self.env.cr.execute(undo)
                self.assertEqual(self._use(token).status_code, 200)

    def test_what_is_no_token_is_refused(self):
        token = self.tokens['mei']
        for header in ('', 'Bearer', f'Basic {token}', f'Bearer {token[:-1]}', f'Bearer {token} {token}', 'Bearer ' + 'é' * 9):
            with self.subTest(header=header[:9]):
                response = self._send('GET', '/me', None, headers={'Authorization': header.encode('latin-1')})
                self.assertEqual(response.status_code, 401)
                self.assertEqual(response.headers['WWW-Authenticate'], 'Bearer')

    def test_a_cookie_says_nothing_about_who_somebody_is(self):
        self.authenticate('mei', 'mei')
        browser = {
            'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Site': 'same-origin',
            'Sec-Fetch-User': '?1'}
        wish = {'json': {'amount': '5.00'}}
        for method, path, kwargs in (
            ('GET', '/me', {}), ('GET', '/me', {'headers': browser}), ('POST', '/withdrawals', wish), ('DELETE', '/token', {}),
        ):
            with self.subTest(method=method, path=path), mute_logger('odoo.http'):
                response = self.url_open(PREFIX + path, method=method, **kwargs)
                self.assertEqual(response.status_code, 401)
        self.assertFalse(self.env['distribution.withdrawal'].search([('distributor_id', '=', self.mei.id)]))
        # And where both come, the token tells.
        with mute_logger('odoo.http'):
            response = self.url_open(f'{PREFIX}/me', headers={'Authorization': f'Bearer {self.tokens["bo"]}'})
        self.assertEqual(response.json()['code'], 'BOBO66')
        self.assertNotIn('Set-Cookie', response.headers)
        self.assertTrue(http.root.session_store.get(self.session.sid).uid, "The session of the browser stays")

    def test_wrong_passwords_are_refused_and_after_some_of_them_right_ones_too(self):
        self.env['ir.config_parameter'].set_param('base.login_cooldown_after', 3)
        for login, password in (('mei', 'wrong'), ('nobody', 'meixxxxx'), ('mei', 'MEIXXXXX')):
            with self.subTest(login=login, password=password):
                self.assertProblem(self._log_in(401, login=login, password=password), 'not-authenticated')
        self.assertProblem(self._log_in(401), 'not-authenticated', "Too many login failures")
        self.assertFalse(self._get_keys())

    def test_who_is_neither_distributor_nor_applicant_gets_no_token(self):
        guest = new_test_user(self.env, 'guest', groups='base.group_portal', email='guest@example.com')
        values = {'login': 'guest', 'password': 'guestxxx'}
        self.assertProblem(self._log_in(403, **values), 'forbidden')
        self.env['distribution.application'].sudo().create({
            'name': "Guest", 'email': 'guest@example.com', 'partner_id': guest.partner_id.id, 'company_id': self.company.id})
        self.tokens['guest'] = self._log_in(**values)['token']
        guest.sudo().company_ids |= self.company
        guest.sudo().company_id = self.company
        self.assertEqual(self._call('GET /application', 'guest'), {'standing': 'applied'})
        self.assertProblem(self._call('GET /me', 'guest', 403), 'not-a-distributor')

    def test_the_second_factor_is_asked_for(self):
        secret = 'JBSWY3DPEHPK3PXP'
        self.env.cr.execute("UPDATE res_users SET totp_secret = %s WHERE id = %s", (secret, self.mei_user.id))
        self.env.invalidate_all()
        code = hotp(b'Hello!\xde\xad\xbe\xef', int(time.time() / 30))
        wrong = (code + 1) % 1_000_000
        with mute_logger('odoo.addons.auth_totp.models.res_users'):
            self.assertProblem(self._log_in(401), 'second-factor-required')
            self.assertProblem(self._log_in(401, totp=f'{wrong:06}'), 'not-authenticated')
            tries = self.env['auth.totp.rate.limit.log'].sudo().search([('user_id', '=', self.mei_user.id)])
            self.assertEqual(len(tries), 1, "What counts the attempts has to outlive the refusal")
            self.assertFalse(self._get_keys())
            self._log_in(totp=f'{code:06}')
        self.assertEqual(self._get_keys().user_id, self.mei_user)

    def test_neither_token_nor_password_is_logged(self):
        with self.assertLogs(level='DEBUG') as logs:
            answer = self._call('POST /token', None, 201, json=LOGIN | {'device': "My phone"})
            self._call('POST /token', None, 401, json={'login': 'mei', 'password': 'Geheim-4711'})
            self.tokens['mei'] = answer['token']
            self._call('DELETE /token', status=204)
        text = '\n'.join(logs.output)
        self.assertIn("Login successful", text)
        self.assertNotIn(answer['token'][8:], text)
        self.assertNotIn('Geheim-4711', text)

    def test_of_many_tokens_the_oldest_end(self):
        tokens = [self.mei_user._distribution_issue_token(f"Phone {number}")[0] for number in range(12)]
        self.assertEqual(len(self._get_keys()), 10)
        self.assertEqual([self._use(token).status_code for token in (tokens[0], tokens[1], tokens[2], tokens[11])],
                         [401, 401, 200, 200])

    def test_words_are_in_the_language_that_was_asked_for_else_in_that_of_the_user(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.env['res.lang']._activate_lang('zh_CN')
        for asked, own, expected in (
            (None, 'en_US', 'en_US'), ('fr-FR,fr;q=0.9', 'en_US', 'fr_FR'), (None, 'fr_FR', 'fr_FR'),
            ('xx', 'fr_FR', 'fr_FR'), ('zh-CN', 'fr_FR', 'zh_CN'), ('de-DE', 'en_US', 'en_US'),
        ):
            with self.subTest(asked=asked, own=own):
                self.mei_user.lang = own
                words = self._call(
                    f'GET /commissions/{self.settled.id}', headers={'Accept-Language': asked} if asked else {})['explanation'][0]
                self.assertEqual(words, self.settled.with_context(lang=expected)._get_explanation_lines()[0])
