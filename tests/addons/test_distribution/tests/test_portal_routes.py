import re
from typing import NamedTuple

from odoo import Command
from odoo.http import Request
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.distribution_portal.tests.common import PageCommon

#             public guest Mei Bo suspended employee
ANYBODY = (200, 200, 200, 200, 200, 200)
ONWARD = (302, 302, 302, 302, 302, 302)
OWN_PAGE = (303, 200, 200, 200, 200, 200)       # who is no distributor is told so
OWN_RECORD = (303, 404, 200, 404, 404, 404)
OWN_ACTION = (303, 404, 303, 404, 404, 404)
FORM = (303, 200, 200, 200, 200, 200)           # sent empty: asks again
ACTION = (303, 303, 303, 303, 303, 303)
FOR_ACTIVE = (303, 404, 200, 200, 404, 404)     # what the merchant shows all of its active distributors
NOBODY = (404, 404, 404, 404, 404, 404)
OWN_NOTHING = (303, 404, 404, 404, 404, 404)
LOGINS = (None, 'guest', 'mei', 'bo', 'sus', 'employee')

PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
HOSTILE = '<img src=x onerror=a()>'
ESCAPED = '&lt;img src=x onerror=a()&gt;'


class Case(NamedTuple):
    """How a route answers; `moves`: a stranger that sends it moves something of its own."""

    expected: tuple
    data: dict = {}
    moves: bool = False


