from lxml import html

from odoo import Command
from odoo.tests import tagged

from .common import PageCommon


@tagged('post_install', '-at_install')
class TestEstimates(PageCommon):

    def _get_tiles(self, login='mei'):
        """Return the amounts of the estimates on the dashboard, by name."""
        page = html.fromstring(self._open('/my/distribution/outlook', login).text)
        return {
            name: [" ".join(tile.text_content().split()) for tile in page.xpath(f'//div[@name="{name}"]')]
            for name in ('unpaid_estimate', 'ladder_estimate')
        }

    def test_who_waits_for_nothing_sees_no_estimate(self):
        self.assertEqual(self._get_tiles('bo'), {'unpaid_estimate': [], 'ladder_estimate': []})
        self.assertNotIn("Not earned yet", self._read('/my/distribution/outlook', 'bo'))

    def test_orders_that_are_not_paid_and_ladders_that_run_are_shown_as_estimates(self):
        self.plan.action_new_version()
        version = self.plan._get_latest_version()
        version.ladder_ids = [Command.create({
            'period': 'quarter',
            'step_ids': [Command.create({'lower_amount': 0, 'rate': 1}), Command.create({'lower_amount': 1000, 'rate': 2})],
        })]
        version.action_activate()
        self._invoice(self._create_order(4, distributor=self.mei))
        self._create_order(2, distributor=self.mei)
        self._process()
        self.assertEqual(self._get_tiles(), {'unpaid_estimate': ["$ 20.00"], 'ladder_estimate': ["$ 4.00"]})
        text = self._read('/my/distribution/outlook')
        for words in ("Estimates by today's documents, no promise of income", "From 1 of your latest orders",
                      "Your own sales so far: $ 400.00", "The next step begins at $ 1,000.00"):
            with self.subTest(words):
                self.assertIn(words, " ".join(text.split()))
        self.assertEqual(self._get_tiles('bo'), {'unpaid_estimate': [], 'ladder_estimate': []})

    def test_everybody_can_read_the_ladders_in_force(self):
        self.plan.action_new_version()
        version = self.plan._get_latest_version()
        version.ladder_ids = [Command.create({'step_ids': [Command.create({'lower_amount': 0, 'rate': 3})]})]
        version.action_activate()
        text = " ".join(self._read('/distribution/rules').split())
        self.assertIn("on what a distributor sold itself in it", text)
        self.assertIn("Own sales of a month, each step on its part: 3 % from $ 0.00", text)
