from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestDigest(DistributionCommon):
    """The seller sold three boxes yesterday, for 30.00, which are settled, and was paid 12.00 of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller.partner_id.email = 'seller@example.com'
        cls._make_payable(3)
        withdrawal = cls.seller._request_withdrawal(12.0)
        withdrawal.action_approve()
        withdrawal.payout_ids.action_mark_done()
        cls.seller._request_withdrawal(5.0)._cancel_by_distributor()
        cls.seller._set_level(cls.env['distribution.level'].create({'name': "Gold"}), "Well done")
        cls.today = cls.company._distribution_get_today()

    def _get_news(self, day=None):
        return {
            id_: [(kind, count, float(amount)) for kind, count, amount in news]
            for id_, news in self.env['distribution.distributor']._get_news(self.company, day or self.today).items()}

    def _want(self, *topics):
        self.seller._set_notification_settings({(topic, 'mail') for topic in topics})

    def test_everybody_is_told_what_it_wants_to_know(self):
        self.env.cr.execute("UPDATE distribution_commission SET created_at = now() AT TIME ZONE 'UTC'")
        every = {
            'available': ('maturity', 1, 30.0), 'commission': ('commission', 1, 30.0), 'level': ('level', 1, 0.0),
            'withdrawal': ('payout', 1, 12.0),
        }
        self.assertEqual(self._get_news(fields.Date.add(self.today, days=-3)), {})
        for topics in ((), ('commission',), ('level',), ('commission', 'level'), ('settlement',)):
            with self.subTest(topics):
                self._want(*topics)
                expected = sorted(every[topic] for topic in topics if topic in every)
                self.assertEqual(self._get_news().get(self.seller.id, []), expected)
        self._want('withdrawal')
        self.assertEqual(self._get_news()[self.seller.id], [('payout', 1, 12.0), ('release', 1, 5.0)])

    def test_who_says_nothing_is_told_of_withdrawals_and_levels(self):
        self.assertEqual([kind for kind, _count, _amount in self._get_news()[self.seller.id]], ['level', 'payout', 'release'])
        self.assertNotIn(self.upline.id, self._get_news())

    def test_nobody_is_told_twice(self):
        news = self._get_news()
        messages = self.seller.message_ids
        self.seller._tell(self.today, news)
        mail = self.env['mail.message'].search([
            ('model', '=', self.seller._name), ('res_id', '=', self.seller.id), ('id', 'not in', messages.ids)])
        self.assertEqual(mail.partner_ids, self.seller.partner_id)
        self.assertIn("Paid out: $&nbsp;12.00<br>", mail.body)
        self.assertIn("Your level is now: Gold", mail.body)
        self.assertEqual(self.seller.told_day, self.today)
        self.assertNotIn(self.seller.id, self._get_news())

    def test_who_has_left_is_told_nothing(self):
        self.seller._set_closed("Left")
        self.assertNotIn(self.seller.id, self._get_news())

    def test_the_job_tells_of_yesterday(self):
        self.env.flush_all()
        with (
            self._at(fields.Datetime.now() + timedelta(days=1)), self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
        ):
            self.env(cr=cr)['distribution.distributor'].sudo()._cron_tell()
        self.env.invalidate_all()
        self.assertEqual(self.seller.told_day, self.today)
