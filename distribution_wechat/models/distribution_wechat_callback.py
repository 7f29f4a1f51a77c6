import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

_BATCH = 100
_TRIES_MAX = 5
_RETENTION_DAYS = 90


class DistributionWechatCallback(models.Model):
    """What WeChat Pay has called back, once however often it came.

    WeChat Pay gets its answer at once; what it means is worked out by a scheduled job.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | manager          | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.callback'
    _description = "Notice of WeChat Pay"
    _order = 'id desc'
    _rec_name = 'kind'
    _log_access = False

    merchant_id = fields.Many2one(
        comodel_name='distribution.wechat.merchant', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='merchant_id.company_id', store=True, index=True)
    key = fields.Char(required=True, readonly=True, help="Equal for repetitions of one notice.")
    kind = fields.Char(required=True, readonly=True)
    data = fields.Json(readonly=True, groups=fields.NO_ACCESS)
    received_at = fields.Datetime(string="Received", required=True, readonly=True, index=True)
    state = fields.Selection(
        selection=[('new', "New"), ('done', "Done"), ('failed', "Failed")], required=True, readonly=True)
    tries = fields.Integer(readonly=True)
    error = fields.Char(readonly=True)

    _key_uniq = models.UniqueIndex('(merchant_id, key)', "A notice is taken once.")
    _new_idx = models.Index("(id) WHERE state = 'new'")

    # === ACTION METHODS === #

    def action_retry(self):
        """Button: work on what has failed once more."""
        self.check_access('read')
        failed_sudo = self.sudo().filtered(lambda notice: notice.state == 'failed')
        failed_sudo.write({'state': 'new', 'tries': 0, 'error': False})
        self._wake()

    # === BUSINESS METHODS === #

    @api.model
    def _receive(self, merchant, notice):
        """Take a notice, unless it was taken before: one INSERT, whose unique key decides between two at once.

        :param distribution.wechat.merchant merchant:
        :param Notice notice:
        :return: Whether it is new.
        :rtype: bool
        """
        has_meaning = notice.kind in self._get_handlers()
        values = {
            'merchant_id': merchant.id,
            'company_id': merchant.company_id.id,
            'key': notice.key,
            'kind': notice.kind[:64],
            'data': json.dumps({**notice.data, '_subject': notice.subject}) if has_meaning else None,
            'received_at': fields.Datetime.now(),
            'state': 'new' if has_meaning else 'done',
            'tries': 0,
        }
        rows = self.env.execute_query(SQL(
            "INSERT INTO distribution_wechat_callback (%s) VALUES (%s) ON CONFLICT DO NOTHING RETURNING id",
            SQL(", ").join(SQL.identifier(name) for name in values),
            SQL(", ").join(values.values()),
        ))
        if rows and has_meaning:
            self._wake()
        return bool(rows)

    @api.model
    def _wake(self):
        self.env['ir.cron']._distribution_wake('distribution_wechat.ir_cron_process_notices')

    @api.model
    def _cron_process(self):
        """Work on what is new, each in a transaction of its own; one that fails stops no other."""
        notices = self.search([('state', '=', 'new')], order='id', limit=_BATCH)
        self.env['ir.cron']._distribution_for_each(notices, '_process', fail='_put_off')

    def _process(self):
        if self.state == 'new':
            getattr(self, self._get_handlers()[self.kind])()
            self.state = 'done'

    def _put_off(self, error):
        """Try again in the next run, a number of times."""
        tries = self.tries + 1
        self.write({'tries': tries, 'error': type(error).__name__, 'state': 'failed' if tries >= _TRIES_MAX else 'new'})

    @api.autovacuum
    def _gc_notices(self):
        """Delete what is too old to come again."""
        limit = fields.Datetime.now() - timedelta(days=_RETENTION_DAYS)
        self.search([('received_at', '<', limit), ('state', '!=', 'new')], limit=10_000).unlink()

    # === EVENTS === #

    def _on_transfer(self):
        """A transfer to a distributor is over."""
        self.env['distribution.wechat.bill']._take_notice(self.merchant_id, self.data)

    def _on_authorization(self):
        """A distributor has consented to receive without confirming, or does no more."""
        self.env['distribution.wechat.authorization']._take_notice(self.merchant_id, self.data)

    def _on_payment(self):
        """A customer has paid; what is shared with other merchants is told by the same name, and is none."""
        if self.data['_subject'] == 'transaction':
            self.env['payment.transaction']._wechatpay_take_payment(self.merchant_id, self.data)

    def _on_refund(self):
        """A refund has come to its end."""
        self.env['payment.transaction']._wechatpay_take_refund(self.merchant_id, self.data)

    # === GETTERS === #

    @api.model
    def _get_handlers(self):
        """Hook: return the methods by the events that mean something.

        :rtype: dict[str, str]
        """
        return {
            'MCHTRANSFER.BILL.FINISHED': '_on_transfer',
            'MCHTRANSFER.AUTHORIZATION.CONFIRMED': '_on_authorization',
            'MCHTRANSFER.AUTHORIZATION.CLOSED': '_on_authorization',
            'TRANSACTION.SUCCESS': '_on_payment',
            'REFUND.SUCCESS': '_on_refund',
            'REFUND.ABNORMAL': '_on_refund',
            'REFUND.CLOSED': '_on_refund',
        }
