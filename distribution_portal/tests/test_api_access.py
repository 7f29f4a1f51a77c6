from typing import NamedTuple

from odoo.tests import new_test_user, tagged

from odoo.addons.distribution_portal.controllers.api.openapi import get_operations

from .api_common import ApiCommon

#           nobody expired guest bo suspended mei
ANYBODY = (200, 401, 200, 200, 200, 200)
OWN = (401, 401, 403, 200, 200, 200)
RECORD = (401, 401, 403, 404, 404, 200)
LOGINS = (None, 'expired', 'guest', 'bo', 'sus', 'mei')
HOSTILE = '<img src=x onerror=alert(1)>"\'{{7*7}}%s$(id)'
KEY = {'Idempotency-Key': 'a-key-of-mine'}


class Case(NamedTuple):
    """How an operation answers."""

    expected: tuple
    body: dict | None = None
    headers: dict = {}

    def instead(self, status):
        """The same with another status of success."""
        return self._replace(expected=tuple(status if code == 200 else code for code in self.expected))


# Every operation of the suite: a new one belongs here, without it the first test fails.
CASES = {
    'document': Case(ANYBODY),
    'token_create': Case((401, 401, 401, 401, 401, 401), {'login': 'nobody', 'password': HOSTILE}),
    'token_delete': Case((401, 401, 204, 204, 204, 204)),
    'texts': Case(ANYBODY),
    'touch_create': Case(ANYBODY, {'code': HOSTILE, 'kind': 'code'}),
    'application': Case((401, 401, 200, 200, 200, 200)),
    'application_create': Case((422, 401, 422, 409, 409, 409), {
        'name': HOSTILE, 'email': 'a@example.com', 'phone': HOSTILE[:9], 'kind': 'individual', 'is_adult': True,
        'is_not_barred': True, 'knows_it_is_free': True}),
    'me': Case(OWN), 'dashboard': Case(OWN), 'orders': Case(OWN), 'team': Case(OWN), 'reviews': Case(OWN),
    'review_appeal': Case(RECORD, {'text': HOSTILE}).instead(204),
    'data_export': Case(OWN, {}),
    'resignation': Case(OWN, {'reason': HOSTILE}).instead(204),
    'agreement': Case(OWN),
    'agreement_accept': Case((401, 401, 403, 409, 409, 409), {'agreement_id': 1}),
    'products': Case(OWN),
    'links': Case(OWN),
    'link_create': Case((401, 401, 403, 201, 409, 201), {'name': HOSTILE}),
    'link_delete': Case(RECORD).instead(204),
    'commissions': Case(OWN), 'commission': Case(RECORD),
    'statements': Case(OWN), 'statement': Case(RECORD), 'statement_lines': Case(RECORD), 'statement_xlsx': Case(RECORD),
    'statement_pdf': Case((401, 401, 403, 404, 404, 200)),
    'statement_invoice': Case((401, 401, 403, 404, 404, 409), {'number': HOSTILE, 'amount': '5'}),
    'withdrawals': Case(OWN), 'withdrawal_terms': Case(OWN), 'withdrawal': Case(RECORD),
    'withdrawal_quote': Case((401, 401, 403, 200, 409, 200), {'amount': '5.00'}),
    'withdrawal_create': Case((401, 401, 403, 409, 409, 201), {'amount': '5.00'}, KEY),
    'withdrawal_delete': Case(RECORD),
    'accounts': Case(OWN),
    'account_create': Case(OWN, {
        'kind': 'bank', 'bank': HOSTILE, 'holder': HOSTILE, 'number': '6225881234567890', 'consent': True}).instead(201),
    'account_delete': Case(RECORD).instead(204),
    'disputes': Case(OWN), 'dispute': Case(RECORD),
    'dispute_create': Case(OWN, {'kind': 'other', 'order': HOSTILE, 'description': HOSTILE}).instead(201),
    'dispute_message': Case(RECORD, {'text': HOSTILE}).instead(201),
    'dispute_delete': Case(RECORD),
    'messages': Case(OWN), 'message_read': Case(RECORD, {}).instead(204),
    'settings': Case(OWN), 'settings_replace': Case(OWN, {'alias': HOSTILE[:24], 'wanted': []}),
    'ranking': Case(OWN), 'ranking_replace': Case((401, 401, 403, 200, 409, 200), {'takes_part': True}),
    'tax_slips': Case(OWN), 'tax_slip': Case(RECORD),
    'tax_slip_pdf': Case((401, 401, 403, 404, 404, 200)),
}
# Those of modules that may be installed beside.
CASES_OF_OTHERS = {
    'distribution_wechat': {
        'wechat_code': Case((401, 401, 403, 404, 404, 404)),
        'wechat_token_create': Case((403, 401, 403, 403, 403, 403), {'app_id': HOSTILE[:40], 'code': HOSTILE}),
    },
}
PDFS = {'statement_pdf', 'tax_slip_pdf'}


