from freezegun import freeze_time

from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import PageCommon


@tagged('post_install', '-at_install')
class TestTaxSlip(PageCommon):
    """10 % is withheld from what Mei was paid: 20.00 in May and 10.00 in June of 2026; Bo was paid 10.00."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.distribution_tax_individual_id = cls.env['distribution.tax.scheme'].create({
            'name': "Ten percent", 'method': 'flat', 'table_ids': [Command.create({
                'valid_from': '2020-01-01', 'source': "Act 1", 'bracket_ids': [Command.create({'rate': 10})]})]})
        cls._make_payable(1, distributor=cls.bo)
        cls._pay_out(cls.mei, '2026-05-10', 20.0)
        cls._pay_out(cls.mei, '2026-06-10', 10.0)
        cls._pay_out(cls.bo, '2026-06-10', 10.0)
        cls.slip, cls.bo_slip = (
            cls.env['distribution.tax.slip'].search([('distributor_id', '=', distributor.id)])
            for distributor in (cls.mei, cls.bo))

    @classmethod
    def _pay_out(cls, distributor, day, amount):
        with freeze_time(f'{day} 12:00:00'):
            withdrawal = distributor._request_withdrawal(amount)
            withdrawal.action_approve()
            withdrawal.payout_ids.action_mark_done()

    def test_the_years_are_listed_with_income_and_tax(self):
        self.assertIn("2026 2 payouts $ 30.00 Tax $ 3.00", self._read('/my/distribution/tax'))

    def test_a_slip_shows_each_payout_with_its_tax_and_why(self):
        text = self._read(f'/my/distribution/tax/{self.slip.id}')
        for part in (
            "Tax slip 2026", "Income $ 30.00", "Tax withheld $ 3.00", "Paid out $ 27.00",
            "$ 20.00 Tax $ 2.00", "$ 10.00 Tax $ 1.00", "Tax on it: $ 20.00 × 10 % − $ 0.00 = $ 2.00",
        ):
            with self.subTest(part):
                self.assertIn(part, text.replace("\N{NO-BREAK SPACE}", " "))

    def test_who_was_never_paid_is_told_what_will_stand_here(self):
        new = new_test_user(self.env, 'newcomer', groups='base.group_portal')
        self._create_distributor(None, partner_id=new.partner_id.id, code='NEWNEW')
        self.assertIn("No tax slip yet", self._read('/my/distribution/tax', 'newcomer'))

    @mute_logger('odoo.http')
    def test_the_slip_of_another_is_not_found_on_any_way(self):
        new_test_user(self.env, 'guest', groups='base.group_portal')
        for login, slip in (('mei', self.bo_slip), ('bo', self.slip), ('guest', self.slip)):
            for url, status in (
                (f'/my/distribution/tax/{slip.id}', 404),
                (f'/my/distribution/tax/{slip.id}/pdf', 404),
                (f'/report/html/distribution_commission.distribution_tax_slip/{slip.id}', 403),
                (f'/report/pdf/distribution_commission.distribution_tax_slip/{slip.id}', 403),
            ):
                with self.subTest(login=login, url=url):
                    response = self._open(url, login)
                    self.assertEqual(response.status_code, status)
                    self.assertNotIn("MEI888", response.text)
                    self.assertNotIn("BOBO66", response.text)

    def test_records_of_another_cannot_be_read_by_the_model_either(self):
        for model in ('distribution.tax.slip', 'distribution.tax.report'):
            with self.subTest(model):
                records = self.env[model].with_user(self.bo_user).search([])
                self.assertEqual(records.distributor_id, self.bo)

    def test_the_certificate_is_masked_and_about_the_payee_alone(self):
        with self.subTest("html"):
            html = self.env['ir.qweb']._render('distribution_commission.distribution_tax_slip_body', {
                'slip': self.slip.with_user(self.mei_user), 'company': self.company})
            for part in ("2026-05", "2026-06", "MEI888", "27.00"):
                self.assertIn(part, html)
            self.assertNotIn("BOBO66", html)
        response = self._open(f'/my/distribution/tax/{self.slip.id}/pdf')
        self.assertEqual(response.status_code, 200)
        self.assertIn('attachment', response.headers['Content-Disposition'])
