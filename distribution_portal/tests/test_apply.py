from datetime import timedelta

from odoo import fields, http
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.distribution_core.tests.test_application import PDF

from .common import PageCommon

APPLY = '/distribution/apply'
THANKS = '/distribution/apply/thanks'
VERIFY = '/distribution/apply/verify'
AGREEMENT = '/my/distribution/agreement'
RESIGN = '/my/distribution/resign'


class ApplyCommon(PageCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Application = cls.env['distribution.application'].sudo()
        cls._open_site()
        cls.first = cls._publish("<p>Be honest.</p>")

    @classmethod
    def _open_site(cls):
        """The pages for everybody are those of the company of the site."""
        public_user = cls.env.ref('base.public_user').sudo()
        public_user.write({'company_ids': [(4, cls.company.id)], 'company_id': cls.company.id})
        if 'website' in cls.env:
            cls.env['website'].sudo().search([]).write({'company_id': cls.company.id})

    @classmethod
    def _publish(cls, body, kind='agreement'):
        agreement = cls.env['distribution.agreement'].sudo().create({
            'name': "Agreement", 'body': body, 'kind': kind, 'company_id': cls.company.id})
        agreement.action_publish()
        return agreement

    def _submit(self, login=None, files=None, **values):
        """Send the form as somebody, or as nobody."""
        self.authenticate(login, login)
        data = {
            'name': "Lin Na", 'email': 'lin@example.com', 'phone': '13800000000', 'kind': 'individual',
            'is_adult': 'on', 'is_not_barred': 'on', 'knows_it_is_free': 'on', 'agreement': 'on',
            'csrf_token': http.Request.csrf_token(self), **values,
        }
        return self.url_open(APPLY, data={key: value for key, value in data.items() if value is not None},
                             files=files, allow_redirects=False)

    def _find(self, email='lin@example.com'):
        return self.Application.search([('email_normalized', '=', email)])

    def assertThanked(self, response):
        self.assertEqual((response.status_code, response.headers['Location'].removeprefix(self.base_url())),
                         (303, THANKS))


@tagged('post_install', '-at_install')
class TestApply(ApplyCommon):

    def test_from_the_form_to_the_first_login(self):
        text = self._read(APPLY, None)
        for part in ("Become a distributor", "free of charge", "Agreement, version 1", "no photo of an identity document"):
            self.assertIn(part, text)
        self.assertThanked(self._submit(
            inviter='mei888', files=[('documents', ('licence.bin', PDF, 'text/html'))], message="Hello"))
        application = self._find()
        self.assertRecordValues(application, [{
            'state': 'submitted', 'inviter_id': self.mei.id, 'partner_id': False, 'message': "Hello",
            'company_id': self.company.id, 'lang': 'en_US',
        }])
        self.assertTrue(application.device and application.network)
        self.assertRecordValues(application.acceptance_ids, [{'agreement_id': self.first.id, 'address': '127.0.0.1'}])
        attachment = self.env['ir.attachment'].sudo().search(
            [('res_model', '=', application._name), ('res_id', '=', application.id)])
        self.assertRecordValues(attachment, [{'name': 'licence.pdf', 'mimetype': 'application/pdf', 'public': False}])
        self.assertEqual(self._open(f'/web/content/{attachment.id}', None).status_code, 404)
        self._verify(application)
        self._log_in_after_approval(application)

    def _verify(self, application):
        url = application._get_verification_url()
        token = url.partition('token=')[2]
        self.assertIn("Is this your address? lin@example.com", self._read(f'{VERIFY}?token={token}', None))
        self.assertFalse(application.email_verified_at)
        self.authenticate(None, None)
        response = self.url_open(VERIFY, data={'token': token, 'csrf_token': http.Request.csrf_token(self)})
        self.assertIn("Your address is confirmed", self._get_text(response))
        self.assertTrue(application.email_verified_at)

    def _log_in_after_approval(self, application):
        application.action_approve()
        distributor = application.distributor_id
        self.assertRecordValues(distributor, [
            {'state': 'active', 'parent_id': self.mei.id, 'accepted_agreement_id': self.first.id}])
        user = distributor.partner_id.user_ids
        self.authenticate(None, None)
        self.assertIn(
            'lin@example.com', self.url_open(user.partner_id._get_signup_url()).text)
        user.password = user.login
        text = self._read('/my/distribution', 'lin@example.com')
        self.assertIn("Your link", text)
        self.assertNotIn("Read and accept", text)

    def test_what_is_wrong_is_marked_and_what_was_typed_stays(self):
        for values, error in (
            ({'name': ''}, "Please enter your name."),
            ({'email': 'lin'}, "Please enter an e-mail address"),
            ({'kind': 'company'}, "Please enter the number on the business licence."),
            ({'inviter': 'NOBODY22'}, "We know no distributor with this code."),
            ({'is_adult': None}, "This is necessary to become a distributor."),
            ({'agreement': None}, "Please read the agreement and accept it."),
            ({'kind': 'employee'}, "Please choose one."),
        ):
            with self.subTest(values):
                response = self._submit(message="Kept <b>", **values)
                self.assertEqual(response.status_code, 200)
                self.assertIn(error, self._get_text(response))
                self.assertIn('is-invalid', response.text)
                self.assertIn('Kept &lt;b&gt;</textarea>', response.text)
                self.assertIn('value="13800000000"', response.text)
        self.assertFalse(self.Application.search_count([]))

    def test_files_of_other_types_too_many_and_too_large_are_refused(self):
        for files, error in (
            ([('a.pdf', b'<html></html>')], "“a.pdf” is neither a PDF nor a JPEG or PNG picture."),
            ([('a.pdf', PDF)] * 4, "Please choose at most 3 files."),
            ([('a.pdf', PDF + bytes(5 * 1024 * 1024))], "“a.pdf” is larger than 5 MB."),
        ):
            with self.subTest(error):
                response = self._submit(files=[('documents', file) for file in files])
                self.assertIn(error, self._get_text(response))
        response = self._submit(files=[('name', ('x.pdf', PDF))])       # a file where a text belongs
        self.assertIn("Please enter your name.", self._get_text(response))
        self.assertFalse(self.Application.search_count([]))

    def test_without_a_token_nothing_is_handed_in(self):
        self.authenticate(None, None)
        with self.assertLogs('odoo.http', 'WARNING'):
            self.assertEqual(self.url_open(APPLY, data={'name': "Lin"}).status_code, 400)

    def test_nobody_learns_who_is_known_here(self):
        self.assertThanked(self._submit())
        for values in ({}, {'website_url': 'http://spam'}, {'email': 'mei@example.com'}):
            with self.subTest(values):
                self.assertThanked(self._submit(**values))
        self.assertEqual(self.Application.search([]).mapped('email'), ['mei@example.com', 'lin@example.com'])

    def test_too_many_applications_are_thanked_for_and_not_kept(self):
        self.env['ir.config_parameter'].sudo().set_param('distribution_core.max_applications_per_day', '2')
        for number in range(4):
            self.assertThanked(self._submit(email=f'a{number}@example.com'))
        self.assertEqual(self.Application.search_count([]), 2)

    def test_who_invited_is_filled_in(self):
        for url, code in (
            (f'{APPLY}?invite=MEI888', 'MEI888'), (f'{APPLY}?invite=mei888', 'MEI888'), (APPLY, ''),
            (f'{APPLY}?invite=NOBODY22', 'NOBODY22'), (f'{APPLY}?ref=MEI888', 'MEI888'), (f'{APPLY}?invite=%22%3E', ''),
        ):
            with self.subTest(url):
                page = self._open(url, None).text
                self.assertRegex(page, f'name="inviter"[^>]*value="{code}"')

    def test_who_can_invite_is_not_found_by_trying(self):
        self.env['ir.config_parameter'].sudo().set_param('distribution_core.max_unknown_codes_per_hour', '2')
        for code, answer in (
            ('NOBODY22', "We know no distributor with this code."), ('NOBODY33', "We know no distributor with this code."),
            ('MEI888', "Too many unknown codes came from here."), ('NOBODY44', "Too many unknown codes came from here."),
        ):
            with self.subTest(code):
                self.assertIn(answer, self._get_text(self._submit(inviter=code)))
        self.assertFalse(self._find())
        self.assertEqual(self.env['distribution.attempt'].search([]).mapped('kind'), ['inviter', 'inviter'])
        self.assertThanked(self._submit(inviter=''))

    def test_links_that_do_not_work_say_so(self):
        for token in ('', 'forged', '%E4%B8%AD', 'AQAA'):
            with self.subTest(token):
                self.assertIn("This link does not work any more", self._read(f'{VERIFY}?token={token}', None))

    def test_the_page_asks_for_no_money(self):
        text = self._read(APPLY, None)
        self.assertNotIn('$', text)
        page = self._open(APPLY, None).text
        for word in ('oe_currency_value', '/shop/cart/update', 'payment'):
            self.assertNotIn(word, page.partition('id="wrap"')[2].partition('</form>')[0])

    def test_who_is_logged_in_sees_how_it_stands(self):
        for state, part in (
            ('active', "You are a distributor already"), ('suspended', "Your account is under review"),
            ('applied', "Your application is being looked at"), ('closed', "I apply as"),
        ):
            with self.subTest(state=state):
                self.mei.state = state
                self.assertIn(part, self._read(APPLY, 'mei'))
        self.mei.state = 'active'
        self.assertEqual(self._submit('mei').status_code, 303)
        self.assertFalse(self.Application.search_count([]))

    def test_a_guest_applies_as_itself_and_a_closed_distributor_comes_back(self):
        guest = new_test_user(self.env, 'guest', groups='base.group_portal', email='guest@example.com')
        self.assertRegex(self._open(APPLY, 'guest').text, 'name="email"[^>]*value="guest@example.com"')
        self.assertThanked(self._submit('guest'))
        self.assertEqual(self._find().partner_id, guest.partner_id)
        self.assertIn("Your application is being looked at", self._read(APPLY, 'guest'))
        self.mei._resign()
        self.assertThanked(self._submit('mei', email='mei@example.com'))
        self.assertEqual(self.mei.state, 'applied')
        self.assertEqual(self._find('mei@example.com').distributor_id, self.mei)


@tagged('post_install', '-at_install')
class TestMembership(ApplyCommon):

    def test_the_pages_are_for_people_who_are_logged_in(self):
        for url in (AGREEMENT, RESIGN, '/my/distribution/invite'):
            with self.subTest(url):
                self.assertIn('/web/login', self._open(url, None).url)
                new_test_user(self.env, f'guest{url[-3:]}', groups='base.group_portal')
                self.assertIn("You are not a distributor yet", self._read(url, f'guest{url[-3:]}'))

    def test_pages_write_nothing(self):
        with self.assertNoLogs('odoo.http', 'WARNING'):
            for url in (APPLY, THANKS, VERIFY, '/distribution/agreement', AGREEMENT, RESIGN, '/my/distribution/invite'):
                with self.subTest(url):
                    self._read(url)

    def test_the_texts_in_force_and_to_come_are_read_by_everybody(self):
        self._next_policy(notice_days=7)
        self._publish("<p>Be kind as well.</p>")
        self._publish("<p>Five percent.</p>", kind='rules')
        for url, shown, hidden in (
            ('/distribution/agreement', ["Be honest.", "Be kind as well.", "A new version is in force from"], ["Five percent"]),
            ('/distribution/agreement/rules', ["Five percent."], ["Be honest"]),
            ('/distribution/agreement/privacy', ["Nothing is published here yet"], ["Be honest"]),
        ):
            with self.subTest(url):
                text = self._read(url, None)
                for part in shown:
                    self.assertIn(part, text)
                for part in hidden:
                    self.assertNotIn(part, text)
        with mute_logger('odoo.http'):
            self.assertEqual(self._open('/distribution/agreement/secret', None).status_code, 404)

    def test_an_agreement_is_accepted_once_it_is_in_force(self):
        self.assertIn("Please read and accept the distributor agreement", self._read('/my/distribution'))
        self.assertEqual(self._post(AGREEMENT, agreement=self.first.id).status_code, 303)
        self.assertRecordValues(self.mei.acceptance_ids.sudo(), [{
            'agreement_id': self.first.id, 'partner_id': self.mei.partner_id.id, 'address': '127.0.0.1'}])
        self.assertNotIn("Please read and accept", self._read('/my/distribution'))
        self.assertIn("You have accepted the agreement in force", self._read(AGREEMENT))
        self.assertFalse(self.bo.acceptance_ids)
        second = self._publish("<p>Be kind as well.</p>")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE distribution_agreement SET published_at = %s, effective_from = %s WHERE id = %s",
            [fields.Datetime.now() - timedelta(days=8), fields.Datetime.now() - timedelta(days=1), second.id])
        self.env.invalidate_all()
        self.assertIn("Please read and accept", self._read('/my/distribution'))
        self._post(AGREEMENT, agreement=self.first.id)      # a page that was opened before
        self.assertEqual(self.mei.accepted_agreement_id, self.first)
        self._post(AGREEMENT, agreement=second.id)
        self.assertEqual(self.mei.accepted_agreement_id, second)

    def test_an_invitation_names_the_inviter_and_promises_nothing(self):
        text = self._read('/my/distribution/invite')
        self.assertIn("Nothing is paid for inviting anybody", text)
        page = self._open('/my/distribution/invite').text
        self.assertIn('/distribution/apply?invite=MEI888"', page)
        self.assertIn('/report/barcode/?barcode_type=QR', page)
        self.mei.state = 'suspended'
        self.assertNotIn("Invite a distributor", self._read('/my/distribution/invite'))

    def test_who_resigns_is_closed_and_keeps_what_it_has_earned(self):
        self.assertIn("What you have earned stays yours", self._read(RESIGN))
        self.assertEqual(self.mei.state, 'active')
        self._post(RESIGN, reason="Moving abroad")
        self.assertEqual(self.mei.state, 'closed')
        self.assertTrue(self.mei.closed_at)
        self.assertEqual(self.bo.state, 'active')
        self.assertBalances(self.mei, merchant=-40.0, pending=10.0, payable=30.0)
        text = self._read('/my/distribution')
        self.assertIn("You are a distributor no longer", text)
        self.assertIn("Apply again", text)
        self.assertEqual(self._post('/my/distribution/withdrawals/new', amount='5').status_code, 303)
        self.assertBalances(self.mei, merchant=-40.0, pending=10.0, payable=25.0, reserved=5.0)

    def test_without_a_token_nobody_resigns_or_accepts(self):
        self.authenticate('mei', 'mei')
        for url in (RESIGN, AGREEMENT):
            with self.subTest(url), self.assertLogs('odoo.http', 'WARNING'):
                self.assertEqual(self.url_open(url, data={'agreement': self.first.id}).status_code, 400)
        self.assertRecordValues(self.mei, [{'state': 'active', 'accepted_agreement_id': False}])
