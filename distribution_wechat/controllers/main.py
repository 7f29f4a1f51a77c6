import logging
import re

from werkzeug.exceptions import BadRequest, Forbidden

from odoo.http import Controller, request, route

from ..wechat import MAX_BYTES, BadPush, MalformedPush, check_push

_logger = logging.getLogger(__name__)
# What the platform sends is digits; anything else has no reason to be sent back.
_ECHO_PATTERN = re.compile(r'[A-Za-z0-9_-]{1,128}')
_RECEIVED = 'success'
_OWN_QUERY = re.compile(r'(/distribution/wechat/[^\s?"]*)\?[^\s"]*')


class HideQuery(logging.Filter):
    """Mask the parameters of calls from WeChat in the log of requests: they hold openids and codes."""

    def filter(self, record):
        if isinstance(record.args, tuple):
            record.args = tuple(
                _OWN_QUERY.sub(r'\1?***', value) if isinstance(value, str) else value for value in record.args)
        return True


logging.getLogger('werkzeug').addFilter(HideQuery())


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
        token = account_sudo and account_sudo._decrypt('token')
        if not (check_push(signature, token, timestamp, nonce) and _ECHO_PATTERN.fullmatch(echostr)):
            _logger.warning("refused a verification of account %s", account_sudo.id or "unknown")
            raise Forbidden()
        return self._answer(echostr)

    @route(
        '/distribution/wechat/<string:webhook_token>', type='http', auth='public', methods=['POST'], csrf=False,
        save_session=False, sitemap=False, max_content_length=MAX_BYTES)
    def distribution_wechat_push(self, webhook_token, **_kwargs):
        """Take a message of the platform, and answer at once.

        What it means is worked out later: the platform waits for five seconds. A message that comes
        again is answered again, and counts once.
        """
        account_sudo = request.env['distribution.wechat.account'].sudo()._get_by_webhook_token(webhook_token)
        if not account_sudo:
            raise Forbidden()
        try:
            message = account_sudo._open_push(request.httprequest.get_data(), request.httprequest.args.to_dict())
        except BadPush as refusal:
            _logger.warning("refused a message to account %s: %s", account_sudo.id, refusal)
            raise (BadRequest if isinstance(refusal, MalformedPush) else Forbidden)() from None
        request.env['distribution.wechat.message'].sudo()._receive(account_sudo, message)
        return self._answer(account_sudo._answer(message) or _RECEIVED)

    @staticmethod
    def _answer(text):
        return request.make_response(text, headers=[
            ('Content-Type', 'text/plain; charset=utf-8'),
            ('X-Content-Type-Options', 'nosniff'),
        ])
