import base64
import re
from urllib.parse import quote

from werkzeug.exceptions import NotFound

from odoo.exceptions import UserError
from odoo.http import Controller, request, route

from odoo.addons.distribution_portal.controllers.referral import ReferralController
from odoo.addons.payment import utils as payment_utils

_WECHAT = re.compile('MicroMessenger', re.IGNORECASE)
_PHONE = re.compile('Mobile|Android|iPhone|iPad', re.IGNORECASE)
_QR_SIZE = 240


class WechatpayController(Controller):
    _pay_url = '/payment/wechatpay'
    _announce_url = '/payment/wechatpay/announce'
    _poll_url = '/payment/wechatpay/poll'

    @route(_pay_url, type='http', auth='public', methods=['GET'], website=True, readonly=True, sitemap=False)
    def wechatpay_page(self, reference='', access_token='', **_kwargs):
        """Show the page on which a payment is made; what to do is asked for by the page itself."""
        tx_sudo = self._find_transaction_sudo(reference, access_token)
        return request.render('distribution_wechat.wechatpay_page', {
            'tx_sudo': tx_sudo,
            'access_token': access_token,
            'way': self._get_way(tx_sudo),
            'has_payer': bool(self._get_openid(tx_sudo, 'jsapi')),
            'login_to': quote(request.httprequest.full_path, safe=''),
        })

    @route(_announce_url, type='jsonrpc', auth='public', methods=['POST'])
    def wechatpay_announce(self, reference, access_token, is_mini=False):
        """Announce the payment in the way that the browser can pay.

        :param str reference:
        :param str access_token: See `payment.transaction._wechatpay_get_access_token`.
        :param bool is_mini: The page of a mini program asks.
        :return: `way`, and `invocation` (jsapi, mini), `url` (h5) or `code` (native: a picture to scan); or an `error`.
        :rtype: dict
        """
        tx_sudo = self._find_transaction_sudo(reference, access_token)
        way = 'mini' if is_mini else self._get_way(tx_sudo)
        openid = self._get_openid(tx_sudo, way)
        if way in ('jsapi', 'mini') and not openid:
            return {'error': request.env._("Log in with WeChat to pay here.")}
        try:
            values = tx_sudo._wechatpay_announce(way, openid, request.httprequest.remote_addr)
        except UserError as error:
            return {'error': error.args[0]}
        if way == 'native':
            picture = ReferralController._draw_qr(values.pop('code_url'), 'png', _QR_SIZE)
            values['code'] = f'data:image/png;base64,{base64.b64encode(picture).decode()}'
        return values

    @route(_poll_url, type='jsonrpc', auth='public', methods=['POST'])
    def wechatpay_poll(self, reference, access_token, is_paid=False):
        """Return whether the payment came to an end; the page then goes on.

        :param bool is_paid: WeChat says so: WeChat Pay is asked at once.
        :rtype: bool
        """
        tx_sudo = self._find_transaction_sudo(reference, access_token)
        if is_paid and tx_sudo.state in ('draft', 'pending'):
            request.env['ir.cron']._distribution_wake('distribution_wechat.ir_cron_ask_payments')
        return tx_sudo.state not in ('draft', 'pending')

    # === GETTERS === #

    @staticmethod
    def _find_transaction_sudo(reference, access_token):
        """Return the transaction that somebody was led to.

        :raise NotFound: without its token.
        """
        if not payment_utils.check_access_token(access_token, 'wechatpay', reference):
            raise NotFound()
        tx_sudo = request.env['payment.transaction'].sudo().search([
            ('reference', '=', reference), ('provider_code', '=', 'wechatpay')])
        if not tx_sudo:
            raise NotFound()
        return tx_sudo

    @staticmethod
    def _get_way(tx_sudo):
        """Return how the browser can pay: jsapi in WeChat, h5 on another phone, native (a code to scan) elsewhere."""
        agent = request.httprequest.headers.get('User-Agent', '')
        if _WECHAT.search(agent):
            return 'jsapi'
        return 'h5' if tx_sudo.provider_id.wechatpay_has_h5 and _PHONE.search(agent) else 'native'

    @staticmethod
    def _get_openid(tx_sudo, way):
        """Return who the user is in WeChat, by the account that the payment goes through; None if that is not known."""
        provider = tx_sudo.provider_id
        account = {'jsapi': provider.wechatpay_account_id, 'mini': provider.wechatpay_mini_id}.get(way)
        if not account or request.env.user._is_public():
            return None
        return request.env['distribution.wechat.identity'].sudo().search([
            ('account_id', '=', account.id), ('partner_id', '=', request.env.user.partner_id.id)], limit=1).openid or None
