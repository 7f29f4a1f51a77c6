from odoo import api, fields, models
from odoo.exceptions import AccessDenied, AccessError
from odoo.tools import SQL

from odoo.addons.base.models.res_users import INDEX_SIZE, KEY_CRYPT_CONTEXT

TOKEN_SCOPE = 'distribution'
_TOKEN_DAYS = 90
_MAX_TOKENS = 10


class SecondFactorRequired(AccessDenied):
    """The password is right, and not enough."""

    problem = 'second-factor-required'


class ResUsers(models.Model):
    """Tokens of the API are API keys of Odoo: stored hashed, with an end, and with a scope that opens nothing else."""
    _inherit = 'res.users'

    # === BUSINESS METHODS === #

    @api.model
    def _distribution_authenticate(self, login, password, totp=None, **_others):
        """Return who logs in with these, by Odoo's own means, also against guessing.

        :param str|None totp: Of who has two-factor authentication; nobody gets around it here.
        :rtype: res.users
        :raise AccessDenied:
        """
        info = self.authenticate(
            {'type': 'password', 'login': login, 'password': password}, {'interactive': True})
        user = self.browse(info['uid'])
        if info.get('mfa') != 'skip':
            user._distribution_check_second_factor(totp)
        return user

    def _distribution_check_second_factor(self, totp=None):
        """Check the second factor of a user who has one, and has proved the first.

        :param str|None totp:
        :raise AccessDenied:
        """
        self.ensure_one()
        user_sudo = self.sudo()
        if not user_sudo._mfa_type():
            return
        if user_sudo._mfa_type() != 'totp':
            raise SecondFactorRequired(self.env._(
                "Log in on the site: the way in which you prove who you are is not possible here."))
        if not totp:
            raise SecondFactorRequired(self.env._("Send the code of your authentication app as well."))
        with self._assert_can_auth(user=self.id):
            self.with_user(self)._check_credentials({'type': 'totp', 'token': int(totp)}, {'interactive': True})

    def _distribution_issue_token(self, device=None):
        """Make a token of the API for a user who has proved to be that user, whatever the way.

        Of more than a handful the oldest ends.

        :param str|None device: For the user, to tell tokens apart.
        :return: The token, which nobody sees a second time, and when it ends.
        :rtype: tuple[str, datetime]
        :raise AccessError: for who is neither distributor nor applicant.
        """
        self.ensure_one()
        if not self._distribution_may_have_token():
            raise AccessError(self.env._("Only distributors and applicants get a token."))
        keys_sudo = self.env['res.users.apikeys'].with_user(self).sudo()
        keys_sudo.search(
            [('user_id', '=', self.id), ('scope', '=', TOKEN_SCOPE)], order='id desc', offset=_MAX_TOKENS - 1).unlink()
        expires_at = fields.Datetime.add(fields.Datetime.now(), days=_TOKEN_DAYS)
        name = self.env._("Distribution app: %s", device or "–")
        return keys_sudo._generate(TOKEN_SCOPE, name, expires_at), expires_at

    def _distribution_revoke_token(self, token):
        """End a token of this user.

        :return: Whether it was one; a key for all of Odoo is not touched.
        :rtype: bool
        """
        self.ensure_one()
        rows = self.env.execute_query(SQL(
            "SELECT id, key FROM res_users_apikeys WHERE user_id = %s AND scope = %s AND index = %s",
            self.id, TOKEN_SCOPE, token[:INDEX_SIZE]))
        keys_sudo = self.env['res.users.apikeys'].sudo().browse(
            key_id for key_id, hashed in rows if KEY_CRYPT_CONTEXT.verify(token, hashed))
        keys_sudo._remove()
        return bool(keys_sudo)

    # === GETTERS === #

    def _distribution_may_have_token(self):
        """Return whether a user has something to look up: as a distributor, also a former one, or applicant."""
        self.ensure_one()
        user_sudo = self.sudo()
        return bool(
            user_sudo.active and not user_sudo._is_public()
            and (user_sudo.partner_id.distributor_ids or self.env['distribution.application'].sudo().search_count(
                [('partner_id', '=', user_sudo.partner_id.id), ('state', '=', 'submitted')], limit=1)))
