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
