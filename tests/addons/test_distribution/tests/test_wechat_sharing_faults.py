import logging
import os
import random
import time
from collections import Counter, defaultdict
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.distribution_wechat.wechat.pay import PayMerchant

from .test_payout_faults import Killed
from .test_wechat_transfer_faults import FAULTS as QUICK_FAULTS
from .wechat_pay_common import get_seeds
from .wechat_sharing_storm_common import MCHID, SHARING, WechatSharingFaultsCase

_logger = logging.getLogger(__name__)

# How many shared payouts, of one seed; DISTRIBUTION_SHARES=300 for a long run, DISTRIBUTION_SEED to repeat one.
SHARES = int(os.environ.get('DISTRIBUTION_SHARES') or 40)
# What has to come of a hundred payouts, so that the storm blows through all of it.
LEAST = {'paid': 30, 'came to nothing': 2, 'named anew': 5, 'returned': 2, 'killed': 5}
SECONDS_LATE = 4        # so that it is asked about before it arrives
FAULTS = {**QUICK_FAULTS, 'arrives late': {'status': 504, 'late': SECONDS_LATE}}
PATHS = ['orders', 'orders', 'orders', 'orders/*', 'orders/*', 'receivers/add', 'orders/unfreeze', 'return-orders', 'return-orders/*']
REASONS = ['ACCOUNT_ABNORMAL', 'RECEIVER_RECEIPT_LIMIT', 'RECEIVER_HIGH_RISK']


