import threading
from unittest.mock import patch

from odoo import fields
from odoo.tests import TransactionCase, tagged

JOB = 'distribution_core.ir_cron_level_run'


@tagged('post_install', '-at_install')
class TestCron(TransactionCase):

    def test_a_job_is_woken_once_in_a_transaction(self):
        triggers = self.env['ir.cron.trigger']
        job = self.env.ref(JOB)
        triggers.search([('cron_id', '=', job.id)]).unlink()
        for _time in range(3):
            self.env['ir.cron']._distribution_wake(JOB)
        found = triggers.search([('cron_id', '=', job.id)])
        self.assertEqual(len(found), 1)
        self.assertLessEqual(found.call_at, fields.Datetime.now())

    def test_the_bell_is_rung_once_for_all_who_come_before_it(self):
        """Ten come while somebody rings: one more ring is for all of them, and none of them waits."""
        cron, rings, ringing, go_on = self.env['ir.cron'], [], threading.Event(), threading.Event()

        def ring(_cron):
            rings.append(threading.current_thread())
            ringing.set()
            go_on.wait(10)

        with patch.object(type(cron), '_notifydb', ring):
            cron._distribution_ring()
            self.assertTrue(ringing.wait(10))
            for _crowd in range(10):
                cron._distribution_ring()
            first = rings[0]
            go_on.set()
            for thread in [first, *(t for t in threading.enumerate() if '_distribution_ring_once' in t.name)]:
                thread.join(10)
        self.assertEqual(len(rings), 2)