# Every route of the suite, by method. A new one belongs here: without, the first test fails.
GET = {
    '/d/<string:code>': Case(ONWARD),
    '/d/<string:code>/qr.<any(png,svg):image>': Case(ANYBODY),
    '/d/<string:code>/shop': Case(ANYBODY),
    '/d/<string:code>/shop/picture': Case(NOBODY),      # there is none on the page
    '/distribution/agreement': Case(ANYBODY),
    '/distribution/agreement/<string:kind>': Case(ANYBODY),
    '/distribution/apply': Case(ANYBODY),
    '/distribution/apply/thanks': Case(ANYBODY),
    '/distribution/apply/verify': Case(ANYBODY),
    '/distribution/preview/<int:distributor_id>': Case((303, 404, 404, 404, 404, 404)),
    '/distribution/preview/<int:distributor_id>/<string:page>': Case((303, 404, 404, 404, 404, 404)),
    '/distribution/rules': Case(ANYBODY),
    '/distribution/wechat/<string:webhook_token>': Case((403,) * 6),
    '/distribution/wechat/login': Case(ONWARD),
    '/distribution/wechat/return': Case((403,) * 6),
    '/my/distribution': Case(OWN_PAGE),
    '/my/distribution/accounts': Case(OWN_PAGE),
    '/my/distribution/agreement': Case(OWN_PAGE),
    '/my/distribution/commissions': Case(OWN_PAGE),
    '/my/distribution/commissions/<int:commission_id>': Case(OWN_RECORD),
    '/my/distribution/commissions/page/<int:page>': Case(OWN_PAGE),
    '/my/distribution/data': Case(OWN_PAGE),
    '/my/distribution/disputes': Case(OWN_PAGE),
    '/my/distribution/disputes/<int:dispute_id>': Case(OWN_RECORD),
    '/my/distribution/disputes/new': Case(OWN_PAGE),
    '/my/distribution/disputes/page/<int:page>': Case(OWN_PAGE),
    '/my/distribution/invite': Case((303, 200, 200, 200, 303, 200)),
    '/my/distribution/links': Case(OWN_PAGE),
    '/my/distribution/links/new': Case(OWN_PAGE),
    '/my/distribution/links/page/<int:page>': Case(OWN_PAGE),
    '/my/distribution/materials': Case(OWN_PAGE),
    '/my/distribution/materials/<int:material_id>': Case(FOR_ACTIVE),
    '/my/distribution/materials/<int:material_id>/<any(picture,file):content>': Case(FOR_ACTIVE),
    '/my/distribution/materials/page/<int:page>': Case(OWN_PAGE),
    '/my/distribution/messages': Case(OWN_PAGE),
    '/my/distribution/outlook': Case(OWN_PAGE),
    '/my/distribution/messages/page/<int:page>': Case(OWN_PAGE),
    '/my/distribution/settings': Case(OWN_PAGE),
    '/my/distribution/posters/<int:template_id>/<int:product_id>.png': Case(FOR_ACTIVE),
    '/my/distribution/products': Case(OWN_PAGE),
    '/my/distribution/products/<int:product_id>': Case(FOR_ACTIVE),
    '/my/distribution/products/<int:product_id>/image': Case(FOR_ACTIVE),
    '/my/distribution/products/<int:product_id>/share': Case((303, 204, 200, 200, 204, 204)),
    '/my/distribution/products/page/<int:page>': Case(OWN_PAGE),
    '/my/distribution/ranking': Case((303, 200, 200, 200, 200, 200)),
    '/my/distribution/resign': Case(OWN_PAGE),
    '/my/distribution/review': Case(OWN_PAGE),
    '/my/distribution/shop': Case(OWN_PAGE),
    '/my/distribution/statements': Case(OWN_PAGE),
    '/my/distribution/statements/<int:settlement_id>': Case(OWN_RECORD),
    '/my/distribution/statements/<int:settlement_id>/pdf': Case(OWN_RECORD),
    '/my/distribution/statements/<int:settlement_id>/xlsx': Case(OWN_RECORD),
    '/my/distribution/statements/page/<int:page>': Case(OWN_PAGE),
    '/my/distribution/tax': Case(OWN_PAGE),
    '/my/distribution/tax/<int:slip_id>': Case(OWN_RECORD),
    '/my/distribution/tax/<int:slip_id>/pdf': Case(OWN_RECORD),
    '/my/distribution/tax/page/<int:page>': Case(OWN_PAGE),
    '/my/distribution/team': Case(OWN_PAGE),
    '/my/distribution/team/page/<int:page>': Case(OWN_PAGE),
    '/my/distribution/wechat': Case(OWN_PAGE),
    '/my/distribution/wechat/authorization': Case(OWN_NOTHING),     # is not offered
    '/my/distribution/wechat/code.svg': Case(OWN_NOTHING),
    '/my/distribution/withdrawals': Case(OWN_PAGE),
    '/my/distribution/withdrawals/<int:withdrawal_id>': Case(OWN_RECORD),
    '/my/distribution/withdrawals/<int:withdrawal_id>/wechat': Case(OWN_NOTHING),      # is not paid by WeChat
    '/my/distribution/withdrawals/new': Case(OWN_PAGE),
    '/my/distribution/withdrawals/page/<int:page>': Case(OWN_PAGE),
    '/my/wechat': Case((303, 200, 200, 200, 200, 200)),
    '/payment/wechatpay': Case(NOBODY),     # without the token of a transaction
}
POST = {
    '/distribution/apply': Case((200, 200, 303, 303, 303, 200)),
    '/distribution/apply/verify': Case(ANYBODY),
    '/distribution/wechat/<string:webhook_token>': Case((403,) * 6),
    '/distribution/wechat/pay/<string:webhook_token>': Case((401,) * 6),
    '/distribution/wechat/share': Case((415,) * 6),     # takes JSON
    '/my/distribution/accounts': Case(FORM),
    '/my/distribution/accounts/<int:account_id>/remove': Case(OWN_ACTION),
    '/my/distribution/agreement': Case(ACTION),
    '/my/distribution/data': Case(OWN_PAGE, moves=True),
    '/my/distribution/disputes/<int:dispute_id>/withdraw': Case(OWN_ACTION),
    '/my/distribution/disputes/new': Case(FORM),
    '/my/distribution/links/<int:link_id>/archive': Case(OWN_ACTION),
    '/my/distribution/links/new': Case(FORM),
    '/my/distribution/materials/<int:material_id>/done': Case((303, 404, 303, 303, 404, 404), moves=True),
    # An announcement is for everybody of a level, here: Gold, as Mei.
    '/my/distribution/messages/<int:message_id>/read': Case(OWN_ACTION),
    '/my/distribution/settings': Case((303, 200, 303, 303, 303, 200), {'alias': "Sun"}, moves=True),
    '/my/distribution/ranking': Case((303, 303, 303, 303, 303, 303), moves=True),
    '/my/distribution/resign': Case(ACTION, moves=True),
    '/my/distribution/review/<int:signal_id>': Case(OWN_ACTION, {'text': "I can explain."}),
    '/my/distribution/shop': Case(FORM),
    '/my/distribution/shop/products/<int:product_id>/<any(add,remove):change>': Case(
        (303, 404, 303, 303, 404, 404), moves=True),
    '/my/distribution/statements/<int:settlement_id>/invoice': Case((303, 404, 200, 404, 404, 404)),
    '/my/distribution/wechat': Case(OWN_NOTHING),
    '/my/distribution/wechat/authorization': Case(OWN_NOTHING),
    '/my/distribution/wechat/authorization/open': Case((415,) * 6),     # take JSON
    '/my/distribution/wechat/transfer': Case((415,) * 6),
    '/my/distribution/withdrawals/<int:withdrawal_id>/cancel': Case(OWN_ACTION),
    '/my/distribution/withdrawals/<int:withdrawal_id>/wechat': Case(OWN_NOTHING),
    '/my/distribution/withdrawals/new': Case(FORM),
    '/my/wechat/unbind': Case(ACTION),
    '/payment/wechatpay/announce': Case((415,) * 6),    # take JSON
    '/payment/wechatpay/poll': Case((415,) * 6),
    '/shop/referral_code': Case(ACTION),
}
# What a visit leaves behind is the point of these.
WRITING_GETS = {
    '/d/<string:code>', '/d/<string:code>/shop', '/distribution/wechat/login', '/distribution/wechat/return'}
