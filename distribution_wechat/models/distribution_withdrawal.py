from odoo import models


class DistributionWithdrawal(models.Model):
    _inherit = 'distribution.withdrawal'

    # === GETTERS === #

    def _wechat_get_payout_sudo(self):
        """Return the payout by WeChat that is under way or done, if there is one.

        :rtype: distribution.payout
        """
        self.ensure_one()
        return self.sudo().payout_ids.filtered(
            lambda payout: payout.wechat_bill_ids and payout.state in ('sent', 'done', 'failed')).sorted('id')[-1:]

    def _get_confirmation(self):
        """Override of `distribution_commission` to hand out the transfer that waits for its payee, the first one."""
        bills_sudo = self._wechat_get_payout_sudo().wechat_bill_ids
        waiting_sudo = bills_sudo.filtered(lambda bill: bill.state == 'wait_user_confirm').sorted('id')[:1]
        return waiting_sudo._get_package() if waiting_sudo.package else super()._get_confirmation()
