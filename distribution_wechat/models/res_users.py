from datetime import timedelta

from odoo import models
from odoo.exceptions import AccessDenied
from odoo.tools import hash_sign, verify_hash_signed

_SCOPE = 'distribution-wechat-login'
_PROOF_TIME = timedelta(minutes=1)


class ResUsers(models.Model):
    _inherit = 'res.users'

    def _check_credentials(self, credential, env):
        """Override of `base` to let somebody in whom WeChat has vouched for.

        The proof is signed by this server, after it asked the platform. Employees log in by password.
        """
        if credential.get('type') != 'wechat':
            return super()._check_credentials(credential, env)
        user = self.env.user
        try:
            vouched = verify_hash_signed(self.sudo().env, _SCOPE, credential.get('proof') or '')
        except ValueError:      # no proof at all
            raise AccessDenied() from None
        if not vouched or vouched[0] != user.id or not (user.active and user.share):
            raise AccessDenied()
        identity_sudo = self.env['distribution.wechat.identity'].sudo().browse(vouched[1]).exists()
        if not identity_sudo or identity_sudo.partner_id != user.partner_id:
            raise AccessDenied()
        return {'uid': user.id, 'auth_method': 'wechat', 'mfa': 'default'}

    def _get_wechat_credential(self, identity):
        """Return what lets this user in for a minute, because the platform said who is there.

        :param distribution.wechat.identity identity:
        :rtype: dict
        """
        self.ensure_one()
        proof = hash_sign(self.sudo().env, _SCOPE, [self.id, identity.id], expiration=_PROOF_TIME)
        return {'type': 'wechat', 'login': self.login, 'proof': proof}
