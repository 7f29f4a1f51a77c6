from odoo import models


class AccountPayment(models.Model):
    _inherit = 'account.payment'

    def _compute_amount_available_for_refund(self):
        """Override of `account_payment`: what is under way at WeChat Pay is not refunded a second time."""
        super()._compute_amount_available_for_refund()
        for payment in self.filtered('amount_available_for_refund'):
            tx_sudo = payment.payment_transaction_id.sudo()
            if tx_sudo.provider_code == 'wechatpay':
                payment.amount_available_for_refund = tx_sudo._wechatpay_get_refundable_fen() / 100
