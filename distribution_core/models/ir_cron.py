import logging
import threading

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import LockError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)
_lock = threading.Lock()        # held by who rings
_waiting = set()                # databases whose bell is about to be rung


class IrCron(models.Model):
    _inherit = 'ir.cron'

    @api.model
    def _distribution_wake(self, xml_id):
        """Have a job run soon, once in a transaction.

        As `_trigger` does, but for what somebody would wait for: reading the job, the defaults of the trigger, and the
        bell that wakes its workers.
        The bell takes a connection of its own, longer than all the rest, so it is rung beside the request, and once
        for all who commit before it is: a crowd does not use up the connections.

        :param str xml_id: Of the job.
        """
        woken = self.env.cr.precommit.data.setdefault('distribution.woken', set())
        if xml_id not in woken:
            woken.add(xml_id)
            now = fields.Datetime.now()
            self.env.execute_query(SQL(
                "INSERT INTO ir_cron_trigger (cron_id, call_at, create_date, write_date) VALUES (%s, %s, %s, %s) RETURNING id",
                self.env['ir.model.data']._xmlid_to_res_id(xml_id, raise_if_not_found=True), now, now, now))
            self.env.cr.postcommit.add(self._distribution_ring)

    def _distribution_ring(self):
        """Ring soon, unless somebody is about to."""
        database = self.env.cr.dbname
        if database not in _waiting:
            _waiting.add(database)
            threading.Thread(target=self._distribution_ring_once, args=(database,), daemon=True).start()

    def _distribution_ring_once(self, database):
        with _lock:
            _waiting.discard(database)      # who commits from here on rings anew
            self._notifydb()

    @api.model
    def _distribution_for_each(self, records, step, expected=(), fail=None):
        """Take a step with each record, in a transaction of its own; what goes wrong with one stops no other.

        A record that somebody else works on at this moment is theirs, and comes again in the next run.

        :param BaseModel records: To be locked one by one.
        :param str step: Name of the method; it may commit. It returns True when there is more to do with this record at once.
        :param tuple[type] expected: Errors that are part of life: they are told without their traceback.
        :param str|None fail: Name of the method that keeps an error, after all else was rolled back.
        :return: Whether there is time left.
        :rtype: bool
        """
        for done, record in enumerate(records, start=1):
            is_more = True
            while is_more:
                is_more = self._distribution_do_apart(record, step, expected, fail)
                if not self._commit_progress(1, remaining=len(records) - done + is_more):
                    return False
        return True

    def _distribution_do_apart(self, record, step, expected, fail):
        """Return whether there is more to do with the record at once."""
        is_more = False
        try:
            if record.try_lock_for_update():
                is_more = getattr(record, step)() is True
                self.env.flush_all()
            return is_more
        except (LockError, OperationalError) as error:
            self.env.cr.rollback()
            _logger.info("%s: somebody else is at it (%s)", record, type(error).__name__)
        except Exception as error:
            self.env.cr.rollback()
            if isinstance(error, expected):
                _logger.info("%s is left for the next run: %s", record, error)
            else:
                _logger.exception("%s is left for the next run", record)
            if fail and record.try_lock_for_update():
                getattr(record, fail)(error)
        return False

    @api.model
    def _distribution_in_batches(self, step, remaining=None):
        """Take a step again and again, until there is nothing left to do or no time. Any number of workers may do so at once.

        When two of them meet, the database tells one so; it rolls back and tries its batch again.

        :param step: Called without arguments; returns how many were worked on, 0 when there was nothing to do.
        :param remaining: Called without arguments; returns how many are left.
        """
        while True:
            try:
                done = step()
            except OperationalError:    # serialization failure or deadlock: what the other one did is visible now
                self.env.cr.rollback()
                _logger.info("%s: met another worker, trying again", step.__qualname__)
                is_time = self._commit_progress()
            else:
                is_time = done and self._commit_progress(done, remaining=remaining() if remaining else None)
            if not is_time:
                return
