from odoo.http import Dispatcher, Response

from . import problem
from .openapi import get_methods
from .operation import ROUTING_TYPE
from .reading import read_params


class DistributionApiDispatcher(Dispatcher):
    """Routes of the API: JSON in and out, and problems instead of pages of errors.

    Without a check of CSRF, because a cookie says nothing here about who somebody is; see `ir.http`.
    """
    routing_type = ROUTING_TYPE
    mimetypes = ('application/json',)

    @classmethod
    def is_compatible_with(cls, request):
        """Whatever it is, so that also what does not fit is answered by `handle_error`."""
        return True

    def dispatch(self, endpoint, args):
        """Read the request as its operation declares it, and answer as JSON."""
        operation, http = endpoint.routing['operation'], self.request.httprequest
        self.request.params = dict(args)
        if http.method == 'OPTIONS':
            return Response(status=204, headers={'Allow': ', '.join([*get_methods(self.request), 'OPTIONS'])})
        if operation:
            env = self.request.env
            components = env['ir.http']._distribution_get_api_components()
            self.request.params = read_params(operation, http, args, env, components)
        result = self.request.registry['ir.http']._dispatch(endpoint)
        return self._make_response(result, operation)

    def _make_response(self, result, operation):
        if isinstance(result, Response):
            response = result
        else:
            value, status = result if isinstance(result, tuple) else (result, operation.statuses[0])
            response = (
                Response(status=status) if value is None else self.request.make_json_response(value, status=status))
        response.headers.setdefault('Cache-Control', 'no-store')
        return response

    def handle_error(self, exc):
        return problem.make_response(exc)
