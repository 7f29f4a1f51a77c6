import base64
import json
from contextlib import contextmanager
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import errors

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common import DistributionCoreCommon, PrivacyBuilders

_MIXIN = 'odoo.addons.distribution_core.models.distribution_secret_mixin'


class PrivacyCommon(PrivacyBuilders, DistributionCoreCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._create_distributor("Seller")
        cls.other = cls._create_distributor("Other")
        cls.officer = new_test_user(cls.env, 'officer', groups='distribution_core.group_distribution_user')
        cls.guardian = new_test_user(
            cls.env, 'guardian', groups='distribution_core.group_distribution_privacy,base.group_allow_export')

    @contextmanager
    def _refused(self, message, error=UserError):
        """Expect a refusal, after which nothing has moved."""
        with self.assertRaisesRegex(error, message) as refusal, self.env.cr.savepoint():
            yield refusal

    def _read_table(self, table):
        """Return all that a dump of the database holds of a table."""
        self.env.flush_all()
        self.env.cr.execute(f'SELECT to_jsonb(t)::text FROM {table} t')    # pylint: disable=sql-injection
        return ' '.join(row for row, in self.env.cr.fetchall())


@tagged('post_install', '-at_install')
class TestSecrets(PrivacyCommon):

    def test_a_number_is_not_in_a_dump_of_the_database(self):
        self._create_identity(self.seller)
        self._create_account(self.seller)
        for table in ('distribution_identity', 'distribution_payee_account', 'distribution_privacy_log',
                      'mail_message', 'mail_tracking_value', 'ir_logging'):
            content = self._read_table(table)
            for secret in (self.NUMBER, self.ACCOUNT, "张三丰", '19491231'):
                with self.subTest(table=table, secret=secret):
                    self.assertNotIn(secret, content)
        self.assertIn('v1:test:', self._read_table('distribution_identity'))

    def test_a_number_is_not_in_what_is_read_exported_or_searched(self):
        identity = self._create_identity(self.seller).with_user(self.guardian)
        account = self._create_account(self.seller).with_user(self.guardian)
        for record in (identity, account):
            names = list(record.fields_get())
            specification = {name: {} for name in names}
            for way, answer in [
                ('read', record.read()),
                ('read by name', record.read(['number', *record._secrets])),
                ('web_read', record.web_read(specification)),
                ('web_search_read', record.web_search_read([], specification)),
                ('export_data', record.export_data(names)),
                ('export of the secret', record.export_data(['number', 'number_masked'])),
                ('name_search', record.name_search('')),
                ('display_name', record.display_name),
                ('copy_data', record.copy_data()),
                ('fields', record.fields_get()),
            ]:
                with self.subTest(model=record._name, way=way):
                    for secret in (self.NUMBER, self.ACCOUNT, "张三丰"):
                        self.assertNotIn(secret, str(answer))
            self.assertEqual(record.search([('number_masked', 'ilike', '567890')]), record.browse())
            for name in ('number_encrypted', 'number_index'):
                with self.subTest(model=record._name, field=name), self.assertRaises(AccessError):
                    record.read([name])
                with self.subTest(model=record._name, domain=name), self.assertRaises(AccessError):
                    record.search([(name, '!=', False)])

    def test_what_was_typed_is_gone_right_after_it_was_saved(self):
        identity = self._create_identity(self.seller)
        self.assertRecordValues(identity, [{
            'number': False, 'real_name': False, 'number_masked': '110***********002X', 'real_name_masked': '张*'}])
        identity.number = self.OTHER_NUMBER
        self.assertEqual((identity.number, identity.number_masked), (False, '440***********0014'))
        with Form(identity.with_user(self.officer)) as form:
            form.number = self.NUMBER
        self.assertEqual((identity.number, identity.number_masked), (False, '110***********002X'))
        saved = identity.web_save({'number': self.OTHER_NUMBER}, {'number': {}, 'number_masked': {}})
        self.assertEqual(saved, [{'id': identity.id, 'number': False, 'number_masked': '440***********0014'}])

    def test_a_number_is_not_in_the_logs_even_at_their_finest(self):
        with self.assertLogs('odoo', 'DEBUG') as logs:
            identity = self._create_identity(self.seller)
            account = self._create_account(self.seller, verify=True)
            identity.number = self.OTHER_NUMBER
            self.env.flush_all()
            self.env.invalidate_all()
            self.env['distribution.key.rotation']._rotate()
            with self.assertRaises(ValidationError):
                account.number = '12'
        output = '\n'.join(logs.output)
        self.assertIn('INSERT INTO "distribution_identity"', output)     # The SQL was logged at all.
        for secret in (self.NUMBER, self.OTHER_NUMBER, self.ACCOUNT, "张三丰"):
            with self.subTest(secret):
                self.assertNotIn(secret, output)

    def test_a_number_is_not_in_the_chatter(self):
        self._create_identity(self.seller).number = self.OTHER_NUMBER
        self._create_account(self.seller)
        messages = self.env['mail.message'].search([('res_id', '=', self.seller.id), ('model', '=', self.seller._name)])
        text = str(messages.read(['body', 'subject'])) + str(messages.sudo().tracking_value_ids.read())
        for secret in (self.NUMBER, self.OTHER_NUMBER, self.ACCOUNT, "张三丰"):
            self.assertNotIn(secret, text)

    def test_writing_nothing_changes_nothing(self):
        identity = self._create_identity(self.seller)
        before = identity.sudo().number_encrypted
        identity.number = False
        identity.number = ''
        self.assertEqual(identity.sudo().number_encrypted, before)

    def test_without_a_key_nothing_is_stored(self):
        with self._keys(''), patch(f'{_MIXIN}.config', {}), \
                self._refused(r"(?s)Make one:\npython3 -c .*distribution_key"):
            self._create_identity(self.seller)
        self.assertFalse(self.env['distribution.identity'].search([('number_masked', '!=', False)]))

    def test_a_bad_key_is_named_but_not_shown(self):
        with self._keys('k1:QUFBQQ=='), self._refused("^The encryption key .*: The key k1 has 4 bytes instead of 32.$"):
            self._create_identity(self.seller)

    def test_what_was_changed_in_the_database_gives_a_clear_error_and_lists_go_on(self):
        identity = self._create_identity(self.seller)
        token = identity.sudo().number_encrypted
        self.env.flush_all()
        for changed in (token[:-6] + 'AAAAAA', 'plain text', token.replace(':test:', ':lost:'), 'v1:test:x'):
            with self.subTest(changed):
                self.env.cr.execute(
                    "UPDATE distribution_identity SET number_encrypted = %s WHERE id = %s", (changed, identity.id))
                self.env.invalidate_all()
                with self.enter_registry_test_mode(), \
                        self._refused("“Document Number” of Seller .* cannot be read"):
                    identity.with_user(self.guardian)._reveal('number', "Test")
                [row] = identity.with_user(self.officer).web_search_read([], {'number_masked': {}})['records']
                self.assertEqual(row['number_masked'], '110***********002X')

    def test_a_value_cannot_be_moved_to_another_field_or_company(self):
        identity, account = self._create_identity(self.seller), self._create_account(self.seller)
        account.sudo().number_encrypted = identity.sudo().number_encrypted
        with self._refused("cannot be read"):
            account._decrypt('number')
        company = self.env['res.company'].create({'name': "Other"})
        self.env.user.company_ids |= company
        with self._refused("stays in its company"):
            self.seller.company_id = company

    def test_rotation_keeps_all_values_and_the_old_key_is_not_needed_any_more(self):
        identity, account = self._create_identity(self.seller), self._create_account(self.seller, verify=True)
        account.active = False
        with self._keys(self.NEW_KEY, self.KEY):
            with self._refused("Another account has this number"):
                self._create_identity(self.other)       # Found under the old key, too.
            rotation = self.env['distribution.key.rotation']
            self.assertEqual(rotation._rotate(), {'done': 4, 'failed': 0})
            self.assertEqual(rotation._rotate(), {'done': 0, 'failed': 0})
        with self._keys(self.NEW_KEY):
            self.assertEqual(
                [identity._decrypt('number'), identity._decrypt('real_name'), account._decrypt('number')],
                [self.NUMBER, "张三丰", self.ACCOUNT])
            with self._refused("Another account has this number"):
                self._create_identity(self.other)
        self.assertTrue(identity.verified_at and account.verified_at)

    def test_rotation_leaves_what_it_cannot_read_and_says_so(self):
        identity = self._create_identity(self.seller)
        identity.sudo().number_encrypted = token = 'v1:test:AAAA'
        with self._keys(self.NEW_KEY, self.KEY), mute_logger('odoo.addons.distribution_core'):
            action = self.env['distribution.key.rotation'].action_rotate()
        self.assertEqual(action['params']['message'], "Encrypted anew: 1. Cannot be read: 1.")
        self.assertEqual(identity.sudo().number_encrypted, token)

    def test_a_server_without_a_key_rotates_nothing(self):
        identity = self._create_identity(self.seller)
        before = identity.sudo().number_encrypted
        with self._keys(''), patch(f'{_MIXIN}.config', {}):
            self.env['distribution.key.rotation']._cron_rotate()
        self.assertEqual(identity.sudo().number_encrypted, before)


@tagged('post_install', '-at_install')
class TestReveal(PrivacyCommon):

    def setUp(self):
        super().setUp()
        self.identity = self._create_identity(self.seller)
        self.registry_enter_test_mode()

    def _get_logs(self, action='reveal'):
        return self.env['distribution.privacy.log'].search([('action', '=', action)])

    def test_who_may_see_a_number(self):
        for user, allowed in [
            (self.officer, False), (self.guardian, True), (self.env.ref('base.public_user'), False),
            (new_test_user(self.env, 'boss', groups='distribution_core.group_distribution_manager'), True),
        ]:
            with self.subTest(user.login):
                before = len(self._get_logs())
                if allowed:
                    self.assertEqual(self.identity.with_user(user)._reveal('number', "Test"), self.NUMBER)
                else:
                    with self.assertRaises(AccessError):
                        self.identity.with_user(user)._reveal('number', "Test")
                self.assertEqual(len(self._get_logs()) - before, int(allowed))

    def test_a_number_is_not_shown_without_a_reason(self):
        for reason in ('', '  ', None, False):
            with self.subTest(reason=reason), self._refused("why"):
                self.identity.with_user(self.guardian)._reveal('number', reason)
        self.assertFalse(self._get_logs())

    def test_only_secrets_are_revealed(self):
        for name in ('number_index', 'create_uid', 'x'):
            with self.subTest(name), self.assertRaises(UserError):
                self.identity.with_user(self.guardian)._reveal(name, "Test")

    def test_the_wizard_shows_the_number_once_and_stores_nothing_of_it(self):
        action = self.identity.with_user(self.guardian).with_context(field_name='number').action_reveal()
        wizard = self.env['distribution.reveal'].with_user(self.guardian).with_context(
            **action['context']).create({'reason': "Bank asks back"})
        shown = wizard.action_reveal()
        self.assertEqual((shown['tag'], shown['params']['message']), ('display_notification', self.NUMBER))
        self.assertNotIn(self.NUMBER, self._read_table('distribution_reveal'))
        self.assertRecordValues(self._get_logs(), [{
            'user_id': self.guardian.id, 'model': 'distribution.identity', 'res_id': self.identity.id,
            'field_name': 'number', 'reason': "Bank asks back", 'company_id': self.company.id,
        }])

    def test_the_wizard_opens_nothing_else(self):
        for values in ({'model': 'res.users', 'field_name': 'password'}, {'model': 'no.model', 'field_name': 'number'},
                       {'model': 'distribution.identity', 'field_name': 'number_index'}):
            wizard = self.env['distribution.reveal'].with_user(self.guardian).create(
                {'res_id': self.identity.id, 'reason': "Test", **values})
            with self.subTest(**values), self._refused("nothing to show"):
                wizard.action_reveal()

    @mute_logger('odoo.sql_db')
    def test_the_log_cannot_be_changed(self):
        self.identity.with_user(self.guardian)._reveal('number', "Test")
        log = self._get_logs()
        for change in (lambda: log.write({'reason': "x"}), log.unlink):
            with self._refused("cannot be changed"):
                change()
        for statement in ("UPDATE distribution_privacy_log SET reason = 'x'", "DELETE FROM distribution_privacy_log",
                          "TRUNCATE distribution_privacy_log"):
            with self.subTest(statement), self.assertRaises(errors.RaiseException), self.env.cr.savepoint():
                self.env.cr.execute(statement)
        self.assertEqual(log.reason, "Test")


@tagged('post_install', '-at_install')
class TestIdentity(PrivacyCommon):

    def test_which_numbers_are_taken(self):
        for values, message in [
            ({'number': '110105194912310021'}, "no valid identity card number"),
            ({'number': '12'}, "no valid identity card number"),
            ({'document_type': 'credit_code', 'number': '91350100M000100Y44'}, "no valid unified social credit code"),
            ({'document_type': 'passport', 'number': 'E12'}, "too short"),
        ]:
            with self.subTest(**values), self._refused(message):
                self._create_identity(self.seller, **values)
        identity = self._create_identity(self.seller, verify=False, number=' 110105-19491231-002x ')
        self.assertEqual(identity._decrypt('number'), self.NUMBER)

    def test_one_person_has_one_account_and_is_not_named_in_the_refusal(self):
        self._create_identity(self.seller)
        with self._refused("^Another account has this number already. One person has one account.$"):
            self._create_identity(self.other)
        self.assertFalse(self.other.identity_ids.filtered('number_masked'))

    def test_the_database_refuses_the_same_number_twice(self):
        identity = self._create_identity(self.seller)
        other = self._create_identity(self.other, number=self.OTHER_NUMBER)
        with mute_logger('odoo.sql_db'), self.assertRaises(errors.UniqueViolation), self.env.cr.savepoint():
            other.sudo().number_index = identity.sudo().number_index
            self.env.flush_all()

    def test_in_another_company_it_is_another_account(self):
        self._create_identity(self.seller)
        company = self.env['res.company'].create({'name': "Other"})
        self.env.user.company_ids |= company
        foreign = self._create_distributor("Foreign", company_id=company.id)
        self.assertTrue(self._create_identity(foreign).verified_at)

    def test_nobody_below_the_age_of_the_policy_is_verified(self):
        number = '110105200803150010'
        for day, minimum, allowed in [
            ('2026-03-14', 18, False), ('2026-03-15', 18, True), ('2026-03-15', 19, False), ('2027-03-15', 19, True),
        ]:
            with self.subTest(day=day, minimum=minimum), freeze_time(day):
                self.policy.min_age = minimum
                identity = self.seller.identity_ids or self._create_identity(self.seller, verify=False, number=number)
                if allowed:
                    identity.action_verify()
                else:
                    with self._refused(f"at least {minimum} years old"):
                        identity.action_verify()
                self.assertEqual(bool(identity.verified_at), allowed)
                identity._set_unverified()

    def test_the_policy_cannot_go_below_adults(self):
        with mute_logger('odoo.sql_db'), self.assertRaises(errors.CheckViolation), self.env.cr.savepoint():
            self.policy.min_age = 17
            self.policy.flush_recordset()

    def test_of_a_passport_somebody_says_that_its_holder_is_of_age(self):
        identity = self._create_identity(self.seller, verify=False, document_type='passport', number='E12345678')
        with self._refused("at least 18"):
            identity.action_verify()
        identity.is_of_age = True
        identity.action_verify()
        self.assertTrue(self.seller.is_identified)

    def test_the_document_suits_the_kind_of_distributor(self):
        code = {'document_type': 'credit_code', 'number': '91350100M000100Y43'}
        for kind, values, allowed in [
            ('individual', {}, True), ('individual', code, False), ('company', {}, False), ('company', code, True),
            ('sole_trader', {}, True), ('sole_trader', code, True), ('employee', code, False),
        ]:
            with self.subTest(kind=kind, **values):
                distributor = self._create_distributor("Somebody", kind=kind)
                identity = self._create_identity(distributor, verify=False, **values)
                if allowed:
                    identity.action_verify()
                else:
                    with self._refused("does not suit"):
                        identity.action_verify()
                self.assertEqual(bool(identity.verified_at), allowed)
                identity.sudo()._erase_secrets()

    def test_an_officer_cannot_write_that_something_is_verified(self):
        identity = self._create_identity(self.seller, verify=False).with_user(self.officer)
        for values in ({'verified_at': fields.Datetime.now()}, {'number_masked': 'x'}, {'erase_on': '2026-01-01'}):
            with self.subTest(**values), self.assertRaises(AccessError):
                identity.write(values)
        with self.assertRaises(AccessError):
            identity.create({'distributor_id': self.other.id, 'verified_at': fields.Datetime.now()})
        identity.action_verify()
        self.assertEqual(identity.verified_by_id, self.officer)
        self.assertEqual(self.env['distribution.privacy.log'].search([], limit=1).action, 'verify')

    def test_a_change_takes_the_verification_back_from_the_accounts_too(self):
        for values in ({'number': self.OTHER_NUMBER}, {'real_name': "李四"}, {'document_type': 'passport'}):
            identity = self._create_identity(self.seller)
            account = self._create_account(self.seller, verify=True)
            with self.subTest(**values):
                identity.write(values)
                self.assertFalse(identity.verified_at or account.verified_at or self.seller.is_identified)
                identity.unlink()
                account.unlink()

    def test_who_sees_what(self):
        identity, account = self._create_identity(self.seller), self._create_account(self.seller)
        company = self.env['res.company'].create({'name': "Other"})
        stranger = new_test_user(
            self.env, 'stranger', groups='distribution_core.group_distribution_privacy', company_id=company.id,
            company_ids=[(6, 0, company.ids)])
        own, neighbour = (
            new_test_user(self.env, login, groups='base.group_portal') for login in ('own', 'neighbour'))
        own.partner_id, neighbour.partner_id = self.seller.partner_id, self.other.partner_id
        employee = new_test_user(self.env, 'employee', groups='base.group_user')
        for user, readable, writable in [
            (own, True, False), (neighbour, False, False), (employee, False, False), (stranger, False, False),
            (self.officer, True, True), (self.env.ref('base.public_user'), False, False),
        ]:
            for record in (identity, account):
                with self.subTest(user=user.login, model=record._name):
                    self.assertEqual(record.with_user(user).has_access('read'), readable)
                    self.assertEqual(record.with_user(user).has_access('write'), writable)
        for user in (own, neighbour, employee, self.officer, self.env.ref('base.public_user')):
            for model in ('distribution.privacy.log', 'distribution.privacy.request', 'distribution.reveal'):
                with self.subTest(user=user.login, model=model):
                    self.assertFalse(self.env[model].with_user(user).has_access('read'))
        [seen] = identity.with_user(own).read()
        self.assertEqual((seen['number_masked'], seen['number']), ('110***********002X', False))
        self.assertNotIn('verified_by_id', seen)


@tagged('post_install', '-at_install')
class TestPayeeAccount(PrivacyCommon):

    def test_an_account_is_verified_in_the_verified_name_only(self):
        account = self._create_account(self.seller)
        with self._refused("identity of the distributor first"):
            account.action_verify()
        self._create_identity(self.seller, real_name="买买提·阿布都拉")
        for holder, allowed in [("李四", False), ("买买提", False), ("买买提 • 阿布都拉", True)]:
            with self.subTest(holder):
                account.holder_name = holder
                if allowed:
                    account.action_verify()
                else:
                    with self._refused("not held in the verified name"):
                        account.action_verify()
                self.assertEqual(bool(account.verified_at), allowed)

    def test_a_wrong_check_digit_warns_and_refuses_nothing(self):
        for number, fits in [('4111111111111111', True), ('4111111111111112', False), ('me@example.com', False)]:
            with self.subTest(number):
                self.assertEqual(self._create_account(self.seller, number=number).has_check_digit, fits)

    def test_who_shares_an_account_is_found_without_reading_it(self):
        own, shared = self._create_account(self.seller), self._create_account(self.other, number='6222 0212 3456-7890')
        alone = self._create_account(self.other, number='6222029999999999')
        accounts = own | shared | alone
        self.assertEqual(accounts.mapped('is_shared'), [True, True, False])
        Account = self.env['distribution.payee.account']
        self.assertEqual(Account.search([('is_shared', '=', True), ('id', 'in', accounts.ids)]), own | shared)
        self.assertEqual(Account.search([('is_shared', '=', False), ('id', 'in', accounts.ids)]), alone)

    @mute_logger('odoo.sql_db')
    def test_a_distributor_has_an_account_once(self):
        self._create_account(self.seller)
        with self.assertRaises(errors.UniqueViolation), self.env.cr.savepoint():
            self._create_account(self.seller)

    def test_what_was_verified_is_not_deleted(self):
        identity, account = self._create_identity(self.seller), self._create_account(self.seller, verify=True)
        for record in (identity, account):
            with self.subTest(record._name), self._refused("What was verified is kept"):
                record.unlink()


@tagged('post_install', '-at_install')
class TestPrivacyRequest(PrivacyCommon):

    def setUp(self):
        super().setUp()
        self.partner = self.seller.partner_id
        self.partner.write({'email': 'zhang@example.com', 'phone': '13812341234', 'street': "Long Street 1"})
        self.seller.alias = "Zed"
        self._create_identity(self.seller)
        self._create_account(self.seller, verify=True)

    def _create_request(self, kind, **values):
        return self.env['distribution.privacy.request'].with_user(self.guardian).create(
            {'kind': kind, 'partner_id': self.partner.id, 'reason': "Asked by phone", **values})

    def test_a_copy_holds_what_is_kept_of_the_person_and_nobody_else(self):
        order = self._create_order(distributor_id=self.seller.id)
        order.action_confirm()
        self._create_touch(self.other, partner_id=self.partner.id, path='/tea')
        sections = json.loads(self._create_request('export').sudo()._get_export())
        self.assertEqual(sections['contact'][0]['phone'], '13812341234')
        self.assertEqual(sections['distributor'][0]['code'], self.seller.code)
        self.assertEqual(sections['identity'][0]['number_masked'], '110***********002X')
        self.assertEqual(sections['payee_accounts'][0]['number_masked'], '************7890')
        self.assertEqual(sections['orders'][0]['attribution_id.order_id.name'], order.name)
        self.assertEqual(sections['visits'][0]['path'], '/tea')
        for foreign in (self.customer.name, self.customer.email, self.other.partner_id.name, self.NUMBER, self.ACCOUNT):
            with self.subTest(foreign):
                self.assertNotIn(foreign, json.dumps(sections, ensure_ascii=False))

    def test_who_takes_the_file_is_logged_and_nobody_else_has_it(self):
        request = self._create_request('export')
        self.assertFalse(request.export_file)
        action = request.action_export()
        self.assertEqual(
            action['url'], f'/web/content/distribution.privacy.request/{request.id}/export_file/data.json?download=true')
        sections = json.loads(base64.b64decode(request.export_file))
        self.assertEqual(sections['contact'][0]['name'], "Seller")
        self.assertFalse(request.with_user(self.env.user).export_file)
        with self._refused("Somebody else took this copy"):
            request.with_user(self.env.user).action_export()
        request.action_export()
        self.assertRecordValues(self.env['distribution.privacy.log'].search([('action', '=', 'export')]), [
            {'user_id': self.guardian.id, 'res_id': request.id, 'reason': "Asked by phone"}] * 2)
        self.assertNotIn("Long Street", self._read_table('distribution_privacy_request'))

    def test_nothing_is_erased_of_who_is_still_a_distributor(self):
        request = self._create_request('erase')
        self.assertEqual(request.obstacles, f"Close the distributor {self.seller.code} first.")
        with self._refused("Close the distributor"):
            request.action_erase()
        self.assertEqual((request.state, self.partner.phone), ('open', '13812341234'))
        self.assertTrue(self.seller.identity_ids.number_masked)

    def test_an_erasure_keeps_orders_and_takes_the_person_away(self):
        order = self._create_order(distributor_id=self.seller.id)
        order.action_confirm()
        touch = self._create_touch(self.other, partner_id=self.partner.id)
        self.partner.message_post(body="Hello", author_id=self.partner.id, email_from='zhang@example.com')
        self.seller._set_closed("Wants to leave")
        request = self._create_request('erase')
        request.action_erase()
        self.env.invalidate_all()
        identity, account = self.seller.identity_ids, self.seller.with_context(active_test=False).payee_account_ids
        self.assertRecordValues(self.partner, [{
            'name': f"Erased person {self.partner.id}", 'email': False, 'phone': False, 'street': False}])
        self.assertRecordValues(identity, [{'number_masked': False, 'real_name_masked': False, 'verified_at': False}])
        self.assertEqual(
            (identity.sudo().number_encrypted, identity.sudo().number_index, account.sudo().number_encrypted),
            (False, False, False))
        self.assertFalse(account.active or touch.partner_id or self.seller.alias)
        self.assertEqual(order.attribution_ids.distributor_id, self.seller)
        self.assertEqual(request.state, 'done')
        self.assertIn("Erased: the identity.", request.result)
        self.assertRecordValues(self.env['distribution.privacy.log'].search([], limit=1), [
            {'action': 'erase', 'user_id': self.guardian.id, 'res_id': request.id}])
        self.assertNotIn('zhang@example.com', self._read_table('mail_message'))

    def test_an_application_is_exported_and_erased_and_what_was_accepted_stays(self):
        agreement = self.env['distribution.agreement'].create({'name': "Agreement", 'body': "<p>Be fair.</p>"})
        agreement.action_publish()
        application = self.env['distribution.application'].sudo().create({
            'company_id': self.company.id, 'name': "Zhang San", 'email': 'zhang@example.com', 'phone': '13812341234',
            'message': "I sell tea.", 'device': 'hash', 'distributor_id': self.seller.id, 'state': 'approved'})
        document = self.env['ir.attachment'].sudo().create({
            'name': "licence.pdf", 'raw': b'%PDF-', 'res_model': application._name, 'res_id': application.id})
        acceptance = self.env['distribution.agreement.acceptance'].sudo()._record(
            agreement, application_id=application.id)
        sections = self._create_request('export')._get_privacy_sections()
        self.assertEqual(sections['applications'][0]['message'], "I sell tea.")
        self.assertEqual(sections['acceptances'][0]['agreement_id.name'], "Agreement")
        self.seller._set_closed("Wants to leave")
        self._create_request('erase').action_erase()
        self.assertRecordValues(application, [{
            'name': "–", 'email': "–", 'phone': False, 'message': False, 'device': False, 'state': 'approved'}])
        self.assertFalse(document.exists())
        self.assertTrue(acceptance.exists())

    def test_old_values_of_what_is_erased_leave_the_history_too(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.partner.with_context(tracking_disable=False, mail_notrack=False).email = 'new@example.com'
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertIn('zhang@example.com', self._read_table('mail_tracking_value'))
        self.seller._set_closed("Wants to leave")
        self._create_request('erase').action_erase()
        self.assertNotIn('@example.com', self._read_table('mail_tracking_value'))

    def test_a_contact_with_orders_of_its_own_is_only_kept(self):
        self._create_order(partner_id=self.partner.id)
        self.seller._set_closed("Wants to leave")
        request = self._create_request('erase')
        request.action_erase()
        self.assertEqual((self.partner.name, self.partner.phone), ("Seller", '13812341234'))
        self.assertIn("Kept: the contact, because of own orders.", request.result)
        self.assertFalse(self.seller.identity_ids.number_masked)

    def test_the_login_of_the_person_goes_with_the_contact(self):
        user = new_test_user(self.env, 'zhang', groups='base.group_portal')
        user.partner_id = self.partner
        self.seller._set_closed("Wants to leave")
        with mute_logger('odoo.addons.base.models.res_users'):
            self._create_request('erase').action_erase()
        self.assertFalse(user.active)
        self.assertNotEqual(user.login, 'zhang')

    def test_an_identity_that_law_asks_to_keep_is_locked_until_the_day_it_is_erased(self):
        today = fields.Date.context_today(self.seller)
        until = fields.Date.add(today, days=30)
        self.seller._set_closed("Wants to leave")
        with patch.object(type(self.seller), '_get_retain_until', lambda self: until):
            request = self._create_request('erase')
            request.action_erase()
        identity = self.seller.identity_ids
        self.assertEqual((identity.erase_on, identity.number_masked), (until, '110***********002X'))
        self.assertIn("Kept until", request.result)
        with self._refused("locked"):
            identity.with_user(self.officer).number = self.OTHER_NUMBER
        identity._gc_kept_until_today()
        self.assertTrue(identity.number_masked)
        with freeze_time(until):
            identity._gc_kept_until_today()
        self.assertFalse(identity.number_masked or identity.sudo().number_encrypted or identity.erase_on)

    def test_a_request_is_answered_once_and_kept(self):
        request = self._create_request('erase')
        request.action_refuse()
        for change in (request.action_erase, lambda: request.write({'reason': "x"}), request.sudo().unlink):
            with self.assertRaises(UserError):
                change()
        self.assertEqual(request.state, 'refused')
