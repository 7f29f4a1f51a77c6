import os
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged


@tagged('post_install', '-at_install')
class TestPrivacyLog(BaseCase):
    """Two real cursors. What is made here is committed, and deleted at the end: all but the log."""

    def test_who_saw_a_number_is_known_even_if_the_transaction_is_rolled_back(self):
        registry = Registry(get_db_name())
        with patch.dict(os.environ, {'DISTRIBUTION_KEY': 'test:' + 'A' * 43 + '='}):
            with registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                partner = env['res.partner'].create({'name': "Revealed"})
                distributor = env['distribution.distributor'].create({'partner_id': partner.id})
                account_id = env['distribution.payee.account'].create({
                    'distributor_id': distributor.id, 'holder_name': "Revealed", 'number': '6222021234567890'}).id
            with registry.cursor() as cr:
                env = api.Environment(cr, SUPERUSER_ID, {})
                account = env['distribution.payee.account'].browse(account_id)
                account.bank_name = "Changed"
                self.assertEqual(account._reveal('number', "Before a rollback"), '6222021234567890')
                cr.rollback()
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            self.assertFalse(env['distribution.payee.account'].browse(account_id).bank_name)
            log = env['distribution.privacy.log'].search([
                ('model', '=', 'distribution.payee.account'), ('res_id', '=', account_id)])
            self.assertEqual((log.reason, log.user_id.id), ("Before a rollback", SUPERUSER_ID))
            distributor = env['distribution.payee.account'].browse(account_id).distributor_id
            distributor.payee_account_ids.unlink()
            distributor.unlink()
