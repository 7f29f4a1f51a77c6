import signal
import time
from datetime import timedelta

from odoo.tests import tagged

from .test_payout_faults import run_child
from .wechat_sharing_storm_common import SHARING, WechatSharingFaultsCase

_CHILD = (
    "import_module('odoo.addons.distribution_wechat.wechat.pay').PayMerchant", 'create_sharing',
    "env['distribution.payout'].browse(arguments['payout'])._send()")


@tagged('post_install', '-at_install')
class TestWechatSharingLate(WechatSharingFaultsCase):
    """Workers that are killed, and calls that arrive after they were given up."""

    SELLERS = 2

    # === WORKERS THAT ARE KILLED === #

    def test_a_worker_that_is_killed_leaves_a_share_that_is_paid_once(self):
        """Real processes die by SIGKILL: before the share left, or after it was paid; a refusal of the receiver is no end then."""
        sellers = self.ids['sellers']
        self._earn(*sellers)
        with self._transaction() as env:
            self._search(env, 'distribution.wechat.receiver').added_at = False
        for seller_id, point in zip(sellers, ('before', 'after'), strict=True):
            with self.subTest(point):
                self._tell('merchants', money=[])
                payout_id = self._approve(seller_id, 10.0)
                self.assertEqual(
                    run_child(*_CHILD, company=self.ids['company'], payout=payout_id, point=point), -signal.SIGKILL)
                self.assertEqual(self._get_log('share'), [] if point == 'before' else [('share', 1000)])
                self.assertEqual(self._get_states(payout_id), ('sent', ['new']))
                self.fake.tell('faults', path=f'{SHARING}/receivers/add', status=400, text='{"code":"PARAM_ERROR"}')
                self._run_sharing_jobs()
                self.fake.tell('calm')
                self.assertEqual(self._get_states(payout_id), ('done', ['success']))
                self.assertEqual(self._get_log('share'), [('share', 1000)])
        self._let_the_last_day_come()
        self._check_books()

    def _get_states(self, payout_id):
        with self._cursor() as env:
            payout = env['distribution.payout'].browse(payout_id)
            return payout.state, payout.wechat_share_ids.mapped('state')

    # === WHAT ARRIVES LATE === #

    def test_a_return_is_not_ended_by_a_refusal_while_the_same_may_be_on_its_way(self):
        for title, fault, minutes, end in (
            ("it arrives late", {'status': 502, 'late': 2.0}, 1, 'success'),
            ("it never arrives", {'status': 502}, 60, 'failed'),
        ):
            with self.subTest(title):
                back_id = self._ask_back()
                refusal = {'status': 400, 'text': '{"code":"INVALID_REQUEST"}'}
                self.assertEqual(self._go_on_with(back_id, fault), 'new')
                self.assertEqual(self._go_on_with(back_id, refusal), 'new')
                time.sleep(fault.get('late', 0) + 0.5)
                self.clock += timedelta(minutes=minutes)
                self.assertEqual(self._go_on_with(back_id, refusal), end)
        self.assertEqual(self._get_log('return'), [('return', 1000)])
        self._let_the_last_day_come()
        self._check_books()

    def _go_on_with(self, back_id, fault):
        """Return the state after the job has met a fault."""
        self.fake.tell('faults', path=f'{SHARING}/return-orders', **fault)
        self._run_sharing_jobs()
        with self._cursor() as env:
            return env['distribution.wechat.return'].browse(back_id).state

    def _ask_back(self):
        """Return what is to be taken back of a company."""
        self._earn(self.ids['firm'])
        payout_id = self._approve(self.ids['firm'], 10.0)
        self._run_sharing_jobs()
        with self._transaction() as env:
            back = env['distribution.payout.return'].create({'payout_id': payout_id, 'reason': "Returned goods"})
            back.action_wechat_take_back()
            return back.wechat_return_ids.id

    def test_a_share_that_a_refund_has_left_too_little_for_gives_the_money_back(self):
        seller_id = self.ids['sellers'][0]
        [frozen_id] = self._earn(seller_id)
        payout_id = self._approve(seller_id, 50.0)
        self.fake.tell('faults', path=f'{SHARING}/orders', status=502)
        self._try(lambda env: env['distribution.payout'].browse(payout_id)._send())
        number = self._try(lambda env: env['distribution.wechat.frozen'].browse(
            frozen_id).transaction_id._refund(960.0).wechatpay_number)
        self._run_jobs()
        self._end_refund(number, 'SUCCESS')
        for state in ('sent', 'failed'):
            self._run_sharing_jobs()
            self.assertEqual(self._get_states(payout_id)[0], state)
            self.clock += timedelta(minutes=60)
        self.assertEqual((self._get_states(payout_id), self._get_log('share')), (('failed', ['refused']), []))
        self._run_jobs()
        self._let_the_last_day_come()
        self._check_books()
