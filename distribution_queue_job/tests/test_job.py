from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.distribution_commission.tests.common import DistributionCommon
from odoo.addons.queue_job.job import Job

_MODULE = 'odoo.addons.distribution_queue_job.models.distribution_event'


@tagged('post_install', '-at_install')
class TestJob(DistributionCommon):
    """Orders that are paid; batches of two marks each."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch(f'{_MODULE}.BATCH_SIZE', 2))
        cls.events = cls.env['distribution.event']
        cls.events.search([]).sudo().unlink()

    def _sell(self, count):
        """Let orders leave a mark each."""
        orders = self.env['sale.order'].concat(*(self._create_order() for _index in range(count)))
        for order in orders:
            self._invoice(order)
        self.env.flush_all()
        self.events.search([]).sudo().unlink()
        orders._distribution_notify('paid')
        return orders

    def _get_jobs(self):
        return self.env['queue.job'].sudo().search([('model_name', '=', 'distribution.event')], order='id')

    def _perform(self, jobs):
        for record in jobs:
            job = Job.load(self.env, record.uuid)
            job.perform()
            job.set_done()
            job.store()

    def _get_earned(self, orders):
        return orders.attribution_ids.commission_ids.filtered(lambda commission: commission.tier == 1).mapped(
            'earned_amount')

    def test_what_the_cron_does_at_once_needs_no_job(self):
        for count in (0, 1, 2):
            self._sell(count)
            with self.subTest(count):
                self.assertEqual(self.events._enqueue(), 0)
                self.assertFalse(self._get_jobs())
                self.events._process()

    def test_each_batch_but_the_first_gets_a_job(self):
        self._sell(5)
        self.assertEqual(self.events._enqueue(), 2)
        self.assertRecordValues(self._get_jobs(), [
            {'method_name': '_process', 'identity_key': f'distribution.event/{number}', 'args': [2], 'state': 'pending',
             'channel': 'root.distribution'}
            for number in (1, 2)
        ])

    def test_jobs_that_wait_are_not_made_again(self):
        self._sell(5)
        self.events._enqueue()
        self.events._enqueue()
        self.assertEqual(len(self._get_jobs()), 2)
        self._perform(self._get_jobs()[0])
        self._sell(7)
        self.events._enqueue()
        self.assertEqual(self._get_jobs().mapped('identity_key'), [
            'distribution.event/1', 'distribution.event/2', 'distribution.event/1', 'distribution.event/3'])

    def test_no_more_than_so_many_jobs_wait(self):
        self._sell(7)
        with patch(f'{_MODULE}._JOBS_AT_MOST', 2):
            self.assertEqual(self.events._enqueue(), 2)

    def test_jobs_and_the_cron_together_bring_everything_up_to_date(self):
        orders = self._sell(5)
        self.events._enqueue()
        self._perform(self._get_jobs())
        self.assertEqual(self._get_earned(orders), [10.0] * 4)
        self._process()
        self.assertEqual(self._get_earned(orders), [10.0] * 5)
        self.assertFalse(self.events.search([]))
        self.assertBooks()

    def test_the_cron_does_it_alone_where_nobody_runs_jobs(self):
        orders = self._sell(5)
        with self.enter_registry_test_mode():
            self.env.ref('distribution_commission.ir_cron_process_events').sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self._get_earned(orders), [10.0] * 5)
        self.assertEqual(len(self._get_jobs()), 2)

    def test_a_job_that_comes_late_finds_nothing_to_do(self):
        orders = self._sell(5)
        self.events._enqueue()
        self._process()
        self._perform(self._get_jobs())
        self.assertEqual(self._get_earned(orders), [10.0] * 5)
        self.assertEqual(len(orders.attribution_ids.commission_ids), 10)

    def test_customers_make_no_job(self):
        self._sell(5)
        self.assertFalse(self._get_jobs())
