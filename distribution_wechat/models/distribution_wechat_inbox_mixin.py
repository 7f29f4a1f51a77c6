from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

_BATCH = 100
_TRIES_MAX = 5


class DistributionWechatInboxMixin(models.AbstractModel):
    """What a platform has told, once however often it came.

    The platform gets its answer at once; what it means is worked out by a scheduled job. A model of them has a unique
    index on `key`.
    """
    _name = 'distribution.wechat.inbox.mixin'
    _description = "What a Platform Has Told"
    _order = 'id desc'
    _log_access = False

    _job = ''                   # the external id of the job that works on them
    _handled_by = 'kind'        # the field that says what it means
    _retention_days = 90

    key = fields.Char(required=True, readonly=True, help="Equal for repetitions.")
    kind = fields.Char(required=True, readonly=True)
    received_at = fields.Datetime(string="Received", required=True, readonly=True, index=True)
    state = fields.Selection(
        selection=[('new', "New"), ('done', "Done"), ('failed', "Failed")], required=True, readonly=True)
    tries = fields.Integer(readonly=True)
    error = fields.Char(readonly=True)

    _new_idx = models.Index("(tries, id) WHERE state = 'new'")

    # === ACTION METHODS === #

    def action_retry(self):
        """Button: work on what has failed once more."""
        self.check_access('read')
        failed_sudo = self.sudo().filtered(lambda told: told.state == 'failed')
        failed_sudo.write({'state': 'new', 'tries': 0, 'error': False})
        self._wake()

    # === BUSINESS METHODS === #

    @api.model
    def _take(self, values, has_meaning):
        """Take what was told, unless it was taken before: one INSERT, whose unique key decides between two at once.

        :param dict values: Of the columns of the model; JSON as text.
        :param bool has_meaning: Whether there is something to do; else it is done.
        :return: Whether it is new.
        :rtype: bool
        """
        values = {
            **values, 'received_at': fields.Datetime.now(), 'state': 'new' if has_meaning else 'done', 'tries': 0}
        rows = self.env.execute_query(SQL(
            "INSERT INTO %s (%s) VALUES (%s) ON CONFLICT DO NOTHING RETURNING id",
            SQL.identifier(self._table),
            SQL(", ").join(SQL.identifier(name) for name in values),
            SQL(", ").join(values.values()),
        ))
        if rows and has_meaning:
            self._wake()
        return bool(rows)

    @api.model
    def _wake(self):
        self.env['ir.cron']._distribution_wake(self._job)

    @api.model
    def _cron_process(self):
        """Work on what is new, each in a transaction of its own: what failed before after the rest, and once in a run."""
        todo = self.search([('state', '=', 'new')], order='tries, id', limit=_BATCH)
        self.env['ir.cron']._distribution_for_each(todo, '_process', fail='_put_off')
        if len(todo) == _BATCH:
            self._wake()        # the rest is for a run of its own

    def _process(self):
        """Do what it asks for."""
        if self.state == 'new':
            getattr(self, self._get_handlers()[self[self._handled_by]])()
            self.state = 'done'

    def _put_off(self, error):
        """Try again in the next run, a number of times."""
        tries = self.tries + 1
        self.write({'tries': tries, 'error': type(error).__name__, 'state': 'failed' if tries >= _TRIES_MAX else 'new'})

    @api.autovacuum
    def _gc_old(self):
        """Delete what is too old to come again."""
        if not self._abstract:
            limit = fields.Datetime.now() - timedelta(days=self._retention_days)
            self.search([('received_at', '<', limit), ('state', '!=', 'new')], limit=10_000).unlink()

    # === GETTERS === #

    @api.model
    def _get_handlers(self):
        """Hook: return the methods by what they are for.

        :rtype: dict[str, str]
        """
        return {}
