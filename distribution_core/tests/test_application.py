from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .test_agreement import AgreementCommon

PDF = b'%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF'
PNG = bytes.fromhex(
    '89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082')
JPG = b'\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xd9'


class ApplicationCommon(AgreementCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Application = cls.env['distribution.application'].sudo()
        cls.inviter = cls._create_distributor("Inviter", code='INVITER2')
        cls.officer = new_test_user(
            cls.env, 'officer', groups='distribution_core.group_distribution_user', email='officer@example.com')
        cls.policy.application_user_id = cls.officer

    @classmethod
    def _get_form(cls, **values):
        return {
            'name': "Lin Na", 'email': 'Lin@Example.com', 'phone': '+86 138 0000 0000', 'kind': 'individual',
            'is_adult': 'on', 'is_not_barred': 'on', 'knows_it_is_free': 'on', 'agreement': 'on', **values,
        }

    def _submit(self, partner=None, documents=(), **values):
        return self.Application._submit(
            self._get_form(**values), self.company, partner or self.env['res.partner'], documents)

    def _get_history(self, record):
        return ' '.join(str(message.body) for message in record.message_ids)

    def _get_mails(self):
        return self.env['mail.mail'].sudo().search([
            '|', ('email_to', '=', 'lin@example.com'), ('recipient_ids.email_normalized', '=', 'lin@example.com')])


@tagged('post_install', '-at_install')
class TestSubmission(ApplicationCommon):

    def test_a_form_is_checked_field_by_field(self):
        self._create_agreement()
        suspended = self._create_distributor("Suspended", code='SUSP77')
        suspended._set_suspended("x")
        other = self.env['res.company'].create({'name': "Other"})
        self._create_distributor("Foreign", code='FOREIGN2', company_id=other.id)
        for values, wrong in [
            ({}, set()),
            ({'name': ''}, {'name'}), ({'name': 'A' * 129}, {'name'}),
            ({'email': ''}, {'email'}), ({'email': 'lin'}, {'email'}), ({'email': 'a@b.co, c@d.co'}, {'email'}),
            ({'email': 'Lin <lin@example.com>'}, {'email'}), ({'email': 'lin@example.com\nBcc: a@b.co'}, {'email'}),
            ({'phone': ''}, {'phone'}), ({'phone': '<script>'}, {'phone'}), ({'phone': '021-5555 (12)'}, set()),
            ({'kind': 'employee'}, {'kind'}), ({'kind': None}, {'kind'}),
            ({'kind': 'company'}, {'company_registry'}), ({'kind': 'sole_trader'}, {'company_registry'}),
            ({'kind': 'company', 'company_registry': '91310000'}, set()),
            ({'inviter': 'INVITER2'}, set()), ({'inviter': ' inviter2 '}, set()),
            ({'inviter': 'NOBODY22'}, {'inviter'}), ({'inviter': 'SUSP77'}, {'inviter'}),
            ({'inviter': 'FOREIGN2'}, {'inviter'}),
            ({'is_adult': ''}, {'is_adult'}), ({'is_not_barred': None}, {'is_not_barred'}),
            ({'knows_it_is_free': 'off'}, {'knows_it_is_free'}), ({'agreement': ''}, {'agreement'}),
            ({'message': 'A' * 2001}, {'message'}),
        ]:
            with self.subTest(values):
                self.assertEqual(set(self.Application._get_form_errors(self._get_form(**values), self.company)), wrong)

    def test_without_an_agreement_none_has_to_be_accepted(self):
        self.assertEqual(self.Application._get_form_errors(self._get_form(agreement=''), self.company), {})

    def test_documents_are_known_by_their_content(self):
        for files, names in [
            ([('licence.pdf', PDF)], ['licence.pdf']),
            ([('licence.exe', PNG), ('../../a', JPG)], ['licence.png', 'a.jpg']),
            ([('licence.pdf', b'<script>alert(1)</script>')], None),
            ([('licence.pdf', b'')], None),
            ([('a.svg', b'<svg xmlns="http://www.w3.org/2000/svg"/>')], None),
            ([('large.pdf', PDF + b' ' * 5 * 1024 * 1024)], None),
            ([('a.pdf', PDF)] * 3, ['a.pdf'] * 3),
            ([('a.pdf', PDF)] * 4, None),
        ]:
            with self.subTest(files=[name for name, _content in files]):
                if names is None:
                    with self.assertRaises(UserError):
                        self.Application._prepare_documents(files)
                else:
                    documents = self.Application._prepare_documents(files)
                    self.assertEqual([document['name'] for document in documents], names)

    def test_an_application_keeps_what_was_declared_and_asks_the_officer(self):
        agreement = self._create_agreement()
        application = self._submit(
            inviter='inviter2', documents=self.Application._prepare_documents([('a.pdf', PDF)]))
        self.assertRecordValues(application, [{
            'name': "Lin Na", 'email': 'Lin@Example.com', 'email_normalized': 'lin@example.com', 'state': 'submitted',
            'inviter_id': self.inviter.id, 'partner_id': False, 'distributor_id': False, 'company_id': self.company.id,
            'is_adult': True, 'is_not_barred': True, 'knows_it_is_free': True, 'email_verified_at': False,
        }])
        self.assertRecordValues(application.acceptance_ids, [{'agreement_id': agreement.id, 'distributor_id': False}])
        self.assertRecordValues(application.activity_ids, [{'user_id': self.officer.id}])
        attachment = self.env['ir.attachment'].search([
            ('res_model', '=', 'distribution.application'), ('res_id', '=', application.id)])
        self.assertRecordValues(attachment, [{'name': 'a.pdf', 'mimetype': 'application/pdf', 'public': False}])
        [mail] = self._get_mails()
        self.assertIn('/distribution/apply/verify?token=', mail.body_html)

    def test_a_second_open_application_is_not_kept(self):
        self.assertTrue(self._submit())
        self.assertFalse(self._submit(email='lin@example.com', name="Somebody"))
        self.assertEqual(len(self._get_mails()), 1)
        partner = self.env['res.partner'].create({'name': "Li"})
        self.assertTrue(self._submit(partner, email='li@example.com'))
        self.assertFalse(self._submit(partner, email='li2@example.com'))

    def test_the_same_form_sent_twice_at_once_is_kept_once(self):
        self._submit()
        with mute_logger('odoo.sql_db'), patch.object(self.registry['distribution.application'], '_is_repeated', return_value=False):
            self.assertFalse(self._submit())
        self.assertEqual(self.Application.search_count([('email_normalized', '=', 'lin@example.com')]), 1)

    def test_whoever_was_refused_may_apply_again(self):
        self._submit()._set_refused("Not yet")
        self.assertTrue(self._submit())

    def test_too_many_applications_from_one_place_within_a_day_are_not_kept(self):
        self.env['ir.config_parameter'].sudo().set_param('distribution_core.max_applications_per_day', '2')
        origin = {'device': 'phone', 'network': 'home'}
        with patch.object(self.registry['distribution.touch'], '_get_request_fingerprint', lambda self: dict(origin)):
            with freeze_time('2026-03-01 10:00:00'):
                self.assertTrue(self._submit(email='a1@example.com'))
            self.env.cr.execute(
                "UPDATE distribution_application SET create_date = now() at time zone 'utc' - interval '25 hours'")
            self.assertTrue(self._submit(email='a2@example.com'))
            self.assertTrue(self._submit(email='a3@example.com'))
            self.assertFalse(self._submit(email='a4@example.com'))
            for other in ({'device': 'tablet'}, {'network': 'office'}):
                with self.subTest(other), patch.dict(origin, other):
                    self.assertTrue(self._submit(email=f'{next(iter(other))}@example.com'))

    def test_nobody_invites_itself(self):
        self.assertFalse(self._submit(self.inviter.partner_id, inviter='INVITER2').inviter_id)

    def test_the_first_officer_is_asked_when_none_is_chosen(self):
        self.policy.application_user_id = False
        responsible = self.Application._get_responsible(self.company)
        self.assertTrue(responsible.has_group('distribution_core.group_distribution_user'))
        self.assertFalse(responsible.share)


@tagged('post_install', '-at_install')
class TestDecision(ApplicationCommon):

    def test_an_address_is_verified_by_a_signed_link_that_expires(self):
        with freeze_time('2026-03-01 10:00:00'):
            application = self._submit()
            token = application._get_verification_url().partition('token=')[2]
        for moment, given, found in [
            ('2026-03-01 10:00:00', token, application),
            ('2026-03-04 09:59:59', token, application),
            ('2026-03-04 10:00:00', token, None),
            ('2026-03-01 10:00:00', token[:-4] + 'AAAA', None),
            ('2026-03-01 10:00:00', '', None), ('2026-03-01 10:00:00', None, None),
            ('2026-03-01 10:00:00', '中文', None), ('2026-03-01 10:00:00', 'AQ', None), ('2026-03-01 10:00:00', 'AA', None),
        ]:
            with self.subTest(moment=moment, token=str(given)[:8]), freeze_time(moment):
                self.assertEqual(self.Application._find_by_token(given), found or self.Application)
        application._verify_email()
        verified_at = application.email_verified_at
        self.assertTrue(verified_at)
        self.assertEqual(application.state, 'submitted')
        application._verify_email()
        self.assertEqual(application.email_verified_at, verified_at)

    def test_the_link_of_a_refused_application_leads_nowhere(self):
        application = self._submit()
        token = application._get_verification_url().partition('token=')[2]
        application._set_refused("No")
        self.assertFalse(self.Application._find_by_token(token))

    def test_an_officer_approves(self):
        agreement = self._create_agreement()
        first, _second = self.env['distribution.level'].create([
            {'name': "First", 'sequence': -10}, {'name': "Second", 'sequence': -5}])
        application = self._submit(inviter='INVITER2', kind='company', company_registry='9131')
        application.with_user(self.officer).sudo(False).action_approve()
        distributor = application.distributor_id
        self.assertRecordValues(application, [{
            'state': 'approved', 'decided_by_id': self.officer.id, 'activity_ids': []}])
        self.assertRecordValues(distributor, [{
            'state': 'active', 'kind': 'company', 'parent_id': self.inviter.id, 'level_id': first.id,
            'accepted_agreement_id': agreement.id, 'has_accepted_agreement': True,
        }])
        self.assertRecordValues(distributor.partner_id, [{
            'name': "Lin Na", 'email': 'lin@example.com', 'is_company': True, 'company_registry': '9131'}])
        user = distributor.partner_id.user_ids
        self.assertEqual(user.login, 'lin@example.com')
        self.assertTrue(user._is_portal())
        bodies = ' '.join(self._get_mails().mapped('body_html'))
        self.assertIn(distributor.code, bodies)

    def test_nothing_is_paid_nor_changed_by_approving_twice(self):
        application = self._submit()
        application.action_approve()
        mails = len(self._get_mails())
        application.action_approve()
        self.assertEqual(len(self._get_mails()), mails)
        with self.assertRaisesRegex(UserError, "cannot become “Refused” any more"):
            application._set_refused("Changed my mind")
        self.assertRecordValues(application, [{'state': 'approved', 'refusal_reason': False}])

    def test_the_inviter_becomes_the_upline_only_if_that_may_be(self):
        for change, expected in [
            (lambda: None, self.inviter),
            (lambda: self.inviter._set_suspended("x"), self.env['distribution.distributor']),
            (lambda: self.policy.write({'max_network_depth': 2}), self.env['distribution.distributor']),
            (lambda: self.policy.write({'max_network_depth': 3}), self.inviter),
        ]:
            with self.subTest(expected=expected.code), self.env.cr.savepoint() as savepoint:
                application = self._submit(inviter='INVITER2')
                change()
                application.action_approve()
                self.assertEqual(application.distributor_id.parent_id, expected)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_contact_with_the_same_email_is_suggested_and_never_taken_by_itself(self):
        partner = self.env['res.partner'].create({'name': "Lin", 'email': 'lin@example.com'})
        application = self._submit()
        self.assertRecordValues(application, [{'suggested_partner_id': partner.id, 'partner_id': False}])
        with self.subTest("taken by an officer"), self.env.cr.savepoint() as savepoint:
            application.action_use_suggested_partner()
            application.action_approve()
            self.assertEqual(application.distributor_id.partner_id, partner)
            savepoint.rollback()
            self.env.invalidate_all()
        application.action_approve()
        self.assertNotEqual(application.distributor_id.partner_id, partner)

    def test_a_login_of_somebody_else_is_not_taken_over(self):
        user = new_test_user(self.env, 'lin@example.com', groups='base.group_portal')
        application = self._submit()
        with self.assertRaisesRegex(UserError, "same email as an existing user"), self.env.cr.savepoint():
            application.action_approve()
        self.env.invalidate_all()
        self.assertRecordValues(application, [{'state': 'submitted', 'distributor_id': False, 'partner_id': False}])
        self.assertFalse(user.partner_id.distributor_ids)

    def test_whoever_can_log_in_already_is_not_invited_again(self):
        user = new_test_user(self.env, 'lin@example.com', groups='base.group_portal')
        application = self._submit(user.partner_id)
        application.action_approve()
        self.assertEqual(application.distributor_id.partner_id, user.partner_id)
        self.assertEqual(len(self._get_mails()), 2)

    def test_a_refusal_says_why(self):
        application = self._submit()
        wizard = self.env['distribution.application.refuse'].with_user(self.officer).with_context(
            **application.action_refuse()['context']).create({'reason': "The licence has expired."})
        wizard.action_refuse()
        self.assertRecordValues(application, [{
            'state': 'refused', 'refusal_reason': "The licence has expired.", 'distributor_id': False,
            'activity_ids': []}])
        self.assertIn("The licence has expired.", ' '.join(self._get_mails().mapped('body_html')))

    def test_a_withdrawn_application_is_not_approved(self):
        application = self._submit()
        application.action_withdraw()
        with self.assertRaisesRegex(UserError, "is “Withdrawn” and cannot become “Approved”"):
            application.action_approve()
        self.assertFalse(application.distributor_id)

    def test_a_closed_distributor_comes_back_as_the_same_record(self):
        agreement = self._create_agreement()
        seller = self._create_distributor("Lin", parent_id=self.inviter.id)
        seller._resign()
        for decide, state, is_closed in [
            (lambda application: application._set_refused("No"), 'closed', True),
            (lambda application: application.action_withdraw(), 'closed', True),
            (lambda application: application.action_approve(), 'active', False),
        ]:
            with self.subTest(state=state):
                application = self._submit(seller.partner_id)
                self.assertEqual(application.distributor_id, seller)
                self.assertEqual(seller.state, 'applied')
                decide(application)
                self.assertEqual((seller.state, bool(seller.closed_at)), (state, is_closed))
        self.assertEqual(seller.accepted_agreement_id, agreement)
        self.assertEqual(seller.parent_id, self.inviter)

    def test_activating_a_former_distributor_decides_on_its_application(self):
        seller = self._create_distributor("Lin", partner_id=self.env['res.partner'].create(
            {'name': "Lin", 'email': 'lin@example.com'}).id)
        seller._resign()
        application = self._submit(seller.partner_id)
        seller.action_activate()
        self.assertEqual((seller.state, application.state), ('active', 'approved'))

    def test_the_list_approves_whoever_waits_and_resumes_nobody(self):
        draft = self._create_distributor("Draft", active=False)
        suspended = self._create_distributor("Suspended")
        suspended._set_suspended("Looked into")
        (draft | suspended).action_approve()
        self.assertEqual((draft.state, suspended.state), ('active', 'suspended'))

    def test_a_suspension_is_not_ended_by_an_application(self):
        seller = self._create_distributor("Lin")
        seller._set_suspended("Looked into")
        application = self._submit(seller.partner_id)
        with self.assertRaisesRegex(UserError, "is Suspended and cannot become Applied"), self.env.cr.savepoint():
            application.action_approve()
        self.assertEqual(seller.state, 'suspended')

    def test_resigning_closes_says_why_and_asks_the_officer(self):
        seller = self._create_distributor("Lin")
        seller._set_suspended("Looked into")
        seller._resign("Moving abroad")
        self.assertEqual(seller.state, 'closed')
        self.assertTrue(seller.closed_at)
        self.assertIn("Resigned: Moving abroad", self._get_history(seller))
        self.assertRecordValues(seller.activity_ids, [{'user_id': self.officer.id}])

    def test_who_may_do_what_with_an_application(self):
        application = self._submit()
        other = self.env['res.company'].create({'name': "Other"})
        foreign = self.Application._submit(self._get_form(), other, self.env['res.partner'])
        manager = new_test_user(self.env, 'manager', groups='distribution_core.group_distribution_manager')
        for user, allowed in [
            (self.officer, ('read', 'write')), (manager, ('read', 'write')), (self.env.ref('base.public_user'), ()),
            (new_test_user(self.env, 'guest', groups='base.group_portal'), ()),
            (new_test_user(self.env, 'employee', groups='base.group_user'), ()),
        ]:
            for operation in ('read', 'write', 'create', 'unlink'):
                with self.subTest(user=user.login, operation=operation):
                    self.assertEqual(application.with_user(user).sudo(False).has_access(operation), operation in allowed)
                    self.assertFalse(operation in ('read', 'write') and foreign.with_user(user).sudo(False).has_access(operation))
        with self.assertRaises(AccessError):
            foreign.with_user(self.officer).sudo(False).action_approve()
        with self.assertRaisesRegex(UserError, "Applications are kept"):
            application.unlink()


@tagged('post_install', '-at_install')
class TestAutoApproval(ApplicationCommon):

    def test_which_applications_need_no_officer(self):
        buyer = self.env['res.partner'].create({'name': "Buyer"})
        self._create_order(partner_id=buyer.id).action_confirm()
        browser = self.env['res.partner'].create({'name': "Browser"})
        self._create_order(partner_id=browser.id)
        verified, returning, invited = 'auto_approve_verified', 'auto_approve_returning', 'auto_approve_invited'
        for facts, email_verified, partner, inviter, expected in [
            ({verified}, True, None, None, (True, [])),
            ({verified}, False, None, None, (False, ["e-mail verified"])),
            ({returning}, False, buyer, None, (True, [])),
            ({returning}, True, browser, None, (False, ["has a confirmed order"])),
            ({returning}, True, None, None, (False, ["has a confirmed order"])),
            ({invited}, False, None, 'INVITER2', (True, [])),
            ({invited}, False, None, None, (False, ["invited by an active distributor"])),
            ({verified, returning, invited}, True, buyer, 'INVITER2', (True, [])),
            ({verified, returning, invited}, True, buyer, None, (False, ["invited by an active distributor"])),
            ({verified, returning, invited}, False, None, None, (
                False, ["e-mail verified", "has a confirmed order", "invited by an active distributor"])),
        ]:
            with self.subTest(facts=facts, verified=email_verified, partner=partner and partner.name, inviter=inviter), \
                    self.env.cr.savepoint() as savepoint:
                application = self._submit(partner, inviter=inviter)
                application.email_verified_at = '2026-03-01' if email_verified else False
                self._set_facts(facts)
                approved, reasons = application._get_auto_approval()
                self.assertEqual((approved, [] if approved else reasons), expected)
                savepoint.rollback()
                self.env.invalidate_all()

    def _set_facts(self, facts):
        self.policy.write({'auto_approve': True, **{
            f'auto_approve_{fact}': f'auto_approve_{fact}' in facts for fact in ('verified', 'returning', 'invited')}})

    def test_without_the_switch_nothing_is_approved(self):
        application = self._submit()
        application._verify_email()
        self.assertEqual(application._get_auto_approval(), (False, []))
        self.assertEqual(application.state, 'submitted')

    @mute_logger('odoo.sql_db')
    def test_the_switch_needs_a_fact(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self._set_facts(set())

    def test_verifying_the_address_may_be_all_that_is_missing(self):
        self._set_facts({'auto_approve_verified'})
        application = self._submit()
        self.assertEqual(application.state, 'submitted')
        self.assertIn("Not approved automatically: e-mail verified", self._get_history(application))
        application._verify_email()
        self.assertEqual(application.state, 'approved')
        self.assertEqual(application.distributor_id.state, 'active')
        self.assertIn("Approved automatically", self._get_history(application))

    def test_an_application_that_cannot_be_approved_by_itself_is_left_to_the_officers(self):
        self._set_facts({'auto_approve_invited'})
        with patch.object(
                self.registry['distribution.application'], '_grant_portal_access', side_effect=UserError("No mail server")):
            application = self._submit(inviter='INVITER2')
        self.assertRecordValues(application, [{'state': 'submitted', 'distributor_id': False, 'partner_id': False}])
        self.assertIn("Not approved automatically: No mail server", self._get_history(application))

    def test_a_taken_login_and_a_former_distributor_are_for_people_to_decide_on(self):
        self._set_facts({'auto_approve_verified'})
        new_test_user(self.env, 'taken@example.com', groups='base.group_portal')
        former = self._create_distributor("Former")
        former._set_closed("Cheated")
        for application, reason in [
            (self._submit(email='taken@example.com'), "no other login has this e-mail"),
            (self._submit(former.partner_id), "is no former distributor"),
        ]:
            with self.subTest(reason):
                application._verify_email()
                self.assertEqual(application._get_auto_approval(), (False, [reason]))
                self.assertEqual(application.state, 'submitted')
