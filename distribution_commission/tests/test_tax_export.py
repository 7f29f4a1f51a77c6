import base64
import csv
import hashlib
import io

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.distribution_core.tests.common import PrivacyBuilders

from .test_tax import TaxCommon


@tagged('post_install', '-at_install')
class TestTaxExport(PrivacyBuilders, TaxCommon):
    """In June the seller was paid 3,000 twice; in May it earned 200,000, and the upline 100,000."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller.code, cls.upline.code = 'SELLER', 'UPLINE'
        cls.seller.identity_ids.write({'document_type': 'id_card', 'number': cls.NUMBER})
        cls.seller.identity_ids.action_verify()
        cls.seller.payee_account_ids.action_verify()
        with cls._at('2026-06-10 12:00:00'):
            cls._pay_out(3000)
            cls._pay_out(3000)
        cls.accountant = new_test_user(
            cls.env, 'accountant', groups='distribution_commission.group_distribution_finance',
            company_id=cls.company.id)
        cls.boss = new_test_user(
            cls.env, 'boss', groups='distribution_core.group_distribution_manager', company_id=cls.company.id)

    # === HELPERS === #

    def _export(self, user=None, **values):
        export = self.env['distribution.tax.export'].with_user(user or self.accountant).create({
            'company_id': self.company.id, 'kind': 'declaration', 'day': '2026-06-20', 'format': 'csv', **values})
        export.action_export()
        return export

    def _read(self, export):
        return list(csv.reader(io.StringIO(base64.b64decode(export.file).decode('utf-8-sig'))))

    def _get_reveals(self):
        return self.env['distribution.privacy.log'].search([('action', '=', 'reveal')])

    # === TESTS === #

    def test_the_return_of_a_month_has_everybody_who_was_paid_with_the_tax_worked_out_anew(self):
        with self._at('2026-06-11 12:00:00'):
            self._pay_out(500.0, self.upline)
        headers, *rows = self._read(self._export())
        self.assertEqual(headers[7:19], [
            "Income", "Expenses", "Exempt income", "Cumulative income", "Taxable income", "Rate (%)",
            "Quick deduction", "Tax due", "Withheld before", "Withheld in the month", "To pay or claim back", "Remarks"])
        self.assertEqual(rows, [
            ['1', '张*', "Resident identity card", '110***********002X', '110***********002X', "No", "Labour remuneration",
             '6000.00', '1200.00', '0.00', '6000.00', '4800.00', '20', '0.00', '960.00', '0.00', '960.00', '0.00', 'SELLER'],
            ['2', '张*', "Passport", *[self.upline.identity_ids.number_masked] * 2, "No", "Labour remuneration",
             '500.00', '800.00', '0.00', '500.00', '0.00', '0', '0.00', '0.00', '0.00', '0.00', '0.00', 'UPLINE'],
        ])

    def test_what_is_missing_or_under_way_is_said(self):
        with self._at('2026-06-11 12:00:00'):
            self._pay_out(500.0, self.upline)
            self._approve(100.0).action_send()
        self.upline.identity_ids._set_unverified()
        self.assertEqual(self._export().remarks, (
            "Without a verified identity: UPLINE\n"
            "Payouts of the month that are under way, and not in this file: 1"))

    def test_other_months_and_businesses_are_not_in_the_return(self):
        self.upline.kind = 'sole_trader'
        with self._at('2026-06-11 12:00:00'):
            self._pay_out(500.0, self.upline)
        self.assertEqual([row[-1] for row in self._read(self._export())[1:]], ['SELLER'])
        self.assertEqual(self._read(self._export(day='2026-07-01'))[1:], [])

    def test_the_cumulative_return_carries_the_year(self):
        self.company.distribution_platform_role = 'platform'
        with self._at('2026-08-10 12:00:00'):
            self._pay_out(60_000.0)     # 66,000 less 20 % and 3 months: 37,800, of which 960 are withheld
        [row] = self._read(self._export(day='2026-08-01'))[1:]
        self.assertEqual(row[7:18], [
            '60000.00', '12000.00', '0.00', '66000.00', '37800.00', '10', '2520.00', '1260.00', '960.00', '300.00', '0.00'])

    def test_the_spreadsheet_holds_the_same_as_the_text(self):
        import openpyxl
        sheet = openpyxl.load_workbook(io.BytesIO(base64.b64decode(self._export(format='xlsx').file))).active
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        expected = self._read(self._export())
        self.assertEqual(rows[0], expected[0])
        self.assertEqual(rows[1][:5], [1, '张*', "Resident identity card", '110***********002X', '110***********002X'])
        self.assertEqual(rows[1][7:12], [6000, 1200, 0, 6000, 4800])

    def test_names_and_numbers_in_clear_are_for_administrators_with_a_reason_and_logged(self):
        self.registry_enter_test_mode()
        for user, reason, error in [
            (self.accountant, "Return", AccessError), (self.boss, "", UserError), (self.boss, "  ", UserError),
        ]:
            with self.subTest(user=user.login, reason=reason), self.assertRaises(error):
                self._export(user, in_clear=True, reason=reason)
        self.assertFalse(self._get_reveals())
        self.assertFalse(self.env['distribution.export.log'].search([('company_id', '=', self.company.id)]))
        export = self._export(self.boss, in_clear=True, reason="Return of June")
        [row] = self._read(export)[1:]
        self.assertEqual(row[1:5], ["张三丰", "Resident identity card", self.NUMBER, self.NUMBER])
        self.assertEqual(
            [(log.user_id, log.field_name, log.reason) for log in self._get_reveals().sorted('id')],
            [(self.boss, 'real_name', "Return of June"), (self.boss, 'number', "Return of June")])

    def test_a_file_in_clear_is_kept_encrypted(self):
        self.registry_enter_test_mode()
        export = self._export(self.boss, in_clear=True, reason="Return of June")
        self.env.flush_all()
        self.env.cr.execute("SELECT content FROM distribution_tax_export WHERE id = %s", [export.id])
        [(content,)] = self.env.cr.fetchall()
        self.assertTrue(content.startswith('v1:test:'))

    def test_every_export_is_logged_with_the_hash_of_the_file(self):
        export = self._export(reason="To check")
        log = self.env['distribution.export.log'].search([('company_id', '=', self.company.id)])
        self.assertRecordValues(log, [{
            'user_id': self.accountant.id, 'reason': "Withholding return of a month (masked). To check",
            'sha256': export.sha256, 'counts': {'declaration': 1}}])
        self.assertEqual(hashlib.sha256(base64.b64decode(export.file)).hexdigest(), export.sha256)
        self.assertEqual(str(log.from_at), '2026-05-31 16:00:00')       # midnight in Shanghai

    def test_the_platform_report_has_what_the_ledger_credited_and_took_back_in_the_quarter(self):
        self.seller.partner_id.phone = '13812341234'
        self.seller.alias = '=SUM(A1)'
        with self._at('2026-06-30 15:00:00'):
            invoice = self._make_payable(quantity=10)
            self._refund(invoice, amount=100)
            self._process()
        _headers, *rows = self._read(self._export(kind='platform', day='2026-04-01'))
        self.assertEqual(rows, [
            ['2026-Q2', "Individual", '张*', "Resident identity card", '110***********002X', '138****1234', "'=SUM(A1)",
             self.seller.payee_account_ids.display_name, "Commission", '200100.00', '10.00', '200090.00', 'CNY', '2'],
            ['2026-Q2', "Individual", '张*', "Passport", self.upline.identity_ids.number_masked, '', 'UPLINE',
             self.upline.payee_account_ids.display_name, "Commission",
             '100050.00', '5.00', '100045.00', 'CNY', '2'],
        ])
        self.assertEqual(self._read(self._export(kind='platform', day='2026-07-01'))[1:], [])

    def test_nothing_of_another_company_can_be_exported(self):
        other = self.env['res.company'].create({'name': "Other"})
        export = self.env['distribution.tax.export'].with_user(self.accountant).create({
            'kind': 'declaration', 'day': '2026-06-20', 'company_id': self.company.id})
        export.sudo().company_id = other
        with self.assertRaises(AccessError):
            export.action_export()

    def test_an_officer_cannot_export(self):
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        with self.assertRaises(AccessError):
            self._export(officer)

    def test_the_report_adds_months_up_by_payee(self):
        self.assertRecordValues(self.env['distribution.tax.report'].search([('distributor_id', '=', self.seller.id)]), [
            {'amount': 6000, 'tax_amount': 960, 'net_amount': 5040, 'payout_count': 2}])
        self.assertRecordValues(self.env['distribution.tax.slip'].search([('distributor_id', '=', self.seller.id)]), [
            {'year': 2026, 'amount': 6000, 'tax_amount': 960, 'net_amount': 5040, 'payout_count': 2}])
