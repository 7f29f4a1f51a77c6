import logging
import threading
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.sql_db import db_connect
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

JOB = 'distribution_core.ir_cron_level_run'
LOGGER = 'odoo.addons.distribution_core.models.ir_cron'


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


@tagged('post_install', '-at_install')
class TestCronSteps(TransactionCase):
    """What jobs share: a step with each record, or batch by batch. The records are tags of partners."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tags = cls.env['res.partner.category'].create([{'name': name} for name in ('A', 'B', 'C')])

    def _run_for_each(self, tags, step, **options):
        """Take a step with each tag, in a job's cursor; failures are kept as the name."""
        def fail(tag, error):
            tag.name = f'{type(error).__name__} of {tag.name}'

        model_class = type(tags)
        self.env.flush_all()
        with patch.object(model_class, '_do_step', step, create=True), patch.object(model_class, '_fail', fail, create=True), \
                self.enter_registry_test_mode(), self.registry.cursor() as cr:
            result = self.env(cr=cr)['ir.cron']._distribution_for_each(tags.with_env(self.env(cr=cr)), '_do_step', **options)
        self.env.invalidate_all()
        return result

    def test_what_goes_wrong_with_one_is_undone_and_stops_no_other(self):
        def step(tag):
            tag.name = f'{tag.name} done'
            if tag == self.tags[1]:
                raise ZeroDivisionError

        with self.assertLogs(LOGGER, 'ERROR') as logs:
            self.assertTrue(self._run_for_each(self.tags, step))
        self.assertEqual(self.tags.mapped('name'), ['A done', 'B', 'C done'])
        self.assertIn('ZeroDivisionError', logs.output[0])

    def test_an_error_is_kept_and_one_that_is_expected_is_no_alarm(self):
        def step(tag):
            tag.name = 'gone'
            raise LookupError("not today")

        with self.assertLogs(LOGGER, logging.INFO) as logs:
            self._run_for_each(self.tags, step, expected=(LookupError,), fail='_fail')
        self.assertEqual(self.tags.mapped('name'), ['LookupError of A', 'LookupError of B', 'LookupError of C'])
        self.assertEqual([record.levelname for record in logs.records], ['INFO'] * 3)

    def test_what_the_database_says_while_it_is_written_is_met_here(self):
        """A value that cannot be written is seen when it is flushed: within the step, not at the next one's commit."""
        def step(tag):
            tag.name = f'{tag.name} done'
            tag.color = 2 ** 40 if tag == self.tags[0] else 1

        with self.assertLogs(LOGGER, 'ERROR'), self.assertLogs('odoo.sql_db', 'ERROR'):
            self._run_for_each(self.tags, step)
        self.assertEqual(self.tags.mapped('name'), ['A', 'B done', 'C done'])

    def test_a_record_that_somebody_else_works_on_is_theirs(self):
        country = self.env.ref('base.cn') + self.env.ref('base.de')
        seen = []
        with db_connect(self.env.cr.dbname).cursor() as other:
            other.execute(SQL("SELECT 1 FROM res_country WHERE id = %s FOR UPDATE", country[0].id))
            self._run_for_each(country, lambda record: seen.append(record.code), fail='_fail')
        self.assertEqual(seen, ['DE'])

    def test_who_meets_another_worker_is_not_at_fault(self):
        def step(_tag):
            raise SerializationFailure("could not serialize access due to concurrent update")

        with self.assertLogs(LOGGER, logging.INFO) as logs:
            self._run_for_each(self.tags, step, fail='_fail')
        self.assertEqual(self.tags.mapped('name'), ['A', 'B', 'C'])
        self.assertEqual({record.levelname for record in logs.records}, {'INFO'})

    def test_a_step_that_has_more_to_do_is_taken_again(self):
        def step(tag):
            tag.name += '+'
            return tag.name == 'B+'

        self._run_for_each(self.tags, step)
        self.assertEqual(self.tags.mapped('name'), ['A+', 'B++', 'C+'])

    def test_without_time_the_rest_is_for_the_next_run(self):
        seen = []
        with patch.object(type(self.env['ir.cron']), '_commit_progress', lambda *_args, **_kwargs: 0):
            self.assertFalse(self._run_for_each(self.tags, lambda tag: seen.append(tag.name)))
        self.assertEqual(seen, ['A'])

    def test_batches_go_on_until_nothing_is_left_and_one_that_met_another_worker_is_tried_again(self):
        answers, progress = iter([2, SerializationFailure(), 1, 0]), []

        def step():
            answer = next(answers)
            tag = self.tags[0].with_env(job_env)
            tag.name = f'{tag.name} {answer}'
            tag.flush_recordset()
            if isinstance(answer, Exception):
                raise answer
            return answer

        def commit_progress(cron, done=0, *, remaining=None):
            cron.env.cr.commit()
            progress.append((done, remaining))
            return 1

        with self.enter_registry_test_mode(), self.registry.cursor() as cr, \
                patch.object(type(self.env['ir.cron']), '_commit_progress', commit_progress):
            job_env = self.env(cr=cr)
            job_env['ir.cron']._distribution_in_batches(step, lambda: 7)
        self.env.invalidate_all()
        self.assertEqual(progress, [(2, 7), (0, None), (1, 7)])
        self.assertEqual(self.tags[0].name, 'A 2 1 0')
        self.assertIsNone(next(answers, None))
