from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.distribution_core.tests.common import DistributionCoreCommon, PrivacyBuilders


@tagged('post_install', '-at_install')
class TestPrivacyLookup(PrivacyBuilders, DistributionCoreCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._create_distributor("Zhang")
        cls.seller.partner_id.phone = '+86 138-1234 1234'
        cls.identity = cls._create_identity(cls.seller)
        cls.account = cls._create_account(cls.seller)
        cls.other = cls._create_distributor("Other")
        cls._create_identity(cls.other, number=cls.OTHER_NUMBER)

    def _find(self, **values):
        wizard = self.env['privacy.lookup.wizard'].create({'name': "Zhang", **values})
        wizard.action_lookup()
        return wizard

    def _get_found(self, wizard):
        return sorted((line.res_model, line.res_id) for line in wizard.line_ids)

    def test_a_person_without_an_email_is_found_by_phone_and_by_identity_number(self):
        expected = [
            ('distribution.distributor', self.seller.id), ('distribution.identity', self.identity.id),
            ('distribution.payee.account', self.account.id), ('res.partner', self.seller.partner_id.id),
        ]
        for values in ({'phone': '138 1234 1234'}, {'identity_number': '110105 19491231 002x'}):
            with self.subTest(**values):
                self.assertEqual(self._get_found(self._find(**values)), expected)

    def test_nobody_is_found_by_nothing(self):
        for values in ({}, {'phone': '1234'}, {'identity_number': '110105194912310021'}):
            with self.subTest(**values), self.assertRaisesRegex(UserError, "Enter an e-mail"):
                self._find(**values)

    def test_the_lookup_by_email_goes_on_and_finds_each_record_once(self):
        self.seller.partner_id.email = 'zhang@example.com'
        found = self._get_found(self._find(email='zhang@example.com'))
        self.assertEqual(len(found), len(set(found)))
        self.assertIn(('distribution.identity', self.identity.id), found)

    def test_the_number_is_not_stored(self):
        wizard = self._find(identity_number=self.NUMBER)
        self.assertFalse(wizard.identity_number)
        self.env.flush_all()
        self.env.cr.execute("SELECT to_jsonb(w)::text FROM privacy_lookup_wizard w")
        self.assertNotIn(self.NUMBER, str(self.env.cr.fetchall()))

    def test_what_law_keeps_stays_and_its_line_says_why(self):
        wizard = self._find(phone='13812341234')
        wizard.line_ids.action_unlink_all()
        self.assertEqual(self.seller.exists(), self.seller)
        self.assertTrue(self.identity.exists() and self.seller.partner_id.exists())
        lines = {line.res_model: line for line in wizard.line_ids}
        self.assertEqual(
            lines['distribution.distributor'].execution_details,
            f"Kept Distributor #{self.seller.id}: Only a draft can be deleted. Close the distributor instead.")
        self.assertIn("What was verified is kept", lines['distribution.identity'].execution_details)
        self.assertFalse(lines['res.partner'].is_unlinked)
        self.assertTrue(lines['distribution.payee.account'].is_unlinked)
        self.assertIn("Kept Distributor", wizard.log_id.execution_details)
