import threading

from odoo import api, fields, models
from odoo.tools import SQL

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
