from odoo import api, fields, models
from odoo.exceptions import UserError

from .distribution_payout_channel import WECHAT_CODES


class DistributionPayout(models.Model):
    """A payout by WeChat Pay consists of parts: transfers, or shares of payments. It is done when all have arrived."""
    _inherit = 'distribution.payout'

    wechat_bill_ids = fields.One2many(
        comodel_name='distribution.wechat.bill', inverse_name='payout_id', string="WeChat Transfers", readonly=True)
    wechat_share_ids = fields.One2many(
        comodel_name='distribution.wechat.share', inverse_name='payout_id', string="Shares of Payments", readonly=True)
    wechat_rest = fields.Monetary(
        string="Not Received", compute='_compute_wechat_rest',
        help="What parts that came to nothing have left, after others of the same payout arrived.")

    # === COMPUTE METHODS === #

    @api.depends('wechat_bill_ids.state', 'wechat_share_ids.state', 'state')
    def _compute_wechat_rest(self):
        for payout in self:
            is_partly = payout.state == 'sent' and payout._wechat_get_parts()
            payout.wechat_rest = payout.currency_id.round(
                payout.net_amount - payout._wechat_get_counted()) if is_partly else 0.0

    def _compute_obstacle(self):
        """Override of `distribution_commission`: what is too much for today waits."""
        super()._compute_obstacle()
        for payout in self.filtered(lambda payout: payout.state == 'draft' and not payout.obstacle):
            payout.obstacle = payout._wechat_get_day_obstacle()

    # === ACTION METHODS === #

    def action_mark_done(self):
        """Override of `distribution_commission`: what WeChat Pay may still pay is not paid otherwise."""
        for payout in self:
            if payout._wechat_is_under_way():
                raise UserError(self.env._("WeChat Pay may still pay a part of %s. Wait until that is over.", payout.name))
        super().action_mark_done()

    def action_wechat_rest(self):
        """Button: pay what is left once more, under new numbers."""
        self.check_access('write')
        for payout in self:
            payout._wechat_pay_rest()

    # === BUSINESS METHODS === #

    def _send(self):
        """Override of `distribution_commission`: what is too much for today waits."""
        if not self._wechat_get_day_obstacle():
            super()._send()

    def _set_sent(self):
        """Override of `distribution_commission` to make the parts, in the transaction that promises to send them."""
        is_mine = super()._set_sent()
        if is_mine and self.channel_id.code in WECHAT_CODES:
            self._wechat_create_parts(self.net_amount)
        return is_mine

    def _wechat_create_parts(self, amount):
        """Make the parts that an amount is paid by.

        :raise UserError: when it cannot be; nothing is made then.
        """
        if self.channel_id.code == 'wechat_sharing':
            self._wechat_create_shares()
            return
        identity = self.distributor_id._wechat_get_payee(self.channel_id)
        if not identity:
            raise UserError(self.env._("The distributor has not connected WeChat yet."))
        self.env['distribution.wechat.bill']._create_for(self, identity, self.channel_id._wechat_split(amount))

    def _wechat_pay_rest(self):
        """Make new parts for what came to nothing, after that is final; the job sends them."""
        self.ensure_one()
        self.lock_for_update()
        self.invalidate_recordset()
        if self.wechat_rest > 0 and not self._wechat_is_under_way():
            self._wechat_create_parts(self.wechat_rest)
            self._wechat_wake()

    def _wechat_go_on(self):
        """Send or ask about the parts that are not over.

        :return: See `distribution.payout.channel`.
        :rtype: dict
        """
        self._wechat_get_parts()._go_on()
        return self._wechat_get_answer()

    def _wechat_conclude(self):
        """Let what is known of the parts take effect."""
        self._process(self._wechat_get_answer())

    @api.model
    def _wechat_wake(self):
        self.env['ir.cron']._distribution_wake('distribution_commission.ir_cron_payouts')

    # === GETTERS === #

    def _wechat_get_parts(self):
        """Return what it consists of, the first first.

        :rtype: distribution.wechat.bill|distribution.wechat.share
        """
        payout_sudo = self.sudo()
        is_shared = payout_sudo.channel_id.code == 'wechat_sharing'
        return (payout_sudo.wechat_share_ids if is_shared else payout_sudo.wechat_bill_ids).sorted('id')

    def _wechat_is_under_way(self):
        """Return whether WeChat Pay may still pay a part of it."""
        return any(part._is_open() for part in self._wechat_get_parts())

    def _wechat_get_counted(self):
        """Return what was paid of it, or may be."""
        return sum(self._wechat_get_parts().filtered(lambda part: part._is_counted()).mapped('amount'))

    def _wechat_get_answer(self):
        """Return what the parts mean together: done when all is paid, failed when nothing was nor can be.

        :rtype: dict
        """
        if self._wechat_is_under_way():
            return {'state': 'sent'}
        paid = self._wechat_get_counted()
        if not paid:
            last = self._wechat_get_parts()[-1:]
            return {'state': 'failed', 'reason': last.reason or last.error}
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
        bill_sudo = self.env['distribution.wechat.bill'].sudo()
        bills_sudo = bill_sudo.search([
            ('merchant_id', '=', channel.wechat_merchant_id.id), ('create_date', '>=', begin),
            ('state', 'in', bill_sudo._get_counted_states())])
        own = bills_sudo.filtered(lambda bill: bill.distributor_id == self.distributor_id)
        for sent, limit in ((own, channel.wechat_payee_day_max), (bills_sudo, channel.wechat_day_max)):
            if self.currency_id.compare_amounts(sum(sent.mapped('amount')) + self.net_amount, limit) > 0:
                return self.env._("By WeChat, no more than %s is paid on a day. It waits for tomorrow.",
                                  self.currency_id.format(limit))
        return None
