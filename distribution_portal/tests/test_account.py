from odoo.tests import tagged

from .common import PageCommon

PAGE = '/my/distribution/accounts'
NUMBER = '6225 8812 3456 7890'


@tagged('post_install', '-at_install')
class TestAccount(PageCommon):

    def _add(self, login='mei', **data):
        return self._post(PAGE, login, **{
            'kind': 'bank', 'bank_name': "CMB", 'holder_name': "Mei", 'number': NUMBER, 'consent': '1', **data})

    def _get_accounts(self, distributor=None):
        return self.env['distribution.payee.account'].search([
            ('distributor_id', '=', (distributor or self.mei).id), ('bank_name', '=', "CMB")])

    def test_an_account_is_kept_masked_and_waits(self):
        self.assertEqual(self._add().status_code, 303)
        account = self._get_accounts()
        self.assertRecordValues(account, [{'kind': 'bank', 'verified_at': False, 'distributor_id': self.mei.id}])
        text = self._read(PAGE)
        self.assertIn("7890", text)
        self.assertIn("Being verified", text)
        self.assertNotIn('6225', text)
        self.assertNotIn(account, self.mei._get_verified_accounts())

    def test_what_cannot_be_kept_is_refused_and_the_number_is_not_shown_again(self):
        for data, error in (
            ({'consent': ''}, "Please agree"),
            ({'number': '12'}, "too short"),
            ({'number': ' '}, "Enter the name and the number"),
            ({'holder_name': ' '}, "Enter the name and the number"),
            ({'kind': 'cash'}, "Choose what kind"),
        ):
            with self.subTest(data=data):
                response = self._add(**data)
                self.assertIn(error, self._get_text(response))
                self.assertNotIn(NUMBER, response.text)
                self.assertFalse(self._get_accounts())

    def test_an_account_is_kept_once_and_comes_back_unverified(self):
        self._add()
        self.assertIn("You have this account already", self._get_text(self._add()))
        account = self._get_accounts()
        account.sudo().write({'verified_at': '2026-01-01'})
        self._post(f'{PAGE}/{account.id}/remove')
        self.assertFalse(self._get_accounts())
        self._add()
        self.assertEqual(self._get_accounts(), account)
        self.assertFalse(account.verified_at)

    def test_three_accounts_may_wait(self):
        for number in range(4):
            response = self._add(number=f'{NUMBER}{number}')
        self.assertIn("still wait to be verified", self._get_text(response))
        self.assertEqual(len(self._get_accounts()), 3)

    def test_an_account_of_somebody_else_is_not_found(self):
        self.assertEqual(self._post(f'{PAGE}/{self.bo.payee_account_ids.id}/remove').status_code, 404)
        self.assertTrue(self.bo.payee_account_ids.active)
