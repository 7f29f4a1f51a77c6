import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.distribution_commission.models.distribution_transfer import get_minor_unit

from .distribution_wechat_template import APPLICATION, NOTICE_TOPICS

_RETENTION_DAYS = 90
CHANNEL = 'wechat'
# Reasons of transfers that distributors are told of.
_TOPICS = {'accrual': 'commission', 'maturity': 'available'}


class DistributionWechatNotice(models.Model):
    """The outbox: what a distributor shall be told by WeChat, and what became of it.

    A row is written in the transaction of what happened, and asks nobody. A scheduled job sends it,
    see `distribution_wechat_notice_sending.py`. It holds no openid, and what is told is put into words
    when it is sent.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer, manager | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.notice'
    _description = "WeChat Notice"
    _order = 'id desc'
    _rec_name = 'topic'
    _log_access = False

    company_id = fields.Many2one(comodel_name='res.company', required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    partner_id = fields.Many2one(
        comodel_name='res.partner', string="Contact", required=True, readonly=True, index=True, ondelete='cascade')
    distributor_id = fields.Many2one(
        comodel_name='distribution.distributor', readonly=True, index='btree_not_null', ondelete='cascade')
    topic = fields.Selection(selection=NOTICE_TOPICS, required=True, readonly=True)
    step = fields.Char(readonly=True, help="What became of a withdrawal or an application.")
    amount = fields.Monetary(readonly=True)
    count = fields.Integer(readonly=True)
    reference = fields.Char(readonly=True)
    key = fields.Char(required=True, readonly=True, help="Equal for repetitions of one notice.")
    client_message_id = fields.Char(
        string="Own Number", required=True, readonly=True, help="The platform sends it once, however often it is asked.")
    created_at = fields.Datetime(string="Happened", required=True, readonly=True, index=True)
    state = fields.Selection(
        selection=[
            ('waiting', "Waiting"),
            ('sent', "Sent"),
            ('delivered', "Delivered"),
            ('mailed', "Told by E-mail"),
            ('failed', "Not Delivered"),
        ],
        required=True,
        readonly=True,
    )
    next_try_at = fields.Datetime(string="Next Try", readonly=True)
    unknown_since = fields.Datetime(
        readonly=True, help="Since then it may have been sent, and the platform did not say so.")
    tries = fields.Integer(readonly=True)
    sent_at = fields.Datetime(string="Sent at", readonly=True)
    account_id = fields.Many2one(
        comodel_name='distribution.wechat.account', string="Sent by", readonly=True, index='btree_not_null',
        ondelete='set null')
    platform_id = fields.Char(string="Number at the Platform", readonly=True)
    error = fields.Char(readonly=True)

    _key_uniq = models.UniqueIndex('(key)', "A notice is told once.")
    _waiting_idx = models.Index("(next_try_at) WHERE state = 'waiting'")
    _platform_idx = models.Index("(account_id, platform_id) WHERE platform_id IS NOT NULL")

    # === BUSINESS METHODS === #

    @api.model
    def _queue_transfers(self, transfers, company):
        """Tell of transfers that were posted just now: one statement for all of them.

        Of what one batch brings a distributor, it is told once.

        :param list[Transfer] transfers:
        :param res.company company:
        """
        told = [transfer for transfer in transfers if transfer.reason in _TOPICS]
        if not told or not self.env['distribution.wechat.template']._is_used_in(company.id):
            return
        self._insert(company, SQL(
            """
            SELECT 'transfer:' || MIN(t.key) AS key, t.distributor_id, NULL::int AS partner_id, t.topic,
                   NULL AS step, SUM(t.amount) * %(minor_unit)s::numeric AS amount,
                   COUNT(DISTINCT c.order_line_ref)::int AS count,
                   CASE WHEN MIN(c.order_name) = MAX(c.order_name) THEN MIN(c.order_name) END AS reference
              FROM unnest(%(keys)s::text[], %(distributors)s::int[], %(topics)s::text[], %(amounts)s::bigint[],
                          %(commissions)s::int[]) AS t(key, distributor_id, topic, amount, commission_id)
         LEFT JOIN distribution_commission c ON c.id = t.commission_id
          GROUP BY t.distributor_id, t.topic
            """,
            minor_unit=get_minor_unit(company.currency_id),
            keys=[transfer.idempotency_key for transfer in told],
            distributors=[transfer.distributor_id for transfer in told],
            topics=[_TOPICS[transfer.reason] for transfer in told],
            amounts=[transfer.amount for transfer in told],
            commissions=[transfer.commission_id for transfer in told],
        ))

    @api.model
    def _queue(self, company, news):
        """Tell of what just happened: one statement for all of it.

        :param res.company company:
        :param list[dict] news: `key`, `topic`, and `distributor_id` or `partner_id`; optionally `step`, `amount`,
            `reference`.
        """
        if not news or not self.env['distribution.wechat.template']._is_used_in(company.id):
            return
        self._insert(company, SQL(
            """
            SELECT key, distributor_id, partner_id, topic, step, amount, 1 AS count, reference
              FROM unnest(%(key)s::text[], %(distributor_id)s::int[], %(partner_id)s::int[], %(topic)s::text[],
                          %(step)s::text[], %(amount)s::numeric[], %(reference)s::text[])
                AS t(key, distributor_id, partner_id, topic, step, amount, reference)
            """, **{name: [row.get(name) for row in news] for name in (
                'key', 'distributor_id', 'partner_id', 'topic', 'step', 'amount', 'reference')}))

    @api.model
    def _insert(self, company, news):
        """Add what those want to know whom a template may reach.

        :param SQL news: Selects `key`, `distributor_id`, `partner_id`, `topic`, `step`, `amount`, `count`, `reference`.
        """
        self.env.flush_all()
        settings = self.env['distribution.notification.setting']
        defaults = [APPLICATION] + [
            topic for topic, _label in settings._fields['topic'].selection
            if settings._is_wanted_by_default(topic, CHANNEL)]
        rows = self.env.execute_query(SQL(
            """
            INSERT INTO distribution_wechat_notice
                        (key, client_message_id, company_id, distributor_id, partner_id, topic, step, amount, count,
                         reference, created_at, next_try_at, state, tries)
                 SELECT news.key, md5(%(salt)s || news.key), %(company)s, news.distributor_id, person.id, news.topic,
                        news.step, news.amount, news.count, news.reference, %(now)s::timestamp, %(now)s::timestamp,
                        'waiting', 0
                   FROM (%(news)s) news
              LEFT JOIN distribution_distributor d ON d.id = news.distributor_id
                   JOIN res_partner person ON person.id = COALESCE(news.partner_id, d.partner_id)
              LEFT JOIN distribution_notification_setting s
                     ON s.distributor_id = d.id AND s.topic = news.topic AND s.channel = %(channel)s
                  WHERE d.state IS DISTINCT FROM 'closed'
                    AND COALESCE(s.is_wanted, news.topic = ANY(%(defaults)s))
                    AND EXISTS (
                        SELECT FROM distribution_wechat_identity i
                          JOIN distribution_wechat_template t ON t.account_id = i.account_id AND t.active
                           AND t.topic = news.topic AND (t.way != 'template' OR i.is_follower)
                         WHERE i.partner_id = person.id AND i.company_id = %(company)s)
            ON CONFLICT DO NOTHING
              RETURNING id
            """, news=news, salt=secrets.token_hex(16), company=company.id, now=fields.Datetime.now(),
            channel=CHANNEL, defaults=defaults))
        if rows:
            self.env['ir.cron']._distribution_wake('distribution_wechat.ir_cron_send_notices')

    @api.autovacuum
    def _gc_notices(self):
        """Delete what was told long ago."""
        limit = fields.Datetime.now() - timedelta(days=_RETENTION_DAYS)
        self.search([('created_at', '<', limit), ('state', '!=', 'waiting')], limit=10_000).unlink()

    # === GETTERS === #

    def _get_facts(self):
        """Return what a template can say, in the language of the person; names nobody.

        :rtype: dict[str, str]
        """
        self.ensure_one()
        notice = self.with_context(lang=self.partner_id.lang or self.company_id.partner_id.lang)
        zone = notice.company_id._distribution_get_tz()
        at = fields.Datetime.context_timestamp(notice.with_context(tz=zone), notice.created_at)
        day = f'{at.year}年{at.month}月{at.day}日'      # the only form that the platform takes
        return {
            'text': notice._get_text(),
            'state': notice._get_step_label(),
            'amount': notice._get_amount_text(),
            'count': str(notice.count or 1),
            'reference': notice.reference or '',
            'level': notice.distributor_id.level_id.name or '',
            'date': day,
            'time': f'{day} {at:%H:%M}',
            'shop': notice.company_id.name,
        }

    def _get_amount_text(self):
        """Return the amount with one sign of currency at most and without separators, as the platform takes it."""
        symbol = self.currency_id.symbol or ''
        return f"{symbol if len(symbol) == 1 else ''}{self.amount:.{self.currency_id.decimal_places}f}"

    def _get_step_label(self):
        """Return the state that a withdrawal or an application came to."""
        models_ = {'withdrawal': 'distribution.withdrawal', APPLICATION: 'distribution.application'}
        if self.topic not in models_:
            return ''
        return dict(self.env[models_[self.topic]]._fields['state']._description_selection(self.env)).get(self.step, '')

    def _get_text(self):
        """Return what happened in one line."""
        money, label = self.currency_id.format(self.amount), self._get_step_label()
        return {
            APPLICATION: self.env._("Your application: %s", label),
            'commission': self.env._("New commission: %s", money),
            'available': self.env._("Became available: %s", money),
            'settlement': self.env._("New statement: %s", money),
            'withdrawal': self.env._("Withdrawal of %(amount)s: %(state)s", amount=money, state=label),
            'level': self.env._("Your level is now: %s", self.distributor_id.level_id.name or "–"),
        }[self.topic]
