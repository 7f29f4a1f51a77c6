from odoo import Command
from odoo.tests import tagged

from odoo.addons.distribution_commission.tests.common import DistributionCommon


@tagged('post_install', '-at_install')
class TestExtensionPoints(DistributionCommon):

    def test_a_new_kind_can_be_chosen_and_pays(self):
        self.assertIn('test_step', dict(self.env['distribution.plan.rule']._selection_kind()))
        self.plan.action_new_version()
        draft = self.plan._get_latest_version()
        draft.rule_ids = [Command.clear(), Command.create({'tier': 1, 'kind': 'test_step', 'amount': 2.5})]
        draft.action_activate()
        self._invoice(self._create_order(quantity=3))
        self._process()
        self.assertBalances(self.seller, merchant=-7.5, pending=7.5)

    def test_a_new_channel_pays_by_itself_in_its_own_words(self):
        self._make_payable(quantity=10)
        self.channel.code = 'test'
        for amount, state, balances in [
            (11.0, 'failed', {'merchant': -100, 'payable': 100}),
            (12.0, 'done', {'merchant': -100, 'payable': 88, 'paid': 12}),
        ]:
            with self.subTest(amount=amount):
                withdrawal = self.seller._request_withdrawal(amount)
                withdrawal.channel_id = self.channel
                withdrawal.action_approve()
                self._run_payouts()
                self.assertEqual(withdrawal.payout_ids.state, state)
                self.assertBalances(self.seller, **balances)
