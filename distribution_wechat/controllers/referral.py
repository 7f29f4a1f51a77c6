from odoo.addons.distribution_portal.controllers.referral import ReferralController

# What fetches a page to show its card in a chat; the browser inside of the app names itself otherwise.
_PREVIEW_AGENTS = ('wechatshareextension', 'wechat/urlpreview', 'mpcrawler')


class WechatReferralController(ReferralController):

    def _get_preview_agents(self):
        """Override of `distribution_portal` to know WeChat's."""
        return super()._get_preview_agents() + _PREVIEW_AGENTS
