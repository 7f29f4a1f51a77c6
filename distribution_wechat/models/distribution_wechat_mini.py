from odoo import api, fields, models

from .distribution_wechat_qr import SCENE_PREFIX


class DistributionWechatAccount(models.Model):
    """Login from a mini program."""
    _inherit = 'distribution.wechat.account'

    is_shipping_told = fields.Boolean(
        string="Tell of Deliveries", default=True,
        help="WeChat holds back what was paid in a trading mini program until it is told of the delivery.")

    # === BUSINESS METHODS === #

    def _let_in_mini(self, login, phone=None, scene=None, nickname=None):
        """Return the portal user who opened the mini program; who is new becomes one, with the recommendation kept.

        :param MiniLogin login: The platform has vouched for it.
        :param str|None phone: That the platform has verified.
        :param str|None scene: Of the code that was scanned, or of the page that was shared.
        :param str|None nickname: As the person wants to be called.
        :rtype: res.users
        :raise SignupError: when people are invited here.
        """
        self.ensure_one()
        own = self.with_company(self.company_id)
        identity = own.env['distribution.wechat.identity']._recognize(own, login)
        if phone:
            identity._verify_phone(phone)
        if not identity.partner_id:
            identity._sign_up(nickname)
            if phone:
                identity._verify_phone(phone)
        if scene:
            own.env['distribution.touch']._record_scan(
                own, login.openid, scene.removeprefix(SCENE_PREFIX), fields.Datetime.now())
        return identity._get_user()

    # === GETTERS === #

    @api.model
    def _get_mini_program(self, app_id=None, company=None):
        """Return a mini program of a company, or none.

        :param str|None app_id: Without: any of them.
        :param res.company|None company: Without: that of the request.
        :rtype: distribution.wechat.account
        """
        domain = [('kind', '=', 'mini'), ('company_id', '=', (company or self.env.company).id)]
        return self.search(domain + ([('app_id', '=', app_id)] if app_id else []), order='id', limit=1)
