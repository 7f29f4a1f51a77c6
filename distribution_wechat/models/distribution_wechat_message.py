import logging
from datetime import UTC, datetime, timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)
_BATCH = 100
_TRIES_MAX = 5
_RETENTION_DAYS = 30


class DistributionWechatMessage(models.Model):
    """A message or event that the platform has pushed, once however often it came.

    The platform gets its answer at once; what the event means is worked out by a scheduled job. What
    people write is answered and not kept.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | manager          | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.message'
    _description = "WeChat Message"
    _order = 'id desc'
    _rec_name = 'kind'
    _log_access = False

    account_id = fields.Many2one(
        comodel_name='distribution.wechat.account', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='account_id.company_id', store=True, index=True)
    key = fields.Char(required=True, readonly=True, help="Equal for repetitions of one message.")
    openid = fields.Char(string="OpenID", readonly=True, index='btree_not_null')
    kind = fields.Char(required=True, readonly=True)
    event = fields.Char(readonly=True)
    scene = fields.Char(readonly=True, help="What a scanned code says.")
    reference = fields.Char(readonly=True, help="The notice that it reports on.")
    status = fields.Char(readonly=True, help="What became of the notice.")
    at = fields.Datetime(string="Sent", required=True, readonly=True)
    received_at = fields.Datetime(string="Received", required=True, readonly=True, index=True)
    state = fields.Selection(
        selection=[('new', "New"), ('done', "Done"), ('failed', "Failed")],
        required=True,
        readonly=True,
    )
    tries = fields.Integer(readonly=True)
    error = fields.Char(readonly=True)

    _key_uniq = models.UniqueIndex('(account_id, key)', "A message is taken once.")
    _new_idx = models.Index("(id) WHERE state = 'new'")

    # === ACTION METHODS === #

    def action_retry(self):
        """Button: work on what has failed once more."""
        self.check_access('read')
        failed_sudo = self.sudo().filtered(lambda message: message.state == 'failed')
        failed_sudo.write({'state': 'new', 'tries': 0, 'error': False})
        self._wake()

    # === BUSINESS METHODS === #

    @api.model
    def _receive(self, account, message):
        """Take a message, unless it was taken before.

        One INSERT, whose unique key decides between two that come at once. Events that mean nothing
        here are kept as done: so it can be seen that the platform speaks to us.

        :param distribution.wechat.account account:
        :param Message message:
        :return: Whether it is new.
        :rtype: bool
        """
        now = fields.Datetime.now()
        has_meaning = message.event in self._get_handlers()
        values = {
            'account_id': account.id,
            'company_id': account.company_id.id,
            'key': message.key,
            'openid': message.openid,
            'kind': message.kind[:64],
            'event': message.event[:64] or None,
            'scene': message.scene[:64] or None,
            'reference': (message.message_id[:32] or None) if message.event else None,
            'status': message.status[:64] or None,
            'at': min(now, datetime.fromtimestamp(message.at, UTC).replace(tzinfo=None)),
            'received_at': now,
            'state': 'new' if has_meaning else 'done',
            'tries': 0,
        }
        rows = self.env.execute_query(SQL(
            "INSERT INTO distribution_wechat_message (%s) VALUES (%s) ON CONFLICT DO NOTHING RETURNING id",
            SQL(", ").join(SQL.identifier(name) for name in values),
            SQL(", ").join(values.values()),
        ))
        if rows and has_meaning:
            self._wake()
        return bool(rows)

    @api.model
    def _wake(self):
        self.env['ir.cron']._distribution_wake('distribution_wechat.ir_cron_process_messages')

    @api.model
    def _cron_process(self):
        """Work on the messages in batches."""
        self.env['ir.cron']._distribution_in_batches(self._process, lambda: self.search_count([('state', '=', 'new')]))

    @api.model
    def _process(self, limit=_BATCH):
        """Do what the oldest messages ask for; any number of workers share them.

        One that fails stays for the next time, and stops no other.

        :return: How many were worked on.
        :rtype: int
        """
        rows = self.env.execute_query(SQL(
            """
            SELECT id FROM distribution_wechat_message
             WHERE state = 'new'
          ORDER BY id
             LIMIT %s
               FOR UPDATE SKIP LOCKED
            """, limit))
        for message in self.browse(id_ for id_, in rows):
            message._process_one()
        return len(rows)

    def _process_one(self):
        try:
            with self.env.cr.savepoint():
                getattr(self, self._get_handlers()[self.event])()
                self.state = 'done'
        except OperationalError:    # met another worker: the whole batch is tried again
            raise
        except Exception as error:
            _logger.exception("WeChat message %s could not be worked on", self.id)
            tries = self.tries + 1
            self.write({
                'tries': tries, 'error': type(error).__name__, 'state': 'failed' if tries >= _TRIES_MAX else 'new'})

    @api.autovacuum
    def _gc_messages(self):
        """Delete what is too old to come again."""
        limit = fields.Datetime.now() - timedelta(days=_RETENTION_DAYS)
        self.search([('received_at', '<', limit), ('state', '!=', 'new')], limit=10_000).unlink()

    # === EVENTS === #

    def _on_follow(self):
        """Somebody follows the account, perhaps by a code of a distributor."""
        self.env['distribution.wechat.identity']._ensure(self.account_id, self.openid)._set_follows(self.at)
        self._on_scan()

    def _on_scan(self):
        """Somebody has scanned a code: a touch of the distributor, dated when it happened.

        Only who follows is told of so: who followed before this server listened is known by it.
        """
        self.env['distribution.wechat.identity']._find(self.account_id, self.openid)._set_follows(self.at)
        if self.scene:
            self.env['distribution.touch']._record_scan(self.account_id, self.openid, self.scene, self.at)

    def _on_unfollow(self):
        """Somebody follows no longer: the platform wants what the account knows to be forgotten."""
        self.env['distribution.wechat.identity']._find(self.account_id, self.openid)._forget_follower()
        self._forget()

    def _on_revoke(self):
        """Somebody takes the consent back, or has closed the account at WeChat: nothing is left of it."""
        identity = self.env['distribution.wechat.identity']._find(self.account_id, self.openid)
        identity._forget_person()
        identity.unlink()
        self._forget()

    def _on_notice_reported(self):
        """The platform says what became of a notice that it took."""
        if self.reference:
            self.env['distribution.wechat.notice'].search([
                ('account_id', '=', self.account_id.id), ('platform_id', '=', self.reference),
            ])._set_delivered(self.status)

    def _forget(self):
        """Take the openid out of all messages of this person, this one as well."""
        self.search([('account_id', '=', self.account_id.id), ('openid', '=', self.openid)]).openid = False

    # === GETTERS === #

    @api.model
    def _get_handlers(self):
        """Hook: return the methods by the events that mean something.

        :rtype: dict[str, str]
        """
        return {
            'subscribe': '_on_follow',
            'scan': '_on_scan',
            'unsubscribe': '_on_unfollow',
            'user_authorization_revoke': '_on_revoke',
            'user_authorization_cancellation': '_on_revoke',
            'templatesendjobfinish': '_on_notice_reported',
        }
