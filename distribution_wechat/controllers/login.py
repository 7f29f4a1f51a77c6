import logging
import secrets
from urllib.parse import urlencode, urljoin

from werkzeug.exceptions import Forbidden

from odoo.exceptions import UserError
from odoo.http import Controller, request, route

from odoo.addons.auth_signup.models.res_partner import SignupError
from odoo.addons.distribution_core.local_path import get_local_path
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.web.controllers.home import Home
from odoo.addons.web.controllers.utils import _get_login_redirect_url

from ..wechat import SnapshotUser, WechatError

_logger = logging.getLogger(__name__)
_RETURN_PATH = '/distribution/wechat/return'
SESSION_KEY = 'distribution_wechat_logins'
# So many pages may wait for their return at once: the oldest gives way.
_WAITING_MAX = 4
_TEXT_MAX = 512


def is_wechat_browser():
    """Tell whether the page is open inside of WeChat, as far as the browser says."""
    return 'micromessenger' in (request.httprequest.user_agent.string or '').lower()


class WechatLoginController(Controller):

    # === ROUTES === #

    @route('/distribution/wechat/login', type='http', auth='public', methods=['GET'], sitemap=False)
    def distribution_wechat_login(self, to=None, ask=None, **_kwargs):
        """Send somebody to WeChat, who comes back known.

        Silently only who is known already is logged in; with `ask` WeChat asks for consent, and whoever
        is new becomes a customer. The state is random, good once, and bound to the session: nobody can
        be made to come back as somebody else.
        """
        target = get_local_path(to) or '/my'
        account_sudo = request.env['distribution.wechat.account'].sudo()._get_login_account(request.env.company)
        if not account_sudo or not is_wechat_browser():
            return self._redirect_to_login(target)
        state = secrets.token_hex(16)
        waiting = dict(list(request.session.get(SESSION_KEY, {}).items())[1 - _WAITING_MAX:])
        request.session[SESSION_KEY] = {
            **waiting, state: {'account': account_sudo.id, 'to': target, 'ask': ask == '1'}}
        return_url = urljoin(request.httprequest.url_root, _RETURN_PATH)
        return self._redirect(account_sudo._get_login_url(return_url, state, ask != '1'), local=False)

    @route(
        _RETURN_PATH, type='http', auth='public', methods=['GET'], website=True, multilang=False, sitemap=False)
    def distribution_wechat_return(self, code='', state='', **_kwargs):
        """Take somebody back from WeChat. Pages may be opened twice; a code is good once."""
        waiting = request.session.get(SESSION_KEY, {})
        entry = waiting.get(state)
        if not entry:
            raise Forbidden()
        if entry.get('is_done') or not code:        # came twice, or refused the consent
            return self._redirect(entry['to'])
        account_sudo = request.env['distribution.wechat.account'].sudo().browse(entry['account']).exists()
        request.session[SESSION_KEY] = {**waiting, state: {**entry, 'is_done': True}}
        try:
            user_id = self._let_in(account_sudo, code[:_TEXT_MAX], entry['ask'])
        except SnapshotUser:
            return request.render('distribution_wechat.login_snapshot', {'to': entry['to']})
        except (WechatError, SignupError, UserError) as error:
            _logger.info("login by WeChat account %s: %s", account_sudo.id, type(error).__name__)
            return self._redirect_to_login(entry['to']) if entry['ask'] else self._redirect(entry['to'])
        # Where there is a second factor, it is asked for before the page.
        return self._redirect(_get_login_redirect_url(user_id, entry['to']) if user_id else entry['to'])

    # === STEPS === #

    def _let_in(self, account_sudo, code, is_asked):
        """Log in whom the platform vouches for; a customer who is logged in gets the identity instead.

        :return: The id of the user who was logged in, if anybody was.
        :rtype: int|None
        """
        client = account_sudo._get_client()
        login = client.exchange_code(code)
        info = client.get_userinfo(login) if is_asked else {}
        if info.get('unionid'):
            login = login._replace(unionid=info['unionid'])
        identity_sudo = request.env['distribution.wechat.identity'].sudo()._recognize(account_sudo, login)
        user = request.env.user
        if not user._is_public():
            if is_asked and user.share:
                identity_sudo._bind(user.partner_id)
            return None
        user_sudo = identity_sudo._get_user()
        if not user_sudo and is_asked and not identity_sudo.partner_id:
            user_sudo = identity_sudo._sign_up(info.get('nickname'))
        if not user_sudo:
            return None
        return request.session.authenticate(request.env, user_sudo._get_wechat_credential(identity_sudo))['uid']

    # === ANSWERS === #

    @staticmethod
    def _redirect(target, local=True):
        response = request.redirect(target, code=302, local=local)
        response.headers['Cache-Control'] = 'no-store'
        return response

    def _redirect_to_login(self, target):
        return self._redirect(f"/web/login?{urlencode({'redirect': target})}")


class WechatHome(Home):

    @route()
    def web_login(self, *args, **kw):
        """Override of `web` to offer the login by WeChat where it works."""
        response = super().web_login(*args, **kw)
        if response.is_qweb and is_wechat_browser():
            accounts_sudo = request.env['distribution.wechat.account'].sudo()
            response.qcontext['has_wechat_login'] = bool(accounts_sudo._get_login_account(request.env.company))
        return response


class WechatPortal(CustomerPortal):

    @route('/my/wechat', type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def distribution_wechat_own(self, error=None, **_kwargs):
        """Show which of the company's accounts know the customer."""
        accounts_sudo = request.env['distribution.wechat.account'].sudo()
        return request.render('distribution_wechat.portal_wechat', {
            **self._prepare_portal_layout_values(),
            'page_name': 'wechat',
            'identities_sudo': self._get_own_identities_sudo(),
            'can_bind': is_wechat_browser() and bool(accounts_sudo._get_login_account(request.env.company)),
            'has_error': bool(error),
        })

    @route('/my/wechat/unbind', type='http', auth='user', methods=['POST'], website=True)
    def distribution_wechat_unbind(self, **_kwargs):
        """Untie the customer from WeChat, and end the session that WeChat may have begun."""
        try:
            with request.env.cr.savepoint():
                self._get_own_identities_sudo()._unbind()
        except UserError:
            return request.redirect('/my/wechat?error=1')
        request.session.logout(keep_db=True)
        return request.redirect('/web/login')

    @staticmethod
    def _get_own_identities_sudo():
        return request.env['distribution.wechat.identity'].sudo().search([
            ('partner_id', '=', request.env.user.partner_id.id)])
