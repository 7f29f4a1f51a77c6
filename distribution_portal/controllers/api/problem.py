"""Whatever goes wrong, as `application/problem+json` (RFC 9457): here and nowhere else."""
import json
from http import HTTPStatus

from werkzeug.exceptions import HTTPException

from odoo.exceptions import AccessDenied, AccessError, MissingError, UserError, ValidationError
from odoo.http import Response

_PREFIX = 'urn:distribution:problem:'
MEDIA = 'application/problem+json'
# The first that fits; all of them are UserErrors. Words of an AccessError name models: not for the world.
_OF_ORM = (
    (AccessDenied, 401, 'not-authenticated'),
    (AccessError, 403, 'forbidden'),
    (MissingError, 404, None),
    (ValidationError, 422, 'invalid'),
    (UserError, 409, 'refused'),
)
_SILENT = (AccessError, MissingError)


class Problem(HTTPException):
    """A problem with a code that programs can act on.

    :param int status: Of HTTP.
    :param str code: Stable within a version.
    :param str detail: For people.
    :param members: More of the answer, by name.
    """

    def __init__(self, status, code, detail, **members):
        super().__init__(detail)
        self.code = status
        self.problem = code
        self.members = members


def make_response(exception):
    """Return the answer to an exception; what nobody foresaw tells nothing."""
    if isinstance(exception, Problem):
        return _answer(exception.code, exception.problem, exception.description, **exception.members)
    if isinstance(exception, HTTPException):
        if exception.response is not None:
            return exception.response
        headers = [pair for pair in exception.get_headers() if pair[0] != 'Content-Type']
        return _answer(exception.code, None, _get_phrase(exception.code), headers)
    for kind, status, code in _OF_ORM:
        if isinstance(exception, kind):
            detail = _get_phrase(status) if isinstance(exception, _SILENT) else str(exception.args[0])
            return _answer(status, getattr(exception, 'problem', code), detail)
    return _answer(500, None, _get_phrase(500))


def _get_phrase(status):
    return HTTPStatus(status).phrase


def _answer(status, code, detail, headers=(), **members):
    headers = [*headers, ('Content-Type', MEDIA), ('Cache-Control', 'no-store')]
    if status == HTTPStatus.UNAUTHORIZED:
        headers.append(('WWW-Authenticate', 'Bearer'))
    return Response(json.dumps({
        'type': _PREFIX + code if code else 'about:blank',
        'title': _get_phrase(status),
        'status': int(status),
        'detail': detail,
        **members,
    }, ensure_ascii=False), status=int(status), headers=headers)
