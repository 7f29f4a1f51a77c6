import logging
import secrets
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.fields import Domain

from ..wechat import Unreachable
from ..wechat.pay import PayRefused
from .distribution_wechat_share import COUNTED_STATES, OPEN_STATES

_logger = logging.getLogger(__name__)
_BATCH = 200
_HOURS = 6                  # after which it is looked at again whether something is still to be shared
_SECONDS = 60               # the platform works on a payment for so long
_SHARINGS_MAX = 49          # of one payment, beside the unfreezing; fixed by the platform
_FEE_PERCENT = 1            # of a payment: what the platform may keep, and is not to be shared
_FULL = 100 * 10_000        # ppm
_REFUNDED = ('draft', 'pending', 'done')


class DistributionWechatFrozen(models.Model):
    """A payment that is frozen at WeChat Pay, so that commissions can be paid out of it.

    frozen → unfreezing → unfrozen. It is unfrozen when nothing more is to be shared, at the latest on its last day,
    under a number of its own that is kept from the beginning. It counts as unfrozen when WeChat Pay, asked about it,
    has nothing frozen any more: its yes alone may mean nothing.

    +-----------+-----------------+------+-------+--------+--------+
    | group     | records         | read | write | create | unlink |
    +===========+=================+======+=======+========+========+
    | officer   | own companies'  | x    |       |        |        |
    | finance   | own companies'  | x    | x     |        |        |
    +-----------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.frozen'
    _description = "Frozen Payment"
    _inherit = ['distribution.state.mixin']
    _order = 'id desc'
    _rec_name = 'reference'

    name = fields.Char(string="Number of the Unfreezing", required=True, readonly=True, copy=False)
    transaction_id = fields.Many2one(
        comodel_name='payment.transaction', string="Payment", required=True, readonly=True, index=True,
        ondelete='restrict', groups='distribution_commission.group_distribution_finance')
    reference = fields.Char(string="Payment Reference", readonly=True, required=True)
    merchant_id = fields.Many2one(
        comodel_name='distribution.wechat.merchant', required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(comodel_name='res.company', required=True, readonly=True, index=True)
    currency_id = fields.Many2one(comodel_name='res.currency', required=True, readonly=True)
    amount = fields.Monetary(string="Paid", required=True, readonly=True)
    rate = fields.Float(string="Largest Share (%)", digits=(5, 2), required=True, readonly=True)
    platform_number = fields.Char(string="WeChat's Number", required=True, readonly=True, copy=False)
    paid_at = fields.Datetime(string="Paid on", required=True, readonly=True)
    share_until = fields.Datetime(string="Shared until", required=True, readonly=True)
    state = fields.Selection(
        selection=[('frozen', "Frozen"), ('unfreezing', "Being Unfrozen"), ('unfrozen', "Unfrozen")],
        required=True, readonly=True, default='frozen', index=True)
    share_ids = fields.One2many(
        comodel_name='distribution.wechat.share', inverse_name='frozen_id', string="Shares", readonly=True)
    share_count = fields.Integer(string="Times Shared", readonly=True, copy=False)
    shared_amount = fields.Monetary(string="Shared", compute='_compute_shared_amount')
    checked_at = fields.Datetime(readonly=True, copy=False)
    unfrozen_at = fields.Datetime(string="Unfrozen on", readonly=True, copy=False)
    error = fields.Char(string="Last Error", readonly=True, copy=False)

    _name_uniq = models.UniqueIndex('(name)', "A number is used once.")
    _payment_uniq = models.UniqueIndex('(transaction_id)', "A payment is frozen once.")
    _todo_idx = models.Index("(checked_at) WHERE state != 'unfrozen'")

    # === COMPUTE METHODS === #

    @api.depends('share_ids.state', 'share_ids.amount')
    def _compute_shared_amount(self):
        for frozen in self:
            frozen.shared_amount = sum(frozen.share_ids.filtered(lambda share: share.state == 'success').mapped('amount'))

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A frozen payment is kept as a record."))

    # === ACTION METHODS === #

    def action_unfreeze(self):
        """Button: give the rest to the merchant now; nothing is shared of it any more."""
        self.check_access('write')
        for frozen in self.filtered(lambda frozen: frozen.state == 'frozen'):
            if frozen.sudo()._get_open_shares():
                raise UserError(self.env._("A share of %s is under way. Wait until it is over.", frozen.reference))
            frozen._update_state(('frozen',), 'unfreezing')
        self.env['ir.cron']._distribution_wake('distribution_wechat.ir_cron_unfreeze')

    # === BUSINESS METHODS === #

    @api.model
    def _keep(self, transaction, answer):
        """Keep that a payment is frozen, once.

        :param payment.transaction transaction:
        :param OrderState answer: What the platform says about it.
        """
        if not answer.platform_number or self.search_count([('transaction_id', '=', transaction.id)], limit=1):
            return
        merchant = transaction.provider_id.wechatpay_merchant_id
        paid_at = self._to_moment(answer.paid_at)
        self.create({
            'name': f'U{transaction.id}-{secrets.token_hex(8)}'.upper(),
            'transaction_id': transaction.id,
            'reference': transaction.reference,
            'merchant_id': merchant.id,
            'company_id': transaction.company_id.id,
            'currency_id': transaction.currency_id.id,
            'amount': transaction.amount,
            'rate': merchant.sharing_rate,
            'platform_number': answer.platform_number,
            'paid_at': paid_at,
            'share_until': paid_at + timedelta(days=merchant.sharing_days),
        })

    @api.model
    def _cron_unfreeze(self):
        """Look at what is frozen, each in a transaction of its own: is it to be unfrozen, and has it been?"""
        now = fields.Datetime.now()
        todo = self.search(
            Domain('state', '=', 'unfreezing') | Domain('state', '=', 'frozen') & Domain.OR([
                Domain('checked_at', '=', False), Domain('checked_at', '<', now - timedelta(hours=_HOURS)),
                Domain('share_until', '<=', now)]),
            order='checked_at NULLS FIRST, id', limit=_BATCH)
        for done, frozen in enumerate(todo, start=1):
            try:
                if frozen.try_lock_for_update():
                    frozen._go_on()
            except (LockError, OperationalError, UserError) as error:       # it may be shared at this moment
                self.env.cr.rollback()
                _logger.info("frozen payment %s is left for the next run: %s", frozen.id, error)
            self.env['ir.cron']._commit_progress(1, remaining=len(todo) - done)

    def _go_on(self):
        """Unfreeze what nothing more is to be shared of. That it is unfrozen is committed before it is asked for."""
        self.ensure_one()
        self.checked_at = fields.Datetime.now()
        if self.state == 'frozen':
            if self._get_open_shares() or not self._is_over():
                return
            self._update_state(('frozen',), 'unfreezing')
            self.env['ir.cron']._commit_progress()
        self._unfreeze()

    def _unfreeze(self):
        """Ask for it, or ask for the very same once more; what is frozen then tells whether it was done."""
        client = self.merchant_id._get_client()
        try:
            try:
                client.unfreeze(self.name, self.platform_number, self.env._("Nothing more is shared"))
                self.error = False
            except PayRefused as refusal:       # e.g. it was refunded whole, or thirty days have passed
                self.error = str(refusal)
            rest = client.get_unsplit(self.platform_number)
        except (PayRefused, Unreachable) as error:
            self.error = str(error)
        else:
            if not rest and self._update_state(('unfreezing',), 'unfrozen'):
                self.write({'unfrozen_at': fields.Datetime.now(), 'error': False})

    # === GETTERS === #

    @api.model
    def _to_moment(self, text):
        """Return when the platform says that it was paid; now, if it does not say.

        :param str text: RFC 3339.
        :rtype: datetime
        """
        try:
            return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
        except ValueError:
            return fields.Datetime.now()

    def _get_open_shares(self):
        return self.share_ids.filtered(lambda share: share.state in OPEN_STATES)

    def _get_orders(self):
        return self.sudo().transaction_id.sale_order_ids

    def _is_over(self):
        """Return whether nothing more is to be shared."""
        if fields.Datetime.now() >= self.share_until or not self._get_room(('done',)):
            return True
        orders = self._get_orders()
        if not all(order._wechat_is_over() for order in orders):
            return False
        distributors = orders.attribution_ids.commission_ids.distributor_id
        return not any(
            distributor._wechat_get_shared_payable() > 0 and self._get_rest(distributor) for distributor in distributors)

    def _get_refunded(self, states):
        refunds = self.sudo().transaction_id.child_transaction_ids.filtered(
            lambda child: child.operation == 'refund' and child.state in states)
        return round(-sum(refunds.mapped('amount')) * 100)

    def _get_room(self, refund_states=_REFUNDED):
        """Return how much more may be shared of it: within the ratio, and of what was not refunded.

        :param tuple[str] refund_states: Of the refunds that count.
        :return: Fen.
        :rtype: int
        """
        total = round(self.amount * 100)
        shares = self.share_ids.filtered(lambda share: share.state in COUNTED_STATES)
        shared = round(sum(shares.mapped('amount')) * 100)
        largest = total * round(self.rate * 10_000) // _FULL
        return max(0, min(largest, total - total * _FEE_PERCENT // 100 - self._get_refunded(refund_states)) - shared)

    def _is_shareable(self):
        """Return whether WeChat Pay shares it now."""
        is_time = self.paid_at + timedelta(seconds=_SECONDS) <= fields.Datetime.now() < self.share_until
        return self.state == 'frozen' and is_time and self.share_count < _SHARINGS_MAX

    def _allocate(self, distributor):
        """Return what may be shared with a distributor now, of which of these payments.

        An order that was paid in parts earns once: what is taken of one of its payments is not taken of another.

        :return: (payment, fen before tax and fees), those alone of which something may be.
        :rtype: list[tuple[distribution.wechat.frozen, int]]
        """
        earned, used = self._get_earned(distributor), self._get_used(distributor)
        parts = []
        for frozen in self.filtered(lambda frozen: frozen._is_shareable()):
            part = min(frozen._get_room(), frozen._compute_rest(earned, used))
            if part > 0:
                parts.append((frozen, part))
                for order in frozen._get_orders():
                    used[order][frozen] = part
        return parts

    def _get_rest(self, distributor):
        """Return what a distributor has earned by the orders of this payment, and was not shared with it.

        :return: Fen, before tax and fees.
        :rtype: int
        """
        return self._compute_rest(self._get_earned(distributor), self._get_used(distributor))

    def _compute_rest(self, earned, used):
        orders = self._get_orders()
        paid = {key: fen for order in orders for key, fen in used[order].items()}     # each once, of however many orders
        return max(0, sum(earned.get(order, 0) for order in orders) - sum(paid.values()))

    def _get_earned(self, distributor):
        """Return what of a distributor's commissions is settled; not what waits for its invoice.

        :return: Fen by order.
        :rtype: dict[sale.order, int]
        """
        groups = self.env['distribution.commission'].sudo()._read_group([
            ('attribution_id.order_id', 'in', self._get_orders().ids), ('distributor_id', '=', distributor.id),
            ('settled_amount', '>', 0), ('transfer_ids', 'not any', [('settlement_id.state', '=', 'billed')]),
        ], ['attribution_id'], ['settled_amount:sum'])
        return {attribution.order_id: round(amount * 100) for attribution, amount in groups}

    def _get_used(self, distributor):
        """Return what was shared with a distributor, or may have been, of any payment of the orders.

        :return: Fen by share, by order.
        :rtype: dict[sale.order, dict[distribution.wechat.share, int]]
        """
        used = defaultdict(dict)
        for share in self.env['distribution.wechat.share'].sudo().search([
            ('frozen_id.transaction_id.sale_order_ids', 'in', self._get_orders().ids),
            ('distributor_id', '=', distributor.id), ('state', 'in', COUNTED_STATES),
        ]):
            for order in share.frozen_id._get_orders():
                used[order][share] = round(share.gross_amount * 100)
        return used
