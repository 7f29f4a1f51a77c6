from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestEvent(DistributionCommon):
    """The work queue, when something goes wrong."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.events = cls.env['distribution.event']
        cls.officer = new_test_user(cls.env, 'officer', groups='distribution_core.group_distribution_user')
        cls.poisoned, cls.sound = cls._create_order(), cls._create_order()
        for order in (cls.poisoned, cls.sound):
            cls._invoice(order)

    @mute_logger('odoo.addons.distribution_commission.models.distribution_event')
    def _process_poisoned(self):
        facts = type(self.env['sale.order'])._distribution_get_facts

        def break_one(orders, told_at):
            if self.poisoned.id in told_at:
                raise ValueError("broken")
            return facts(orders, told_at)

        with patch.object(type(self.env['sale.order']), '_distribution_get_facts', break_one):
            self._process()

    def test_one_broken_order_stops_no_other_and_says_why(self):
        self._process_poisoned()
        self.assertBalances(self.seller, merchant=-10, pending=10)
        events = self.events.search([])
        self.assertEqual(set(events.mapped('order_ref')), {self.poisoned.id})
        self.assertEqual(set(events.mapped('error')), {"ValueError: broken"})
        self.assertEqual(set(events.mapped('tries')), {1})
        self.assertTrue(all(events.mapped('failed_at')))
        self.assertEqual(self.events.search([('state', '=', 'failed')]), events)
        self.assertFalse(self.events.search([('state', '=', 'waiting')]))

    def test_telling_takes_two_statements_and_wakes_the_job_once(self):
        orders = self.poisoned | self.sound
        job = self.env.ref('distribution_commission.ir_cron_process_events')
        woken = self.env.cr.precommit.data.setdefault('distribution.woken', set())
        woken.clear()
        self.events._trigger()      # warms the caches
        woken.clear()
        self.env['ir.cron.trigger'].search([('cron_id', '=', job.id)]).unlink()
        self.env.flush_all()
        with self.assertQueryCount(2):
            orders._distribution_notify('edited')
        with self.assertQueryCount(1):
            orders._distribution_notify('paid')
        self.assertEqual(self.env['ir.cron.trigger'].search_count([('cron_id', '=', job.id)]), 1)
        self.assertEqual(self.events.search_count([('reason', '=', 'edited')]), 2)

    def test_a_failure_leaves_one_activity_on_the_order(self):
        for _again in range(2):
            self._process_poisoned()
            self.events.search([]).action_retry()
        self.assertEqual(len(self.poisoned.activity_ids), 1)
        self.assertFalse(self.sound.activity_ids)

    def test_an_officer_lets_it_try_again(self):
        self._process_poisoned()
        events = self.events.search([])
        events.with_user(self.officer).action_retry()
        self.assertEqual(set(events.mapped('state')), {'waiting'})
        self._process_poisoned()
        self.assertEqual(set(events.mapped('tries')), {2})
        events.with_user(self.officer).action_retry()
        self._process()
        self.assertFalse(self.events.search([]))
        self.assertBalances(self.seller, merchant=-20, pending=20)

    def test_nobody_else_does(self):
        self._process_poisoned()
        events = self.events.search([])
        for groups in ('base.group_portal', 'base.group_user'):
            user = new_test_user(self.env, groups, groups=groups)
            with self.subTest(groups), self.assertRaises(AccessError):
                events.with_user(user).action_retry()
        self.assertEqual(set(events.mapped('state')), {'failed'})
