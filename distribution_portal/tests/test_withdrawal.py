import threading

import requests
from lxml import html

from odoo import http
from odoo.tests import tagged

from .common import PageCommon

FORM = '/my/distribution/withdrawals/new'


@tagged('post_install', '-at_install')
class TestWithdrawal(PageCommon):

    # Requests of a test take turns: the last of fifty waits longer than one usually does.
    test_cursor_lock_timeout = 120

    def _get_withdrawals(self):
        return self.env['distribution.withdrawal'].search([('company_id', '=', self.company.id)])

    def test_the_form_says_how_much_can_be_withdrawn(self):
        self.assertIn("You can withdraw up to $ 30.00 Amount", self._read(FORM))

    def test_what_is_asked_is_reserved_and_listed(self):
        response = self._post(FORM, amount='12.50')
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers['Location'].endswith('/my/distribution/withdrawals'))
        withdrawal = self._get_withdrawals()
        self.assertRecordValues(withdrawal, [{
            'distributor_id': self.mei.id,
            'amount': 12.5,
            'state': 'requested',
            'account_id': self.mei.payee_account_ids.id,
            'fee_amount': 0.0,
        }])
        self.assertBalances(self.mei, merchant=-40.0, pending=10.0, payable=17.5, reserved=12.5)
        text = self._read('/my/distribution/withdrawals')
        self.assertIn("You can withdraw $ 17.50", text)
        self.assertIn(withdrawal.name, text)
        self.assertIn("Take back $ 12.50 Requested", text)

    def test_what_cannot_be_withdrawn_is_refused_and_what_was_typed_stays(self):
        for amount, error in (
            ('', "Please enter an amount"),
            ('abc', "Please enter an amount"),
            ('1e', "Please enter an amount"),
            ('nan', "Enter an amount"),
            ('inf', "Enter an amount"),
            ('0', "Enter an amount above zero"),
            ('-5', "Enter an amount above zero"),
            ('0.001', "Enter an amount above zero"),
            ('5.001', "The amount has more than 2 decimals"),
            ('30.01', "You can withdraw up to"),
            ('1e300', "The amount has more than 2 decimals"),     # a float of this size is none exactly
        ):
            with self.subTest(amount=amount):
                response = self._post(FORM, amount=amount)
                self.assertEqual(response.status_code, 200)
                self.assertIn(error, self._get_text(response))
                self.assertIn(f'value="{amount}"', response.text)
                [field] = html.fromstring(response.text).xpath("//input[@name='amount']")
                self.assertEqual(field.get('aria-invalid'), 'true')
                [message] = html.fromstring(response.text).xpath(f"//*[@id='{field.get('aria-describedby')}']")
                self.assertIn(error, message.text_content().replace('\xa0', ' '))
                self.assertFalse(self._get_withdrawals())
                self.assertBalances(self.mei, merchant=-40.0, pending=10.0, payable=30.0)

    def test_without_a_token_nothing_is_withdrawn(self):
        self.authenticate('mei', 'mei')
        with self.assertLogs('odoo.http', 'WARNING'):
            self.assertEqual(self.url_open(FORM, data={'amount': '5'}).status_code, 400)
        self.assertFalse(self._get_withdrawals())

    def test_who_is_no_distributor_withdraws_nothing(self):
        self.bo.partner_id = self.env['res.partner'].create({'name': "Somebody else"})
        response = self._post(FORM, 'bo', amount='5')
        self.assertIn("You are not a distributor yet", self._get_text(response))
        self.assertFalse(self._get_withdrawals())

    def test_a_suspended_distributor_is_told_why_not(self):
        self.mei._set_suspended("Looked into")
        response = self._post(FORM, amount='5')
        self.assertIn("Your account is under review", self._get_text(response))
        self.assertNotIn('aria-invalid', response.text)     # the amount is not to blame
        self.assertFalse(self._get_withdrawals())

    def test_the_money_goes_to_an_account_of_ones_own(self):
        own, foreign = self.mei.payee_account_ids, self.bo.payee_account_ids
        waiting = self.env['distribution.payee.account'].create({
            'distributor_id': self.mei.id, 'bank_name': "CMB", 'holder_name': "Mei", 'number': '6225881234567890'})
        text = self._read(FORM)
        self.assertIn(own.display_name, text)
        self.assertNotIn(f'62220212{self.mei.id:08}', text)
        self.assertNotIn(waiting.display_name, text)
        for chosen in (own, foreign, waiting):
            with self.subTest(chosen=chosen.display_name):
                self._post(FORM, amount='5', payee=f'account-{chosen.id}')
                self.assertEqual(self._get_withdrawals()[0].account_id, own)

    def test_without_a_verified_account_nothing_is_withdrawn_and_the_form_says_what_to_do(self):
        self.mei.payee_account_ids.active = False
        self.assertIn("We have no verified account of yours yet", self._read(FORM))
        self.assertIn("Add the account that you want to be paid to", self._get_text(self._post(FORM, amount='5')))
        self.assertFalse(self._get_withdrawals())

    def test_limits_and_fee_are_shown_before_anything_is_asked(self):
        self.company.write({
            'distribution_withdrawal_min': 2, 'distribution_withdrawal_max': 20,
            'distribution_withdrawal_daily_limit': 25, 'distribution_withdrawal_fee_fixed': 0.5,
            'distribution_withdrawal_fee_rate': 2.5})
        text = self._read(FORM)
        for term in ("At least $ 2.00", "At most $ 20.00 at a time", "$ 25.00 a day, $ 25.00 left today",
                     "Up to 10 times a day", "Fee: $ 0.50 + 2.5 %"):
            with self.subTest(term):
                self.assertIn(term, text)
        text = self._get_text(self._post(FORM, amount='10'))
        self.assertIn("Fee $ 0.75 You receive, before tax $ 9.25", text)
        self.assertFalse(self._get_withdrawals())

    def test_a_withdrawal_with_a_fee_is_asked_for_after_the_fee_was_seen(self):
        self.company.distribution_withdrawal_fee_fixed = 0.5
        for fee, asked in (('0.25', False), ('0.5', True)):      # it was another one on the page: shown again
            with self.subTest(fee=fee):
                self._post(FORM, amount='10', fee=fee)
                self.assertEqual(bool(self._get_withdrawals()), asked)
        self.assertRecordValues(self._get_withdrawals(), [{'amount': 10.0, 'fee_amount': 0.5}])

    def test_a_withdrawal_is_taken_back_while_nothing_was_sent(self):
        first, second, third = (self.mei._request_withdrawal(amount) for amount in (5.0, 6.0, 7.0))
        (second | third).action_approve()
        third.payout_ids.action_send()
        for withdrawal, state in ((first, 'cancelled'), (second, 'cancelled'), (third, 'approved')):
            with self.subTest(state=state):
                response = self._post(f'/my/distribution/withdrawals/{withdrawal.id}/cancel')
                self.assertEqual(response.status_code, 303)
                self.assertEqual(withdrawal.state, state)
        self.assertBalances(self.mei, merchant=-40.0, pending=10.0, payable=23.0, reserved=7.0)

    def test_the_page_of_a_withdrawal_shows_how_far_it_is(self):
        withdrawal = self.mei._request_withdrawal(5.0)
        url = f'/my/distribution/withdrawals/{withdrawal.id}'
        for step, reached in ((lambda: None, 1), (withdrawal.action_approve, 2),
                              (lambda: withdrawal.payout_ids.action_send(), 3),
                              (lambda: withdrawal.payout_ids.action_mark_done(), 4)):
            with self.subTest(reached=reached):
                step()
                response = self._open(url)
                self.assertEqual(response.text.count('fa-check-circle'), reached)
                self.assertEqual('Take back' in response.text, reached < 3)
        self.assertEqual(self._open(url, 'bo').status_code, 404)

    def test_fifty_requests_for_everything_at_once_are_one(self):
        self.authenticate('mei', 'mei')
        data = {'amount': '30', 'csrf_token': http.Request.csrf_token(self)}
        statuses = []

        def ask():
            response = requests.post(
                self.base_url() + FORM, data=data, cookies=cookies, allow_redirects=False, timeout=120)
            statuses.append(response.status_code)

        with self.allow_requests(all_requests=True):
            cookies = dict(self.opener.cookies)
            threads = [threading.Thread(target=ask) for _index in range(50)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(120)
        self.env.invalidate_all()
        self.assertEqual(sorted(statuses), [200] * 49 + [303])
        self.assertRecordValues(self._get_withdrawals(), [{'amount': 30.0, 'state': 'requested'}])
        self.assertBalances(self.mei, merchant=-40.0, pending=10.0, reserved=30.0)

    def test_a_refusal_is_shown_with_its_reason(self):
        withdrawal = self.mei._request_withdrawal(5.0)
        withdrawal.refusal_reason = "The account is closed."
        withdrawal.action_refuse()
        self.assertIn("The account is closed. $ 5.00 Refused", self._read('/my/distribution/withdrawals'))

    def test_money_that_came_back_is_shown_with_the_reason(self):
        self._post(FORM, amount='12.50')
        withdrawal = self._get_withdrawals()
        withdrawal.action_approve()
        withdrawal.payout_ids.action_mark_done()
        self.env['distribution.payout.return'].create({
            'payout_id': withdrawal.payout_ids.id, 'reason': "The account was closed"}).action_submit()
        listed = self._read('/my/distribution/withdrawals')
        self.assertIn("You can withdraw $ 30.00", listed)
        self.assertIn("The account was closed $ 12.50 Returned", listed)
        text = self._read(f'/my/distribution/withdrawals/{withdrawal.id}')
        for words in ("Paid", "Returned", "The account was closed"):
            self.assertIn(words, text)
        self.assertBalances(self.mei, merchant=-40.0, pending=10.0, payable=30.0)
