"""The OpenAPI document: the operations of the routing map, as they are declared."""
from .operation import PREFIX, TOKEN
from .problem import MEDIA
from .schema import PROBLEM, resolve

_DESCRIPTION = """\
What distributors do in the portal, for apps and mini programs.

- Amounts are strings in units of their currency; times are in UTC (RFC 3339); days are those of the company.
- Lists take `limit` and `offset`, and answer `items` and `total`.
- Errors are `application/problem+json` (RFC 9457). `detail` is for people, in the language of `Accept-Language`.
- Within a version properties are only added. Ignore what you do not know."""
_PHRASES = {
    200: "Done", 201: "Created", 202: "Accepted", 204: "Done", 400: "No JSON", 401: "No valid token",
    403: "Not allowed", 404: "Not found", 409: "Refused, as things are", 413: "Too large",
    415: "Another type than JSON", 422: "Not as declared",
}


def make_document(env, components):
    """Return the document for the routes of the modules that are installed.

    :rtype: dict
    """
    paths = {}
    for spec in sorted(get_operations(env), key=lambda spec: (spec.path, spec.method)):
        paths.setdefault(PREFIX + spec.path, {})[spec.method.lower()] = resolve(_describe(spec), env)
    return {
        'openapi': '3.1.0',
        'info': {'title': "Distribution for Odoo", 'version': '1', 'description': _DESCRIPTION},
        'servers': [{'url': '/'}],
        'paths': paths,
        'components': {
            'schemas': components,
            'securitySchemes': {'token': {'type': 'http', 'scheme': 'bearer'}},
        },
    }


def get_operations(env):
    """Return the operations of the routes that there are, also those of other modules.

    :rtype: list[Operation]
    """
    rules = env['ir.http'].routing_map().iter_rules()
    return [rule.endpoint.routing['operation'] for rule in rules if rule.endpoint.routing.get('operation')]


def get_methods(request):
    """Return the methods of the operations at the path of a request.

    :rtype: list[str]
    """
    routes = request.env['ir.http'].routing_map().bind_to_environ(request.httprequest.environ)
    rules = [
        routes.match(request.httprequest.path, method=method, return_rule=True)[0]
        for method in ('GET', 'POST', 'PUT', 'PATCH', 'DELETE')
    ]
    return [
        rule.endpoint.routing['operation'].method for rule in rules if rule.endpoint.routing.get('operation')]


def _describe(spec):
    return {
        'operationId': spec.name,
        'tags': [spec.tag],
        'summary': spec.summary,
        **({'description': spec.description} if spec.description else {}),
        'security': [{'token': []}] if spec.auth == TOKEN else [{}, {'token': []}],
        'parameters': [
            *(_describe_parameter(name, 'path', schema) for name, schema in spec.params.items()),
            *(_describe_parameter(name, 'query', schema) for name, schema in spec.query.items()),
            *(_describe_parameter(name, 'header', schema) for name, schema in spec.headers.items()),
        ],
        **({'requestBody': {
            'required': True, 'content': {'application/json': {'schema': spec.body}}}} if spec.body else {}),
        'responses': {
            **{str(status): _describe_answer(spec, status) for status in spec.statuses},
            **{str(status): _describe_problem(status) for status in sorted(_get_problems(spec))},
        },
    }


def _describe_parameter(name, place, schema):
    return {'name': name, 'in': place, 'required': place != 'query', 'schema': schema}


def _describe_answer(spec, status):
    has_content = status != 204 and (spec.answer or spec.media != 'application/json')
    return {
        'description': _PHRASES[status],
        **({'content': {spec.media: {'schema': spec.answer or {}}}} if has_content else {}),
    }


def _describe_problem(status):
    return {'description': _PHRASES[status], 'content': {MEDIA: {'schema': PROBLEM}}}


def _get_problems(spec):
    statuses = {401, *spec.problems}        # 401 also where no token is needed: one that is sent must be valid
    if spec.auth == TOKEN:
        statuses |= {403}
    if spec.params or spec.body and any(name.endswith('_id') for name in spec.body['properties']):
        statuses |= {404}
    if spec.query or spec.headers or spec.body:
        statuses |= {422}
    if spec.body:
        statuses |= {400, 413, 415}
    if spec.method != 'GET':
        statuses |= {409, 422}
    return statuses
