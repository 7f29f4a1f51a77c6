from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import DistributionCommon


@tagged('post_install', '-at_install')
class TestShadow(DistributionCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.runs = cls.env['distribution.shadow.run'].sudo()
        cls.order = cls._create_order()
        cls.invoice = cls._invoice(cls.order)
        cls._process()

    def _run(self, limit=500):
        run = self.runs._find_or_create(self.company)
        while run._check_batch(limit):
            self.assertEqual(self.runs._find_or_create(self.company), run)
        return run

    def _delete_marks(self):
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM distribution_event")

    def test_everything_agrees(self):
        self.env['distribution.adjustment'].create({
            'commission_id': self.env['distribution.commission'].search([], limit=1).id, 'amount': 2,
            'reason': "Goodwill"}).action_submit()
        self._invoice(self._create_order())
        self._process()
        run = self._run(limit=1)
        self.assertRecordValues(run, [{'checked_count': 2, 'difference_count': 0}])
        self.assertTrue(run.finished_at)
        self.assertNotEqual(self.runs._find_or_create(self.company), run)

    def test_a_lost_mark_is_found_and_nothing_is_repaired(self):
        self._refund(self.invoice, 40.0)
        self._delete_marks()
        run = self._run()
        self.assertRecordValues(run.difference_ids.sorted('tier'), [
            {'distributor_id': self.seller.id, 'order_id': self.order.id, 'posted_amount': 10, 'target_amount': 6},
            {'distributor_id': self.upline.id, 'order_id': self.order.id, 'posted_amount': 5, 'target_amount': 3},
        ])
        difference = run.difference_ids.sorted('tier')[0]
        self.assertEqual((difference.posted_trace['amount'], difference.target_trace['amount']), (1000, 600))
        self.assertBalances(self.seller, merchant=-10, pending=10)
        officer = new_test_user(self.env, 'officer', groups='distribution_core.group_distribution_user')
        difference.with_user(officer).action_look_again()
        self._process()
        self.assertBalances(self.seller, merchant=-6, pending=6)
        self.assertEqual(self._run().difference_count, 0)

    def test_what_was_never_posted_is_found(self):
        self._invoice(self._create_order())
        self._delete_marks()
        self.assertRecordValues(self._run().difference_ids.sorted('tier'), [
            {'commission_id': False, 'posted_amount': 0, 'target_amount': 10},
            {'commission_id': False, 'posted_amount': 0, 'target_amount': 5},
        ])

    def test_marked_orders_are_left_to_the_processor(self):
        self._refund(self.invoice, 40.0)
        self.assertRecordValues(self._run(), [{'checked_count': 0, 'difference_count': 0}])

    def test_nobody_writes_differences(self):
        manager = new_test_user(self.env, 'manager', groups='distribution_core.group_distribution_manager')
        with self.assertRaises(AccessError):
            self.runs.with_user(manager).create({'company_id': self.company.id, 'started_at': '2026-01-01'})
