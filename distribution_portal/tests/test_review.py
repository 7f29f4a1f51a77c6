from odoo.tests import tagged

from .common import PageCommon

PAGE = '/my/distribution/review'


@tagged('post_install', '-at_install')
class TestReview(PageCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.signal = cls.env['distribution.risk.signal'].sudo()._record(
            cls.env.ref('distribution_core.risk_check_shared_payee'),
            [{'distributor_id': cls.mei.id, 'key': 'case', 'facts': {'distributors': 2}}])

    def _appeal(self, text, **kwargs):
        return self._post(f'{PAGE}/{self.signal.id}', text=text, **kwargs)

    def test_the_distributor_is_told_but_not_what_was_found(self):
        self.assertIn("See what you can do", self._open('/my/distribution').text)
        page = self._open(PAGE).text
        self.assertIn("What should we know?", page)
        self.assertNotIn(self.signal.check_id.name, page)

    def test_an_appeal_reaches_the_review_queue(self):
        self.assertEqual(self._appeal("My sister uses it too.").status_code, 303)
        self.assertIn("My sister uses it too.", self._open(PAGE).text)
        self.assertRecordValues(self.signal, [{'state': 'appealed', 'appeal': "My sister uses it too."}])

    def test_an_empty_appeal_is_asked_for_again(self):
        self.assertIn("Say in a few words", self._appeal(" ").text)
        self.assertEqual(self.signal.state, 'open')

    def test_somebody_else_finds_nothing(self):
        self.assertIn("Nothing is under review", self._open(PAGE, login='bo').text)
        self.assertEqual(self._appeal("Not mine", login='bo').status_code, 404)
        self.assertEqual(self.signal.state, 'open')
