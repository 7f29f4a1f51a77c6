from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.payment import utils as payment_utils

from ..wechat import Unreachable
from ..wechat.pay import NotNow, PayRefused, UnknownNumber

_UNCLEAR = timedelta(hours=1)   # after which nothing that was sent can still be on its way
_TAKEN = ('draft', 'pending', 'done')       # refunds in these states have, or may still get, their part of the payment


class PaymentTransaction(models.Model):
    """Refunds that take their part of a payment until WeChat Pay says that they are closed."""
    _inherit = 'payment.transaction'

    wechatpay_is_abnormal = fields.Boolean(
        string="Money Not Taken", readonly=True, copy=False,
        help="WeChat Pay has the money of this refund, and the payer's card does not take it. Say where it shall go.")

    wechatpay_unclear_at = fields.Datetime(string="Last Sent without an Answer", readonly=True, copy=False)

    # === ACTION METHODS === #

    def action_wechatpay_redirect_refund(self):
        """Button: ask where the money of a refund shall go that did not arrive."""
        self.ensure_one()
        payment_utils.check_rights_on_recordset(self)
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Where Shall the Money Go?"),
            'res_model': 'distribution.wechat.abnormal.refund',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_transaction_id': self.id},
        }

    # === BUSINESS METHODS === #

    def _wechatpay_send_refund(self, client):
        """Ask for a refund, or ask for the very same once more. That it leaves is committed before it does.

        :param PayMerchant client:
        """
        source = self.source_transaction_id
        if not source.is_post_processed:    # after a refund, nothing books the payment any more
            source._post_process()
        unclear_at = self.wechatpay_unclear_at
        self.wechatpay_unclear_at = fields.Datetime.now()
        self.env['ir.cron']._commit_progress()      # whoever dies from here on may have sent it
        self.lock_for_update()
        try:
            answer = client.create_refund(
                self.wechatpay_number, source.wechatpay_number, -self._wechatpay_get_fen(), source._wechatpay_get_fen(),
                self.provider_id.wechatpay_merchant_id._get_notify_url())
        except NotNow:
            raise
        except PayRefused as refusal:
            self.wechatpay_unclear_at = unclear_at      # this call has done nothing
            self._wechatpay_end_refused(client, refusal)
        else:
            self.wechatpay_unclear_at = False
            self._wechatpay_apply_refund(answer)

    def _wechatpay_end_refused(self, client, refusal):
        """End a refund that was refused, when WeChat Pay does not have it and nothing sent before can still arrive."""
        try:
            self._wechatpay_apply_refund(client.get_refund(self.wechatpay_number))
        except UnknownNumber:
            if not self.wechatpay_unclear_at or fields.Datetime.now() >= self.wechatpay_unclear_at + _UNCLEAR:
                self._set_error(self.env._("WeChat Pay refused the refund: %s", refusal))

    def _wechatpay_check_refund(self):
        """Check that the payment has as much left as this refund wants.

        :raise ValidationError: Odoo makes the refund an error of it.
        """
        source = self.source_transaction_id
        left = source._wechatpay_get_refundable_fen() - self._wechatpay_get_fen()     # its own part is taken off already
        if -self._wechatpay_get_fen() > left:
            raise ValidationError(self.env._(
                "Of this payment, %s can still be refunded: other refunds are done or under way.",
                source.currency_id.format(max(left, 0) / 100)))

    def _wechatpay_note_refund(self, state):
        """Keep in view what waits for a person: the refund stays pending, and nothing can be refunded in its place."""
        is_abnormal = state == 'ABNORMAL' and self.state == 'pending'
        if is_abnormal == self.wechatpay_is_abnormal:
            return
        self.wechatpay_is_abnormal = is_abnormal
        self.state_message = is_abnormal and self.env._(
            "The payer's card does not take the money back. Say where it shall go.")
        if is_abnormal:
            self._log_message_on_linked_documents(self.env._(
                "The refund %s did not arrive: the payer's card does not take it. Say in the refund where the money "
                "shall go.", self._get_html_link()))

    def _wechatpay_redirect_refund(self, card):
        """Tell WeChat Pay where the money of this refund shall go; the job sees what becomes of it.

        :param PayerCard|None card: None: the merchant's own account.
        :raise UserError: when it is not asked for, or refused.
        """
        self.ensure_one()
        self.lock_for_update()
        if not self.wechatpay_is_abnormal:
            raise UserError(self.env._("This refund does not wait for anything."))
        client = self.provider_id.wechatpay_merchant_id._get_client()
        try:
            answer = client.apply_abnormal_refund(self.provider_reference, self.wechatpay_number, card)
        except Unreachable:
            raise UserError(self.env._("WeChat Pay did not answer as expected. Please try again in a moment.")) from None
        except PayRefused as refusal:
            raise UserError(self.env._("WeChat Pay refused: %s", refusal)) from None
        self._wechatpay_apply_refund(answer)
        self.env['ir.cron']._distribution_wake('distribution_wechat.ir_cron_ask_payments')

    # === GETTERS === #

    def _wechatpay_get_refundable_fen(self):
        """Return what is left of a payment after all refunds that are done or under way.

        :rtype: int
        """
        refunds = self.child_transaction_ids.filtered(lambda tx: tx.operation == 'refund' and tx.state in _TAKEN)
        return self._wechatpay_get_fen() + sum(refund._wechatpay_get_fen() for refund in refunds)
