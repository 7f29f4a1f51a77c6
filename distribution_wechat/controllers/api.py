import logging

from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.auth_signup.models.res_partner import SignupError
from odoo.addons.distribution_portal.controllers.api import schema as s
from odoo.addons.distribution_portal.controllers.api.base import DistributionApi
from odoo.addons.distribution_portal.controllers.api.operation import ANYBODY, operation
from odoo.addons.distribution_portal.controllers.api.problem import Problem, make_response
from odoo.addons.distribution_portal.controllers.api.values import time

from ..wechat import BadCode, WechatError

_logger = logging.getLogger(__name__)

LOGIN = s.body(
    ('phone_code', 'scene', 'nickname', 'device', 'totp'),
    app_id=s.described(s.text(40), "Of the mini program."),
    code=s.described(s.text(128), "Of `wx.login`; good once."),
    phone_code=s.described(s.text(128), "Of the button that asks for the phone number; good once."),
    scene=s.described(s.text(64), "As the code that was scanned says, `s=CODE`, or the code of who shared the page."),
    nickname=s.text(64),
    device=s.described(s.text(64), "For the user, to tell tokens apart."),
    totp=s.described({'type': 'string', 'pattern': '^[0-9]{6}$'}, "Of the app of who has two-factor authentication."),
)
TOKEN = s.obj(
    token=s.described(s.nullable(s.STRING), "Null: a customer who is neither distributor nor applicant yet."),
    expires_at=s.nullable(s.TIME),
    is_distributor=s.BOOLEAN,
    has_phone=s.described(s.BOOLEAN, "Whether the platform has verified a phone number."),
)


class DistributionWechatApi(DistributionApi):

    @operation('POST', '/wechat/token', TOKEN, body=LOGIN, statuses=(201,), problems=(403,), auth=ANYBODY)
    def api_wechat_token_create(self, body):
        """Log in from a mini program, and get a token.

        Who is new becomes a customer, if the site is open to all. The recommendation that `scene` tells of is
        kept. With a phone number that is known to be verified here, the person logs in as that customer.
        """
        account_sudo = request.env['distribution.wechat.account'].sudo()._get_mini_program(body['app_id'])
        if not account_sudo:
            raise Problem(403, 'unknown-app', request.env._("This mini program is not known here."))
        try:
            login, phone = self._api_ask_platform(account_sudo, body)
        except BadCode:     # Not raised: what counts the attempts has to be kept.
            request.env['distribution.attempt']._record('wechat', account_sudo.company_id)
            return make_response(Problem(
                409, 'code-over', request.env._("The code is over or was used. Try again.")))
        try:
            user_sudo = account_sudo._let_in_mini(login, phone, body.get('scene'), body.get('nickname'))
        except SignupError:
            raise Problem(403, 'invitation-only', request.env._("People are invited here.")) from None
        if not user_sudo:
            raise Problem(403, 'forbidden', request.env._("This account cannot log in here."))
        user_sudo._distribution_check_second_factor(body.get('totp'))
        return self._api_answer_login(account_sudo, login, user_sudo, body.get('device'))

    @operation('GET', '/wechat/code', media='image/png', problems=(404, 409), readonly=False)
    def api_wechat_code(self):
        """Draw the code that opens the mini program at the user's recommendation."""
        distributor = self._api_get_distributor()
        account_sudo = request.env['distribution.wechat.account'].sudo()._get_mini_program(
            company=distributor.company_id)
        if not account_sudo or distributor.state != 'active':
            raise Problem(404, 'no-mini-program', request.env._("There is no mini program for you."))
        try:
            picture = request.env['distribution.wechat.qr'].sudo()._get_mini_picture(account_sudo, distributor.sudo())
        except (WechatError, UserError) as error:
            _logger.info("no code for distributor %s: %s", distributor.id, type(error).__name__)
            raise Problem(409, 'unavailable', request.env._("WeChat does not answer now. Try again.")) from None
        return request.make_response(picture, headers=[('Content-Type', 'image/png'), ('Cache-Control', 'no-store')])

    # === STEPS === #

    def _api_ask_platform(self, account_sudo, body):
        """Return who logs in, and the verified number, if any; the key of the session goes no further."""
        if request.env['distribution.attempt']._is_exhausted():
            raise Problem(409, 'too-many-attempts', request.env._("Too many attempts. Try again in an hour."))
        try:
            client = account_sudo._get_client()
            login = client.exchange_login_code(body['code'])._replace(session_key='')
            return login, client.get_phone_number(body['phone_code']) if body.get('phone_code') else None
        except BadCode:     # counted by the caller
            raise
        except (WechatError, UserError) as error:
            _logger.info("login by mini program %s: %s", account_sudo.id, type(error).__name__)
            raise Problem(409, 'unavailable', request.env._("WeChat does not answer now. Try again.")) from None

    def _api_answer_login(self, account_sudo, login, user_sudo, device):
        identity_sudo = account_sudo.env['distribution.wechat.identity']._find(account_sudo, login.openid)
        token, expires_at = None, None
        if user_sudo._distribution_may_have_token():
            token, expires_at = user_sudo._distribution_issue_token(device)
        return {
            'token': token,
            'expires_at': expires_at and time(expires_at),
            'is_distributor': bool(user_sudo.partner_id.distributor_ids.filtered(lambda own: own.state != 'closed')),
            'has_phone': bool(identity_sudo.phone_verified_at),
        }
