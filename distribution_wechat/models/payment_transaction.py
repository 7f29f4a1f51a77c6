import logging
import re
import secrets
import time
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.payment import utils as payment_utils

from ..wechat import Unreachable
from ..wechat.pay import Order, PayRefused, UnknownNumber, read_order, read_refund

_logger = logging.getLogger(__name__)
_NUMBER_MAX = 32
_DESCRIPTION_MAX = 127
_MINUTES = 110              # the platform's announcements are good for two hours
_BATCH = 500
_PAID = ('SUCCESS', 'REFUND')       # refunds have numbers of their own


class PaymentTransaction(models.Model):
    _inherit = 'payment.transaction'

    wechatpay_number = fields.Char(string="Number at WeChat Pay", readonly=True, copy=False, index='btree_not_null')
    wechatpay_way = fields.Char(readonly=True, copy=False)      # jsapi, mini, native or h5, with the payer if known
    wechatpay_expires_at = fields.Datetime(readonly=True, copy=False)
    wechatpay_asked_at = fields.Datetime(readonly=True, copy=False)

    # === BUSINESS METHODS - PRE-PROCESSING === #

    def _get_specific_rendering_values(self, processing_values):
        """Override of `payment` to lead to the page that knows the browser.

        Note: self.ensure_one() from `_get_processing_values`
        """
        if self.provider_code != 'wechatpay':
            return super()._get_specific_rendering_values(processing_values)
        return {'reference': self.reference, 'access_token': self._wechatpay_get_access_token()}

    def _wechatpay_announce(self, way, openid=None, client_ip=None):
        """Announce the payment to WeChat Pay, and return what the page needs to have it paid.

        The same way is announced again under the same number; before another way, the former number is closed. So
        there is never more than one number that can be paid.

        :param str way: jsapi, mini, native or h5.
        :param str openid: Of the payer, for jsapi and mini.
        :param str client_ip: For h5.
        :rtype: dict
        :raise UserError: when it is paid already, or WeChat Pay does not take it.
        """
        self.ensure_one()
        self.lock_for_update()
        if self.state not in ('draft', 'pending'):
            raise UserError(self.env._("This payment is over."))
        client = self.provider_id.wechatpay_merchant_id._get_client()
        name = f'{way} {openid or ""}'.strip()
        try:
            if self.wechatpay_number and self._wechatpay_is_used_up(name):
                self._wechatpay_close(client)
                self.wechatpay_number = False
            if not self.wechatpay_number:
                self._wechatpay_set_number(name)
            return self._wechatpay_send_announcement(client, way, openid, client_ip)
        except (PayRefused, Unreachable) as error:
            _logger.info("WeChat Pay did not take transaction %s: %s", self.reference, error)
            self.env['ir.cron']._distribution_wake('distribution_wechat.ir_cron_ask_payments')
            raise UserError(self.env._("WeChat Pay did not answer as expected. Please try again in a moment.")) from None

    def _wechatpay_close(self, client):
        """See to it that the number cannot be paid any more; one that never arrived cannot."""
        try:
            client.close_order(self.wechatpay_number)
        except UnknownNumber as error:
            _logger.info("WeChat Pay never heard of %s: %s", self.wechatpay_number, error)

    def _wechatpay_is_used_up(self, name):
        return self.wechatpay_way != name or self.wechatpay_expires_at <= fields.Datetime.now()

    def _wechatpay_set_number(self, name):
        prefix = re.sub(r'[^0-9A-Za-z_-]', '', self.reference)
        self.write({
            'wechatpay_number': f'{prefix[:_NUMBER_MAX - 13]}-{secrets.token_hex(6)}',
            'wechatpay_way': name,
            'wechatpay_expires_at': fields.Datetime.now() + timedelta(minutes=_MINUTES)})

    def _wechatpay_send_announcement(self, client, way, openid, client_ip):
        order = self._wechatpay_prepare_order(way)
        if way == 'native':
            return {'way': way, 'code_url': client.prepare_native(order)}
        if way == 'h5':
            return {'way': way, 'url': client.prepare_h5(
                order, client_ip, f'{self.provider_id.get_base_url()}/payment/status')}
        prepay_id = client.prepare_jsapi(order, openid)
        return {'way': way, 'invocation': client.sign_prepay(
            order.app_id, prepay_id, str(int(time.time())), secrets.token_hex(16))}

    def _wechatpay_prepare_order(self, way):
        """Return what shall be paid; equal each time for one number.

        :rtype: Order
        """
        provider = self.provider_id
        account = provider.wechatpay_mini_id if way == 'mini' else provider.wechatpay_account_id
        return Order(
            number=self.wechatpay_number,
            app_id=account.app_id,
            description=f'{self.company_id.name} {self.reference}'[:_DESCRIPTION_MAX],
            amount=self._wechatpay_get_fen(),
            notify_url=provider.wechatpay_merchant_id._get_notify_url(),
            expires=self.wechatpay_expires_at.strftime('%Y-%m-%dT%H:%M:%S+00:00'),
        )

    def _send_refund_request(self):
        """Override of `payment` to promise a refund; a job sends it, after its number was committed.

        Note: `self.ensure_one()` from :meth:`_refund`
        """
        if self.provider_code != 'wechatpay':
            return super()._send_refund_request()
        self._wechatpay_check_refund()
        self._wechatpay_set_number('refund')
        self._set_pending()
        return self.env['ir.cron']._distribution_wake('distribution_wechat.ir_cron_ask_payments')

    # === BUSINESS METHODS - PROCESSING === #

    @api.model
    def _wechatpay_cron_ask(self):
        """Ask about what is under way, and send what was promised; each in a transaction of its own.

        Those that were not asked about for longest come first: refunds that take days stop no others.
        """
        transactions = self.search([
            ('provider_code', '=', 'wechatpay'), ('wechatpay_number', '!=', False), ('state', 'in', ('draft', 'pending')),
        ], order='wechatpay_asked_at NULLS FIRST, id', limit=_BATCH).try_lock_for_update()
        transactions.wechatpay_asked_at = fields.Datetime.now()
        self.env['ir.cron']._commit_progress(0)
        self.env['ir.cron']._distribution_for_each(transactions, '_wechatpay_ask', (PayRefused, Unreachable))

    def _wechatpay_ask(self):
        """Ask what became of a payment, or send a refund: the same number has the same answer."""
        self.ensure_one()
        client = self.provider_id.wechatpay_merchant_id._get_client()
        if self.operation == 'refund':
            return self._wechatpay_send_refund(client)
        try:
            answer = client.get_order(self.wechatpay_number)
        except UnknownNumber:
            return self._wechatpay_cancel_expired()
        self._wechatpay_apply_payment(answer)
        if answer.state == 'NOTPAY' and self._wechatpay_is_expired():
            self._wechatpay_close(client)
            self._wechatpay_cancel_expired()
        return None

    def _wechatpay_is_expired(self):
        return fields.Datetime.now() >= self.wechatpay_expires_at

    def _wechatpay_cancel_expired(self):
        if self._wechatpay_is_expired():
            self._set_canceled(self.env._("Nobody paid in time."))

    @api.model
    def _wechatpay_take_payment(self, merchant, data):
        """Let a verified notice about a payment take effect.

        :raise UserError: when it is about nothing that is known.
        """
        answer = read_order(data)
        self._wechatpay_find(merchant, answer.number)._wechatpay_apply_payment(answer)

    @api.model
    def _wechatpay_take_refund(self, merchant, data):
        """Let a verified notice about a refund take effect.

        :raise UserError: when it is about nothing that is known.
        """
        answer = read_refund(data)
        if data.get('mchid') != merchant.mchid:
            raise UserError(self.env._("WeChat Pay answers for another merchant or account: %s", answer.number))
        self._wechatpay_find(merchant, answer.number)._wechatpay_apply_refund(answer)

    def _wechatpay_apply_payment(self, answer):
        """Let an answer take effect when it is about this payment: same app and merchant.

        :param OrderState answer:
        """
        self.ensure_one()
        provider = self.provider_id
        app_ids = {provider.wechatpay_account_id.app_id, provider.wechatpay_mini_id.app_id} - {False}
        if answer.mchid != provider.wechatpay_merchant_id.mchid or answer.app_id not in app_ids:
            raise UserError(self.env._("WeChat Pay answers for another merchant or account: %s", self.reference))
        self._wechatpay_check_platform_number(answer)
        self._process('wechatpay', {
            'status': 'paid' if answer.state in _PAID else answer.state, 'amount': answer.amount,
            'currency': answer.currency, 'id': answer.platform_number})

    def _wechatpay_apply_refund(self, answer):
        """Let an answer take effect when it is about a refund of this payment.

        :param RefundState answer:
        """
        self.ensure_one()
        if answer.order_number != self.source_transaction_id.wechatpay_number:
            raise UserError(self.env._("WeChat Pay answers for another payment: %s", self.reference))
        self._wechatpay_check_platform_number(answer)
        self._wechatpay_note_refund(answer.state)
        self._process('wechatpay', {
            'status': f'refund {answer.state}', 'amount': answer.amount, 'currency': 'CNY', 'id': answer.platform_number})

    def _wechatpay_check_platform_number(self, answer):
        """Check that WeChat Pay still calls it as it did before."""
        if self.provider_reference and answer.platform_number not in ('', self.provider_reference):
            raise UserError(self.env._("WeChat Pay answers for another payment: %s", self.reference))

    def _extract_amount_data(self, payment_data):
        """Override of `payment` to extract the amount and currency; what was not paid has none to compare."""
        if self.provider_code != 'wechatpay':
            return super()._extract_amount_data(payment_data)
        if payment_data['status'] not in ('paid', 'refund SUCCESS'):
            return None
        return {'amount': (payment_data['amount'] or 0) / 100, 'currency_code': payment_data['currency']}

    def _apply_updates(self, payment_data):
        """Override of `payment` to update the transaction based on the payment data."""
        if self.provider_code != 'wechatpay':
            return super()._apply_updates(payment_data)
        status = payment_data['status']
        self.provider_reference = payment_data['id'] or self.provider_reference
        if status in ('paid', 'refund SUCCESS') and self._wechatpay_is_whole(payment_data):
            # A payment may arrive after it was given up: the money is here.
            self._set_done(extra_allowed_states=('cancel',))
            self.env['distribution.wechat.shipping']._expect(self)
        elif status == 'CLOSED':
            self._set_canceled(self.env._("The payment was closed."))
        elif status == 'refund CLOSED':
            self._set_error(self.env._("WeChat Pay closed the refund: no money was returned. It may be refunded again."))
        return None

    def _wechatpay_is_whole(self, payment_data):
        """Return whether an answer is about this amount; `_validate_amount` stops only what was not over before."""
        return payment_data['amount'] == abs(self._wechatpay_get_fen()) and payment_data['currency'] == 'CNY'

    # === GETTERS === #

    @api.model
    def _wechatpay_find(self, merchant, number):
        """Return the transaction of a number.

        :raise UserError: when there is none.
        """
        transaction = self.search([
            ('wechatpay_number', '=', number), ('provider_id.wechatpay_merchant_id', '=', merchant.id)])
        if not transaction:
            raise UserError(self.env._("There is no payment %s.", number))
        transaction.lock_for_update()
        return transaction

    def _wechatpay_get_fen(self):
        return round(self.amount * 100)

    def _wechatpay_get_access_token(self):
        """Return what shows that somebody was led to the page of this transaction."""
        return payment_utils.generate_access_token('wechatpay', self.reference, env=self.env)
