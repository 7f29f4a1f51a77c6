import re

from werkzeug.exceptions import Unauthorized

from odoo import api, models, tools
from odoo.http import request
from odoo.tools.misc import get_lang

from ..controllers.api.openapi import make_document
from ..controllers.api.schema import SCHEMAS, resolve
from .res_users import TOKEN_SCOPE

_BEARER = re.compile(r'bearer\s+(\S+)', re.IGNORECASE)


class IrHttp(models.AbstractModel):
    """Who calls the API: the header tells, never a cookie.

    Like `bearer` of `base`, with keys of a scope that opens nothing but the API. `bearer` asks for keys
    that open all of RPC as well, which is no key for a phone, and takes a session for whoever has none.
    """
    _inherit = 'ir.http'

    # === AUTHENTICATION === #

    @classmethod
    def _auth_method_distribution_token(cls):
        token = cls._distribution_get_token()
        uid = token and request.env['res.users.apikeys']._check_credentials(scope=TOKEN_SCOPE, key=token)
        if not uid:
            raise Unauthorized()
        cls._distribution_forget_session()
        request.update_env(user=uid)
        user = request.env.user
        request.update_context(lang=user.lang, tz=user.tz)
        request.update_context(lang=get_lang(request.env, request.best_lang).code)

    @classmethod
    def _auth_method_distribution_anybody(cls):
        """Somebody with a token, or the public; a token that is sent must be valid."""
        if request.httprequest.headers.get('Authorization'):
            cls._auth_method_distribution_token()
        else:
            cls._distribution_forget_session()
            cls._auth_method_public()

    @classmethod
    def _distribution_forget_session(cls):
        """Go on as if no cookie had come."""
        request.session.can_save = False
        request.session.uid = None
        request.session.context = request.default_context()
        cls._auth_method_none()
        request.update_env(context=request.session.context)

    @classmethod
    def _distribution_get_token(cls):
        match = _BEARER.fullmatch(request.httprequest.headers.get('Authorization', '').strip())
        return match and match[1]

    # === DOCUMENT === #

    @api.model
    @tools.ormcache()
    def _distribution_get_api_components(self):
        """Return the schemas that others refer to, with the values of this database."""
        return resolve(SCHEMAS, self.sudo().env)

    @api.model
    @tools.ormcache(cache='routing')
    def _distribution_get_api_document(self):
        return make_document(self.sudo().env, self._distribution_get_api_components())
