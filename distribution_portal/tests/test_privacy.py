import json

from odoo.tests import new_test_user, tagged

from odoo.addons.distribution_core.tests.common import PrivacyBuilders

from .common import PageCommon


@tagged('post_install', '-at_install')
class TestPrivacy(PrivacyBuilders, PageCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_identity(cls.mei)
        cls._create_account(cls.mei, verify=True)

    def test_the_page_shows_masks_and_says_how_long_things_are_kept(self):
        page = self._open('/my/distribution/data')
        text = self._get_text(page)
        for part in (
            "张* · Resident identity card · 110***********002X Verified",
            "ICBC ************7890 Verified",
            "Kept for 10 years after the last payout",
        ):
            with self.subTest(part=part):
                self.assertIn(part, text)
        for secret in (self.NUMBER, self.ACCOUNT, "张三丰"):
            with self.subTest(secret=secret):
                self.assertNotIn(secret, page.text)

    def test_the_page_shows_nothing_of_another(self):
        text = self._read('/my/distribution/data', 'bo')
        self.assertIn("Take a copy", text)
        for part in ("110***", "*7890"):
            self.assertNotIn(part, text)

    def test_a_distributor_takes_a_copy_and_that_is_recorded(self):
        response = self._post('/my/distribution/data')
        self.assertEqual(response.headers['Content-Disposition'], "attachment; filename*=UTF-8''data.json")
        self.assertEqual(response.headers['Cache-Control'], 'no-store')
        sections = json.loads(response.text)
        self.assertEqual([row['code'] for row in sections['distributor']], ['MEI888'])
        self.assertEqual(sorted(row['earned_amount'] for row in sections['commissions']), [10.0, 30.0])
        self.assertNotIn(self.customer.name, response.text)
        request = self.env['distribution.privacy.request'].search([('partner_id', '=', self.mei.partner_id.id)])
        self.assertRecordValues(request, [{'kind': 'export', 'state': 'done', 'done_by_id': self.mei_user.id}])
        self.assertRecordValues(
            self.env['distribution.privacy.log'].search([('action', '=', 'export')]),
            [{'user_id': self.mei_user.id, 'res_id': request.id}])

    def test_who_is_no_distributor_gets_no_copy(self):
        new_test_user(self.env, 'guest', groups='base.group_portal')
        response = self._post('/my/distribution/data', 'guest')
        self.assertIn("You are not a distributor yet", response.text)
        self.assertFalse(self.env['distribution.privacy.log'].search([('action', '=', 'export')]))

    def test_who_took_the_copy_downloads_it_and_nobody_else_does(self):
        users = {
            login: new_test_user(self.env, login, groups=f'distribution_core.group_distribution_{group}')
            for login, group in (('guardian', 'privacy'), ('colleague', 'privacy'), ('officer', 'user'))
        }
        request = self.env['distribution.privacy.request'].create({
            'partner_id': self.mei.partner_id.id, 'reason': "Asked by phone"})
        url = request.with_user(users['guardian']).action_export()['url']
        for login, allowed in [('guardian', True), ('colleague', False), ('officer', False), ('bo', False)]:
            with self.subTest(login=login):
                self.assertEqual('MEI888' in self._open(url, login).text, allowed)
