from odoo import api, fields, models
from odoo.exceptions import UserError

from .distribution_wechat_share import COUNTED_STATES, OPEN_STATES


class DistributionPayout(models.Model):
    """A payout by profit sharing is made of shares of payments; it is done when all of them have arrived."""
    _inherit = 'distribution.payout'

    wechat_share_ids = fields.One2many(
        comodel_name='distribution.wechat.share', inverse_name='payout_id', string="Shares of Payments", readonly=True)
    wechat_share_rest = fields.Monetary(
        string="Not Shared", compute='_compute_wechat_share_rest',
        help="What shares that failed have left, after others of the same payout arrived.")

    # === COMPUTE METHODS === #

    @api.depends('wechat_share_ids.state', 'state')
    def _compute_wechat_share_rest(self):
        for payout in self:
            is_partly = payout.state == 'sent' and payout.wechat_share_ids
            payout.wechat_share_rest = payout._wechat_get_share_rest()[1] / 100 if is_partly else 0.0

    # === ACTION METHODS === #

    def action_wechat_share_rest(self):
        """Button: share what is left once more, under new numbers."""
        self.check_access('write')
        for payout in self:
            payout.lock_for_update()
            payout.invalidate_recordset()
            if payout.wechat_share_rest and not any(share.state in OPEN_STATES for share in payout.wechat_share_ids):
                payout._wechat_create_shares(*payout._wechat_get_share_rest())
        self.env['ir.cron']._distribution_wake('distribution_commission.ir_cron_payouts')

    # === BUSINESS METHODS === #

    def _set_sent(self):
        """Override of `distribution_commission` to make the shares, in the transaction that promises to send them."""
        is_mine = super()._set_sent()
        if is_mine and self.channel_id.code == 'wechat_sharing':
            self._wechat_create_shares(*self._wechat_get_share_rest())
        return is_mine

    def _wechat_create_shares(self, gross, net):
        """Divide what is paid over the payments that can be shared, the oldest first.

        :param int gross: Fen, of commissions.
        :param int net: Fen, after tax and fee.
        :raise UserError: when there is not enough; nothing is made then.
        """
        share_model = self.env['distribution.wechat.share']
        distributor_sudo, channel_sudo = self.sudo().distributor_id, self.sudo().channel_id
        receiver_sudo = self.env['distribution.wechat.receiver'].sudo()._ensure(channel_sudo, distributor_sudo)
        if not receiver_sudo:
            raise UserError(self.env._("The distributor has not connected WeChat yet."))
        frozen_sudo = channel_sudo._wechat_get_frozen(distributor_sudo)
        frozen_sudo.lock_for_update()
        frozen_sudo.invalidate_recordset()
        taken = 0
        for payment_sudo, part in frozen_sudo._allocate(distributor_sudo):
            part = min(gross - taken, part)
            # Rounded down from the beginning: no share is more than was earned, and together they are all of it.
            amount = net * (taken + part) // gross - net * taken // gross
            taken += part
            if amount:
                share_model._create_for(self, payment_sudo, receiver_sudo, part, amount)
        if taken < gross:
            raise UserError(self.env._("Not enough can be shared for %s any more.", self.name))

    def _wechat_share_go_on(self):
        """Send or ask about the shares that are not over.

        :return: See `distribution.payout.channel`.
        :rtype: dict
        """
        self.wechat_share_ids.sorted('id')._go_on()
        return self._wechat_share_get_answer()

    # === GETTERS === #

    @api.model
    def _to_fen(self, amounts):
        return round(sum(amounts) * 100)

    def _wechat_get_share_rest(self):
        """Return what no share stands for: before and after tax and fee.

        :return: Fen.
        :rtype: tuple[int, int]
        """
        shares_sudo = self.sudo().wechat_share_ids.filtered(lambda share: share.state in COUNTED_STATES)
        return (
            self._to_fen([self.amount]) - self._to_fen(shares_sudo.mapped('gross_amount')),
            self._to_fen([self.net_amount]) - self._to_fen(shares_sudo.mapped('amount')))

    def _wechat_share_get_answer(self):
        """Return what the shares mean together: done when all is shared, failed when nothing was nor can be.

        :rtype: dict
        """
        shares_sudo = self.sudo().wechat_share_ids
        if any(share.state in OPEN_STATES for share in shares_sudo):
            return {'state': 'sent'}
        shared = shares_sudo.filtered(lambda share: share.state == 'success')
        if not shared:
            share_sudo = shares_sudo.sorted('id')[-1:]
            return {'state': 'failed', 'reason': share_sudo.reason or share_sudo.error}
        if self._wechat_get_share_rest()[1]:
            return {'state': 'sent'}
        return {'state': 'done', 'amount': self._to_fen(shared.mapped('amount')) / 100}
