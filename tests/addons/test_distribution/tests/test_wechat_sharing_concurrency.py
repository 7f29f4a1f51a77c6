from unittest.mock import patch

from psycopg2 import Error, IntegrityError

from odoo.tests import tagged
from odoo.tools import mute_logger

from .wechat_sharing_storm_common import SHARING, WechatSharingFaultsCase

SECONDS = 0.3       # that the platform takes, so that workers meet


@tagged('post_install', '-at_install')
class TestWechatSharingConcurrency(WechatSharingFaultsCase):
    """Workers with real cursors meet at one payment: it is shared once, within its room, and never after its unfreezing."""

    SELLERS = 2

    def setUp(self):
        super().setUp()
        self.seller, self.upline = self.ids['sellers'][0], self.ids['distributor']
        self.addCleanup(self._let_the_last_day_come)

    # === HELPERS === #

    def _let_it_be_slow(self, path):
        self.fake.tell('faults', path=f'{SHARING}/{path}', seconds=SECONDS, times=99)

    @staticmethod
    def _sending(payout_id):
        return lambda env: env['distribution.payout'].browse(payout_id)._send()

    @staticmethod
    def _asking(payout_id):
        return lambda env: env['distribution.payout'].browse(payout_id)._ask()

    @staticmethod
    def _doing(model, job):
        return lambda env: getattr(env[model], job)()

    @staticmethod
    def _pressing(frozen_ids):
        return lambda env: env['distribution.wechat.frozen'].browse(frozen_ids).action_unfreeze()

    def _unfreezing(self, frozen_id):
        """What the button and the job do, one after the other."""
        def unfreeze(env):
            self._pressing([frozen_id])(env)
            env.cr.commit()
            env['distribution.wechat.frozen'].browse(frozen_id)._go_on()

        return unfreeze

    def _get_shares(self, env, payout_id):
        return env['distribution.payout'].browse(payout_id).wechat_share_ids.sorted('id')

    def _assert_failed(self, outcomes, count):
        failed = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        self.assertEqual(len(failed), count, outcomes)

    # === ONE PAYOUT === #

    def test_two_workers_who_send_a_payout_share_it_once(self):
        self._earn(self.seller)
        payout_id = self._approve(self.seller, 50.0)
        self._let_it_be_slow('orders')
        self._assert_failed(self._meet(self._sending(payout_id), self._sending(payout_id)), 1)
        self._assert_shared_once(payout_id)

    def test_two_workers_who_ask_about_a_share_that_never_arrived_share_it_once(self):
        self._earn(self.seller)
        for fault in ({'status': 502}, {'status': 502, 'after': True}, {'status': 502, 'late': SECONDS / 2}):
            with self.subTest(fault):
                self.fake.tell('calm')
                before = self._get_log('share')
                payout_id = self._approve(self.seller, 10.0)
                self.fake.tell('faults', path=f'{SHARING}/orders', **fault)
                self._try(self._sending(payout_id))
                self._let_it_be_slow('orders*')
                self._assert_failed(self._meet(self._asking(payout_id), self._asking(payout_id)), 1)
                self._assert_shared_once(payout_id, before, 1000)

    def _assert_shared_once(self, payout_id, before=(), fen=5000):
        self.fake.tell('calm')
        self._run_sharing_jobs()
        with self._cursor() as env:
            self.assertEqual(self._get_shares(env, payout_id).mapped('state'), ['success'])
            self.assertEqual(env['distribution.payout'].browse(payout_id).state, 'done')
        self.assertEqual(self._get_log('share'), [*before, ('share', fen)])

    def test_the_rest_that_two_persons_share_again_at_once_is_shared_once(self):
        self._earn(self.seller)
        self._earn(self.seller)
        self._tell('merchants', share_waits=True)
        payout_id = self._approve(self.seller, 150.0)
        self._try(self._sending(payout_id))
        with self._cursor() as env:
            shares = self._get_shares(env, payout_id)
            first, second = shares.mapped('name')
            payee = shares.receiver_id.payee
        self._tell('sharing', number=first)
        self._tell('merchants', share_faults={payee: 'ACCOUNT_ABNORMAL'})
        self._tell('sharing', number=second)
        self._tell('merchants', share_faults={}, share_waits=False)
        self._try(self._asking(payout_id))

        def share_rest(env):
            env['distribution.payout'].browse(payout_id).action_wechat_rest()

        self._assert_failed(self._meet(share_rest, share_rest), 1)
        self._run_sharing_jobs()
        with self._cursor() as env:
            shares = self._get_shares(env, payout_id)
            self.assertEqual(shares.mapped('state'), ['success', 'closed', 'success'])
            self.assertEqual(env['distribution.payout'].browse(payout_id).state, 'done')
        self.assertEqual(self._get_log('share'), [('share', 10_000), ('share', 5000)])

    # === TWO PAYOUTS OF ONE PAYMENT === #

    def test_two_payouts_at_once_share_no_more_than_the_ratio(self):
        [frozen_id] = self._earn(self.seller)
        with self._transaction() as env:
            env['distribution.wechat.frozen'].browse(frozen_id).rate = 12.0
        self._tell('merchants', share_ratio=1200)
        payouts = {self._approve(self.seller, 100.0): "20", self._approve(self.upline, 50.0): "70"}
        self._let_it_be_slow('orders')
        self._assert_failed(self._meet(*map(self._sending, payouts)), 1)
        self._run_sharing_jobs()
        with self._cursor() as env:
            one, other = env['distribution.payout'].browse(payouts).sorted('state')
            self.assertEqual((one.state, other.state), ('done', 'draft'))
            self.assertIn(payouts[one.id] if one.amount == 50.0 else "20", other.obstacle)
            self.assertFalse(other.wechat_share_ids)
            self.assertEqual(self._get_log('share'), [('share', round(one.amount * 100))])

    def test_two_payouts_at_once_that_fit_are_both_shared(self):
        [frozen_id] = self._earn(self.seller)
        payout_ids = [self._approve(self.seller, 100.0), self._approve(self.upline, 50.0)]
        self._let_it_be_slow('orders')
        self._meet(*map(self._sending, payout_ids))
        self._run_sharing_jobs()
        with self._cursor() as env:
            self.assertEqual(env['distribution.payout'].browse(payout_ids).mapped('state'), ['done', 'done'])
            self.assertEqual(env['distribution.wechat.frozen'].browse(frozen_id).share_count, 2)
        self.assertEqual(sorted(self._get_log('share')), [('share', 5000), ('share', 10_000)])

    # === UNFREEZING === #

    def test_nothing_is_shared_after_the_unfreezing_was_asked_for(self):
        sellers = self.ids['sellers']
        for frozen_id, distributor_id, slow in zip(
                self._earn(*sellers), sellers, ('orders', 'orders/unfreeze'), strict=True):
            with self.subTest(slow):
                self.fake.tell('calm')
                self._tell('merchants', money=[])
                payout_id = self._approve(distributor_id, 50.0)
                self._let_it_be_slow(slow)
                self._meet(self._sending(payout_id), self._unfreezing(frozen_id))
                self._assert_shared_or_unfrozen(payout_id, frozen_id)

    def test_a_payment_that_is_being_shared_is_not_unfrozen(self):
        [frozen_id] = self._earn(self.seller)
        payout_id = self._approve(self.seller, 100.0)
        self.fake.tell('faults', path=f'{SHARING}/orders', status=502)
        with self._cursor() as late:        # knows it as it was before
            self.assertEqual(late['distribution.wechat.frozen'].browse(frozen_id).share_count, 0)
            self._try(self._sending(payout_id))
            with self.assertRaises(Error):
                self._unfreezing(frozen_id)(late)
        self._assert_failed(self._meet(self._unfreezing(frozen_id)), 1)
        self._assert_shared_or_unfrozen(payout_id, frozen_id)
        self.assertEqual(self._get_log('share'), [('share', 10_000)])

    def test_a_payment_that_is_being_unfrozen_is_not_shared(self):
        [frozen_id] = self._earn(self.seller)
        payout_id = self._approve(self.seller, 100.0)
        with self._cursor() as late:
            self.assertEqual(late['distribution.wechat.frozen'].browse(frozen_id).state, 'frozen')
            self._try(self._pressing([frozen_id]))
            with self.assertRaises(Error):
                late['distribution.payout'].browse(payout_id)._send()
        self._assert_shared_or_unfrozen(payout_id, frozen_id)
        self.assertEqual(self._get_log('share'), [])

    def _assert_shared_or_unfrozen(self, payout_id, frozen_id):
        """Whoever came second waits, or fails; nothing is left half done."""
        self.fake.tell('calm')
        self._run_sharing_jobs()
        with self._cursor() as env:
            payout = env['distribution.payout'].browse(payout_id)
            frozen = env['distribution.wechat.frozen'].browse(frozen_id)
            kinds = [kind for kind, _amount in self._get_log('share', 'unfreeze')]
            if payout.state == 'done':
                self.assertEqual((kinds[0], payout.wechat_share_ids.mapped('state')), ('share', ['success']))
            else:
                self.assertEqual((payout.state, payout.wechat_share_ids.ids, kinds), ('draft', [], ['unfreeze']))
                self.assertEqual(frozen.state, 'unfrozen')
                self.assertIn("can be shared now", payout.obstacle)

    def test_two_jobs_at_once_unfreeze_a_payment_once(self):
        [frozen_id] = self._earn(self.seller)
        unfreeze = self._doing('distribution.wechat.frozen', '_cron_unfreeze')
        for state in ('frozen', 'unfreezing'):
            with self.subTest(state):
                if state == 'unfreezing':
                    [frozen_id] = self._earn(self.seller)
                    self._try(self._pressing([frozen_id]))
                else:
                    self.clock = self._get_last_day(frozen_id)
                self._let_it_be_slow('orders/unfreeze')
                before = len(self._get_log('unfreeze'))
                self.assertEqual(self._meet(unfreeze, unfreeze, unfreeze), [None] * 3, "Who meets another goes on")
                self.fake.tell('calm')
                self._run_sharing_jobs()
                self.assertEqual(len(self._get_log('unfreeze')) - before, 1)
                with self._cursor() as env:
                    frozen = env['distribution.wechat.frozen'].browse(frozen_id)
                    self.assertEqual(frozen.state, 'unfrozen')
                    for call in self.fake.calls(f'{SHARING}/orders/unfreeze'):
                        self.assertEqual(frozen.platform_number in call['body'], frozen.name in call['body'])

    def _get_last_day(self, frozen_id):
        with self._cursor() as env:
            return env['distribution.wechat.frozen'].browse(frozen_id).share_until

    def test_a_payment_that_is_shared_at_this_moment_stops_no_other_from_being_unfrozen(self):
        frozen_ids = self._earn(self.seller, self.seller)
        self._try(self._pressing(frozen_ids))
        self._run_with_another_at_the_first('distribution.wechat.frozen', '_cron_unfreeze', frozen_ids)
        with self._cursor() as env:
            states = env['distribution.wechat.frozen'].browse(frozen_ids).mapped('state')
        self.assertEqual(states, ['unfreezing', 'unfrozen'])

    def _run_with_another_at_the_first(self, model, job, ids):
        """Run a job while somebody writes the first of its records, after it has looked for them."""
        with self._cursor() as late:
            search = type(late[model]).search

            def search_and_be_late(records, *args, **kwargs):
                found = search(records, *args, **kwargs)
                if found and found.ids[0] == ids[0]:
                    self._try(lambda env: env[model].browse(ids[0]).write({'error': "Somebody writes"}))
                return found

            with patch.object(type(late[model]), 'search', search_and_be_late):
                getattr(late[model], job)()

    # === RETURNS === #

    def test_a_return_that_two_persons_ask_for_at_once_comes_back_once(self):
        self._earn(self.ids['firm'])
        payout_id = self._approve(self.ids['firm'], 100.0)
        self._run_sharing_jobs()
        with self._transaction() as env:
            back_id = env['distribution.payout.return'].create({'payout_id': payout_id, 'reason': "Returned goods"}).id

        def take_back(env):
            env['distribution.payout.return'].browse(back_id).action_wechat_take_back()

        self._assert_failed(self._meet(take_back, take_back), 1)
        self._let_it_be_slow('return-orders')
        go_on = self._doing('distribution.wechat.return', '_cron_go_on')
        self.assertEqual(self._meet(go_on, go_on), [None] * 2, "Who meets another goes on")
        self.fake.tell('calm')
        self._run_sharing_jobs()
        with self._cursor() as env:
            back = env['distribution.payout.return'].browse(back_id)
            self.assertEqual(back.wechat_return_ids.mapped('state'), ['success'])
            self.assertEqual((back.state, back.payout_id.state), ('posted', 'returned'))
        self.assertEqual(self._get_log('return'), [('return', 10_000)])
        self._check_books()

    def test_a_return_that_another_worker_has_stops_no_other(self):
        self._earn(self.ids['firm'], self.ids['firm'])
        payout_ids = [self._approve(self.ids['firm'], 10.0), self._approve(self.ids['firm'], 20.0)]
        self._run_sharing_jobs()
        with self._transaction() as env:
            records = env['distribution.payout.return'].create([
                {'payout_id': payout_id, 'reason': "Returned goods"} for payout_id in payout_ids])
            records.action_wechat_take_back()
            back_ids = records.wechat_return_ids.sorted('id').ids
        self._run_with_another_at_the_first('distribution.wechat.return', '_cron_go_on', back_ids)
        with self._cursor() as env:
            self.assertEqual(env['distribution.wechat.return'].browse(back_ids).mapped('state'), ['new', 'success'])

    def test_of_a_payment_nothing_is_shared_twice_for_a_payout_before_the_first_is_over(self):
        self._earn(self.seller)
        self._tell('merchants', share_waits=True)
        payout_id = self._approve(self.seller, 50.0)
        self._try(self._sending(payout_id))
        with self._cursor() as env, mute_logger('odoo.sql_db'):
            [share] = self._get_shares(env, payout_id)
            with self.assertRaises(IntegrityError):
                share._create_for(share.payout_id, share.frozen_id, share.receiver_id, 100, 100)

    def test_a_payout_whose_two_parts_come_back_at_once_is_returned(self):
        self._earn(self.ids['firm'], self.ids['firm'])
        payout_id = self._approve(self.ids['firm'], 150.0)
        self._run_sharing_jobs()
        with self._transaction() as env:
            record = env['distribution.payout.return'].create({'payout_id': payout_id, 'reason': "Returned goods"})
            record.action_wechat_take_back()
            backs = record.wechat_return_ids.ids
        for back_id in backs:       # as if neither had seen the other
            self._try(lambda env, back_id=back_id: env['distribution.wechat.return'].browse(back_id)._go_on())
        self._run_sharing_jobs()
        with self._cursor() as env:
            self.assertEqual(env['distribution.payout'].browse(payout_id).state, 'returned')
        self._check_books()
