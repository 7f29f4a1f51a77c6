import inspect
import re
from typing import NamedTuple

from odoo.http import route

from .schema import ID

PREFIX = '/distribution/api/v1'
ROUTING_TYPE = 'distribution_api'
TOKEN, ANYBODY = 'distribution_token', 'distribution_anybody'
_MAX_BYTES = 64 * 1024
_PARAMETER = re.compile(r'{(\w+)}')


class Operation(NamedTuple):
    """What a route takes and answers: validates requests, and stands in the OpenAPI document."""

    method: str
    path: str                   # as OpenAPI writes it, below PREFIX
    name: str
    summary: str
    description: str
    params: dict                # schemas by the name of the parameter in the path
    query: dict                 # none of it must be sent
    headers: dict               # by their names in HTTP; all of them must be sent
    body: dict | None
    answer: dict | None         # None: no content, or a file
    statuses: tuple             # of success
    problems: tuple             # statuses beside those that follow from the rest
    media: str
    auth: str

    @property
    def rule(self):
        """The path as werkzeug knows it: texts, which the schemas judge."""
        return PREFIX + _PARAMETER.sub(r'<string(maxlength=32):\1>', self.path)

    @property
    def tag(self):
        return self.path.split('/')[1]


def operation(method, path, answer=None, *, params=None, query=None, headers=None, body=None, statuses=(200,),
              problems=(), media='application/json', auth=TOKEN, readonly=None):
    """Declare a method of a controller as a route of the API.

    The method is called with the parameters of path, query and headers by their names, and `body`; it
    returns what is answered as JSON, or a pair of that and one of the statuses, or a response. Its
    docstring is the text of the document. Parameters that end in `_id` are numbers of records.
    """
    def decorator(endpoint):
        summary, _empty, description = inspect.getdoc(endpoint).partition("\n\n")
        spec = Operation(
            method=method, path=path, name=endpoint.__name__.removeprefix('api_'), summary=summary,
            description=description, query=query or {}, headers=headers or {}, body=body, answer=answer,
            params={name: (params or {}).get(name, ID) for name in _PARAMETER.findall(path)},
            statuses=statuses, problems=problems, media=media, auth=auth)
        return route(
            spec.rule, type=ROUTING_TYPE, auth=auth, methods=[method], save_session=False, sitemap=False,
            readonly=method == 'GET' if readonly is None else readonly, max_content_length=_MAX_BYTES,
            operation=spec)(endpoint)
    return decorator
