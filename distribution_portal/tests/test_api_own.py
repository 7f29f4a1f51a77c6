
from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_core.models.distribution_touch import VISITOR_COOKIE

from .api_common import ApiCommon


def usd(amount):
    return {'amount': amount, 'currency': 'USD'}


@tagged('post_install', '-at_install')
class TestApiOwn(ApiCommon):

    def test_the_overview_has_the_amounts_of_the_pages(self):
        self.mei._request_withdrawal(12.5)
        below = self._create_distributor("Below", parent_id=self.mei.id)
        self._invoice(self._create_order(1, distributor=below))
        self._process()
        self._create_order(2, distributor=self.mei)
        answer = self._call('GET /dashboard')
        self.assertEqual(answer['balances'], {
            'pending': usd('15.00'), 'available': usd('0.00'), 'held': usd('0.00'), 'billed': usd('0.00'),
            'payable': usd('17.50'), 'reserved': usd('12.50'), 'paid': usd('0.00'), 'withheld': usd('0.00'),
            'earned': usd('45.00')})
        self.assertEqual((answer['today'], answer['month'], answer['days'][-1]['earned']), (usd('45.00'),) * 3)
        self.assertEqual(len(answer['days']), 30)
        self.assertEqual(answer['unpaid'], {'estimate': usd('20.00'), 'orders': 1})

    def test_the_user_is_told_who_it_is_as_a_distributor(self):
        self.mei.write({'alias': "Plum", 'level_id': self.env['distribution.level'].create({
            'name': "Gold", 'benefits': "Early access", 'company_id': self.company.id}).id})
        self.assertEqual(self._call('GET /me'), {
            'code': 'MEI888', 'alias': "Plum", 'state': 'active', 'kind': 'individual',
            'level': {'name': "Gold", 'description': None, 'benefits': "Early access"},
            'company': self.company.name, 'currency': 'USD', 'referral_url': self.mei.referral_url,
            'invitation_url': f'{self.mei.get_base_url()}/distribution/apply?invite=MEI888', 'is_held': False,
            'has_accepted_agreement': True, 'territories': []})
        self.assertEqual(self._call('GET /me', 'bo')['level'], None)

    def test_orders_are_listed_with_what_they_earn_the_latest_first(self):
        cancelled = self._create_order(1, distributor=self.mei)
        cancelled._action_cancel()
        items = self._call('GET /orders')['items']
        self.assertEqual(
            [(item['order'], item['earned']['amount'], item['is_cancelled'], item['role']) for item in items],
            [(cancelled.name, '0.00', True, '1'), (self.pending.order_name, '10.00', False, '1'),
             (self.settled.order_name, '30.00', False, '1')])
        self.assertEqual(self._call('GET /orders', 'bo')['items'], [])

    def test_commissions_are_filtered_by_status_and_by_days(self):
        day = fields.Date.today()
        tomorrow = fields.Date.add(day, days=1)
        for query, expected in (
            ('status=pending', self.pending), ('status=settled', self.settled), ('status=held', self.pending.browse()),
            (f'from={day}&until={tomorrow}', self.pending + self.settled), (f'until={day}', self.pending.browse()),
            (f'from={tomorrow}', self.pending.browse()), (f'status=pending&from={day}', self.pending),
        ):
            with self.subTest(query):
                self.assertEqual([item['id'] for item in self._call(f'GET /commissions?{query}')['items']], expected.ids)

    def test_a_commission_is_explained(self):
        answer = self._call(f'GET /commissions/{self.settled.id}')
        self.assertEqual(answer['explanation'], self.settled._get_explanation_lines())
        self.assertEqual((answer['earned'], answer['base'], answer['status']), (usd('30.00'), usd('300.00'), 'settled'))

    def test_products_come_with_what_one_earns_and_the_link_to_share(self):
        self.product.product_tmpl_id.write({'name': "Oolong 4711", 'description_sale': "From the hills"})
        if 'is_published' in self.product._fields:
            self.assertEqual(self._call('GET /products?search=4711')['total'], 0)
            self.product.product_tmpl_id.is_published = True
        [product] = self._call('GET /products?search=oolong+4711')['items']
        path = self.product.product_tmpl_id._distribution_get_page()
        self.assertEqual((product['name'], product['price'], product['earned'], product['description']),
                         ("Oolong 4711", usd('100.00'), usd('10.00'), "From the hills"))
        if path:
            self.opener.cookies.clear()
            response = self.url_open(product['url'], allow_redirects=False)
            self.assertEqual(response.headers['Location'].removeprefix(self.base_url()), path)
        self.product.sale_ok = False
        self.assertEqual(self._call('GET /products?search=4711')['items'], [])

    def test_a_link_leads_to_a_page_and_counts(self):
        link = self._call('POST /links', status=201, json={'name': "Spring", 'address': '/tea?ref=MEI888'})
        self.assertEqual((link['path'], link['visits'], link['orders']), ('/tea', 0, 0))
        self.opener.cookies.clear()
        response = self.url_open(link['url'], allow_redirects=False, headers={'User-Agent': "Mozilla/5.0"})
        self.assertEqual(response.status_code, 302)
        self.assertEqual(self._call('GET /links')['items'][0]['visits'], 1)

    def test_a_code_that_is_typed_or_scanned_in_an_app_is_a_touch_of_its_visitor(self):
        for login, kind, partner in ((None, 'code', None), ('bo', 'scan', self.bo_user.partner_id)):
            with self.subTest(login=login):
                answer = self._call('POST /touches', login, json={'code': ' mei888 ', 'kind': kind})
                touch = self.env['distribution.touch'].search([], limit=1)
                self.assertRecordValues(touch, [{
                    'distributor_id': self.mei.id, 'kind': kind, 'partner_id': partner.id if partner else False,
                    'visitor': self.env['distribution.touch']._get_visitor(answer['visitor'])}])
        again = self._call(
            'POST /touches', None, json={'code': 'MEI888', 'kind': 'visit'}, cookies={VISITOR_COOKIE: 'another'},
            headers={'X-Distribution-Visitor': answer['visitor']})
        self.assertEqual(again['visitor'], answer['visitor'])
        count = self.env['distribution.touch'].search_count([])
        for login, code in ((None, 'NOBODY1'), (None, '?'), ('mei', 'MEI888')):
            with self.subTest(login=login, code=code):
                answer = self._call('POST /touches', login, json={'code': code, 'kind': 'code'})
                self.assertEqual(answer, {'is_recorded': False, 'visitor': None, 'path': None})
        self.assertEqual(self.env['distribution.touch'].search_count([]), count)

    def test_codes_are_not_found_by_trying(self):
        self.env['ir.config_parameter'].sudo().set_param('distribution_core.max_unknown_codes_per_hour', '2')
        for code, agent, is_recorded in (
            ('MEI888', "App 1", True), ('NOBODY1', "App 1", False), ('NOBODY2', "App 1", False),
            ('MEI888', "App 1", False), ('MEI888', "App 2", True),
        ):
            with self.subTest(code=code, agent=agent):
                answer = self._call('POST /touches', None, json={'code': code, 'kind': 'code'}, headers={'User-Agent': agent})
                self.assertEqual(answer['is_recorded'], is_recorded)

    def test_an_objection_is_made_discussed_and_answered(self):
        wish = {'kind': 'amount', 'commission_id': self.settled.id, 'description': "It is too little."}
        dispute = self._call('POST /disputes', status=201, json=wish)
        self.assertEqual((dispute['state'], dispute['order']), ('new', self.settled.order_name))
        self.assertProblem(self._call('POST /disputes', status=409, json=wish), 'refused', "open dispute")
        self._call('POST /disputes', 'bo', status=404, json=wish)
        record = self.env['distribution.dispute'].browse(dispute['id'])
        path = f"/disputes/{dispute['id']}"
        self._call(f'POST {path}/messages', status=201, json={'text': "Please hurry."})
        record.message_post(body="We look.", message_type='comment', subtype_xmlid='mail.mt_comment')
        record.message_post(body="She is right.", message_type='comment', subtype_xmlid='mail.mt_note')
        record.decision = "You are right."
        with mute_logger('odoo.addons.mail.models.mail_mail'):
            record.action_uphold()
        answer = self._call(f'GET {path}')
        self.assertEqual([(message['text'], message['is_own']) for message in answer['messages']],
                         [("Please hurry.", True), ("We look.", False)])
        self.assertEqual((answer['state'], answer['decision']), ('upheld', "You are right."))
        self._call(f'POST {path}/messages', status=409, json={'text': "Thank you."})
        self._call(f'DELETE {path}', status=409)

    def test_what_is_under_review_can_be_appealed_against_once(self):
        signal = self.env['distribution.risk.signal'].sudo()._record(
            self.env.ref('distribution_core.risk_check_shared_payee'),
            [{'distributor_id': self.mei.id, 'key': 'case', 'facts': {'distributors': 2}}])
        self.assertTrue(self._call('GET /me')['is_held'])
        self._call(f'POST /reviews/{signal.id}/appeals', status=204, json={'text': "My sister uses it too."})
        self.assertEqual(self._call('GET /reviews')[0]['appeal'], "My sister uses it too.")
        self._call(f'POST /reviews/{signal.id}/appeals', status=409, json={'text': "And again."})

    def test_the_agreement_that_was_shown_is_accepted_and_no_other(self):
        agreement = self.env['distribution.agreement'].sudo().create({
            'name': "Agreement", 'body': "<p>Be honest.</p>", 'company_id': self.company.id})
        agreement.action_publish()
        shown = self._call('GET /agreement')
        self.assertEqual((shown['is_accepted'], shown['in_force']['html']), (False, "<p>Be honest.</p>"))
        self.assertProblem(
            self._call('POST /agreement/acceptances', status=409, json={'agreement_id': agreement.id + 1}), 'other-version')
        self.assertFalse(self._call('GET /me')['has_accepted_agreement'])
        self._call('POST /agreement/acceptances', status=204, json={'agreement_id': agreement.id})
        self.assertTrue(self._call('GET /agreement')['is_accepted'])

    def test_somebody_applies_and_is_answered_the_same_once_more(self):
        if 'website' in self.env:
            self.env['website'].sudo().search([]).company_id = self.company
        public_user = self.env.ref('base.public_user').sudo()
        public_user.write({'company_ids': [(4, self.company.id)], 'company_id': self.company.id})
        form = {
            'name': "Lin  Na ", 'email': 'lin@example.com', 'phone': '13800000000', 'kind': 'individual', 'inviter': 'mei888',
            'is_adult': True, 'is_not_barred': True, 'knows_it_is_free': True}
        answers = [self._call('POST /applications', None, 202, json=form) for _index in range(2)]
        self.assertEqual(answers[0], answers[1])
        self.assertRecordValues(self.env['distribution.application'].sudo().search([('email', '=', 'lin@example.com')]), [
            {'name': "Lin Na", 'inviter_id': self.mei.id, 'is_adult': True, 'state': 'submitted'}])
        for values, pointer in (
            ({'email': 'no address'}, 'body/email'), ({'kind': 'company'}, 'body/company_registry'),
            ({'inviter': 'NOBODY1'}, 'body/inviter'), ({'is_adult': False}, 'body/is_adult'),
        ):
            with self.subTest(pointer):
                errors = self._call('POST /applications', None, 422, json={**form, **values})['errors']
                self.assertEqual([error['pointer'] for error in errors], [pointer])

    def test_a_copy_of_the_data_is_handed_over_and_recorded(self):
        count = self.env['distribution.privacy.log'].sudo().search_count([])
        self.assertIn('MEI888', self._send('POST', '/data/exports', json={}).text)
        self.assertEqual(self.env['distribution.privacy.log'].sudo().search_count([]), count + 1)

    def test_who_resigns_keeps_what_was_earned(self):
        self._call('POST /resignation', status=204, json={'reason': "I move."})
        self.assertEqual(self._call('GET /me')['state'], 'closed')
        self._call('POST /resignation', status=409, json={})
        self.assertEqual(self._call('GET /dashboard')['balances']['payable'], usd('30.00'))

    def test_a_list_costs_the_same_for_five_and_for_fifty(self):
        template = self.product.product_tmpl_id
        paths = ('commissions', 'orders', 'team', 'links', 'products?search=Bulk', 'disputes', 'withdrawals', 'statements')
        self.company.write({'distribution_withdrawal_min': 0, 'distribution_withdrawal_daily_count': 0})
        counts = []
        for until in (5, 50):
            for index in range(len(self.env['distribution.link'].search([('distributor_id', '=', self.mei.id)])), until):
                self.env['distribution.link'].create({'name': f"Link {index}", 'distributor_id': self.mei.id})
                copy = template.copy({'name': f"Bulk {index}"})
                if 'is_published' in copy._fields:
                    copy.is_published = True
                self._create_distributor(f"Below {index}", identify=False, parent_id=self.mei.id)
                self.env['distribution.dispute'].sudo().create({
                    'distributor_id': self.mei.id, 'kind': 'other', 'description': "Why?"})
                self.mei._request_withdrawal(0.25)
            order = self._create_order(1, distributor=self.mei, confirm=False)
            order.order_line = [Command.create({'product_id': self.product.id}) for _index in range(until)]
            order.action_confirm()
            for _index in range(until // 5):
                self._create_order(1, distributor=self.mei)
            self._invoice(order)
            self._process()
            counts.append({path: self._count_queries(path) for path in paths})
        self.assertEqual(counts[0], counts[1])

    def _count_queries(self, path):
        """Return how many queries a list costs, the second time."""
        url = f"/{path}{'&' if '?' in path else '?'}limit=100"
        self._send('GET', url)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.assertEqual(self._send('GET', url).status_code, 200)
        return self.env.cr.sql_log_count - before