@tagged('post_install', '-at_install')
class TestApiAccess(ApiCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for module, cases in CASES_OF_OTHERS.items():
            if module in cls.registry._init_modules:
                CASES.update(cases)
        new_test_user(cls.env, 'guest', groups='base.group_portal', email='guest@example.com')
        sus_user = new_test_user(cls.env, 'sus', groups='base.group_portal', email='sus@example.com')
        for user in cls.env['res.users'].search([('login', 'in', ('guest', 'sus'))]):
            user.write({'company_ids': [(4, cls.company.id)], 'company_id': cls.company.id})
        cls.sus = cls._create_distributor(None, partner_id=sus_user.partner_id.id, code='SUSU77')
        cls.sus._set_suspended("Looked into")
        paid, cls.withdrawal = cls.mei._request_withdrawal(10.0), cls.mei._request_withdrawal(2.0)
        paid.action_approve()
        paid.payout_ids.action_mark_done()
        cls.company.distribution_ranking = 'sales'
        cls.mei.level_id = cls.env['distribution.level'].create({'name': "Gold"})
        cls.records = {
            'commission_id': cls.settled,
            'statement_id': cls.env['distribution.settlement'].search([('distributor_id', '=', cls.mei.id)]),
            'withdrawal_id': cls.withdrawal,
            'account_id': cls.mei.payee_account_ids,
            'dispute_id': cls.env['distribution.dispute'].sudo()._submit(
                cls.mei, {'kind': 'other', 'description': "Why?"}),
            # For one level, so that it is not everybody's.
            'message_id': cls.env['distribution.announcement'].create({
                'name': "Tea", 'level_ids': cls.mei.level_id.ids}),
            'link_id': cls.env['distribution.link'].create({'name': "Tea", 'distributor_id': cls.mei.id}),
            'slip_id': cls.env['distribution.tax.slip'].search([('distributor_id', '=', cls.mei.id)]),
            'signal_id': cls.env['distribution.risk.signal'].sudo()._record(
                cls.env.ref('distribution_core.risk_check_shared_payee'),
                [{'distributor_id': cls.mei.id, 'key': 'case', 'facts': {'distributors': 2}}]),
        }

    def setUp(self):
        super().setUp()
        self.tokens['expired'] = self._make_token('mei')
        self.env.cr.execute(
            "UPDATE res_users_apikeys SET expiration_date = '2020-01-01' WHERE id = (SELECT MAX(id) FROM res_users_apikeys)")
        self.tokens |= {login: self._make_token(login) for login in ('guest', 'sus')}

    def _get_path(self, spec, record_ids=None):
        values = {'kind': 'agreement', **(record_ids or {name: record.id for name, record in self.records.items()})}
        return spec.path.format(**values)

    def _try(self, spec, login, path=None):
        case = CASES[spec.name]
        path = path or self._get_path(spec)
        with self._undo():
            response = self._send(
                spec.method, path, login, case.headers, **({'json': case.body} if case.body is not None else {}))
            if spec.name not in PDFS:
                self.assertDocumented(spec.method, path, response)
            return response

    def test_every_operation_is_in_the_table(self):
        self.assertEqual({spec.name for spec in get_operations(self.env)}, set(CASES))

    def test_every_operation_answers_everybody_as_the_table_says(self):
        self.assertTrue(all(self.records.values()))
        for spec in get_operations(self.env):
            if spec.name in PDFS:
                continue
            for login, expected in zip(LOGINS, CASES[spec.name].expected, strict=True):
                # While something is under review nothing is withdrawn.
                with self.subTest(spec.name, login=login), self._undo():
                    if spec.name.startswith('withdrawal'):
                        self.records['signal_id'].sudo().state = 'dismissed'
                    response = self._try(spec, login)
                    self.assertEqual(response.status_code, expected, response.text[:500])
                    if login in ('bo', 'sus') and expected == 404:
                        for text in ("Tea", "MEI888", "Mei"):
                            self.assertNotIn(text, response.text)

    def test_pdfs_are_for_their_owner_alone(self):
        for spec in get_operations(self.env):
            if spec.name in PDFS:
                for login, expected in list(zip(LOGINS, CASES[spec.name].expected, strict=True))[:-1]:
                    with self.subTest(spec.name, login=login):
                        self.assertEqual(self._try(spec, login).status_code, expected)

    def test_what_does_not_exist_is_not_found_and_what_is_no_number_neither(self):
        for spec in get_operations(self.env):
            for record_id in (0, -1, 2**31 - 1, 2**31, '9' * 40, 'x', '1.0', '%00', '..%2F'):
                if not spec.params or 'kind' in spec.params:
                    continue
                path = self._get_path(spec, dict.fromkeys(self.records, record_id))
                with self.subTest(spec.name, record_id=record_id):
                    response = self._send(spec.method, path, 'mei', CASES[spec.name].headers, json=CASES[spec.name].body)
                    self.assertIn(response.status_code, (404, 405))
                    self.assertEqual(response.headers['Content-Type'], 'application/problem+json')

    def test_reading_writes_nothing(self):
        with self.assertNoLogs('odoo.http', 'WARNING'):     # Where a write on a read-only page shows.
            for spec in get_operations(self.env):
                if spec.method == 'GET' and spec.name not in PDFS and CASES[spec.name].expected[-1] == 200:
                    with self.subTest(spec.name):
                        headers = {'Authorization': f"Bearer {self.tokens['mei']}"}
                        response = self.url_open(f'/distribution/api/v1{self._get_path(spec)}', headers=headers)
                        self.assertEqual(response.status_code, 200)

    def test_no_answer_names_a_buyer_or_somebody_below(self):
        below = self._create_distributor("Somebody Below", parent_id=self.mei.id, code='BELOW99', alias="Tulip")
        self._invoice(self._create_order(1, distributor=below))
        self._process()
        for spec in get_operations(self.env):
            if spec.method == 'GET' and spec.name not in PDFS:
                with self.subTest(spec.name):
                    text = self._send('GET', self._get_path(spec), 'mei').text
                    for secret in (self.customer.name, 'customer@example.com', "Somebody Below", 'BELOW99'):
                        self.assertNotIn(secret, text)
        [member] = self._call('GET /team')['items']
        self.assertEqual((member['name'], member['tier'], member['level'], member['orders']), ("Tulip", 1, None, 1))
