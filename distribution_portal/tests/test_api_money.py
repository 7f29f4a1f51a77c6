import threading

import requests

from odoo import Command
from odoo.tests import tagged

from odoo.addons.distribution_portal.controllers.api.operation import PREFIX

from .api_common import ApiCommon
from .test_api_own import usd


@tagged('post_install', '-at_install')
class TestApiMoney(ApiCommon):

    # Requests of a test take turns.
    test_cursor_lock_timeout = 120

    def _ask(self, status=201, key='0123456789', login='mei', **body):
        return self._call('POST /withdrawals', login, status, json=body, headers={'Idempotency-Key': key})

    def _get_withdrawals(self):
        return self.env['distribution.withdrawal'].search([('company_id', '=', self.company.id)])

    def test_what_is_asked_is_reserved(self):
        answer = self._ask(amount='12.50')
        self.assertRecordValues(self._get_withdrawals(), [{
            'id': answer['id'], 'distributor_id': self.mei.id, 'amount': 12.5, 'state': 'requested',
            'account_id': self.mei.payee_account_ids.id}])
        self.assertEqual((answer['amount'], answer['fee'], answer['net']), (usd('12.50'), usd('0.00'), usd('12.50')))
        self.assertEqual([(step['label'], step['is_done']) for step in answer['steps']],
                         [("Asked for", True), ("Approved", False), ("Sent", False), ("Paid", False)])
        self.assertBalances(self.mei, merchant=-40.0, pending=10.0, payable=17.5, reserved=12.5)

    def test_the_same_key_is_one_withdrawal_whatever_has_become_of_it(self):
        first = self._ask(amount='12.50')
        self.assertEqual(self._ask(200, amount='12.5'), first)
        self.assertProblem(self._ask(422, amount='12.51'), 'invalid', "under this key")
        self.assertProblem(self._ask(422, amount='12.50', channel_id=self.channel.id), 'invalid')
        self._get_withdrawals().action_refuse()
        account = self.mei.payee_account_ids
        account.active = False                                  # An answer does not depend on what is offered by now.
        for status, chosen in ((200, {}), (200, {'account_id': account.id}), (422, {'account_id': account.id + 1})):
            with self.subTest(chosen=chosen):
                answer = self._ask(status, amount='12.50', **chosen)
                self.assertEqual(answer.get('state'), 'refused' if status == 200 else None)
        account.active = True
        self.assertEqual(len(self._get_withdrawals()), 1)
        self.assertBalances(self.mei, merchant=-40.0, pending=10.0, payable=30.0)
        self._ask(amount='12.50', key='another-key')
        self._make_payable(2, distributor=self.bo)
        self._ask(amount='12.50', login='bo')                   # The keys of others are no matter.
        self.assertEqual(len(self._get_withdrawals()), 3)

    def test_twenty_requests_with_one_key_at_once_are_one(self):
        headers = {'Authorization': f'Bearer {self.tokens["mei"]}', 'Idempotency-Key': '0123456789'}
        statuses = []

        def ask():
            response = requests.post(
                f'{self.base_url()}{PREFIX}/withdrawals', json={'amount': '30.00'}, headers=headers,
                cookies=cookies, timeout=120)
            statuses.append(response.status_code)

        with self.allow_requests(all_requests=True):
            cookies = dict(self.opener.cookies)
            threads = [threading.Thread(target=ask) for _index in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(120)
        self.env.invalidate_all()
        self.assertEqual(sorted(statuses), [200] * 19 + [201])
        self.assertRecordValues(self._get_withdrawals(), [{'amount': 30.0, 'state': 'requested'}])
        self.assertBalances(self.mei, merchant=-40.0, pending=10.0, reserved=30.0)

    def test_what_cannot_be_withdrawn_is_refused_and_nothing_moves(self):
        foreign = self.bo.payee_account_ids.id
        for status, body, detail in (
            (422, {}, "amount"), (422, {'amount': 5}, "type"), (422, {'amount': 5.0}, "type"), (422, {'amount': '-5'}, "pattern"),
            (422, {'amount': 'NaN'}, "pattern"), (422, {'amount': '1e3'}, "pattern"), (422, {'amount': ' 5'}, "pattern"),
            (422, {'amount': '5\n'}, "pattern"), (422, {'amount': '٥'}, "pattern"),
            (409, {'amount': '0'}, "above zero"), (409, {'amount': '5.001'}, "more than 2 decimals"),
            (409, {'amount': '30.01'}, "You can withdraw up to"), (409, {'amount': '999999999999'}, "You can withdraw up to"),
            (422, {'amount': '5', 'account_id': foreign}, "that the terms name"),
            (422, {'amount': '5', 'account_id': 2**31}, "maximum"),
            (422, {'amount': '5', 'account_id': self.mei.payee_account_ids.id, 'channel_id': 1}, "not both"),
        ):
            with self.subTest(body=body):
                self.assertIn(detail, str(self._ask(status, **body)))
                self.assertFalse(self._get_withdrawals())
        for key in ('', 'short', 'x' * 65, 'with a blank'):
            with self.subTest(key=key):
                self.assertEqual(self._ask(422, key, amount='5')['errors'][0]['pointer'], 'header/Idempotency-Key')
        self.assertBalances(self.mei, merchant=-40.0, pending=10.0, payable=30.0)

    def test_a_fee_is_asked_for_after_it_was_seen(self):
        self.company.distribution_withdrawal_fee_fixed = 0.5
        quote = {'amount': usd('10.00'), 'fee': usd('0.50'), 'net': usd('9.50')}
        self.assertEqual(self._call('POST /withdrawal-quotes', json={'amount': '10'}), quote)
        for fee in ({}, {'fee': '0.25'}, {'fee': '0'}):
            with self.subTest(fee=fee):
                answer = self._ask(409, amount='10', **fee)
                self.assertProblem(answer, 'fee-not-confirmed')
                self.assertEqual(answer['quote'], quote)
                self.assertFalse(self._get_withdrawals())
        self.assertEqual(self._ask(amount='10', fee='0.50')['net'], usd('9.50'))
        self.assertEqual(self._ask(200, amount='10')['net'], usd('9.50'))

    def test_a_withdrawal_is_taken_back_while_nothing_was_sent(self):
        first, second = self._ask(amount='5'), self._ask(amount='6', key='another-key')
        sent = self._get_withdrawals().filtered(lambda withdrawal: withdrawal.id == second['id'])
        sent.action_approve()
        sent.payout_ids.action_send()
        for _index in range(2):
            self.assertEqual(self._call(f"DELETE /withdrawals/{first['id']}")['state'], 'cancelled')
        self.assertProblem(self._call(f"DELETE /withdrawals/{second['id']}", status=409), 'refused', "too late")
        self._call(f"DELETE /withdrawals/{second['id']}", 'bo', 404)
        self.assertBalances(self.mei, merchant=-40.0, pending=10.0, payable=24.0, reserved=6.0)

    def test_the_terms_say_what_is_possible(self):
        self.company.write({
            'distribution_withdrawal_min': 2, 'distribution_withdrawal_max': 20, 'distribution_withdrawal_daily_limit': 25,
            'distribution_withdrawal_daily_count': 3, 'distribution_withdrawal_fee_fixed': 0.5,
            'distribution_withdrawal_fee_rate': 2.5})
        self._ask(amount='10', fee='0.75')
        account = self.mei.payee_account_ids
        self.assertEqual(self._call('GET /withdrawal-terms'), {
            'payable': usd('20.00'), 'obstacle': None, 'smallest': usd('2.00'), 'largest': usd('20.00'),
            'day_limit': usd('25.00'), 'day_left': usd('15.00'), 'count_limit': 3, 'fee_fixed': usd('0.50'),
            'fee_rate': '2.5', 'accounts': [{'id': account.id, 'name': account.display_name}], 'channels': []})

    def test_an_account_is_kept_and_shown_masked(self):
        form = {'kind': 'bank', 'bank': "CMB", 'holder': "张三丰", 'number': '6225 8812 3456 7890', 'consent': True}
        for wrong, pointer in (({'consent': False}, 'body/consent'), ({'kind': 'cash'}, 'body/kind'), ({'number': ''}, 'body/number')):
            with self.subTest(pointer):
                errors = self._call('POST /accounts', status=422, json={**form, **wrong})['errors']
                self.assertEqual(errors[0]['pointer'], pointer)
        response = self._send('POST', '/accounts', json={**form, 'number': '6225881234567890' * 4})
        self.assertNotIn('62258812', response.text)
        account = self._call('POST /accounts', status=201, json=form)
        self.assertEqual(account, {
            'id': account['id'], 'kind': 'bank', 'bank': "CMB", 'holder': "张**", 'number': '************7890',
            'is_verified': False} | {'holder': account['holder']})
        self.assertNotIn("三丰", account['holder'])
        self.assertProblem(self._call('POST /accounts', status=409, json=form), 'refused', "already")
        self._call(f"DELETE /accounts/{account['id']}", status=204)
        self.assertEqual([own['id'] for own in self._call('GET /accounts')], self.mei.payee_account_ids.ids)

    def test_a_statement_has_its_lines_and_takes_an_invoice(self):
        self.bo.kind = 'company'
        self.company.distribution_bill_tax_id = self.env['account.tax'].create({
            'name': "6 %", 'amount': 6, 'type_tax_use': 'purchase', 'price_include_override': 'tax_excluded'})
        self._make_payable(2, distributor=self.bo)
        [listed] = self._call('GET /statements', 'bo')['items']
        path = f"/statements/{listed['id']}"
        self.assertEqual((listed['state'], listed['due']), ('billed', usd('20.00')))
        self.assertEqual(self._call(f'GET {path}', 'bo')['invoice'], {'number': None, 'expected': usd('21.20')})
        [line] = self._call(f'GET {path}/lines', 'bo')['items']
        self.assertEqual((line['kind'], line['base'], line['amount']), ('commission', usd('200.00'), usd('20.00')))
        invoice = {'number': '25312000000012345678', 'amount': '21.20'}
        self._call(f'POST {path}/invoice', 'bo', 409, json={**invoice, 'amount': '20.00'})
        self.assertEqual(
            self._call(f'POST {path}/invoice', 'bo', json=invoice)['invoice'],
            {'number': '25312000000012345678', 'expected': usd('21.20')})
        self.assertTrue(self._send('GET', f'{path}/xlsx', 'bo').content.startswith(b'PK'))
        self.env.cr.execute("UPDATE distribution_settlement SET state = 'draft'")
        self.env.invalidate_all()
        self._call(f'GET {path}', 'bo', 404)
        self.assertEqual(self._call('GET /statements', 'bo')['items'], [])

    def test_a_tax_slip_says_what_was_withheld_and_why(self):
        self.company.distribution_tax_individual_id = self.env['distribution.tax.scheme'].create({
            'name': "Ten percent", 'method': 'flat', 'table_ids': [Command.create({
                'valid_from': '2020-01-01', 'source': "Act 1", 'bracket_ids': [Command.create({'rate': 10})]})]})
        withdrawal = self.mei._request_withdrawal(20.0)
        withdrawal.action_approve()
        withdrawal.payout_ids.action_mark_done()
        [slip] = self._call('GET /tax-slips')['items']
        self.assertEqual((slip['income'], slip['tax'], slip['net'], slip['payouts']),
                         (usd('20.00'), usd('2.00'), usd('18.00'), 1))
        answer = self._call(f"GET /tax-slips/{slip['id']}")
        self.assertEqual(answer['lines'][0]['tax'], usd('2.00'))
        self.assertTrue(answer['lines'][0]['explanation'])
        self.assertNotIn(f'P{self.mei.id:08}', str(answer))
        self._call(f"GET /tax-slips/{slip['id']}", 'bo', 404)

    def test_amounts_have_the_decimals_of_their_currency(self):
        for code, expected in (('JPY', '30'), ('KWD', '30.000')):
            with self.subTest(code):
                currency = self.env['res.currency'].with_context(active_test=False).search([('name', '=', code)])
                with self._undo():
                    self.env.cr.execute("UPDATE res_company SET currency_id = %s WHERE id = %s", (currency.id, self.company.id))
                    self.env.invalidate_all()
                    self.assertEqual(
                        self._call('GET /dashboard')['balances']['payable'], {'amount': expected, 'currency': code})
