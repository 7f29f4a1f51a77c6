import logging
import re

from werkzeug.exceptions import Forbidden

from odoo.http import Controller, request, route

from ..wechat import check_push

_logger = logging.getLogger(__name__)
# What the platform sends is digits; anything else has no reason to be sent back.
_ECHO_PATTERN = re.compile(r'[A-Za-z0-9_-]{1,128}')


class WechatController(Controller):

    @route(
        '/distribution/wechat/<string:webhook_token>', type='http', auth='public', methods=['GET'],
        readonly=True, save_session=False, sitemap=False)
    def distribution_wechat_verify(
        self, webhook_token, signature='', timestamp='', nonce='', echostr='', **_kwargs
    ):
        """Answer the platform when it verifies the address of the server.

        Unknown accounts and wrong signatures are not told apart.
        """
        account_sudo = request.env['distribution.wechat.account'].sudo()._get_by_webhook_token(webhook_token)
        if not (
            check_push(signature, account_sudo.token, timestamp, nonce)
            and _ECHO_PATTERN.fullmatch(echostr)
        ):
            _logger.warning("refused a verification of account %s", account_sudo.id or "unknown")
            raise Forbidden()
        return request.make_response(echostr, headers=[
            ('Content-Type', 'text/plain; charset=utf-8'),
            ('X-Content-Type-Options', 'nosniff'),
        ])
