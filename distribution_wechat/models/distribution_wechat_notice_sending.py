import logging
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

from ..wechat import (
    BadCredentials,
    Busy,
    NotDeliverable,
    NotSent,
    QuotaExceeded,
    Refused,
    TokenRefused,
    Unreachable,
)
from .distribution_wechat_template import APPLICATION

_logger = logging.getLogger(__name__)
_BATCH = 20
# Who claims a batch sends it within this time; if it dies instead, others take over.
_LEASE = timedelta(minutes=6)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
# The platform knows a repetition for ten minutes: later it would be sent a second time.
_REPEATABLE = timedelta(minutes=9)
_GIVE_UP = timedelta(days=2)
_DAY_OF_QUOTA = ZoneInfo('Asia/Shanghai')
_ERROR_MAX = 200
# Nothing was sent, and later it may go.
_NOT_NOW = (NotSent, Busy, QuotaExceeded, BadCredentials, TokenRefused)


class DistributionWechatNotice(models.Model):
    """How notices leave the outbox.

    A worker claims a few, commits, and sends each; what came of it is committed before the next. An answer
    that did not come leaves it open whether the message went out: it is repeated under its own number
    while the platform knows that, and not at all where the platform takes no number.
    """
    _inherit = 'distribution.wechat.notice'

    # === ACTION METHODS === #

    def action_retry(self):
        """Button: try once more to deliver what nobody was told of."""
        self.check_access('read')
        failed_sudo = self.sudo().filtered(lambda notice: notice.state == 'failed')
        failed_sudo.write({
            'state': 'waiting', 'tries': 0, 'error': False, 'unknown_since': False,
            'created_at': fields.Datetime.now(), 'next_try_at': fields.Datetime.now()})
        self.env['ir.cron']._distribution_wake('distribution_wechat.ir_cron_send_notices')

    # === BUSINESS METHODS === #

    @api.model
    def _cron_send(self):
        """Send what is due, batch by batch; any number of workers share it."""
        progress = self.env['ir.cron']._commit_progress
        progress(remaining=self.search_count([('state', '=', 'waiting'), ('next_try_at', '<=', fields.Datetime.now())]))
        while True:
            try:
                notices, doubts = self._claim()
            except OperationalError:    # met another worker
                self.env.cr.rollback()
                if not progress():
                    return
                continue
            if not notices or not progress():
                return
            away = {}
            for notice in notices:
                try:
                    notice._try(doubts[notice.id], away)
                except OperationalError:    # met another worker: it stays claimed, and doubtful
                    self.env.cr.rollback()
                progress(1)

    @api.model
    def _claim(self, limit=_BATCH):
        """Take the notices that are due, for a while: they are as doubtful as if they had been sent.

        :return: The notices, and since when each was doubtful before.
        :rtype: tuple[distribution.wechat.notice, dict[int, datetime|None]]
        """
        now = fields.Datetime.now()
        doubts = dict(self.env.execute_query(SQL(
            """
            SELECT id, unknown_since FROM distribution_wechat_notice
             WHERE state = 'waiting' AND next_try_at <= %s
          ORDER BY next_try_at, id
             LIMIT %s
               FOR UPDATE SKIP LOCKED
            """, now, limit)))
        self.env.execute_query(SQL(
            """
            UPDATE distribution_wechat_notice
               SET next_try_at = %s::timestamp, unknown_since = COALESCE(unknown_since, %s::timestamp), tries = tries + 1
             WHERE id = ANY(%s)
         RETURNING id
            """, now + _LEASE, now, list(doubts)))
        self.invalidate_model()
        return self.browse(doubts), doubts

    def _try(self, doubtful_since, away):
        """Send a notice, put it off, or give it up; a fault of ours stops no other.

        :param datetime|None doubtful_since:
        :param dict away: Accounts that cannot send now, and until when: the rest of the batch does not ask them.
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._send(doubtful_since, away)
        except OperationalError:
            raise
        except Exception as error:
            _logger.exception("WeChat notice %s could not be sent", self.id)
            self._put_off(self._get_next_try(), doubtful_since, type(error).__name__)

    def _send(self, doubtful_since, away):
        now = fields.Datetime.now()
        if doubtful_since and now - doubtful_since > _REPEATABLE:
            return self._give_up(self.error or "no answer")
        refusal = None
        for template, identity in self.env['distribution.wechat.template']._get_routes(
                self.partner_id, self.company_id, self.topic):
            account = template.account_id
            if account in away:
                return self._put_off(away[account], doubtful_since)
            try:
                platform_id = template._send(identity, self)
            except _NOT_NOW as error:
                away[account] = self._get_next_try(error)
                return self._put_off(away[account], doubtful_since, error)
            except Unreachable as error:
                if template.way == 'subscription':
                    return self._give_up(error)
                away[account] = self._get_next_try(error)
                return self._put_off(away[account], doubtful_since or now, error)
            except NotDeliverable as error:
                refusal = error
            except Refused as error:        # of the template: no one gets it before somebody mends it
                refusal = error
                template.error = str(error)[:_ERROR_MAX]
            else:
                template.filtered('error').error = False
                return self._set_sent(account, platform_id)
        return self._give_up(refusal or "no way to this person")

    def _set_sent(self, account, platform_id):
        self.write({
            'state': 'sent', 'account_id': account.id, 'platform_id': platform_id or False, 'next_try_at': False,
            'unknown_since': False, 'sent_at': fields.Datetime.now(), 'error': False})

    def _set_delivered(self, status):
        """Take the report of the platform on a notice.

        :param str status: success, or failed and why.
        """
        for notice in self.filtered(lambda notice: notice.state == 'sent'):
            if status == 'success':
                notice.state = 'delivered'
            else:
                notice._give_up(status)

    def _put_off(self, until, doubtful_since, error=None):
        if self.created_at < fields.Datetime.now() - _GIVE_UP:
            self._give_up(error or self.error)
            return
        self.write({
            'next_try_at': until, 'unknown_since': doubtful_since or False,
            'error': str(error)[:_ERROR_MAX] if error else self.error})

    def _give_up(self, reason):
        """End what WeChat cannot tell; by mail goes what the person asked for and no mail tells anyway."""
        is_mailed = self._is_for_mail()
        if is_mailed:
            distributor = self.distributor_id.with_context(lang=self.partner_id.lang)
            distributor._inform(
                distributor.env._("News of your referral sales"), self.with_env(distributor.env)._get_text())
        self.write({
            'state': 'mailed' if is_mailed else 'failed', 'next_try_at': False, 'unknown_since': False,
            'error': str(reason)[:_ERROR_MAX]})

    # === GETTERS === #

    def _is_for_mail(self):
        """Return whether a mail takes the place of a notice.

        Not when one tells of the topic anyway, by default or as wished; not when the distributor wants none of
        it; nor of what it is told by WeChat without having asked for it.
        """
        if self.topic == APPLICATION or not self.partner_id.email:
            return False
        said = {
            setting.channel: setting.is_wanted for setting in self.distributor_id.sudo().notification_setting_ids
            if setting.topic == self.topic}
        is_told_anyway = self.env['distribution.notification.setting']._is_wanted_by_default(self.topic, 'mail')
        return 'mail' not in said and not is_told_anyway and said.get('wechat', False)

    def _get_next_try(self, error=None):
        """Return when to try again: after a while that doubles, or when a new day of the quota begins."""
        now = fields.Datetime.now()
        if isinstance(error, QuotaExceeded) and error.is_for_today:
            today = now.replace(tzinfo=UTC).astimezone(_DAY_OF_QUOTA).date()
            tomorrow = datetime.combine(today + timedelta(days=1), time(0, 5), _DAY_OF_QUOTA)
            return tomorrow.astimezone(UTC).replace(tzinfo=None)
        is_unknown = isinstance(error, Unreachable) and not isinstance(error, NotSent)
        wait = _FIRST_WAIT * 2 ** min(self.tries - 1, 8)
        return now + min(wait, 4 * _FIRST_WAIT if is_unknown else _LONGEST_WAIT)
