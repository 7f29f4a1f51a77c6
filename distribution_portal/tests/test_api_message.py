from odoo.tests import tagged

from .api_common import ApiCommon


@tagged('post_install', '-at_install')
class TestApiMessage(ApiCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gold = cls.env['distribution.level'].create({'name': "Gold"})
        cls.mei.level_id = cls.gold
        cls.message = cls.env['distribution.announcement'].create({
            'name': "New in June", 'body': "<p>Oolong<script>alert(1)</script></p>", 'from_at': '2026-06-01 08:00:00',
            'level_ids': cls.gold.ids})

    def test_what_is_announced_is_new_until_it_was_read(self):
        message = {
            'id': self.message.id, 'at': '2026-06-01T08:00:00Z', 'title': "New in June", 'html': "<p>Oolong</p>",
            'is_read': False}
        self.assertEqual(self._call('GET /messages'), {'items': [message], 'total': 1, 'limit': 20, 'offset': 0})
        for _again in range(2):
            self._call(f'POST /messages/{self.message.id}/reads', status=204, json={})
        self.assertEqual(self.message.read_ids.distributor_id, self.mei)
        self.assertEqual(self._call('GET /messages')['items'], [{**message, 'is_read': True}])

    def test_what_is_for_others_is_not_found(self):
        self.assertEqual(self._call('GET /messages', 'bo')['items'], [])
        self._call(f'POST /messages/{self.message.id}/reads', 'bo', status=404, json={})
        self.assertFalse(self.message.read_ids)

    def test_settings_are_replaced_as_a_whole(self):
        answer = self._call('GET /settings')
        self.assertEqual((answer['alias'], answer['shown_name']), (None, "M··I888"))
        wanted = {wish['topic'] for wish in answer['notifications'] if wish['is_wanted'] and wish['channel'] == 'mail'}
        self.assertEqual(wanted, {'settlement', 'withdrawal', 'level'})
        wish = {'topic': 'commission', 'channel': 'mail'}
        answer = self._call('PUT /settings', json={'alias': " Plum  tree ", 'wanted': [wish]})
        self.assertEqual((answer['alias'], answer['shown_name']), ("Plum tree", "Plum tree"))
        self.assertEqual([one for one in answer['notifications'] if one['is_wanted']], [{**wish, 'is_wanted': True}])
        self.assertEqual(self._call('GET /settings'), answer)
        answer = self._call('PUT /settings', json={'alias': None, 'wanted': []})
        self.assertIsNone(answer['alias'])
        self.assertFalse(any(one['is_wanted'] for one in answer['notifications']))
        self.assertFalse(self.bo.alias or self.bo.notification_setting_ids)

    def test_settings_that_cannot_be_change_nothing(self):
        for body in (
            {'alias': "13800001111", 'wanted': []}, {'alias': "A" * 25, 'wanted': []}, {'alias': " ", 'wanted': []},
            {'alias': "Sun", 'wanted': [{'topic': 'weather', 'channel': 'mail'}]}, {'alias': "Sun"},
        ):
            with self.subTest(body):
                self._call('PUT /settings', status=422, json=body)
                self.assertFalse(self.mei.alias or self.mei.notification_setting_ids)


@tagged('post_install', '-at_install')
class TestApiRanking(ApiCommon):

    def test_who_takes_part_is_compared_by_what_the_company_chose(self):
        self.company.distribution_ranking = 'sales'
        self.bo.alias = "Sunny"
        self._invoice(self._create_order(5, distributor=self.bo))
        own, other = (
            {'place': 1, 'name': name, 'is_own': is_own, 'sales': {'amount': amount, 'currency': 'USD'}, 'orders': None}
            for name, is_own, amount in (("M··I888", True, '400.00'), ("Sunny", False, '500.00')))
        self.assertEqual(self._call('GET /ranking')['places'], [own])
        answer = self._call('PUT /ranking', 'bo', json={'takes_part': True})
        self.assertEqual((answer['takes_part'], answer['places']), (True, [{**other, 'is_own': True}]))
        self.assertEqual(self._call('GET /ranking')['places'], [other, {**own, 'place': 2}])
        self.assertEqual(self._call('GET /ranking?period=previous')['places'], [])
        self.company.distribution_ranking = 'orders'
        self.assertEqual(
            [(place['orders'], place['sales']) for place in self._call('GET /ranking')['places']], [(2, None), (1, None)])
        self._call('PUT /ranking', 'bo', json={'takes_part': False})
        self.assertEqual(len(self._call('GET /ranking')['places']), 1)

    def test_without_a_ranking_there_is_none_and_nobody_takes_part(self):
        self._call('GET /ranking', status=404)
        self._call('PUT /ranking', status=404, json={'takes_part': True})
        self.assertFalse(self.mei.ranking_consent_at)

    def test_who_is_suspended_does_not_begin_to_take_part(self):
        self.company.distribution_ranking = 'sales'
        self.mei._set_suspended("Looked into")
        self._call('PUT /ranking', status=409, json={'takes_part': True})
        self.assertFalse(self.mei.ranking_consent_at)
        self.assertFalse(self._call('PUT /ranking', json={'takes_part': False})['takes_part'])
