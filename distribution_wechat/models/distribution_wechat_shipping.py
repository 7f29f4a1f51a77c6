from datetime import UTC, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..wechat import DELIVERED, REFUNDED, TO_DELIVER, Parcel, Refused, Shipping, Unreachable

_BATCH = 500
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=10), timedelta(hours=12)
_TRIES_MAX = 15             # about five days
_ASK_AGAIN = timedelta(days=1)
_ERROR_MAX = 300


class DistributionWechatShipping(models.Model):
    """The delivery of what was paid in a mini program: WeChat holds the money back until it is told of it.

    What is told is written down and committed before it is sent. An answer that did not come is asked about before
    anything is sent again: a delivery may be changed once only.

    +------------------+-----------------+------+-------+--------+--------+
    | group            | records         | read | write | create | unlink |
    +==================+=================+======+=======+========+========+
    | officer          | own companies'  | x    |       |        |        |
    +------------------+-----------------+------+-------+--------+--------+
    """
    _name = 'distribution.wechat.shipping'
    _description = "Delivery Told to WeChat"
    _inherit = ['distribution.state.mixin']
    _order = 'id desc'
    _rec_name = 'transaction_id'

    transaction_id = fields.Many2one(
        comodel_name='payment.transaction', string="Payment", required=True, readonly=True, ondelete='restrict')
    company_id = fields.Many2one(related='transaction_id.company_id', store=True, index=True)
    partner_id = fields.Many2one(related='transaction_id.partner_id', string="Customer")
    account_id = fields.Many2one(
        comodel_name='distribution.wechat.account', string="Mini Program", required=True, readonly=True, index=True,
        ondelete='restrict')
    openid = fields.Char(string="OpenID", required=True, readonly=True)
    state = fields.Selection(
        selection=[
            ('waiting', "Waits for the Delivery"),
            ('promised', "Being Told"),
            ('told', "Told"),
            ('received', "Received"),
            ('refunded', "Refunded"),
            ('failed', "Failed"),
        ],
        required=True, readonly=True, default='waiting')
    terms = fields.Json(readonly=True, copy=False, groups=fields.NO_ACCESS)     # what is told, always the same
    next_try_at = fields.Datetime(
        string="Next Try", required=True, readonly=True, copy=False, default=fields.Datetime.now)
    tries = fields.Integer(readonly=True, copy=False)
    told_at = fields.Datetime(readonly=True, copy=False)
    error = fields.Char(string="Last Error", readonly=True, copy=False)

    _transaction_uniq = models.UniqueIndex('(transaction_id)', "A payment has one delivery.")
    _due_idx = models.Index("(next_try_at) WHERE state IN ('waiting', 'promised', 'told')")

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A delivery is kept as a record."))

    # === ACTION METHODS === #

    def action_tell(self):
        """Button: tell WeChat now that all was delivered, whatever the orders say; or try again."""
        self.check_access('read')
        for shipping_sudo in self.sudo():
            if shipping_sudo.state == 'waiting':
                shipping_sudo._promise()
            elif shipping_sudo.state == 'failed':
                shipping_sudo._update_state(('failed',), 'promised')
                shipping_sudo.tries = 0
        self.sudo().next_try_at = fields.Datetime.now()
        self._wake()

    # === BUSINESS METHODS === #

    @api.model
    def _expect(self, transaction):
        """Await the delivery of what was paid in a mini program that WeChat holds the money of.

        :param payment.transaction transaction: Done.
        """
        way, _space, openid = (transaction.wechatpay_way or '').partition(' ')
        account = transaction.provider_id.wechatpay_mini_id
        if way == 'mini' and account.is_shipping_told and not self.sudo().search_count([('transaction_id', '=', transaction.id)]):
            self.sudo().create({'transaction_id': transaction.id, 'account_id': account.id, 'openid': openid})

    @api.model
    def _cron_go_on(self):
        """Tell of what was delivered, and ask what became of what was told; each in a transaction of its own."""
        due = self.search([
            ('state', 'in', ('waiting', 'promised', 'told')), ('next_try_at', '<=', fields.Datetime.now()),
        ], order='next_try_at, id', limit=_BATCH)
        self.env['ir.cron']._distribution_for_each(due, '_go_on', (UserError, Unreachable, Refused), '_put_off')

    def _go_on(self):
        """Do what is next."""
        if self.state == 'waiting':
            self._look()
        elif self.state == 'promised':
            self._tell()
        elif self.state == 'told':
            self._ask()

    def _look(self):
        """See whether the customer has it, or has the money back."""
        transaction = self.transaction_id
        refunds = transaction.child_transaction_ids.filtered(lambda tx: tx.operation == 'refund' and tx.state == 'done')
        if transaction.currency_id.compare_amounts(-sum(refunds.mapped('amount')), transaction.amount) >= 0:
            self._update_state(('waiting',), 'refunded')
            return
        orders = self._get_orders()
        if orders and all(order._wechat_is_delivered() for order in orders):
            self._promise()
            self._wake()
        else:
            self.write({'next_try_at': fields.Datetime.now() + _FIRST_WAIT, 'error': False})

    def _promise(self):
        """Write down what WeChat will be told; it is sent in the next transaction."""
        terms = self._get_orders()._wechat_prepare_shipping()
        self._update_state(('waiting',), 'promised')
        now = fields.Datetime.now()
        self.write({
            'terms': {**terms, 'uploaded': now.replace(tzinfo=UTC).isoformat(timespec='milliseconds')},
            'next_try_at': now, 'tries': 0, 'error': False})

    def _tell(self):
        """Tell WeChat, unless it knows by now."""
        client = self.account_id.sudo()._get_client()
        number = self.transaction_id.provider_reference
        if not self.tries or client.get_shipping_state(number) == TO_DELIVER:
            client.upload_shipping(self._prepare_shipping())
        self._update_state(('promised',), 'told')
        self.write({'told_at': fields.Datetime.now(), 'next_try_at': fields.Datetime.now() + _ASK_AGAIN, 'error': False})

    def _ask(self):
        """Ask whether the customer has received it: then the money is settled."""
        state = self.account_id.sudo()._get_client().get_shipping_state(self.transaction_id.provider_reference)
        if state > DELIVERED:
            self._update_state(('told',), 'refunded' if state == REFUNDED else 'received')
        self.write({'next_try_at': fields.Datetime.now() + _ASK_AGAIN, 'tries': 0, 'error': False})

    def _put_off(self, error):
        """Try again after a while that doubles; what was never taken is left to a person in the end."""
        tries = self.tries + 1
        self.write({
            'tries': tries, 'error': str(error)[:_ERROR_MAX],
            'next_try_at': fields.Datetime.now() + min(_FIRST_WAIT * 2 ** min(tries - 1, 8), _LONGEST_WAIT)})
        if self.state == 'promised' and tries >= _TRIES_MAX:
            self._update_state(('promised',), 'failed')

    @api.model
    def _wake(self):
        self.env['ir.cron']._distribution_wake('distribution_wechat.ir_cron_tell_deliveries')

    # === GETTERS === #

    def _get_orders(self):
        """Return the orders that the payment is for, or whose invoices it is for.

        :rtype: sale.order
        """
        transaction = self.transaction_id
        return transaction.sale_order_ids | transaction.invoice_ids.invoice_line_ids.sale_line_ids.order_id

    def _prepare_shipping(self):
        """Return what is told; equal each time.

        :rtype: Shipping
        """
        terms = self.sudo().terms
        return Shipping(
            transaction=self.transaction_id.provider_reference,
            openid=self.openid,
            kind=terms['kind'],
            parcels=tuple(Parcel(**parcel) for parcel in terms['parcels']),
            uploaded=terms['uploaded'],
        )
