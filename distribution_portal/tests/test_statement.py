from odoo import http
from odoo.tests import tagged

from .common import PageCommon


@tagged('post_install', '-at_install')
class TestStatement(PageCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.statement = cls.env['distribution.settlement'].search([('distributor_id', '=', cls.mei.id)])
        cls.url = f'/my/distribution/statements/{cls.statement.id}'

    def test_a_statement_says_what_it_consists_of(self):
        page = self._read(self.url)
        for text in (self.statement.name, "Tea", "300.00", "× 10 %", "30.00"):
            self.assertIn(text, page)
        self.assertIn(self.url, self._open('/my/distribution/statements').text)

    def test_it_can_be_taken_along_as_a_spreadsheet(self):
        response = self._open(f'{self.url}/xlsx')
        self.assertEqual(response.status_code, 200)
        self.assertTrue(response.content.startswith(b'PK'))

    def test_nobody_else_finds_it(self):
        for url in (self.url, f'{self.url}/pdf', f'{self.url}/xlsx'):
            with self.subTest(url):
                self.assertEqual(self._open(url, login='bo').status_code, 404)
        self.assertEqual(self._post(f'{self.url}/invoice', login='bo', number='1', amount='1').status_code, 404)

    def test_a_company_hands_in_its_invoice(self):
        self.bo.kind = 'company'
        self.company.distribution_bill_tax_id = self.env['account.tax'].create({
            'name': "6 %", 'amount': 6, 'type_tax_use': 'purchase', 'price_include_override': 'tax_excluded'})
        self._make_payable(2, distributor=self.bo)
        statement = self.env['distribution.settlement'].search([('distributor_id', '=', self.bo.id)])
        url = f'/my/distribution/statements/{statement.id}'
        self.assertIn("21.20", self._read(url, login='bo'))
        for number, amount, text in [
            ('25312000000012345678', '20', "has to come to"), ('', '21.2', "as it is printed"),
            ('25312000000012345678', 'twenty', "enter an amount"),
        ]:
            with self.subTest(amount=amount, number=number):
                response = self._post(f'{url}/invoice', login='bo', number=number, amount=amount)
                self.assertIn(text, self._get_text(response))
                self.assertFalse(statement.invoice_number)
        self.assertEqual(
            self._post(f'{url}/invoice', login='bo', number='25312000000012345678', amount='21.2').status_code, 303)
        self.env.invalidate_all()
        self.assertRecordValues(statement, [{'state': 'billed', 'invoice_number': '25312000000012345678'}])
        self.assertIn("We have your invoice", self._read(url, login='bo'))


@tagged('post_install', '-at_install')
class TestDispute(PageCommon):

    def _submit(self, login='mei', **data):
        return self._post('/my/distribution/disputes/new', login=login, **{
            'commission': str(self.settled.id), 'kind': 'amount', 'description': "It should be more", **data})

    def test_a_distributor_objects_to_a_commission_and_takes_it_back(self):
        self.assertIn('disputes/new?commission=', self._open(f'/my/distribution/commissions/{self.settled.id}').text)
        self.assertIn(self.settled.order_name, self._read(f'/my/distribution/disputes/new?commission={self.settled.id}'))
        response = self._submit()
        self.assertEqual(response.status_code, 303)
        dispute = self.env['distribution.dispute'].search([('distributor_id', '=', self.mei.id)])
        self.assertRecordValues(dispute, [{
            'kind': 'amount', 'commission_id': self.settled.id, 'order_name': self.settled.order_name,
            'description': "It should be more", 'state': 'new'}])
        url = f'/my/distribution/disputes/{dispute.id}'
        self.assertIn("It should be more", self._read(url))
        self.assertIn(url, self._open('/my/distribution/disputes').text)
        self.assertEqual(self._post(f'{url}/withdraw').status_code, 303)
        self.env.invalidate_all()
        self.assertEqual(dispute.state, 'withdrawn')

    def test_what_says_nothing_is_asked_for_again(self):
        self.assertIn("few words", self._get_text(self._submit(description=' ')))
        self.assertFalse(self.env['distribution.dispute'].search([]))

    def test_evidence_is_a_picture_or_a_pdf(self):
        self.authenticate('mei', 'mei')
        data = {'kind': 'missing', 'description': "Where is it?", 'csrf_token': http.Request.csrf_token(self)}
        for content, status in ((b'MZ\x90\x00 a program', 200), (b'%PDF-1.4 evidence', 303)):
            response = self.url_open('/my/distribution/disputes/new', data=data, allow_redirects=False, files={
                'documents': ('evidence.pdf', content, 'application/pdf')})
            self.assertEqual(response.status_code, status)
        dispute = self.env['distribution.dispute'].search([])
        self.assertEqual(self.env['ir.attachment'].search([
            ('res_model', '=', 'distribution.dispute'), ('res_id', '=', dispute.id)]).name, 'evidence.pdf')

    def test_an_answer_is_read_on_its_page(self):
        self._submit()
        dispute = self.env['distribution.dispute'].search([])
        dispute.decision = "The order was placed through another link."
        self.assertNotIn("another link", self._read(f'/my/distribution/disputes/{dispute.id}'))
        dispute.action_reject()
        self.assertIn("another link", self._read(f'/my/distribution/disputes/{dispute.id}'))

    def test_nobody_else_finds_or_touches_it(self):
        self._submit()
        dispute = self.env['distribution.dispute'].search([])
        url = f'/my/distribution/disputes/{dispute.id}'
        self.assertEqual(self._open(url, login='bo').status_code, 404)
        self.assertEqual(self._post(f'{url}/withdraw', login='bo').status_code, 404)
        self.assertEqual(self._open(
            f'/my/distribution/disputes/new?commission={self.settled.id}', login='bo').status_code, 404)
        self.assertEqual(self._submit(login='bo').status_code, 404)
        self.env.invalidate_all()
        self.assertEqual(dispute.state, 'new')
        self.assertEqual(self.env['distribution.dispute'].search_count([]), 1)
