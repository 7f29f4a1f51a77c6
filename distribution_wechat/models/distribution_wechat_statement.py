import base64
import hashlib
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..wechat import WechatError
from ..wechat.pay import DAYS_BACK, StatementNotReady, get_last_day

_RETRY_MINUTES, _RETRY_MINUTES_MAX = 15, 360
_KINDS = ('trade', 'flow')
_OPEN = ('waiting', 'fetched', 'differences')


class DistributionWechatStatement(models.Model):
    """What WeChat Pay says about a day of a merchant: the file, its lines, and what differs from what is known here.

    waiting → fetched → matched, or differences, which becomes matched when each of them is gone or explained. A day
    is a day of China, whatever the time zone of the company.

    +---------------+-----------------+------+--------+--------+--------+
    | group         | records         | read | write  | create | unlink |
    +===============+=================+======+========+========+========+
    | finance       | own companies'  | x    | by its | x      |        |
    |               |                 |      | buttons|        |        |
    +---------------+-----------------+------+--------+--------+--------+
    """
    _name = 'distribution.wechat.statement'
    _description = "WeChat Pay Statement"
    _inherit = ['mail.thread', 'mail.activity.mixin', 'distribution.state.mixin']
    _order = 'day desc, merchant_id, kind desc'
    _rec_name = 'day'

    merchant_id = fields.Many2one(
        comodel_name='distribution.wechat.merchant', required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='merchant_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(comodel_name='res.currency', compute='_compute_currency_id')
    day = fields.Date(required=True)
    kind = fields.Selection(
        selection=[('trade', "Payments and Refunds"), ('flow', "Movements of the Account")],
        required=True, default='trade')
    state = fields.Selection(
        selection=[
            ('waiting', "Not Fetched Yet"),
            ('fetched', "Fetched"),
            ('differences', "Differences"),
            ('matched', "Matches"),
        ],
        required=True, readonly=True, default='waiting', tracking=True, index=True, copy=False)
    file = fields.Binary(attachment=True, readonly=True, copy=False)
    file_name = fields.Char(compute='_compute_file_name')
    file_hash = fields.Char(string="SHA-1", readonly=True, copy=False)
    fetched_at = fields.Datetime(string="Fetched on", readonly=True, copy=False)
    line_ids = fields.One2many(
        comodel_name='distribution.wechat.statement.line', inverse_name='statement_id', readonly=True)
    line_count = fields.Integer(string="Lines", readonly=True, copy=False)
    difference_ids = fields.One2many(
        comodel_name='distribution.wechat.statement.difference', inverse_name='statement_id')
    difference_count = fields.Integer(string="Open Differences", compute='_compute_difference_count', store=True)
    error = fields.Char(string="Last Error", readonly=True, copy=False)
    tries = fields.Integer(readonly=True, copy=False)
    next_try_at = fields.Datetime(string="Next Try", readonly=True, copy=False)
    told_at = fields.Datetime(string="Accountant Told", readonly=True, copy=False)

    _day_uniq = models.UniqueIndex('(merchant_id, day, kind)', "There is a statement of this day already.")
    _open_idx = models.Index("(day) WHERE state <> 'matched'")

    # === COMPUTE METHODS === #

    def _compute_currency_id(self):
        self.currency_id = self.env.ref('base.CNY')     # what WeChat Pay pays and writes in

    @api.depends('merchant_id', 'day', 'kind')
    def _compute_display_name(self):
        kinds = dict(self._fields['kind']._description_selection(self.env))
        for statement in self:
            statement.display_name = f'{statement.merchant_id.name} {statement.day}: {kinds.get(statement.kind)}'

    @api.depends('merchant_id', 'day', 'kind')
    def _compute_file_name(self):
        for statement in self:
            statement.file_name = f'{statement.merchant_id.mchid}-{statement.kind}-{statement.day}.csv'

    @api.depends('difference_ids.state')
    def _compute_difference_count(self):
        for statement in self:
            statement.difference_count = len(statement.difference_ids.filtered(lambda found: found.state == 'open'))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [self._without_gate_fields(vals) for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        if {'merchant_id', 'day', 'kind'} & set(vals) and any(statement.state != 'waiting' for statement in self):
            raise UserError(self.env._("A statement that was fetched stays what it is."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A statement is kept as a record."))

    # === ACTION METHODS === #

    def action_fetch(self):
        """Button: fetch it now, or once more; what has come in the meantime is found.

        The rest of a long day is booked in the background.
        """
        self.check_access('write')
        for statement in self:
            if statement.state == 'matched':
                raise UserError(self.env._("Everything of this day matches."))
            statement.lock_for_update()
            try:
                statement.sudo()._fetch()
                if statement.sudo()._book():
                    self.env['ir.cron']._distribution_wake('distribution_wechat.ir_cron_fetch_statements')
            except WechatError as error:
                raise UserError(self.env._("There is no statement: %s", statement._get_error(error))) from None

    # === BUSINESS METHODS - FETCHING === #

    @api.model
    def _cron_fetch(self):
        """Fetch what is there by now, and look once more at what differed; what fails with one stops no other."""
        merchants = self.env['distribution.wechat.merchant'].search(
            [('private_key_masked', '!=', False), ('statement_from', '!=', False)])
        for merchant in merchants:
            self._create_missing(merchant)
        self.env['ir.cron']._commit_progress()
        self.env['ir.cron']._distribution_for_each(self._get_due(), '_process', (WechatError, UserError), '_set_failed')

    @api.model
    def _create_missing(self, merchant):
        """Make the days of a merchant that have a statement and are not there yet."""
        last = get_last_day(fields.Datetime.now())
        first = max(merchant.statement_from, last - timedelta(days=DAYS_BACK - 1))
        known = {(found.day, found.kind) for found in self.search(
            [('merchant_id', '=', merchant.id), ('day', '>=', first)])}
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return self.create([
            {'merchant_id': merchant.id, 'day': day, 'kind': kind}
            for day in days for kind in _KINDS if (day, kind) not in known])

    @api.model
    def _get_due(self):
        """Return what is to be fetched now, the earliest first, and then what is to be compared once more."""
        now = fields.Datetime.now()
        first = get_last_day(now) - timedelta(days=DAYS_BACK - 1)
        is_open = Domain('state', 'in', _OPEN) & (Domain('next_try_at', '=', False) | Domain('next_try_at', '<=', now))
        return self.search(
            Domain('day', '>=', first) & Domain('merchant_id.active', '=', True)
            & (is_open | Domain(self._get_domain_to_reconcile())), order='day, id',
        ).sorted(lambda statement: statement.state != 'waiting')

    def _process(self):
        """Do what is next: of a long day, one part after the other.

        :return: Whether there is more to do at once.
        :rtype: bool
        """
        if self.state == 'waiting':
            self._fetch()
            return self._book()
        if self.state != 'matched':
            self._match()
        if self._book():
            return True
        self.next_try_at = fields.Datetime.now() + timedelta(minutes=_RETRY_MINUTES_MAX)
        return False

    def _fetch(self):
        """Fetch the file, and compare it."""
        client = self.merchant_id._get_client()
        fetch = client.get_trade_statement if self.kind == 'trade' else client.get_flow_statement
        self._keep(fetch(self.day))
        self._match()

    def _set_failed(self, error):
        minutes = _RETRY_MINUTES if isinstance(error, StatementNotReady) else _RETRY_MINUTES * 2 ** min(self.tries, 10)
        self.write({
            'error': self._get_error(error), 'tries': self.tries + 1,
            'next_try_at': fields.Datetime.now() + timedelta(minutes=min(minutes, _RETRY_MINUTES_MAX))})

    # === BUSINESS METHODS - KEEPING === #

    def _keep(self, statement):
        """Keep the file and its lines. The same file again changes nothing.

        :param Statement statement:
        """
        file_hash = hashlib.sha1(statement.content).hexdigest()
        self.write({'error': False, 'tries': 0, 'next_try_at': False})
        if self.file_hash == file_hash:
            return
        if self.line_ids.bank_line_id:
            raise UserError(self.env._(
                "WeChat Pay gives another file now, and the former one is booked. Compare them by hand."))
        self.line_ids.unlink()
        self.env['distribution.wechat.statement.line'].create(
            [self._prepare_line(row) for row in statement.rows])
        self.write({
            'file': base64.b64encode(statement.content) or False, 'file_hash': file_hash,
            'fetched_at': fields.Datetime.now(), 'line_count': len(statement.rows)})
        self._update_state(('waiting', 'fetched', 'differences'), 'fetched')

    def _prepare_line(self, row):
        """Return the values of a line; amounts are above zero when money comes."""
        values = {
            'statement_id': self.id, 'occurred_at': row.time, 'number': row.number,
            'platform_number': row.platform_number, 'title': row.title}
        if self.kind == 'flow':
            return {
                **values, 'kind': self._get_flow_kind(row), 'flow_number': row.flow_number, 'amount': row.amount / 100,
                'fee': row.fee / 100, 'balance': row.balance / 100, 'remark': row.remark}
        sign = -1 if row.kind == 'refund' else 1
        return {
            **values, 'kind': row.kind, 'amount': sign * row.amount / 100, 'fee': row.fee / 100,
            'platform_state': row.state}

    # === GETTERS === #

    @api.model
    def _get_flow_kind(self, row):
        """Return what a movement claims to be; a number that is known here decides, later."""
        if row.is_fee:
            return 'fee'
        if row.amount > 0:      # something else is, e.g., what could not be transferred
            return {'交易': 'payment', '分账回退': 'return'}.get(row.title, 'other')
        if '转账' in row.title or '付款' in row.title:
            return 'transfer'
        return {'退款': 'refund', '分账': 'share'}.get(row.title, 'other')

    def _get_error(self, error):
        """Return what went wrong, for an accountant.

        :rtype: str
        """
        if isinstance(error, StatementNotReady):
            return self.env._("WeChat Pay is making it. Days are there from ten o'clock of the next day on.")
        return str(error) if isinstance(error, (WechatError, UserError)) else type(error).__name__
