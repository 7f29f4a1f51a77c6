from odoo.tests import tagged

from .common import PageCommon

FORM = '/my/distribution/withdrawals/new'


@tagged('post_install', '-at_install')
class TestWithdrawal(PageCommon):

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
            'partner_bank_id': False,
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
            ('1e300', "You can withdraw up to"),
        ):
            with self.subTest(amount=amount):
                response = self._post(FORM, amount=amount)
                self.assertEqual(response.status_code, 200)
                self.assertIn(error, self._get_text(response))
                self.assertIn(f'value="{amount}"', response.text)
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
        self.assertFalse(self._get_withdrawals())

    def test_the_money_goes_to_an_account_of_ones_own(self):
        own, foreign = self.env['res.partner.bank'].create([
            {'partner_id': partner.id, 'acc_number': f'62220212345678{partner.id}'}
            for partner in (self.mei.partner_id, self.bo.partner_id)
        ])
        text = self._read(FORM)
        self.assertIn(f"•••• {own.acc_number[-4:]}", text)
        self.assertNotIn(own.acc_number, text)
        for bank, chosen in ((own, own), (foreign, foreign.browse())):
            with self.subTest(bank=bank.partner_id.name):
                self._post(FORM, amount='5', bank=bank.id)
                self.assertEqual(self._get_withdrawals()[0].partner_bank_id, chosen)

    def test_a_withdrawal_is_taken_back_while_nobody_approved_it(self):
        first, second = self.mei._request_withdrawal(5.0), self.mei._request_withdrawal(7.0)
        second.action_approve()
        for withdrawal, state in ((first, 'cancelled'), (second, 'approved')):
            with self.subTest(state=state):
                response = self._post(f'/my/distribution/withdrawals/{withdrawal.id}/cancel')
                self.assertEqual(response.status_code, 303)
                self.assertEqual(withdrawal.state, state)
        self.assertBalances(self.mei, merchant=-40.0, pending=10.0, payable=23.0, reserved=7.0)

    def test_a_refusal_is_shown_with_its_reason(self):
        withdrawal = self.mei._request_withdrawal(5.0)
        withdrawal.refusal_reason = "The account is closed."
        withdrawal.action_refuse()
        self.assertIn("The account is closed. $ 5.00 Refused", self._read('/my/distribution/withdrawals'))