# Signed by who sends to it, so that no form of a page can.
WITHOUT_TOKEN = {
    '/distribution/wechat/<string:webhook_token>', '/distribution/wechat/pay/<string:webhook_token>'}


class RouteCommon(PageCommon):
    """Mei has a record of everything; Bo has nothing; Sus is suspended; a guest and an employee are no distributors."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(mute_logger('odoo.http', 'odoo.addons.base.models.ir_actions_report'))
        new_test_user(cls.env, 'guest', groups='base.group_portal')
        new_test_user(cls.env, 'employee', groups='base.group_user')
        cls.sus_user = new_test_user(cls.env, 'sus', groups='base.group_portal', name="Sus")
        cls.sus = cls._create_distributor(None, partner_id=cls.sus_user.partner_id.id, code='SUSSUS')
        cls.sus._set_suspended("Under suspicion")
        withdrawal = cls.mei._request_withdrawal(5.0)
        withdrawal.action_approve()
        withdrawal.payout_ids.action_mark_done()
        withdrawal = cls.mei._request_withdrawal(5.0)      # before she is under review
        cls.company.distribution_ranking = 'sales'
        cls.mei.level_id = cls.env['distribution.level'].create({'name': "Gold"})
        message = cls.env['distribution.announcement'].create({
            'name': "New in June", 'body': "<p>Oolong</p>", 'level_ids': [Command.set(cls.mei.level_id.ids)]})
        cls.arguments = {
            'code': 'MEI888',
            'image': 'svg',
            'kind': 'agreement',
            'page': 1,
            'webhook_token': 'guessed',
            'distributor_id': cls.mei.id,
            'account_id': cls.env['distribution.payee.account'].search([('distributor_id', '=', cls.mei.id)]).id,
            'commission_id': cls.settled.id,
            'dispute_id': cls._create_dispute().id,
            'message_id': message.id,
            'material_id': cls._create_material().id,
            'content': 'picture',
            'product_id': cls._publish_product().id,
            'template_id': cls.env['distribution.poster.template'].search([], limit=1).id,
            'change': 'add',
            'link_id': cls.env['distribution.link'].create({'distributor_id': cls.mei.id, 'name': "Spring"}).id,
            'settlement_id': cls.env['distribution.settlement'].search([('distributor_id', '=', cls.mei.id)]).id,
            'signal_id': cls.env['distribution.risk.signal'].sudo()._record(
                cls.env.ref('distribution_core.risk_check_shared_payee'),
                [{'distributor_id': cls.mei.id, 'key': 'case', 'facts': {'distributors': 2}}]).id,
            'slip_id': cls.env['distribution.tax.slip'].search([('distributor_id', '=', cls.mei.id)]).id,
            'withdrawal_id': withdrawal.id,
        }

    @classmethod
    def _create_material(cls):
        material = cls.env['distribution.material'].create({
            'name': "First lesson", 'kind': 'training', 'body': "Say what is true.", 'picture': PIXEL})
        material.action_publish()
        return material

    @classmethod
    def _publish_product(cls):
        """A product to share; the shop page of Mei has it."""
        template = cls.product.product_tmpl_id
        template.is_published = True
        cls.env['distribution.shop.page']._add_own(cls.mei, template)
        return template

    @classmethod
    def _create_dispute(cls, description="One is missing."):
        return cls.env['distribution.dispute'].sudo()._submit(
            cls.mei, {'kind': 'other', 'order_name': "S1", 'description': description}, [])

    @classmethod
    def _get_rules(cls):
        """Return the routes that controllers of the suite define: (url, method) and the endpoint."""
        rules = {}
        for rule in cls.env['ir.http'].routing_map().iter_rules():
            # The API has a table of its own.
            if cls._is_ours(rule.endpoint) and 'operation' not in rule.endpoint.routing:
                for method in (rule.methods or {'GET', 'POST'}) & {'GET', 'POST'}:
                    rules[rule.rule, method] = rule.endpoint
        return rules

    @staticmethod
    def _is_ours(endpoint):
        """Tell whether the route was first defined by the suite, whoever extends it."""
        owners = [
            cls.__module__ for cls in type(endpoint.func.__self__).mro() if endpoint.func.__name__ in cls.__dict__]
        return owners[-1].startswith('odoo.addons.distribution_')

    def _build_url(self, route):
        return re.sub(r'<[^>]*?(\w+)>', lambda match: str(self.arguments[match[1]]), route)

    def _send(self, route, method, login, data=None):
        """Send a request as somebody; a form goes with its token."""
        self.authenticate(login, login)
        if method == 'GET':
            return self.url_open(self._build_url(route), allow_redirects=False)
        data = {**(data or {}), 'csrf_token': Request.csrf_token(self)}
        return self.url_open(self._build_url(route), data=data, allow_redirects=False)

    def _get_snapshot(self):
        """Return what every table of the suite holds, as a digest for each."""
        self.env.flush_all()
        tables = [table for table, in self.env.execute_query(SQL(
            """
            SELECT table_name FROM information_schema.tables
             WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name LIKE 'distribution!_%%' ESCAPE '!'
            """))]
        return {
            table: self.env.execute_query(SQL(
                "SELECT COUNT(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM %s t", SQL.identifier(table)))
            for table in tables
        }


@tagged('post_install', '-at_install')
class TestPortalRoutes(RouteCommon):
    """Every route × who asks."""

    def test_every_route_of_the_suite_is_in_the_table(self):
        listed = {(url, 'GET') for url in GET} | {(url, 'POST') for url in POST}
        found = {
            (url, method) for (url, method), endpoint in self._get_rules().items()
            # Without a method a route takes both; forms have routes of their own.
            if method == 'GET' or endpoint.routing['methods']
        }
        self.assertEqual(found, listed)

    def test_everybody_gets_the_answer_of_the_table(self):
        for method, table in (('GET', GET), ('POST', POST)):
            for route, case in table.items():
                self._check_answers(method, route, case)

    def _check_answers(self, method, route, case):
        before = self._get_snapshot()
        for login, expected in zip(LOGINS, case.expected, strict=True):
            with self.subTest(route=route, method=method, login=login or 'public'):
                savepoint = self.env.cr.savepoint()
                response = self._send(route, method, login, case.data)
                self.assertEqual(response.status_code, expected)
                if expected == 303 and login is None and route.startswith('/my'):
                    self.assertIn('/web/login', response.headers['Location'])
                if method == 'POST' and login != 'mei' and not case.moves:
                    self.assertEqual(self._get_snapshot(), before, "Somebody else moved something")
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def test_records_that_do_not_exist_are_not_found(self):
        for method, table in (('GET', GET), ('POST', POST)):
            for route, case in table.items():
                if '_id>' in route:
                    for record_id in (0, 2**31, 2**70):
                        with self.subTest(route=route, record_id=record_id):
                            own, self.arguments = self.arguments, dict.fromkeys(self.arguments, record_id)
                            self.assertEqual(self._send(route, method, 'mei', case.data).status_code, 404)
                            self.arguments = own

    def test_what_only_reads_cannot_write(self):
        for (url, method), endpoint in self._get_rules().items():
            if method == 'GET' and url not in WRITING_GETS:
                with self.subTest(url):
                    self.assertTrue(endpoint.routing.get('readonly'))

    def test_no_page_writes(self):
        for route in GET.keys() - WRITING_GETS:
            with self.subTest(route), self.assertNoLogs('odoo.http', 'WARNING'):
                before = self._get_snapshot()
                self._send(route, 'GET', 'mei')
                self.assertEqual(self._get_snapshot(), before)

    def test_no_form_is_taken_without_its_token(self):
        before = self._get_snapshot()
        for (route, method), endpoint in self._get_rules().items():
            if method == 'POST' and endpoint.routing['type'] == 'http' and route not in WITHOUT_TOKEN:
                with self.subTest(route):
                    self.authenticate('mei', 'mei')
                    self.assertTrue(endpoint.routing.get('csrf', True))
                    response = self.url_open(self._build_url(route), data={'text': "x"}, allow_redirects=False)
                    self.assertEqual(response.status_code, 400)
        self.assertEqual(self._get_snapshot(), before)


@tagged('post_install', '-at_install')
class TestHostileInput(RouteCommon):
    """Whatever can be typed by somebody is a program."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mei_user.name = HOSTILE
        cls.mei.alias = HOSTILE
        cls.mei._set_ranking_consent(True)
        cls.bo.parent_id = cls.mei
        cls.bo.alias = HOSTILE
        cls.bo.level_id = cls.mei.level_id
        for model, field_name, argument in (
            ('distribution.link', 'name', 'link_id'),
            ('distribution.announcement', 'name', 'message_id'),
        ):
            cls.env[model].browse(cls.arguments[argument])[field_name] = HOSTILE
        cls.mei.level_id.name = HOSTILE
        cls._write_hostile_goods()
        # What only statements write, or nobody any more.
        for statement in (
            "UPDATE distribution_commission SET product_name = %(text)s, order_name = %(text)s",
            "UPDATE distribution_dispute SET description = %(text)s, order_name = %(text)s, decision = %(text)s",
            "UPDATE distribution_withdrawal SET refusal_reason = %(text)s, account_name = %(text)s, state = 'refused'",
            "UPDATE distribution_payee_account SET bank_name = %(text)s",
            "UPDATE distribution_risk_signal SET appeal = %(text)s, state = 'appealed'",
        ):
            cls.env.cr.execute(statement, {'text': HOSTILE})
        cls.env.invalidate_all()
        cls.env['ir.attachment'].create({
            'name': HOSTILE, 'raw': b'x', 'res_model': 'distribution.dispute', 'res_id': cls.arguments['dispute_id']})

    @classmethod
    def _write_hostile_goods(cls):
        """What staff writes about what is shared; of an announcement what would run is cleaned away."""
        cls.env['distribution.announcement'].browse(cls.arguments['message_id']).body = f'<p>{HOSTILE}</p>'
        cls.product.product_tmpl_id.write({
            'name': HOSTILE, 'distribution_phrase': HOSTILE, 'distribution_points': HOSTILE})
        cls.env['distribution.material'].browse(cls.arguments['material_id']).write({
            'name': HOSTILE, 'body': HOSTILE, 'file': 'eA==', 'file_name': HOSTILE,
            'product_tmpl_id': cls.product.product_tmpl_id.id,
            'category_id': cls.env['distribution.material.category'].create({'name': HOSTILE}).id,
            'tag_ids': [Command.create({'name': HOSTILE})]})
        cls.env['distribution.shop.page'].search([('distributor_id', '=', cls.mei.id)]).name = HOSTILE

    def _check(self, response, is_shown=True):
        self.assertNotIn(HOSTILE, response.text)
        if is_shown:
            self.assertIn(ESCAPED, response.text)

    def test_what_is_kept_is_shown_as_text(self):
        shown = {
            '/my/distribution', '/my/distribution/accounts', '/my/distribution/commissions',
            '/my/distribution/commissions/<int:commission_id>', '/my/distribution/disputes',
            '/my/distribution/disputes/<int:dispute_id>', '/my/distribution/links', '/my/distribution/messages',
            '/d/<string:code>/shop', '/my/distribution/materials', '/my/distribution/materials/<int:material_id>',
            '/my/distribution/products', '/my/distribution/products/<int:product_id>',
            '/my/distribution/products/<int:product_id>/share', '/my/distribution/shop', '/my/distribution/ranking', '/my/distribution/review', '/my/distribution/settings',
            '/my/distribution/statements/<int:settlement_id>', '/my/distribution/team',
            '/my/distribution/withdrawals/<int:withdrawal_id>',
        }
        for route in GET:
            if not route.endswith(('/pdf', '/xlsx')):
                with self.subTest(route):
                    self._check(self._send(route, 'GET', 'mei'), route in shown)

    def test_what_the_address_says_is_shown_as_text(self):
        self.authenticate('mei', 'mei')
        for url in (
            '/my/distribution/team?search={}&filterby={}', '/my/distribution/commissions?filterby={}',
            '/my/distribution/ranking?period={}', '/my/distribution/disputes/new?commission=',
            '/distribution/apply?invite={}', '/distribution/apply/verify?token={}', '/my/distribution/settings?saved={}',
        ):
            with self.subTest(url):
                self._check(self.url_open(url.replace('{}', HOSTILE)), 'search' in url)

    def test_what_a_form_gives_back_is_shown_as_text(self):
        for route, data in (
            ('/my/distribution/accounts', {'kind': HOSTILE, 'bank_name': HOSTILE, 'holder_name': HOSTILE, 'number': '1'}),
            ('/my/distribution/links/new', {'name': HOSTILE, 'address': HOSTILE}),
            ('/my/distribution/settings', {'alias': f'{HOSTILE} 13800001111'}),
            ('/my/distribution/withdrawals/new', {'amount': HOSTILE, 'payee': HOSTILE, 'fee': HOSTILE}),
            ('/my/distribution/disputes/new', {'kind': HOSTILE, 'order_name': HOSTILE}),
            ('/my/distribution/statements/<int:settlement_id>/invoice', {'number': HOSTILE, 'amount': HOSTILE}),
        ):
            with self.subTest(route):
                response = self._send(route, 'POST', 'mei', data)
                self.assertEqual(response.status_code, 200)
                self._check(response, 'statements' not in route and 'withdrawals' not in route)
        fields = ('name', 'email', 'phone', 'kind', 'company_registry', 'inviter', 'message')
        self._check(self._send('/distribution/apply', 'POST', None, dict.fromkeys(fields, HOSTILE)))
