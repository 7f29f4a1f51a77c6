"""Takes a request apart and judges it by the schemas of its operation."""
import json
import re

from werkzeug.exceptions import BadRequest, NotFound, UnsupportedMediaType

from .problem import Problem
from .schema import make_validator, obj, resolve

_INTEGER = re.compile(r'-?[0-9]{1,18}')
_BOOLEANS = {'true': True, 'false': False}
_MAX_ERRORS = 20


def read_params(operation, request, args, env, components):
    """Return the arguments for the method of an operation.

    :raise HTTPException: 400 no JSON, 404 no such path, 415 another type, 422 not as declared.
    """
    values = _read_path(operation, args, components, env)
    errors, sources = [], {
        'query': (operation.query, request.args),
        'header': (operation.headers, request.headers),
    }
    for place, (schemas, given) in sources.items():
        read, wrong = _read_texts(env, schemas, given, components, place)
        values.update({name.lower().replace('-', '_'): value for name, value in read.items()})
        errors += wrong
    if operation.body:
        values['body'] = _read_json(request)
        errors += _get_errors(env, operation.body, values['body'], components, 'body')
    if errors:
        raise Problem(422, 'invalid', env._("The request is not as the documentation says."), errors=errors)
    return values


def _read_path(operation, args, components, env):
    values = {name: _parse(args[name], schema) for name, schema in operation.params.items()}
    if _get_errors(env, obj(**operation.params), values, components, 'path'):
        raise NotFound()
    return values


def _read_texts(env, schemas, given, components, place):
    """Return the values of a query or of headers, and what is wrong with them."""
    values = {name: _parse(given[name], schema) for name, schema in schemas.items() if name in given}
    optional = schemas if place == 'query' else ()
    errors = _get_errors(env, obj(optional, **schemas), values, components, place)
    return {**{name: schema.get('default') for name, schema in schemas.items()}, **values}, errors


def _parse(text, schema):
    """Return a text as its schema takes it; one that does not fit stays as it is and is refused."""
    if schema.get('type') == 'integer' and _INTEGER.fullmatch(text):
        return int(text)
    if schema.get('type') == 'boolean':
        return _BOOLEANS.get(text, text)
    return text


def _read_json(request):
    if request.mimetype != 'application/json':
        raise UnsupportedMediaType()
    try:
        return json.loads(request.get_data(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadRequest() from error


def _refuse_constant(name):
    """NaN and Infinity are no JSON."""
    raise ValueError(name)


def _get_errors(env, schema, value, components, place):
    """Return where a value is not as its schema says.

    :rtype: list[dict]
    """
    validator = make_validator(resolve(schema, env), components)
    errors = [
        {'pointer': '/'.join([place, *map(str, error.absolute_path)]), 'detail': _describe(error)}
        for error, _index in zip(validator.iter_errors(value), range(_MAX_ERRORS), strict=False)
    ]
    return errors or [
        {'pointer': place, 'detail': env._("A text contains characters that cannot be kept.")}
        for text in _get_texts(value) if not _is_storable(text)
    ][:1]


def _describe(error):
    """Say which rule is broken, without what was sent: that may be a password, or hostile."""
    return error.message if error.validator == 'required' else f'{error.validator}: {error.validator_value}'[:200]


def _get_texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _get_texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _get_texts(part)


def _is_storable(text):
    """The database keeps no zero bytes, and no halves of characters."""
    return '\0' not in text and not any('\ud800' <= character <= '\udfff' for character in text)
