from datetime import UTC, datetime

from odoo import api, fields, models


class DistributionWechatMessage(models.Model):
    """A message or event that the platform has pushed. What people write is answered and not kept.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | manager          | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.message'
    _description = "WeChat Message"
    _inherit = ['distribution.wechat.inbox.mixin']
    _rec_name = 'kind'
    _log_access = False

    _job = 'distribution_wechat.ir_cron_process_messages'
    _handled_by = 'event'
    _retention_days = 30

    account_id = fields.Many2one(
        comodel_name='distribution.wechat.account', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='account_id.company_id', store=True, index=True)
    openid = fields.Char(string="OpenID", readonly=True, index='btree_not_null')
    event = fields.Char(readonly=True)
    scene = fields.Char(readonly=True, help="What a scanned code says.")
    reference = fields.Char(readonly=True, help="The notice that it reports on.")
    status = fields.Char(readonly=True, help="What became of the notice.")
    at = fields.Datetime(string="Sent", required=True, readonly=True)

    _key_uniq = models.UniqueIndex('(account_id, key)', "A message is taken once.")

    # === BUSINESS METHODS === #

    @api.model
    def _receive(self, account, message):
        """Take a message, unless it was taken before.

        Events that mean nothing here are kept as done: so it can be seen that the platform speaks to us.

        :param distribution.wechat.account account:
        :param Message message:
        :return: Whether it is new.
        :rtype: bool
        """
        sent_at = datetime.fromtimestamp(message.at, UTC).replace(tzinfo=None)
        return self._take({
            'account_id': account.id,
            'company_id': account.company_id.id,
            'key': message.key,
            'openid': message.openid,
            'kind': message.kind[:64],
            'event': message.event[:64] or None,
            'scene': message.scene[:64] or None,
            'reference': (message.message_id[:32] or None) if message.event else None,
            'status': message.status[:64] or None,
            'at': min(fields.Datetime.now(), sent_at),
        }, message.event in self._get_handlers())

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
        """Override of the mixin."""
        return {
            **super()._get_handlers(),
            'subscribe': '_on_follow',
            'scan': '_on_scan',
            'unsubscribe': '_on_unfollow',
            'user_authorization_revoke': '_on_revoke',
            'user_authorization_cancellation': '_on_revoke',
            'templatesendjobfinish': '_on_notice_reported',
        }
