"""How endpoints are declared, and what is checked of every call before it is answered."""
import json
import secrets
from typing import NamedTuple

from wechat_state import Refusal
from werkzeug.wrappers import Response

ENDPOINTS = {}


class Endpoint(NamedTuple):
    answer: object
    query: frozenset        # parameters that must be there
    query_optional: frozenset
    body: frozenset | None  # None: no body at all
    body_optional: frozenset
    needs_token: bool


class Call(NamedTuple):
    """A call whose form is right."""

    state: object
    request: object
    query: dict
    body: dict | None
    account: object         # of the token, when one is needed


def endpoint(method, path, query='', query_optional='', body=None, body_optional='', needs_token=False):
    """Declare what answers a path, and each parameter that it may be called with."""
    def register(answer):
        ENDPOINTS[method, path] = Endpoint(
            answer,
            frozenset(query.split()) | ({'access_token'} if needs_token else set()),
            frozenset(query_optional.split()),
            None if body is None else frozenset(body.split()),
            frozenset(body_optional.split()),
            needs_token,
        )
        return answer
    return register


def handle(state, request):
    """Answer a call of a client, or refuse it in the way of the platform."""
    declared = ENDPOINTS.get((request.method, request.path))
    if not declared:
        state.violations.append(f"{request.method} {request.path} is no endpoint")
        return Response('<html>404</html>', 404, content_type='text/html')
    try:
        query = check_query(state, request, declared)
        account = state.account_of_token(query['access_token']) if declared.needs_token else None
        body = check_body(state, request, declared)
        if account:
            state.spend(account, request.path)
        answer = declared.answer(Call(state, request, query, body, account))
    except Refusal as refusal:
        return answer_json({'errcode': refusal.errcode, 'errmsg': f'{refusal.errmsg} rid: {secrets.token_hex(8)}'})
    return answer if isinstance(answer, Response) else answer_json(answer)


def answer_json(content, status=200):
    # The platform says text/plain for JSON now and then; clients must not look at the type.
    return Response(json.dumps(content, ensure_ascii=False), status, content_type='text/plain; charset=utf-8')


def check_query(state, request, declared):
    query = request.args.to_dict(flat=False)
    names = set(query)
    note(state, request, names - declared.query - declared.query_optional, "unknown parameters")
    note(state, request, {name for name, values in query.items() if len(values) > 1}, "repeated parameters")
    if missing := declared.query - names:
        name = min(missing)
        codes = {'access_token': 41001, 'appid': 41002, 'secret': 41004, 'code': 41008, 'js_code': 41008}
        raise Refusal(codes.get(name, 40097), f"missing {name}")
    return {name: values[0] for name, values in query.items()}


def check_body(state, request, declared):
    raw = request.get_data()
    if declared.body is None:
        note(state, request, {'body'} if raw else set(), "a body where none is expected")
        return None
    try:
        body = json.loads(raw)
    except ValueError:
        raise Refusal(47001, "data format error") from None
    if not isinstance(body, dict):
        raise Refusal(47001, "data format error")
    # \\u escapes arrive at people's phones as they are.
    note(state, request, {'escapes'} if b'\\u' in raw else set(), "text that is not UTF-8")
    note(state, request, {name for name, value in body.items() if value is None}, "null values")
    note(state, request, set(body) - declared.body - declared.body_optional, "unknown fields")
    if missing := declared.body - set(body):
        raise Refusal(40097, f"missing {min(missing)}")
    return body


def note(state, request, names, what):
    """Keep a fault of the client that the platform may forgive, for tests to see."""
    if names:
        state.violations.append(f"{request.method} {request.path}: {what}: {', '.join(sorted(names))}")


def require(condition, errcode, errmsg):
    if not condition:
        raise Refusal(errcode, errmsg)
