from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestPayoutDemo(DistributionCommon):
    """A channel that pays by itself, with a provider that does what it is told to.

    What needs real transactions, e.g. a provider that paid and did not answer, is in test_payout_faults.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._make_payable(quantity=10)      # the seller may withdraw 100
        cls.demo = cls.env['distribution.payout.channel'].create({
            'name': "Demo", 'code': 'demo', 'sequence': 1, 'max_amount': 50.0})

    def _approve(self, amount=10.0, answer='paid'):
        self.demo.demo_answer = answer
        withdrawal = self.seller._request_withdrawal(amount)
        withdrawal.channel_id = self.demo
        withdrawal.action_approve()
        return withdrawal.payout_ids

    def _get_paid(self):
        """Return what the provider says it paid."""
        payouts = self.env['distribution.payout'].search([('channel_id', '=', self.demo.id)])
        return self.env['distribution.payout.demo'].search([
            ('status', '=', 'paid'), ('number', 'in', payouts.mapped('name'))]).mapped('number')

    @mute_logger('odoo.addons.distribution_core.models.ir_cron')
    def test_what_becomes_of_each_answer(self):
        for answer, state, balances in [
            ('paid', 'done', {'payable': 90, 'paid': 10}),
            ('refused', 'failed', {'payable': 90, 'paid': 10}),
            ('waiting', 'sent', {'payable': 80, 'paid': 10, 'reserved': 10}),
            ('lost', 'sent', {'payable': 70, 'paid': 10, 'reserved': 20}),
        ]:
            with self.subTest(answer):
                payout = self._approve(answer=answer)
                self._run_payouts()
                self._run_payouts()
                self.assertEqual(payout.state, state)
                self.assertBalances(self.seller, merchant=-100, **balances)

    @mute_logger('odoo.addons.distribution_core.models.ir_cron')
    def test_what_never_arrived_is_given_back_after_a_while_and_not_before(self):
        payout = self._approve(answer='lost')
        self._run_payouts()
        for minutes, state in [(59, 'sent'), (60, 'failed')]:
            now = fields.Datetime.add(payout.sent_at, minutes=minutes)
            with self.subTest(minutes=minutes), patch.object(fields.Datetime, 'now', lambda *args, now=now: now):
                self._run_payouts()
                self.assertEqual(payout.state, state)
        self.assertBalances(self.seller, merchant=-100, payable=100)
        self.assertIn("did not arrive", payout.withdrawal_id.refusal_reason)

    def test_a_late_answer_and_the_same_one_twice_count_once(self):
        payout = self._approve(answer='waiting')
        self._run_payouts()
        with self.enter_registry_test_mode():
            transfer = self.env['distribution.payout.demo'].search([('number', '=', payout.name)])
            transfer.action_pay()
            transfer.action_call_back()
        self._run_payouts()
        self.assertEqual(self.env['account.payment'].search_count([('memo', '=', payout.name)]), 1)
        self.assertBalances(self.seller, merchant=-100, payable=90, paid=10)

    def test_the_next_attempt_has_a_new_number_and_the_old_one_stays_unpaid(self):
        first = self._approve(answer='refused')
        self._run_payouts()
        with self.assertRaisesRegex(UserError, "Only the channel knows"):
            self._approve(answer='waiting').action_mark_failed()
        self.demo.demo_answer = 'paid'
        first.withdrawal_id.action_retry()
        self._run_payouts()
        second = first.withdrawal_id.payout_ids - first
        self.assertEqual([first.state, second.state], ['failed', 'done'])
        self.assertIn(second.name, self._get_paid())
        self.assertNotIn(first.name, self._get_paid())

    def test_an_answer_that_contradicts_is_left_to_a_person_and_moves_nothing(self):
        payout = self._approve(answer='refused')
        self._run_payouts()
        for data, text in [
            ({'status': 'paid', 'amount': 10.0}, "after it had said otherwise"),
            ({'status': 'paid', 'amount': 9.0}, "another amount"),
        ]:
            with self.subTest(text):
                payout._process(data)
                self.assertIn(text, payout.activity_ids.sorted('id')[-1].summary)
        self.assertEqual(payout.state, 'failed')
        self.assertBalances(self.seller, merchant=-100, payable=100)

    def test_a_channel_pays_within_its_limits_only(self):
        withdrawal = self.seller._request_withdrawal(60.0)
        withdrawal.channel_id = self.demo
        with self.assertRaisesRegex(UserError, r"up to .*50\.00 at a time"):
            withdrawal.action_approve()
        self.assertEqual(withdrawal.state, 'requested')
        withdrawal.channel_id = False
        withdrawal.action_approve()
        self.assertEqual(withdrawal.channel_id, self.channel)      # the first that can pay it

    def test_what_is_held_in_the_meantime_is_not_sent(self):
        payout = self._approve()
        self.seller._set_suspended("Review")
        self._run_payouts()
        self.assertEqual(payout.state, 'draft')
        self.assertFalse(self._get_paid())

    def test_one_that_goes_wrong_does_not_stop_the_others(self):
        broken, fine = self._approve(), self._approve()
        send = type(self.demo)._send_payout_request

        def fail_once(channel, payout):
            if payout.name == broken.name:
                raise ZeroDivisionError
            return send(channel, payout)

        with patch.object(type(self.demo), '_send_payout_request', fail_once), \
                self.assertLogs('odoo.addons.distribution_core.models.ir_cron', 'ERROR'):
            self._run_payouts()
        self.assertEqual([broken.state, fine.state], ['sent', 'done'])

    def test_a_channel_stays_what_it_is_while_something_is_under_way(self):
        self._approve(answer='waiting')
        self._run_payouts()
        with self.assertRaisesRegex(ValidationError, "under way"):
            self.demo.code = 'manual'
