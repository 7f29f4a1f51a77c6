from odoo import api, models
from odoo.exceptions import UserError


class DistributionPayout(models.Model):
    """A payout by profit sharing is divided over the payments of the orders that earned it."""
    _inherit = 'distribution.payout'

    # === BUSINESS METHODS === #

    def _wechat_create_shares(self):
        """Divide what no share stands for over the payments that can be shared, the oldest first.

        :raise UserError: when there is not enough; nothing is made then.
        """
        gross, net = self._wechat_get_share_rest()
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

    # === GETTERS === #

    @api.model
    def _to_fen(self, amounts):
        return round(sum(amounts) * 100)

    def _wechat_get_share_rest(self):
        """Return what no share stands for: before and after tax and fee.

        :return: Fen.
        :rtype: tuple[int, int]
        """
        shares_sudo = self.sudo().wechat_share_ids.filtered(lambda share: share._is_counted())
        return (
            self._to_fen([self.amount]) - self._to_fen(shares_sudo.mapped('gross_amount')),
            self._to_fen([self.net_amount]) - self._to_fen(shares_sudo.mapped('amount')))
