import logging
import secrets
import time
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from werkzeug.exceptions import NotFound

from odoo.exceptions import UserError
from odoo.http import Controller, request, route

from odoo.addons.distribution_core.local_path import get_local_path
from odoo.addons.distribution_portal.controllers.portal import DistributionPortal
from odoo.addons.distribution_portal.controllers.referral import ReferralController

from ..wechat import WechatError, sign_jssdk
from .limit import Limiter

_logger = logging.getLogger(__name__)
_URL_MAX = 2048
# What comes from WeChat's login, or from another distributor's link, is not shared on.
_DROPPED = {'code', 'state', 'ref', 'from', 'isappinstalled'}
_QR_SIZE = 336
# Of pages that one client opens in a minute; whole offices and networks of phones share an address.
LIMITER = Limiter(300)


class WechatShareController(Controller):

    @route('/distribution/wechat/share', type='jsonrpc', auth='public', methods=['POST'])
    def distribution_wechat_share(self, url):
        """Sign a page of this site for WeChat's script, and say which address is shared.

        Asked for by pages that are open in WeChat only: other visitors cost nothing.

        :param str url: Of the page, as the browser shows it.
        :return: `config` for `wx.config`, and the `link`; nothing when the page is not of this site, there is
            no account, or the client asks all the time.
        :rtype: dict|bool
        """
        if not LIMITER.allows(request.httprequest.remote_addr):
            return False
        account_sudo = request.env['distribution.wechat.account'].sudo()._get_login_account(request.env.company)
        path = self._get_own_path(url, account_sudo)
        if not account_sudo or not path:
            return False
        try:
            ticket = account_sudo.env['distribution.wechat.token']._get_value(account_sudo, 'ticket')
        except (WechatError, UserError) as error:
            _logger.info("no ticket for WeChat account %s: %s", account_sudo.id, type(error).__name__)
            return False
        nonce, timestamp = secrets.token_hex(8), int(time.time())
        return {
            'config': {
                'appId': account_sudo.app_id,
                'timestamp': timestamp,
                'nonceStr': nonce,
                'signature': sign_jssdk(ticket, nonce, timestamp, url),
                'jsApiList': ['updateAppMessageShareData', 'updateTimelineShareData'],
            },
            'link': self._get_shared_link(account_sudo, path),
        }

    # === GETTERS === #

    @staticmethod
    def _get_own_path(url, account):
        """Return the path of a page of this site; nothing is signed for another one."""
        if not account or not isinstance(url, str) or len(url) > _URL_MAX:
            return None
        try:
            parts = urlsplit(url)
        except ValueError:
            return None
        if parts.scheme not in ('http', 'https') or parts.netloc != urlsplit(account.get_base_url()).netloc:
            return None
        query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] not in _DROPPED])
        return get_local_path(f'{parts.path or "/"}{"?" if query else ""}{query}')

    @staticmethod
    def _get_shared_link(account, path):
        """Return the address under which a page is shared: a distributor's own link to it, or its plain address."""
        distributor_sudo = request.env['distribution.distributor'].sudo().search([
            ('partner_id', '=', request.env.user.partner_id.id), ('company_id', '=', account.company_id.id),
            ('state', '=', 'active'),
        ], limit=1) if not request.env.user._is_public() else None
        if distributor_sudo:
            path = f"/d/{distributor_sudo.code}?{urlencode({'to': path})}"
        return urljoin(account.get_base_url(), path)


class WechatCodePortal(DistributionPortal):

    @route('/my/distribution/wechat', type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_wechat_code(self, error=None, **_kwargs):
        """Show the code that brings followers."""
        distributor = self._get_own_distributor()
        account_sudo, qr_sudo = self._find_code(distributor)
        return self._render_distribution('distribution_wechat.portal_distribution_wechat', distributor, {
            'account_name': account_sudo.name,
            'qr_sudo': qr_sudo,
            'has_error': bool(error),
            'distribution_page': 'wechat',
        })

    @route('/my/distribution/wechat', type='http', auth='user', methods=['POST'], website=True)
    def distribution_wechat_make_code(self, **_kwargs):
        """Have the platform make the code; it is good for thirty days."""
        distributor = self._get_own_distributor()
        account_sudo, _qr_sudo = self._find_code(distributor)
        if not account_sudo or distributor.state != 'active':
            raise NotFound()
        try:
            request.env['distribution.wechat.qr'].sudo()._ensure(account_sudo, distributor.sudo())
        except (WechatError, UserError) as error:
            _logger.info("no code for distributor %s: %s", distributor.id, type(error).__name__)
            return request.redirect('/my/distribution/wechat?error=1')
        return request.redirect('/my/distribution/wechat')

    @route('/my/distribution/wechat/code.svg', type='http', auth='user', methods=['GET'], readonly=True)
    def distribution_wechat_code_image(self, **_kwargs):
        """Draw the code here, of what it says."""
        _account_sudo, qr_sudo = self._find_code(self._get_own_distributor())
        if not qr_sudo:
            raise NotFound()
        return request.make_response(ReferralController._draw_qr(qr_sudo.url, 'svg', _QR_SIZE), headers=[
            ('Content-Type', 'image/svg+xml'), ('Cache-Control', 'private, max-age=3600')])

    @staticmethod
    def _find_code(distributor):
        """Return the account of the distributor's company, and the code that is good, if any."""
        accounts_sudo = request.env['distribution.wechat.account'].sudo()
        codes_sudo = request.env['distribution.wechat.qr'].sudo()
        account_sudo = distributor and accounts_sudo._get_login_account(distributor.company_id)
        if not account_sudo:
            return accounts_sudo, codes_sudo
        qr_sudo = codes_sudo._find(account_sudo, distributor)
        return account_sudo, qr_sudo.filtered(lambda qr: not qr._is_over())
