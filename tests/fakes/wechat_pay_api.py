"""How calls of WeChat Pay are declared, and what is checked of each before it is answered."""
import base64
import json
import re
import time
from functools import cache
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA1

ENDPOINTS = []
URL_MAX = 256


class PayRefusal(Exception):
    """An answer of the platform that says no."""

    def __init__(self, status, code, message=''):
        super().__init__(status, code, message)
        self.status, self.code, self.message = status, code, message


class PayCall(NamedTuple):
    """A call whose form is right."""

    state: object
    merchant: object
    request: object
    body: dict
    number: str             # of the path


def pay_endpoint(method, pattern, body=None, optional='', query=''):
    """Declare what answers a path; `{}` in it is a number. `body` and `optional` are its fields."""
    def register(answer):
        path = re.compile(re.escape(pattern).replace(r'\{\}', r'([^/]+)'))
        ENDPOINTS.append((
            method, path, None if body is None else set(body.split()), set(optional.split()), set(query.split()), answer))
        return answer
    return register


def answer_call(state, merchant, request):
    """Answer a call, or refuse it."""
    for method, path, names, optional, query, answer in ENDPOINTS:
        found = path.fullmatch(request.path)
        if request.method == method and found:
            check(set(request.args) == query, 'PARAM_ERROR', "parameters")
            body = read_body(request, names, optional)
            return answer(PayCall(state, merchant, request, body, found.group(1) if found.groups() else ''))
    raise PayRefusal(404, 'RESOURCE_NOT_EXISTS', "no such call")


def read_body(request, names, optional):
    raw = request.get_data()
    if names is None:
        check(not raw, 'PARAM_ERROR', "a body where none is expected")
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        raise PayRefusal(400, 'PARAM_ERROR', "no JSON") from None
    check(isinstance(body, dict), 'PARAM_ERROR', "no object")
    check(b'null' not in raw, 'PARAM_ERROR', "null")
    check(names <= set(body) <= names | optional, 'PARAM_ERROR', f"fields {sorted(set(body) ^ names)}")
    return body


def check(condition, code, message='', status=400):
    if not condition:
        raise PayRefusal(status, code, message)


def check_text(value, length, pattern=r'[^\0]+'):
    check(isinstance(value, str) and 0 < len(value) <= length and re.fullmatch(pattern, value), 'PARAM_ERROR', "text")


def check_fen(value, smallest=1):
    check(type(value) is int and value >= smallest, 'PARAM_ERROR', "fen")


def check_url(value, schemes=('https',)):
    check_text(value, URL_MAX)
    parts = urlsplit(value)
    check(parts.scheme in schemes and parts.hostname and parts.path and not parts.query, 'PARAM_ERROR', "notify_url")


def check_payee(call, app_id, openid):
    """Return the person behind an openid of an app of the merchant."""
    check(app_id in call.merchant.app_ids, 'APPID_MCHID_NOT_MATCH', "appid")
    account = call.state.accounts[app_id]
    for person in call.state.people.values():
        if person.openid(account) == openid:
            return person
    raise PayRefusal(400, 'INVALID_REQUEST', "openid")


def decrypt_name(call, text, what="user_name"):
    """Return a text that was encrypted for the platform, under the key that the call names."""
    serial = call.request.headers.get('Wechatpay-Serial', '')
    check(serial in (call.merchant.public_key_id, call.merchant.platform_serial), 'PARAM_ERROR', "Wechatpay-Serial")
    key = load_key(call.merchant.platform_private_key)
    try:
        return key.decrypt(base64.b64decode(text), padding.OAEP(padding.MGF1(SHA1()), SHA1(), None)).decode()
    except ValueError:
        raise PayRefusal(400, 'PARAM_ERROR', what) from None


@cache
def load_key(pem):
    """Return a private key; it is checked once, which takes longer than all the rest of an answer."""
    return serialization.load_pem_private_key(pem.encode(), None)


def to_time(seconds):
    return time.strftime('%Y-%m-%dT%H:%M:%S+08:00', time.gmtime(seconds + 8 * 3600))
