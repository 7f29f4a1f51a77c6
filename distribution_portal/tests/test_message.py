from odoo import Command, fields
from odoo.tests import tagged

from .common import PageCommon

PAGE = '/my/distribution/messages'
SETTINGS = '/my/distribution/settings'


@tagged('post_install', '-at_install')
class TestMessages(PageCommon):
    """Mei is Gold, Bo has no level."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold = cls.env['distribution.level'].create({'name': "Gold"})
        cls.mei.level_id = cls.gold
        cls.message = cls._announce("New in June", body="<p>Oolong<script>alert(1)</script></p>")

    @classmethod
    def _announce(cls, name, **values):
        return cls.env['distribution.announcement'].create({'name': name, **values})

    def test_a_message_is_new_until_it_was_read(self):
        self.assertIn("New in June New", self._read(PAGE))
        self.assertIn("There are messages that you have not read.", self._read('/my/distribution'))
        self.assertEqual(self._post(f'{PAGE}/{self.message.id}/read').status_code, 303)
        self._post(f'{PAGE}/{self.message.id}/read')
        self.assertEqual(self.message.read_ids.distributor_id, self.mei)
        self.assertEqual(self.message.read_count, 1)
        self.assertNotIn("New in June New", self._read(PAGE))
        self.assertIn("New in June", self._read(PAGE))
        self.assertNotIn("There are messages", self._read('/my/distribution'))
        self.assertIn("New in June New", self._read(PAGE, 'bo'))

    def test_a_message_carries_no_program(self):
        page = self._open(PAGE).text
        self.assertIn("Oolong", page)
        self.assertNotIn('alert(1)', page)

    def test_a_message_is_shown_in_its_time_to_its_levels(self):
        now = fields.Datetime.now()
        later, before = (fields.Datetime.add(now, days=days) for days in (1, -1))
        other = self.env['res.company'].create({'name': "Other"})
        silver = self.env['distribution.level'].create({'name': "Silver"})
        for values, for_mei, for_bo in (
            ({}, True, True),
            ({'from_at': later}, False, False),
            ({'from_at': before, 'until_at': later}, True, True),
            ({'from_at': fields.Datetime.subtract(before, days=1), 'until_at': before}, False, False),
            ({'level_ids': [Command.set(self.gold.ids)]}, True, False),
            ({'level_ids': [Command.set((self.gold + silver).ids)]}, True, False),
            ({'level_ids': [Command.set(silver.ids)]}, False, False),
            ({'active': False}, False, False),
            ({'company_id': other.id}, False, False),
        ):
            with self.subTest(values):
                message = self._announce("Special", **values)
                for login, is_shown in (('mei', for_mei), ('bo', for_bo)):
                    self.assertEqual("Special" in self._read(PAGE, login), is_shown)
                    self.assertEqual(
                        self._post(f'{PAGE}/{message.id}/read', login).status_code, 303 if is_shown else 404)
                self.assertEqual(len(message.read_ids), for_mei + for_bo)
                message.unlink()

    def test_the_home_page_counts_what_is_unread(self):
        self._announce("Another")
        self.authenticate('mei', 'mei')
        self.assertEqual(
            self.make_jsonrpc_request('/my/counters', {'counters': ['distribution_message_count']}),
            {'distribution_message_count': 2})

    def test_without_a_message_the_page_says_so(self):
        self.message.active = False
        self.assertIn("No message for you", self._read(PAGE))


@tagged('post_install', '-at_install')
class TestSettings(PageCommon):

    def _save(self, login='mei', **values):
        return self._post(SETTINGS, login, **values)

    def test_the_alias_is_kept_or_said_why_not(self):
        self.assertEqual(self._save(alias=" Sun  flower ").status_code, 303)
        self.assertEqual(self.mei.alias, "Sun flower")
        response = self._save(alias="13800001111")
        self.assertIn("An alias is no phone number", self._get_text(response))
        self.assertIn('value="13800001111"', response.text)
        self.assertEqual(self.mei.alias, "Sun flower")
        self.assertIn("Without one they see: M··I888", self._read(SETTINGS))

    def test_what_is_told_is_the_own_decision(self):
        both = self.mei + self.bo
        self.assertEqual(both._filter_wanting('settlement'), both)
        self.assertEqual(both._filter_wanting('commission'), both.browse())
        self._save(**{'commission-mail': 'on', 'level-mail': 'on', 'unheard-of': 'on'})
        for topic, wanting in (
            ('commission', self.mei), ('available', both.browse()), ('settlement', self.bo), ('withdrawal', self.bo),
            ('level', both),
        ):
            with self.subTest(topic):
                self.assertEqual(both._filter_wanting(topic), wanting)
        self._save(**{'settlement-mail': 'on'})
        self.assertEqual(both._filter_wanting('settlement'), both)
        self.assertEqual(both._filter_wanting('commission'), both.browse())
        self.assertEqual(len(self.mei.notification_setting_ids), 4)

    def test_who_does_not_want_statements_by_mail_gets_none_unless_it_has_to_act(self):
        statement = self.env['distribution.settlement'].search([('distributor_id', '=', self.mei.id)])
        Mail = self.env['mail.mail'].sudo()
        for wanted, state, told in (({'settlement-mail': 'on'}, 'posted', 1), ({}, 'posted', 0), ({}, 'billed', 1)):
            with self.subTest(wanted=wanted, state=state):
                self._save(**wanted)
                self.env.cr.execute("UPDATE distribution_settlement SET told_at = NULL, state = %s WHERE id = %s", [state, statement.id])
                self.env.invalidate_all()
                before = Mail.search_count([])
                self.env['distribution.settlement'].sudo()._tell_next()
                self.assertEqual(Mail.search_count([]) - before, told)
