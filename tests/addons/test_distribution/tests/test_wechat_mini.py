from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_portal.controllers.api.operation import PREFIX

from .wechat_common import APP_ID, FakeWechatCase, connect_account

MINI, PHONE = 'wx00000000000000c3', '13800138000'
SESSION = '/sns/jscode2session'


@tagged('post_install', '-at_install')
class TestWechatMini(FakeWechatCase):
    """Ann opens the mini program, which asks the API for a token."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mini = connect_account(cls.env, cls.fake, MINI, kind='mini')
        cls.env['ir.config_parameter'].set_param('auth_signup.invitation_scope', 'b2c')
        cls.env['website'].search([]).auth_signup_uninvited = 'b2c'

    def setUp(self):
        super().setUp()
        self.fake.tell('accounts', appid=MINI, kind='mini')
        self.openids = self.fake.tell('people', name='ann', phone=PHONE)['openids']
        self.fake.tell('people', name='bob', phone=PHONE)

    def _get_code(self, kind='login', person='ann'):
        return self.fake.tell('codes', kind=kind, appid=MINI, person=person)['code']

    def _log_in(self, status=201, person='ann', phone=False, **values):
        body = {'app_id': MINI, 'code': self._get_code(person=person), **values}
        if phone:
            body['phone_code'] = self._get_code('phone', person)
        self.opener.cookies.clear()
        with mute_logger('odoo.http', 'odoo.addons.base.models.res_users'):
            response = self.url_open(f'{PREFIX}/wechat/token', json=body, method='POST')
        self.assertEqual(response.status_code, status, response.text)
        self.env.invalidate_all()
        return response.json()

    def _identities(self):
        return self.env['distribution.wechat.identity'].search([('account_id', '=', self.mini.id)], order='id')

    def _joins(self):
        return self.env['distribution.wechat.join'].search([])

    def _create_customer(self, name="Ann Before", **values):
        user = new_test_user(self.env, name, groups='base.group_portal', name=name, email='before@example.com')
        user.partner_id.write(values)
        return user.partner_id

    # === WHO LOGS IN === #

    def test_who_is_new_becomes_a_customer_and_no_key_of_the_session_is_kept_or_told(self):
        answer = self._log_in(phone=True, nickname="Ann")
        self.assertEqual(answer, {'token': None, 'expires_at': None, 'is_distributor': False, 'has_phone': True})
        partner = self._identities().partner_id
        self.assertEqual((partner.name, partner.phone, partner.user_ids.share), ("Ann", f'+86{PHONE}', True))
        self._log_in()
        self.assertEqual(self._identities().partner_id, partner)
        self.env.flush_all()
        self.env.cr.execute("SELECT i::text FROM distribution_wechat_identity i")
        stored = str(self.env.cr.fetchall())
        self.assertNotIn(PHONE, stored)
        self.assertEqual(self.fake.log['violations'], [])

    def test_a_distributor_gets_a_token_that_opens_the_api(self):
        self._log_in()
        self._identities().partner_id = False
        self._identities()._bind(self.mei_user.partner_id)
        answer = self._log_in(device="Phone")
        self.assertTrue(answer['is_distributor'])
        response = self.url_open(f'{PREFIX}/me', headers={'Authorization': f"Bearer {answer['token']}"})
        self.assertEqual((response.status_code, response.json()['code']), (200, 'MEI888'))

    def test_the_recommendation_is_kept(self):
        self._log_in(scene='s=MEI888')
        touch = self.env['distribution.touch'].search([('distributor_id', '=', self.mei.id)])
        partner = self._identities().partner_id
        self.assertRecordValues(touch, [{'kind': 'scan', 'partner_id': partner.id}])
        product = self.env['product.product'].create({'name': "Tea", 'list_price': 10, 'taxes_id': False})
        order = self.env['sale.order'].create({
            'partner_id': partner.id, 'order_line': [Command.create({'product_id': product.id})]})
        order.action_confirm()
        self.assertEqual(
            self.env['distribution.attribution'].search([('order_id', '=', order.id)]).distributor_id, self.mei)

    def test_a_code_is_good_once_and_trying_ends(self):
        code = self._get_code()
        self.opener.cookies.clear()
        body = {'app_id': MINI, 'code': code}
        statuses = []
        for _attempt in range(12):
            with mute_logger('odoo.http'):
                response = self.url_open(f'{PREFIX}/wechat/token', json=body, method='POST')
            statuses.append((response.status_code, response.json().get('type', '').rpartition(':')[2]))
        self.assertEqual(statuses, [(201, '')] + [(409, 'code-over')] * 10 + [(409, 'too-many-attempts')])
        self.assertEqual(len(self.fake.calls(SESSION)), 11)

    def test_who_may_not_log_in_is_told_so_and_leaves_nothing(self):
        employee = new_test_user(self.env, 'employee', groups='base.group_user')
        identity = self.env['distribution.wechat.identity'].create({
            'account_id': self.mini.id, 'openid': self.openids[MINI], 'partner_id': employee.partner_id.id})
        self._log_in(403)
        identity.unlink()
        self._log_in(403, app_id=APP_ID)        # an official account is no mini program
        self.env['website'].search([]).auth_signup_uninvited = 'b2b'
        self.env['ir.config_parameter'].set_param('auth_signup.invitation_scope', 'b2b')
        self._log_in(403)
        self.fake.tell('faults', path=SESSION, status=502)
        self.assertEqual(self._log_in(409)['type'], 'urn:distribution:problem:unavailable')
        self.assertFalse(self._identities())

    def test_a_second_factor_is_asked_for(self):
        self._log_in()
        self._identities().partner_id = False
        self._identities()._bind(self.mei_user.partner_id)
        self.patch(type(self.env['res.users']), '_mfa_type', lambda user: 'totp')
        self.assertEqual(self._log_in(401)['type'], 'urn:distribution:problem:second-factor-required')

    def test_a_distributor_gets_the_code_of_the_mini_program(self):
        token = self.mei_user._distribution_issue_token()[0]
        response = self.url_open(f'{PREFIX}/wechat/code', headers={'Authorization': f'Bearer {token}'})
        self.assertEqual((response.status_code, response.headers['Content-Type']), (200, 'image/png'))
        self.assertTrue(response.content.endswith(b's=MEI888'))
        self.fake.tell('faults', path='/wxa/getwxacodeunlimit', errcode=45009)
        with mute_logger('odoo.http'):
            response = self.url_open(f'{PREFIX}/wechat/code', headers={'Authorization': f'Bearer {token}'})
        self.assertEqual((response.status_code, response.json()['type']), (409, 'urn:distribution:problem:unavailable'))

    # === WHO IS THE SAME === #

    def test_a_verified_number_leads_to_the_customer_who_has_verified_it(self):
        self._log_in(phone=True)
        partner = self._identities().partner_id
        self._log_in(person='bob', phone=True)
        self.assertEqual(self._identities().partner_id, partner)
        self.assertFalse(self._joins())

    def test_two_customers_with_one_verified_number_are_joined(self):
        self._log_in(phone=True)
        kept = self._identities().partner_id
        self._log_in(person='bob')
        other = self._identities()[1].partner_id
        self.assertNotEqual(kept, other)
        self._log_in(person='bob', phone=True)
        self.assertRecordValues(self._joins(), [{
            'partner_id': kept.id, 'other_partner_id': other.id, 'is_verified': True, 'state': 'joined'}])
        self.assertEqual(self._identities().partner_id, kept)
        self.assertFalse(other.user_ids)        # archived
        self.assertTrue(other.active)

    def test_a_number_that_was_only_typed_or_proved_long_ago_joins_nobody(self):
        customer = self._create_customer(phone='138-0013-8000')
        self._log_in(phone=True)
        ann = self._identities().partner_id
        self.assertNotEqual(ann, customer)
        self.assertRecordValues(self._joins(), [{
            'partner_id': customer.id, 'other_partner_id': ann.id, 'is_verified': False, 'state': 'proposed'}])
        self._identities().phone_verified_at = fields.Datetime.now() - timedelta(days=91)
        self._log_in(person='bob', phone=True)
        self.assertEqual(len(self._identities().partner_id), 2)
        self.assertEqual(set(self._joins().mapped('state')), {'proposed'})
        self._joins()[-1].action_refuse()
        self._log_in(phone=True)
        self.assertEqual(self._joins()[-1].state, 'refused')
        self.assertEqual(len(self._joins().filtered(lambda join: join.other_partner_id == ann)), 2)

    def test_an_officer_joins_and_the_older_binding_holds(self):
        self._log_in()
        ann, customer = self._identities().partner_id, self._create_customer()
        rival = self._create_distributor("Rival")
        day = timedelta(days=1)
        now = fields.Datetime.now()
        bindings = self.env['distribution.binding']
        older = bindings.create({'partner_id': ann.id, 'distributor_id': self.mei.id, 'from_at': now - 2 * day})
        younger = bindings.create({'partner_id': customer.id, 'distributor_id': rival.id, 'from_at': now - day})
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        join = self.env['distribution.wechat.join'].with_user(officer).create({
            'partner_id': customer.id, 'other_partner_id': ann.id, 'reason': "Came to the counter", 'state': 'joined'})
        self.assertEqual(join.state, 'proposed')
        join.action_join()
        self.assertTrue(older.until_at and younger.until_at)
        self.assertRecordValues(
            bindings.search([('partner_id', '=', customer.id), ('until_at', '=', False)]),
            [{'distributor_id': self.mei.id}])
        self.assertEqual(older.partner_id, ann)     # edges are closed and added, never edited
        self.assertEqual(self._identities().partner_id, customer)
        self.assertEqual((join.state, join.decided_by_id), ('joined', officer))
        with self.assertRaises(UserError):
            join.action_refuse()
        with self.assertRaises(UserError):
            join.state = 'proposed'

    def test_who_earns_money_and_who_works_here_are_not_joined(self):
        self._log_in()
        ann, customer = self._identities().partner_id, self._create_customer()
        employee = new_test_user(self.env, 'employee', groups='base.group_user').partner_id
        nobody = self.env['res.partner'].create({'name': "Without a login"})
        for kept, other in ((customer, self.mei.partner_id), (employee, ann), (ann, employee), (nobody, ann)):
            with self.subTest(kept=kept.name, other=other.name):
                join = self.env['distribution.wechat.join'].create({
                    'partner_id': kept.id, 'other_partner_id': other.id, 'reason': "Why not"})
                with self.assertRaises(UserError):
                    join.action_join()
                self.assertEqual(join.state, 'proposed')
        self.assertEqual(self._identities().partner_id, ann)

    def test_who_has_one_account_at_wechat_does_not_earn_by_buying(self):
        unionid = 'u-of-one-person'
        own = self.env['distribution.wechat.identity'].create({
            'account_id': self.account.id, 'openid': 'o-one', 'unionid': unionid})
        own._bind(self.mei_user.partner_id)
        product = self.env['product.product'].create({'name': "Tea", 'list_price': 10, 'taxes_id': False})
        for other_unionid, refusal in ((False, False), (unionid, 'buyer')):
            with self.subTest(unionid=other_unionid):
                buyer = self.env['res.partner'].create({'name': "Second Account"})
                self.env['distribution.wechat.identity'].create({
                    'account_id': self.mini.id, 'openid': f'o-two-{other_unionid}', 'unionid': other_unionid,
                })._bind(buyer)
                order = self.env['sale.order'].create({
                    'partner_id': buyer.id, 'distributor_id': self.mei.id,
                    'order_line': [Command.create({'product_id': product.id})]})
                order.action_confirm()
                attribution = self.env['distribution.attribution'].search([('order_id', '=', order.id)])
                self.assertEqual(attribution.distributor_id, self.mei if not refusal else self.mei.browse())
