import json
import logging

from werkzeug.exceptions import NotFound

from odoo.http import Controller, request, route

from odoo.addons.distribution_portal.controllers.withdrawal import DistributionWithdrawalPortal

from ..wechat import BadPush
from ..wechat.pay import MAX_NOTICE_BYTES

_logger = logging.getLogger(__name__)


class WechatPayController(Controller):

    @route(
        '/distribution/wechat/pay/<string:webhook_token>', type='http', auth='public', methods=['POST'], csrf=False,
        save_session=False, sitemap=False, max_content_length=MAX_NOTICE_BYTES)
    def distribution_wechat_pay_notice(self, webhook_token, **_kwargs):
        """Take a notice of WeChat Pay, verified over its raw bytes, and answer at once.

        What it means is worked out later: WeChat Pay waits for five seconds, and repeats. Whatever is not from it,
        such as its own probes with wrong signatures, is answered with 401.
        """
        merchant_sudo = request.env['distribution.wechat.merchant'].sudo()._get_by_webhook_token(webhook_token)
        if not merchant_sudo:
            return self._answer('FAIL', 401)
        try:
            notice = merchant_sudo._open_notice(request.httprequest.get_data(), request.httprequest.headers)
        except BadPush as refusal:
            _logger.info("refused a notice to WeChat merchant %s: %s", merchant_sudo.id, refusal)
            return self._answer('FAIL', 401)
        request.env['distribution.wechat.callback'].sudo()._receive(merchant_sudo, notice)
        return self._answer('SUCCESS', 200)

    @staticmethod
    def _answer(code, status):
        return request.make_response(
            json.dumps({'code': code, 'message': code.lower()}), status=status,
            headers=[('Content-Type', 'application/json'), ('X-Content-Type-Options', 'nosniff')])


class WechatTransferPortal(DistributionWithdrawalPortal):

    @route(
        '/my/distribution/withdrawals/<int:withdrawal_id>/wechat',
        type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_wechat_transfers(self, withdrawal_id, **_kwargs):
        """Show the transfers of a withdrawal, each to be confirmed in WeChat."""
        distributor = self._get_own_distributor()
        withdrawal, payout_sudo = self._find_wechat_payout(withdrawal_id, distributor)
        return self._render_distribution('distribution_wechat.portal_distribution_wechat_transfers', distributor, {
            'withdrawal': withdrawal,
            'payout_sudo': payout_sudo,
            'bills_sudo': payout_sudo.wechat_bill_ids.sorted('id'),
            'page_url': request.httprequest.url,
            'distribution_page': 'withdrawals',
        })

    @route(
        '/my/distribution/withdrawals/<int:withdrawal_id>/wechat',
        type='http', auth='user', methods=['POST'], website=True)
    def distribution_wechat_pay_rest(self, withdrawal_id, **_kwargs):
        """Transfer what came to nothing once more, under new numbers."""
        _withdrawal, payout_sudo = self._find_wechat_payout(withdrawal_id, self._get_own_distributor())
        payout_sudo._wechat_pay_rest()
        return request.redirect(f'/my/distribution/withdrawals/{withdrawal_id}/wechat')

    @route('/my/distribution/wechat/transfer', type='jsonrpc', auth='user', methods=['POST'])
    def distribution_wechat_transfer(self, number, is_over=False):
        """Return what opens the page of the confirmation: to the payee alone, each time it is asked for.

        :param str number: Of a transfer.
        :param bool is_over: The page was open: then nothing is returned, and WeChat Pay is asked what became of it.
        :return: mchId, appId, package and openId as `requestMerchantTransfer` takes them; nothing when there is
            nothing to confirm.
        :rtype: dict|bool
        """
        distributor = self._get_own_distributor()
        bill_sudo = request.env['distribution.wechat.bill'].sudo().search([
            ('name', '=', number if isinstance(number, str) else None)])
        if not distributor or bill_sudo.distributor_id != distributor:
            raise NotFound()
        if is_over:
            bill_sudo.payout_id._wechat_wake()
        return bill_sudo.state == 'wait_user_confirm' and not is_over and bill_sudo._get_package()

    @route(
        '/my/distribution/wechat/authorization', type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_wechat_authorization(self, **_kwargs):
        """Show whether the distributor receives transfers without confirming each of them."""
        distributor, channel_sudo = self._find_authorizing_channel()
        return self._render_distribution('distribution_wechat.portal_distribution_wechat_authorization', distributor, {
            'authorization_sudo': self._find_authorization_sudo(distributor, channel_sudo),
            'page_url': request.httprequest.url,
            'distribution_page': 'withdrawals',
        })

    @route('/my/distribution/wechat/authorization', type='http', auth='user', methods=['POST'], website=True)
    def distribution_wechat_authorization_submit(self, is_wanted=None, **_kwargs):
        """Prepare to ask for the consent, whose number is committed before it is sent; or end it."""
        distributor, channel_sudo = self._find_authorizing_channel()
        if is_wanted:
            request.env['distribution.wechat.authorization']._ensure(distributor, channel_sudo)
        else:
            self._find_authorization_sudo(distributor, channel_sudo)._close()
        return request.redirect('/my/distribution/wechat/authorization')

    @route('/my/distribution/wechat/authorization/open', type='jsonrpc', auth='user', methods=['POST'])
    def distribution_wechat_authorization_open(self, number, is_over=False):
        """Return what opens the page of the consent, to the distributor alone; nothing when it is in effect.

        :param str number: Of the own consent.
        :param bool is_over: The page was open: then nothing is returned, and WeChat Pay is asked what became of it.
        :rtype: dict|bool
        """
        distributor, channel_sudo = self._find_authorizing_channel()
        authorization_sudo = self._find_authorization_sudo(distributor, channel_sudo)
        if not authorization_sudo or authorization_sudo.name != number:
            raise NotFound()
        if is_over:
            authorization_sudo._refresh()
            return False
        return authorization_sudo._ask_person()

    def _find_authorizing_channel(self):
        """Return the distributor, and the channel that it may receive by without confirming.

        :raise NotFound: when there is none.
        """
        distributor = self._get_own_distributor()
        channel_sudo = distributor and distributor._wechat_get_authorizing_channel_sudo()
        if not channel_sudo:
            raise NotFound()
        return distributor, channel_sudo

    @staticmethod
    def _find_authorization_sudo(distributor, channel_sudo):
        return request.env['distribution.wechat.authorization'].sudo()._find(
            channel_sudo, distributor._wechat_get_payee(channel_sudo))

    def _find_wechat_payout(self, withdrawal_id, distributor):
        """Return an own withdrawal, and its payout by WeChat.

        :raise NotFound: when there is none.
        """
        withdrawal = self._find_own('distribution.withdrawal', withdrawal_id, distributor)
        payout_sudo = withdrawal._wechat_get_payout_sudo()
        if not payout_sudo:
            raise NotFound()
        return withdrawal, payout_sudo
