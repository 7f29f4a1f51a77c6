"""JSON Schema 2020-12, in the few words that the routes need.

A schema stands once: the routes name it, requests are validated by it, and the OpenAPI document publishes it.
"""
import re

from jsonschema import Draft202012Validator, ValidationError, validators

SCHEMAS = {}        # By name: components of the document.
_SELECTION = 'x-odoo-selection'


def named(name, schema):
    """Put a schema among the components of the document, and return the reference to it."""
    SCHEMAS[name] = schema
    return {'$ref': f'#/components/schemas/{name}'}


def obj(optional=(), **properties):
    """An object of an answer. It may get more properties within a version; clients ignore what they do not know."""
    return {
        'type': 'object',
        'properties': properties,
        'required': [name for name in properties if name not in optional],
    }


def body(optional=(), **properties):
    """An object that a client sends: what is not declared is refused, so that no misspelt name is ignored."""
    return {**obj(optional, **properties), 'additionalProperties': False}


def list_of(schema):
    return {'type': 'array', 'items': schema}


def page_of(schema):
    """A part of a list; see PAGE_QUERY."""
    return obj(items=list_of(schema), total=COUNT, limit=COUNT, offset=COUNT)


def nullable(schema):
    return {'anyOf': [schema, {'type': 'null'}]}


def text(max_length, min_length=1, **keywords):
    """A text that a client sends; blanks alone are none."""
    return {
        'type': 'string', 'minLength': min_length, 'maxLength': max_length,
        **({'pattern': r'\S'} if min_length else {}), **keywords,
    }


def selection(model, field):
    """One of the values that a field has in this database, with all modules that add to it."""
    return {'type': 'string', _SELECTION: f'{model}.{field}'}


def described(schema, description, **keywords):
    return {**schema, 'description': description, **keywords}


STRING = {'type': 'string'}
BOOLEAN = {'type': 'boolean'}
COUNT = {'type': 'integer', 'minimum': 0}
ID = {'type': 'integer', 'minimum': 1, 'maximum': 2**31 - 1}
DATE = {'type': 'string', 'format': 'date'}
DAY_QUERY = {**DATE, 'pattern': '^20'}
TIME = {'type': 'string', 'format': 'date-time', 'description': "In UTC, ending in Z."}
AMOUNT = {
    'type': 'string', 'pattern': r'^-?[0-9]{1,15}(\.[0-9]{1,6})?$',
    'description': "In units of the currency, with as many decimals as it has. A string: a float is no amount.",
    'examples': ["12.50"],
}
SENT_AMOUNT = {**AMOUNT, 'pattern': r'^[0-9]{1,12}(\.[0-9]{1,6})?$'}
MONEY = named('Money', obj(amount=AMOUNT, currency={
    'type': 'string', 'pattern': '^[A-Z]{3}$', 'description': "ISO 4217", 'examples': ["CNY"]}))
PAGE_QUERY = {
    'limit': {'type': 'integer', 'minimum': 1, 'maximum': 100, 'default': 20},
    'offset': {'type': 'integer', 'minimum': 0, 'maximum': 1_000_000, 'default': 0},
}
PROBLEM = named('Problem', {
    **obj(
        ('errors', 'instance'),
        type=described(STRING, "Names the kind of the problem: `urn:distribution:problem:CODE`, or `about:blank`."),
        title=STRING,
        status={'type': 'integer', 'minimum': 400, 'maximum': 599},
        detail=described(STRING, "In words for people, in the language that was asked for."),
        errors=list_of(obj(pointer=described(STRING, "Where it is: `body/amount`, `query/limit`."), detail=STRING)),
    ),
    'description': "RFC 9457",
})


def resolve(schema, env):
    """Return a schema with the values of the selections of this database."""
    if isinstance(schema, list):
        return [resolve(part, env) for part in schema]
    if not isinstance(schema, dict):
        return schema
    resolved = {key: resolve(part, env) for key, part in schema.items() if key != _SELECTION}
    if _SELECTION in schema:
        model, _dot, field = schema[_SELECTION].rpartition('.')
        resolved['enum'] = [value for value, _label in env[model]._fields[field]._description_selection(env)]
    return resolved


def _check_pattern(validator, pattern, instance, schema):
    """A `$` of JSON Schema fits at the very end only, one of Python also before a last newline."""
    if validator.is_type(instance, 'string') and not re.search(pattern.replace('$', r'\Z'), instance):
        yield ValidationError("does not fit the pattern")


_Validator = validators.extend(Draft202012Validator, {'pattern': _check_pattern})


def make_validator(schema, components):
    """Return a validator of a resolved schema that may refer to the components."""
    return _Validator(
        {**schema, 'components': {'schemas': components}}, format_checker=Draft202012Validator.FORMAT_CHECKER)
