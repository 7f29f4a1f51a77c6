from werkzeug.exceptions import MethodNotAllowed, NotFound

from odoo.exceptions import AccessDenied
from odoo.http import request, route

from . import problem
from . import schema as s
from .base import DistributionApi
from .openapi import get_methods
from .operation import ANYBODY, PREFIX, ROUTING_TYPE, operation
from .problem import Problem
from .values import time

LOGIN = s.body(
    ('totp', 'device'),
    login=s.text(128),
    password={'type': 'string', 'minLength': 1, 'maxLength': 1024},
    totp=s.described({'type': 'string', 'pattern': '^[0-9]{6}$'}, "Of the app of who has two-factor authentication."),
    device=s.described(s.text(64), "For the user, to tell tokens apart."),
)


class DistributionSessionApi(DistributionApi):

    # === ROUTES === #

    @operation('GET', '/openapi.json', {'type': 'object'}, auth=ANYBODY)
    def api_document(self):
        """Describe the API.

        This document, made from the code that serves it.
        """
        return request.env['ir.http']._distribution_get_api_document()

    @operation(
        'POST', '/token', s.obj(token=s.STRING, expires_at=s.TIME), body=LOGIN, statuses=(201,), problems=(403,),
        auth=ANYBODY)
    def api_token_create(self, body):
        """Log in, and get a token.

        It goes into the header `Authorization: Bearer …` of all other requests. For distributors and
        applicants. After several failures nobody can log in from the same address for a while.
        """
        try:
            user = request.env['res.users']._distribution_authenticate(**body)
        except AccessDenied as error:
            return problem.make_response(error)     # Not raised: what counts the attempts has to be kept.
        token, expires_at = user._distribution_issue_token(body.get('device'))
        return {'token': token, 'expires_at': time(expires_at)}

    @operation('DELETE', '/token', statuses=(204,))
    def api_token_delete(self):
        """Log out: end the token of this request."""
        if not request.env.user._distribution_revoke_token(request.env['ir.http']._distribution_get_token()):
            raise Problem(409, 'refused', request.env._(
                "This key was not made here. Remove it in the settings of your account."))

    @route(
        [PREFIX, f'{PREFIX}/<path:path>'], type=ROUTING_TYPE, auth=ANYBODY, readonly=True, save_session=False,
        sitemap=False, operation=None)
    def api_nowhere(self, path=''):
        """Answer what no route answers, as a problem as well."""
        methods = get_methods(request)
        raise MethodNotAllowed(methods) if methods else NotFound()
