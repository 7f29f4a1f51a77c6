from urllib.parse import urlencode

from odoo.http import request, route

from odoo.addons.distribution_portal.controllers.referral import ReferralController
from odoo.addons.distribution_portal.controllers.visit import is_visit

from .login import SESSION_KEY, is_wechat_browser

# What fetches a page to show its card in a chat; the browser inside of the app names itself otherwise.
_PREVIEW_AGENTS = ('wechatshareextension', 'wechat/urlpreview', 'mpcrawler')


class WechatReferralController(ReferralController):

    @route()
    def distribution_referral(self, code, to=None, s=None, **kwargs):
        """Override of `distribution_portal`: in WeChat's browser customers are recognized on their way.

        Once in a session, and nobody is asked anything; other browsers cost nothing.
        """
        response = super().distribution_referral(code, to=to, s=s, **kwargs)
        if is_wechat_browser() and self._can_recognize():
            response.location = f"/distribution/wechat/login?{urlencode({'to': response.location})}"
        return response

    def _can_recognize(self):
        if not request.env.user._is_public() or request.session.get(SESSION_KEY):
            return False
        if not is_visit(request.httprequest.method, request.httprequest.headers, self._get_preview_agents()):
            return False
        return bool(request.env['distribution.wechat.account'].sudo()._get_login_account(request.env.company))

    def _get_preview_agents(self):
        """Override of `distribution_portal` to know WeChat's."""
        return super()._get_preview_agents() + _PREVIEW_AGENTS