@tagged('post_install', '-at_install')
class TestWechatSharingFaults(WechatSharingFaultsCase):
    """Whatever the network and the workers do: what WeChat Pay shared and took back is what the journals say, to the fen."""

    SELLERS = 5

    def test_a_storm_of_shares_pays_nobody_twice_and_loses_nothing(self):
        self.maxDiff = None
        for seed in get_seeds(1):
            _logger.info("%s shared payouts with the seed %s", SHARES, seed)
            with self.subTest(seed=seed):
                self._prepare()
                self._storm(random.Random(seed))
                self._settle_everything()
                self._assert_platform_and_books_agree()
                self._assert_it_was_a_storm()

    def _prepare(self):
        """Sell so much that a payout is made of parts of payments, and a payment is shared with several."""
        self.clock = fields.Datetime.now()
        self.seen = Counter()
        self.distributors = [*self.ids['sellers'], self.ids['distributor'], self.ids['firm'], self.ids['firm']]
        self._earn(*(self.distributors[number % len(self.distributors)] for number in range(max(16, SHARES // 3))))
        with self._cursor() as env:
            self.payees = [*env['distribution.wechat.identity'].search([
                ('account_id.company_id', '=', self.ids['company'])]).mapped('openid'), MCHID]

    # === THE STORM === #

    def _storm(self, chance):
        for number in range(SHARES):
            self._let_fail(chance)
            if payout_id := self._try(self._withdrawing(chance)):
                self._send(chance, payout_id)
            if number % 4 == 3:
                self._change_the_platform(chance)
                self._work_on(lambda: chance.random() < 0.6)
                self._meddle(chance)
                self._let_pass(chance.choice([1, 1, 10, 61]))
                self._try(self._refunding(chance))
                self._do_jobs(chance)

    def _let_pass(self, minutes):
        """Let time pass; what is on its way arrives within an hour, or never."""
        if minutes >= 60:
            time.sleep(SECONDS_LATE)
        self.clock += timedelta(minutes=minutes)

    def _let_fail(self, chance):
        if chance.random() < 0.6:
            name = chance.choice(list(FAULTS))
            self.fake.tell(
                'faults', path=f'{SHARING}/{chance.choice(PATHS)}', times=chance.choice([1, 1, 2]),
                skip=chance.choice([0, 0, 1]), **FAULTS[name])

    def _withdrawing(self, chance):
        """Return what asks for a payout, of no more than can be shared."""
        def withdraw(env):
            distributor = env['distribution.distributor'].browse(chance.choice(self.distributors))
            channel = env['distribution.payout.channel'].browse(self.ids['channel'])
            largest = min(channel._wechat_get_amount(distributor), distributor.payable_amount)
            amount = min(chance.choice([1.0, 2.53, 7.77, 12.5, 25.0, 120.01]), largest)
            withdrawal = distributor._request_withdrawal(amount, channel=channel)
            withdrawal.action_approve()
            return withdrawal.payout_ids.id

        return withdraw

    def _send(self, chance, payout_id):
        """Send it, leave it to the job, let workers meet, or die on the way."""
        def send(env):
            env['distribution.payout'].browse(payout_id)._send()

        way = chance.choice(['send', 'send', 'job', 'race', 'killed before', 'killed after', 'killed after'])
        if way == 'race':
            self._race(send, send)
        elif way.startswith('killed'):
            self.seen['killed'] += 1
            with self._die(way, chance.choice(['add_receiver', 'create_sharing', 'create_sharing'])):
                self._try(send)
        elif way == 'send':
            self._try(send)

    @staticmethod
    def _die(way, name):
        call = getattr(PayMerchant, name)

        def die(client, *arguments):
            if way == 'killed after':
                call(client, *arguments)
            raise Killed

        return patch.object(PayMerchant, name, die)

    def _change_the_platform(self, chance):
        """It forgets receivers, works later, or does not pay to somebody for a while."""
        values = {
            'share_waits': chance.random() < 0.4,
            'share_faults': {chance.choice(self.payees): chance.choice(REASONS)} if chance.random() < 0.5 else {},
            **({'receivers': {}} if chance.random() < 0.4 else {})}
        self._tell('merchants', **values)

    def _meddle(self, chance):
        """People press buttons: at any time, and some of them twice."""
        for press in (self._retrying, self._sharing_rest, self._giving_up, self._taking_back, self._unfreezing):
            if chance.random() < 0.6:
                self._try(press(chance))

    def _pick(self, env, chance, model, *domain):
        found = self._search(env, model, *domain)
        return found.browse(chance.choice(found.ids)) if found else found

    def _retrying(self, chance):
        def retry(env):
            self._pick(env, chance, 'distribution.payout', ('state', '=', 'failed')).withdrawal_id.action_retry()

        return retry

    def _sharing_rest(self, _chance):
        def share_rest(env):
            for payout in self._search(env, 'distribution.payout', ('state', '=', 'sent')):
                payout.action_wechat_rest()

        return share_rest

    def _giving_up(self, chance):
        def give_up(env):
            self._pick(env, chance, 'distribution.wechat.share', ('state', '=', 'new')).action_give_up()

        return give_up

    def _taking_back(self, chance):
        """Take back what the company got, or try again what failed."""
        def take_back(env):
            back = self._pick(env, chance, 'distribution.payout.return', ('state', '=', 'draft'))
            payout = self._pick(env, chance, 'distribution.payout', ('state', '=', 'done'), (
                'distributor_id', '=', self.ids['firm']), ('return_ids', '=', False))
            if not back and payout:
                back = back.create({'payout_id': payout.id, 'reason': "Returned goods"})
            back.action_wechat_take_back()

        return take_back

    def _taking_back_again(self, _chance):
        """Take back what did not come back, and nothing else."""
        def take_back(env):
            self._search(env, 'distribution.payout.return', ('state', '=', 'draft')).action_wechat_take_back()

        return take_back

    def _unfreezing(self, chance):
        def unfreeze(env):
            if chance.random() < 0.1:
                self._pick(env, chance, 'distribution.wechat.frozen', ('state', '=', 'frozen')).action_unfreeze()

        return unfreeze

    def _refunding(self, chance):
        """Return what refunds an order, whole or in part, which takes commissions back."""
        def refund(env):
            frozen = self._pick(env, chance, 'distribution.wechat.frozen', ('state', '=', 'frozen'))
            tx = frozen.transaction_id
            if chance.random() < 0.5 or tx.child_transaction_ids:
                return
            amount = chance.choice([1000.0, 500.0, 900.0])
            tx._refund(amount)
            credit = tx.sale_order_ids.invoice_ids._reverse_moves([{}])
            credit.invoice_line_ids.price_unit = amount
            credit.action_post()

        return refund

    def _do_jobs(self, chance):
        self._try(lambda env: env['payment.transaction']._wechatpay_cron_ask())
        for number, state in self._platform()['refunds'].items():
            if state == 'PROCESSING' and chance.random() < 0.7:
                self._end_refund(number, chance.choice(['SUCCESS', 'SUCCESS', 'CLOSED']))
        self._work_out()
        with self._transaction() as env:
            frozen = self._search(env, 'distribution.wechat.frozen', ('state', '=', 'frozen'))
            frozen.browse(chance.sample(frozen.ids, min(len(frozen), 5))).checked_at = False
        jobs = [('distribution.payout', '_cron_process'), ('distribution.wechat.return', '_cron_go_on'),
                ('distribution.wechat.frozen', '_cron_unfreeze')]
        chance.shuffle(jobs)
        steps = [lambda env, job=job: getattr(env[job[0]], job[1])() for job in jobs]
        if chance.random() < 0.4:
            self._race(*steps, *steps)
        for step in steps:
            self._try(step)

    # === THE END === #

    def _settle_everything(self):
        """Let the network be good and people patient, until nothing is under way; then let the last day come."""
        self.fake.tell('calm')
        time.sleep(SECONDS_LATE)
        self._tell('merchants', share_faults={}, share_waits=False)
        chance = random.Random(0)
        for _run in range(15):
            self.clock += timedelta(minutes=61)
            self._work_on()
            self._do_jobs(chance)
            for press in (self._sharing_rest, self._retrying, self._taking_back_again):
                self._try(press(chance))
            if not self._search_open():
                return self._let_the_last_day_come()
        return self.fail(f"Something is under way for ever: {self._search_open()}")

    def _search_open(self):
        """Return what is under way; of payouts, those of which not all can be shared any more are left to a person."""
        with self._cursor() as env:
            return [
                *self._search(env, 'distribution.wechat.share', ('state', 'in', ('new', 'processing'))).mapped('name'),
                *self._search(env, 'distribution.wechat.return', ('state', 'in', ('new', 'processing'))).mapped('name'),
                *self._search(env, 'distribution.wechat.frozen', ('state', '=', 'unfreezing')).mapped('name'),
                *self._search(env, 'distribution.payout', ('state', '=', 'sent')).filtered(
                    lambda payout: not payout.wechat_rest).mapped('name')]

    def _assert_platform_and_books_agree(self):
        money = defaultdict(list)
        for entry in self._platform()['money']:
            money[entry['kind']].append((entry['number'], entry['amount'], entry['openid']))
        with self._cursor() as env:
            shares = self._search(env, 'distribution.wechat.share')
            backs = self._search(env, 'distribution.wechat.return')
            self._assert_same(money['share'], shares, [
                (share.name, round(share.amount * 100), share.receiver_id.payee) for share in shares if share.state == 'success'])
            self._assert_same(money['return'], backs, [
                (back.name, round(back.amount * 100), MCHID) for back in backs if back.state == 'success'])
            self._assert_payouts(env)
            self._assert_clearing(env)
            self._assert_payments(env, [number for number, _amount, _openid in money['unfreeze']])
        self._check_books()

    def _assert_same(self, there, records, here):
        """Compare number by number, of this run."""
        mine = set(records.mapped('name'))
        there = sorted(entry for entry in there if entry[0] in mine)
        self.assertEqual(len({number for number, _amount, _payee in there}), len(there), "A number was paid twice")
        self.assertEqual(there, sorted(here))

    def _assert_payouts(self, env):
        """What was shared is what was paid: once for a withdrawal, and all or nothing."""
        paid = defaultdict(set)
        for payout in self._search(env, 'distribution.payout'):
            shared = sum(self._fen(share) for share in payout.wechat_share_ids if share.state == 'success')
            if shared:
                paid[payout.withdrawal_id].add(payout)
            if payout.state in ('done', 'returned'):
                self.assertEqual(shared, round(payout.net_amount * 100), payout.name)
            elif payout.state == 'sent':
                self.assertEqual(shared + round(payout.wechat_rest * 100), round(payout.net_amount * 100))
            else:
                self.assertEqual((payout.state in ('failed', 'cancelled'), shared), (True, 0), payout.name)
            backs = payout.return_ids.wechat_return_ids.filtered(lambda back: back.state == 'success')
            self.assertEqual(payout.state == 'returned', bool(backs), payout.name)
        self.assertTrue(all(len(payouts) == 1 for payouts in paid.values()), "A withdrawal was paid twice")

    def _assert_clearing(self, env):
        """The items of the channel's journal on the account of what is on its way are what has left, less what came back."""
        items = env['account.move.line'].search([
            ('journal_id', '=', self.ids['shares']), ('parent_state', '=', 'posted')])
        payments = items.payment_id
        clearing = items.filtered(lambda item: item.account_id in payments.outstanding_account_id)
        payouts = self._search(env, 'distribution.payout', ('state', 'in', ('done', 'returned')))
        shares = payouts.wechat_share_ids.filtered(lambda share: share.state == 'success')
        backs = self._search(env, 'distribution.wechat.return', ('state', '=', 'success'))
        self.assertEqual(
            -round(sum(clearing.mapped('balance')) * 100), sum(map(self._fen, shares)) - sum(map(self._fen, backs)))
        self.assertEqual(len(payments), len(payouts) + len(payouts.filtered(lambda payout: payout.state == 'returned')))

    def _assert_payments(self, env, unfrozen):
        """Of no payment more was shared than its ratio; each was unfrozen once, and shared no more from then on."""
        asked = [call for call in self.fake.log['calls'] if call['path'] in (f'{SHARING}/orders', f'{SHARING}/orders/unfreeze')]
        known = self._tell('sharing')
        for frozen in self._search(env, 'distribution.wechat.frozen'):
            shared = sum(self._fen(share) for share in frozen.share_ids if share.state == 'success')
            self.assertLessEqual(shared, round(frozen.amount * frozen.rate))
            self.assertEqual((frozen.state, unfrozen.count(frozen.name) <= 1), ('unfrozen', True))
            self.assertEqual(known['unsplit'][frozen.transaction_id.wechatpay_number], 0)
            calls = [call for call in asked if frozen.platform_number in call['body']]
            first = next(number for number, call in enumerate(calls) if call['path'].endswith('/unfreeze'))
            before, after = (
                {share.name for share in frozen.share_ids for call in some if f'"{share.name}"' in call['body']}
                for some in (calls[:first], calls[first:]))
            self.assertFalse(after - before, "It was shared after its unfreezing was asked for")

    @staticmethod
    def _fen(record):
        return round(record.amount * 100)

    def _assert_it_was_a_storm(self):
        with self._cursor() as env:
            shares = self._search(env, 'distribution.wechat.share')
            payouts = self._search(env, 'distribution.payout')
            states = Counter(payouts.mapped('state'))
            counts = {
                'paid': states['done'] + states['returned'], 'returned': states['returned'], 'killed': self.seen['killed'],
                'came to nothing': states['failed'],
                'named anew': len(shares.filtered(lambda share: share.reason == 'NO_RELATION'))}
            _logger.info(
                "%s; payouts %s; shares %s; returns %s; refunds %s; %s calls", counts, dict(states),
                dict(Counter(shares.mapped('state'))), dict(Counter(self._search(env, 'distribution.wechat.return').mapped('state'))),
                dict(Counter(self._platform()['refunds'].values())), len(self.fake.log['calls']))
        for name, least in LEAST.items():
            self.assertGreaterEqual(counts[name], least * SHARES // 100, f"The storm was weak: {name} {counts}")
