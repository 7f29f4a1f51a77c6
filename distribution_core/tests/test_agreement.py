from datetime import timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import DistributionCoreCommon


class AgreementCommon(DistributionCoreCommon):

    @classmethod
    def _create_agreement(cls, publish=True, **values):
        agreement = cls.env['distribution.agreement'].create({
            'name': "Agreement", 'body': "<p>Be honest.</p>", **values})
        if publish:
            agreement.action_publish()
        return agreement


@tagged('post_install', '-at_install')
class TestAgreement(AgreementCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Agreement = cls.env['distribution.agreement']

    def test_the_first_version_is_in_force_at_once_and_the_next_one_after_the_notice(self):
        with freeze_time('2026-03-01 10:00:00'):
            first = self._create_agreement()
        with freeze_time('2026-04-01 10:00:00'):
            second = self._create_agreement()
        self.assertRecordValues(first | second, [
            {'number': 1, 'published_at': fields.Datetime.to_datetime('2026-03-01 10:00:00'),
             'effective_from': fields.Datetime.to_datetime('2026-03-01 10:00:00'), 'published_by_id': self.env.uid},
            {'number': 2, 'published_at': fields.Datetime.to_datetime('2026-04-01 10:00:00'),
             'effective_from': fields.Datetime.to_datetime('2026-04-08 10:00:00'), 'published_by_id': self.env.uid},
        ])
        for moment, in_force, coming, statuses in [
            ('2026-03-01 09:59:59', self.Agreement, first, ['coming', 'coming']),
            ('2026-03-01 10:00:00', first, second, ['in_force', 'coming']),
            ('2026-04-08 09:59:59', first, second, ['in_force', 'coming']),
            ('2026-04-08 10:00:00', second, self.Agreement, ['superseded', 'in_force']),
        ]:
            with self.subTest(moment), freeze_time(moment):
                self.env.invalidate_all()
                self.assertEqual(self.Agreement._get_in_force(self.company), in_force)
                self.assertEqual(self.Agreement._get_coming(self.company), coming)
                self.assertEqual((first | second).mapped('status'), statuses)

    def test_a_change_that_comes_too_soon_is_refused(self):
        self._create_agreement()
        now = fields.Datetime.now()
        for days, allowed in [(0, False), (6, False), (7, True)]:
            with self.subTest(days=days), freeze_time(now):
                draft = self._create_agreement(publish=False, effective_from=now + timedelta(days=days))
                if allowed:
                    draft.action_publish()
                    self.assertEqual((draft.number, draft.effective_from), (2, now + timedelta(days=7)))
                else:
                    with self.assertRaisesRegex(UserError, "Changes are announced beforehand"):
                        draft.action_publish()
                    self.assertRecordValues(draft, [{'state': 'draft', 'number': 0, 'published_at': False}])

    def test_the_notice_is_the_policys(self):
        self.policy.notice_days = 30
        self._create_agreement()
        second = self._create_agreement()
        self.assertEqual(second.effective_from - second.published_at, timedelta(days=30))

    @mute_logger('odoo.sql_db')
    def test_a_notice_is_not_negative(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.policy.notice_days = -1

    def test_versions_come_into_force_in_the_order_of_their_numbers(self):
        now = fields.Datetime.now()
        self._create_agreement()
        self._create_agreement(effective_from=now + timedelta(days=60))
        with self.assertRaisesRegex(UserError, "at the earliest"):
            self._create_agreement(effective_from=now + timedelta(days=10))

    def test_each_kind_and_company_counts_for_itself(self):
        other = self.env['res.company'].create({'name': "Other"})
        self.env.user.company_ids |= other
        self._create_agreement()
        for values in ({'kind': 'rules'}, {'company_id': other.id}):
            with self.subTest(values):
                self.assertRecordValues(self._create_agreement(**values), [{'number': 1, 'status': 'in_force'}])

    def test_a_published_text_is_frozen(self):
        agreement = self._create_agreement()
        for values in (
            {'body': "<p>Pay us.</p>"}, {'name': "New"}, {'kind': 'rules'}, {'number': 7}, {'state': 'draft'},
            {'effective_from': '2020-01-01'}, {'published_at': False},
        ):
            with self.subTest(values), self.assertRaisesRegex(UserError, "Make a new version instead"):
                agreement.write(values)
        with self.assertRaisesRegex(UserError, "Make a new version instead"):
            agreement.update_field_translations('name', {'en_US': "New"})
        with self.assertRaisesRegex(UserError, "A published version is kept"):
            agreement.unlink()
        self.assertRecordValues(agreement, [
            {'name': "Agreement", 'body': "<p>Be honest.</p>", 'number': 1, 'state': 'published'}])
        agreement.message_post(body="A note is no change")

    def test_a_new_version_is_a_draft_with_the_same_text(self):
        agreement = self._create_agreement()
        draft = self.Agreement.browse(agreement.action_new_version()['res_id'])
        self.assertRecordValues(draft, [{
            'body': "<p>Be honest.</p>", 'state': 'draft', 'number': 0, 'effective_from': False, 'published_at': False}])
        draft.unlink()

    def test_nothing_is_not_published(self):
        for body in (False, "<p><br></p>", "<p> </p>"):
            with self.subTest(body), self.assertRaisesRegex(UserError, "no text to publish"):
                self._create_agreement(body=body)

    def test_a_text_that_promises_income_is_not_published_and_a_denial_is(self):
        draft = self._create_agreement(publish=False, body="<p>Join us for a <b>passive</b> income</p>")
        with self.assertRaisesRegex(UserError, "does not promise income: passive income"), self.env.cr.savepoint():
            draft.sudo().action_publish()
        self.assertEqual(draft.state, 'draft')
        draft.body = "<p>There is no passive income here.</p>"
        draft.action_publish()
        self.assertEqual(draft.state, 'published')

    def test_a_text_runs_no_script(self):
        agreement = self._create_agreement(body="<p>Fine<script>alert(1)</script></p>", publish=False)
        self.assertEqual(agreement.body, "<p>Fine</p>")

    def test_only_a_manager_writes_and_publishes(self):
        draft = self._create_agreement(publish=False)
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        with self.assertRaises(AccessError):
            draft.with_user(officer).action_publish()
        self.assertEqual(draft.state, 'draft')
        for login, allowed in [(officer, 'read'), (self.env.ref('base.public_user'), None)]:
            for operation in ('read', 'write', 'create', 'unlink'):
                with self.subTest(login=login.login, operation=operation):
                    self.assertEqual(draft.with_user(login).has_access(operation), operation == allowed)


@tagged('post_install', '-at_install')
class TestAcceptance(AgreementCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Distributor = cls.env['distribution.distributor']
        cls.seller = cls._create_distributor("Seller")

    def _accept(self, agreement, distributor=None):
        (distributor or self.seller).sudo()._accept_agreement(agreement.sudo())

    def test_without_an_agreement_in_force_nothing_is_missing(self):
        self._create_agreement(publish=False)
        self._create_agreement(kind='rules')
        self.assertTrue(self.seller.has_accepted_agreement)
        self.assertIn(self.seller, self.Distributor.search([('has_accepted_agreement', '=', True)]))

    def test_a_distributor_accepts_what_is_in_force(self):
        agreement = self._create_agreement()
        other = self._create_distributor("Other")
        self.assertFalse(self.seller.has_accepted_agreement)
        self._accept(agreement)
        self.assertRecordValues(self.seller.acceptance_ids, [{
            'agreement_id': agreement.id, 'partner_id': self.seller.partner_id.id, 'company_id': self.company.id}])
        self.assertRecordValues(self.seller | other, [
            {'accepted_agreement_id': agreement.id, 'has_accepted_agreement': True},
            {'accepted_agreement_id': False, 'has_accepted_agreement': False},
        ])
        both = [('id', 'in', (self.seller | other).ids)]
        for domain, found in [
            ([('has_accepted_agreement', '=', True)], self.seller),
            ([('has_accepted_agreement', '!=', False)], self.seller),
            ([('has_accepted_agreement', '=', False)], other),
            ([('has_accepted_agreement', 'in', [True, False])], self.seller | other),
        ]:
            with self.subTest(domain):
                self.assertEqual(self.Distributor.search(both + domain), found)

    def test_a_new_version_has_to_be_accepted_when_it_is_in_force(self):
        with freeze_time('2026-03-01 10:00:00'):
            self._accept(self._create_agreement())
            second = self._create_agreement()
        for moment, expected in [('2026-03-08 09:59:59', True), ('2026-03-08 10:00:00', False)]:
            with self.subTest(moment), freeze_time(moment):
                self.env.invalidate_all()
                self.assertEqual(self.seller.has_accepted_agreement, expected)
        self._accept(second)
        self._accept(second)
        self.assertEqual(self.seller.accepted_agreement_id, second)
        self.assertTrue(self.seller.has_accepted_agreement)
        self.assertEqual(len(self.seller.acceptance_ids), 2)

    def test_accepting_other_texts_is_not_accepting_the_agreement(self):
        self._create_agreement()
        rules = self._create_agreement(kind='rules')
        self._accept(rules)
        self.assertFalse(self.seller.accepted_agreement_id)
        self.assertEqual(self.seller.acceptance_ids.agreement_id, rules)

    def test_a_draft_cannot_be_accepted(self):
        draft = self._create_agreement(publish=False)
        with self.assertRaisesRegex(UserError, "Only a published version"):
            self.env['distribution.agreement.acceptance'].sudo()._record(draft, distributor_id=self.seller.id)

    def test_an_acceptance_is_never_changed_nor_deleted(self):
        self._accept(self._create_agreement())
        acceptance = self.seller.acceptance_ids
        with self.assertRaisesRegex(UserError, "never changed"):
            acceptance.sudo().accepted_at = '2020-01-01'
        with self.assertRaisesRegex(UserError, "never deleted"):
            acceptance.sudo().unlink()
        self.assertEqual(acceptance.exists(), acceptance)
        for group in ('base.group_user', 'distribution_core.group_distribution_user',
                      'distribution_core.group_distribution_manager'):
            user = new_test_user(self.env, group, groups=group)
            for operation in ('write', 'create', 'unlink'):
                with self.subTest(group=group, operation=operation):
                    self.assertFalse(acceptance.with_user(user).has_access(operation))

    def test_the_address_is_for_administrators_alone(self):
        self._accept(self._create_agreement())
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        manager = new_test_user(self.env, 'manager', groups='distribution_core.group_distribution_manager')
        self.seller.acceptance_ids.with_user(manager).read(['address'])
        self.seller.acceptance_ids.with_user(officer).read(['accepted_at'])
        with self.assertRaises(AccessError):
            self.seller.acceptance_ids.with_user(officer).read(['address'])
