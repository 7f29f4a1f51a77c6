from odoo import api, fields, models
from odoo.exceptions import UserError

from .distribution_wechat_bill import _OPEN

_COUNTED = (*_OPEN, 'success')


class DistributionPayout(models.Model):
    """A payout by WeChat consists of transfers; it is done when all of its amount has arrived."""
    _inherit = 'distribution.payout'

    wechat_bill_ids = fields.One2many(
        comodel_name='distribution.wechat.bill', inverse_name='payout_id', string="WeChat Transfers", readonly=True)
    wechat_rest = fields.Monetary(
        string="Not Transferred", compute='_compute_wechat_rest',
        help="What transfers that came to nothing have left, after others of the same payout arrived.")

    # === COMPUTE METHODS === #

    @api.depends('wechat_bill_ids.state', 'state')
    def _compute_wechat_rest(self):
        for payout in self:
            is_open = payout.channel_id.code == 'wechat' and payout.state == 'sent' and payout.wechat_bill_ids
            payout.wechat_rest = payout.currency_id.round(
                payout.net_amount - sum(payout._wechat_get_bills(*_COUNTED).mapped('amount'))) if is_open else 0.0

    def _compute_obstacle(self):
        """Override of `distribution_commission`: what is too much for today waits."""
        super()._compute_obstacle()
        for payout in self.filtered(lambda payout: payout.state == 'draft' and not payout.obstacle):
            payout.obstacle = payout._wechat_get_day_obstacle()

    # === ACTION METHODS === #

    def action_wechat_rest(self):
        """Button: transfer what is left once more, under new numbers."""
        self.check_access('write')
        for payout in self:
            payout._wechat_transfer_rest()

    # === BUSINESS METHODS === #

    def _send(self):
        """Override of `distribution_commission`: what is too much for today waits."""
        if not self._wechat_get_day_obstacle():
            super()._send()

    def _set_sent(self):
        """Override of `distribution_commission` to make the transfers, in the transaction that promises to send them."""
        is_mine = super()._set_sent()
        if is_mine and self.channel_id.code == 'wechat':
            self._wechat_create_bills(self.net_amount)
        return is_mine

    def _wechat_create_bills(self, amount):
        identity = self.distributor_id._wechat_get_payee(self.channel_id)
        if not identity:
            raise UserError(self.env._("The distributor has not connected WeChat yet."))
        self.env['distribution.wechat.bill']._create_for(self, identity, self.channel_id._wechat_split(amount))

    def _wechat_transfer_rest(self):
        """Make new transfers for what came to nothing, after that is final; the job sends them."""
        self.ensure_one()
        self.lock_for_update()
        self.invalidate_recordset()
        if self.wechat_rest > 0 and not self._wechat_get_bills(*_OPEN):
            self._wechat_create_bills(self.wechat_rest)
            self.env['distribution.wechat.bill']._wake()

    def _wechat_go_on(self):
        """Send or ask about the transfers that are not over.

        :return: See `distribution.payout.channel`.
        :rtype: dict
        """
        self.wechat_bill_ids.sorted('id')._go_on()
        return self._wechat_get_answer()

    def _wechat_conclude(self):
        """Let what is known of the transfers take effect."""
        self._process(self._wechat_get_answer())

    # === GETTERS === #

    def _wechat_get_bills(self, *states):
        return self.sudo().wechat_bill_ids.filtered(lambda bill: bill.state in states)

    def _wechat_get_answer(self):
        """Return what the transfers mean together: done when all is paid, failed when nothing was nor can be.

        :rtype: dict
        """
        paid = sum(self._wechat_get_bills('success').mapped('amount'))
        if self._wechat_get_bills(*_OPEN):
            return {'state': 'sent'}
        if not paid:
            bill_sudo = self.sudo().wechat_bill_ids.sorted('id')[-1:]
            return {'state': 'failed', 'reason': bill_sudo.reason or bill_sudo.error}
        is_all = not self.currency_id.compare_amounts(paid, self.net_amount)
        return {'state': 'done', 'amount': self.currency_id.round(paid)} if is_all else {'state': 'sent'}

    def _wechat_get_day_obstacle(self):
        """Return why it has to wait for tomorrow, or None.

        :rtype: str|None
        """
        channel = self.channel_id
        if channel.code != 'wechat':
            return None
        company = self.company_id
        begin = company._distribution_get_beginning(company._distribution_get_today())
        bills_sudo = self.env['distribution.wechat.bill'].sudo().search([
            ('merchant_id', '=', channel.wechat_merchant_id.id), ('create_date', '>=', begin),
            ('state', 'in', _COUNTED)])
        own = bills_sudo.filtered(lambda bill: bill.distributor_id == self.distributor_id)
        for sent, limit in ((own, channel.wechat_payee_day_max), (bills_sudo, channel.wechat_day_max)):
            if self.currency_id.compare_amounts(sum(sent.mapped('amount')) + self.net_amount, limit) > 0:
                return self.env._("By WeChat, no more than %s is paid on a day. It waits for tomorrow.",
                                  self.currency_id.format(limit))
        return None
