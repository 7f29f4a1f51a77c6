import secrets

from odoo import api, models
from odoo.http import request

VISITOR_HEADER = 'X-Distribution-Visitor'
_MAX_TOKEN_LENGTH = 64


class DistributionTouch(models.Model):
    """Visitors of apps, which keep what browsers keep in a cookie themselves."""
    _inherit = 'distribution.touch'

    # === BUSINESS METHODS === #

    @api.model
    def _record_code(self, code, kind):
        """Record that the visitor of the current request met a distributor: by a link, a scan or a typed code.

        :param str code: A personal one, or one of a link; one that leads nowhere is no error.
        :param str kind: See the field.
        :return: What it leads to, or None; and the token of the visitor, None when nothing was recorded.
        :rtype: tuple[Referral|None, str|None]
        """
        referral = self.env['distribution.link'].sudo()._resolve(code)
        user = request.env.user
        if not referral or not referral.counts or (
                not user._is_public() and referral.partner_id == user.partner_id.id):
            return referral, None
        token = self._get_visitor_token() or secrets.token_urlsafe(18)
        self.sudo()._record(referral, token, kind, path=referral.target)
        return referral, token

    # === GETTERS === #

    @api.model
    def _get_visitor_token(self):
        """Override of `distribution_core` to take the token from where an app sends it."""
        token = request and request.httprequest.headers.get(VISITOR_HEADER)
        return token[:_MAX_TOKEN_LENGTH] if token else super()._get_visitor_token()
