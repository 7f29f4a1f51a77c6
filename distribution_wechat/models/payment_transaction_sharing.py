from odoo import fields, models

from .payment_transaction import _PAID


class PaymentTransaction(models.Model):
    """Which payments are frozen, for commissions to be paid out of them."""
    _inherit = 'payment.transaction'

    # Pinned with the number: what is announced again under it is equal.
    wechatpay_is_shared = fields.Boolean(string="Frozen for Profit Sharing", readonly=True, copy=False)

    # === BUSINESS METHODS === #

    def _wechatpay_set_number(self, name):
        """Override of `distribution_wechat` to decide on profit sharing, once for a number."""
        super()._wechatpay_set_number(name)
        is_shared = self.operation != 'refund' and self._wechatpay_is_to_share()
        if is_shared != self.wechatpay_is_shared:
            self.wechatpay_is_shared = is_shared

    def _wechatpay_prepare_order(self, way):
        """Override of `distribution_wechat`."""
        return super()._wechatpay_prepare_order(way)._replace(is_shared=self.wechatpay_is_shared)

    def _wechatpay_apply_payment(self, answer):
        """Override of `distribution_wechat` to keep that a payment is frozen, whatever becomes of the transaction."""
        super()._wechatpay_apply_payment(answer)
        if self.wechatpay_is_shared and answer.state in _PAID:
            self.env['distribution.wechat.frozen'].sudo()._keep(self, answer)

    # === GETTERS === #

    def _wechatpay_is_to_share(self):
        """Return whether the payment shall be frozen: somebody earns by its orders, and nobody else's money is touched.

        :rtype: bool
        """
        merchant = self.provider_id.wechatpay_merchant_id
        return merchant.is_sharing and any(order._wechat_earns_somebody() for order in self.sudo().sale_order_ids)
