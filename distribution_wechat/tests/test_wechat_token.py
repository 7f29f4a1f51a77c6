from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..wechat import OfficialAccount, Transport, Unreachable
from .common import WechatCommon

LOGGER = 'odoo.addons.distribution_wechat.models.distribution_wechat_token'


@tagged('post_install', '-at_install')
class TestToken(WechatCommon):

    @contextmanager
    def _platform(self, *answers):
        """Let the platform give these tokens, one after the other; errors are raised."""
        with patch.object(Transport, 'fetch_token', side_effect=list(answers), autospec=True) as fetch:
            yield fetch

    def _get(self, refused=None):
        self.env.flush_all()        # others see what is written
        return self.env['distribution.wechat.token']._get_value(self.account, 'access', refused)

    def _get_row(self, kind='access'):
        self.env.invalidate_all()
        return self.account.token_ids.filtered(lambda token: token.kind == kind)

    def test_a_token_is_fetched_once_while_it_is_good(self):
        with self._platform(('T1', 7200), ('T2', 7200)) as fetch:
            self.assertEqual([self._get(), self._get(), self._get()], ['T1', 'T1', 'T1'])
            self.assertEqual(fetch.call_count, 1)

    def test_a_token_that_ends_within_two_minutes_is_renewed(self):
        for seconds, expected in ((121, 'T1'), (119, 'T2'), (-1, 'T2')):
            with self.subTest(seconds=seconds), self._platform(('T1', 7200), ('T2', 7200)):
                self._get()
                self._get_row().expires_at = fields.Datetime.now() + timedelta(seconds=seconds)
                self.assertEqual(self._get(), expected)
                self._get_row().expires_at = False

    def test_a_refused_token_is_renewed_and_another_one_is_not(self):
        with self._platform(('T1', 7200), ('T2', 7200)) as fetch:
            self._get()
            self.assertEqual(self._get(refused='T1'), 'T2')
            self.assertEqual(self._get(refused='T1'), 'T2')     # a slower worker with the same refusal
            self.assertEqual(fetch.call_count, 2)

    @mute_logger(LOGGER)
    def test_after_a_failure_the_platform_is_asked_again_a_little_later(self):
        error = None
        with self._platform(Unreachable("down"), ('T1', 7200)):
            try:        # `assertRaises` would take back what is written
                self._get()
            except Unreachable as caught:
                error = caught
            self.assertEqual(str(error), "down")
            self.assertTrue(self._get_row().failed_at)
            self._get_row().failed_at = fields.Datetime.now() - timedelta(seconds=11)
            self.assertEqual(self._get(), 'T1')
            self.assertFalse(self._get_row().failed_at)

    @mute_logger(LOGGER)
    def test_nobody_asks_again_at_once_after_a_failure(self):
        with self._platform(Unreachable("down")) as fetch:
            self._get_row().failed_at = fields.Datetime.now() - timedelta(seconds=5)
            with self.assertRaisesRegex(Unreachable, "a moment ago"):
                self._get()
            self.assertFalse(fetch.called)

    def test_the_ticket_has_a_place_of_its_own(self):
        tokens = self.env['distribution.wechat.token']
        with self._platform(('T1', 7200)), patch.object(OfficialAccount, 'fetch_ticket', return_value=('K1', 7200)):
            self.assertEqual(tokens._get_value(self.account, 'ticket'), 'K1')
            self.assertEqual(self._get(), 'T1')

    def test_nobody_reads_a_token_and_the_database_holds_none_in_clear(self):
        with self._platform(('very-secret-token', 7200)):
            self._get()
        row = self._get_row()
        self.env.cr.execute("SELECT t::text FROM distribution_wechat_token t WHERE id = %s", [row.id])
        self.assertNotIn('very-secret-token', self.env.cr.fetchone()[0])
        self.assertEqual(row.value, False)
        system = new_test_user(self.env, 'system', groups='base.group_system')
        with self.assertRaises(AccessError):
            row.with_user(system).read(['value_encrypted'])
        for group in ('base.group_user', 'distribution_core.group_distribution_manager'):
            user = new_test_user(self.env, f'user_{group}', groups=group)
            self.assertFalse(row.with_user(user).has_access('read'))

    def test_a_token_cannot_be_moved_to_another_account(self):
        with self._platform(('T1', 7200)):
            self._get()
        other = self._create_account("Other", 'wx00000000000000a2')
        moved = other.token_ids.filtered(lambda token: token.kind == 'access')
        moved.write({'value_encrypted': self._get_row().value_encrypted, 'expires_at': '2100-01-01 00:00:00'})
        with self.assertRaisesRegex(Exception, "cannot be read"):
            self.env['distribution.wechat.token']._get_value(other, 'access')

    def test_another_secret_makes_what_was_fetched_useless(self):
        with self._platform(('T1', 7200), ('T2', 7200)):
            self._get()
            self.env.invalidate_all()
            self.account.app_secret = 'another'
            self.assertEqual(self._get(), 'T2')
