"""Calls of the platform's API: form of requests and answers, time limit, renewal of the token."""
import json
import logging
import re
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NewConnectionError

from .errors import BadCredentials, NotSent, TokenRefused, Unreachable, to_error

API_URL = 'https://api.weixin.qq.com'
TIMEOUT = 10
_AGENT = 'distribution-odoo'
_LOOPBACK = ('127.0.0.1', 'localhost')
_SECRET_PARAMETERS = re.compile(r'((?:secret|access_token|refresh_token|code|js_code|openid)=)[^&\s]+')


class HideSecrets(logging.Filter):
    """Mask what addresses of the platform carry; `urllib3` logs addresses when it debugs."""

    def filter(self, record):
        if isinstance(record.args, tuple):
            record.args = tuple(
                _SECRET_PARAMETERS.sub(r'\1***', value) if isinstance(value, str) else value for value in record.args)
        return True


logging.getLogger('urllib3.connectionpool').addFilter(HideSecrets())


def check_base_url(url):
    """Return the address of the platform, or of a proxy, without a slash at its end.

    :param str url:
    :raise ValueError: unless it is by HTTPS, or on this machine: what is sent there are secrets.
    """
    parts = urlsplit(url)
    is_local = parts.scheme == 'http' and parts.hostname in _LOOPBACK
    is_remote = parts.scheme == 'https' and parts.hostname
    if not (is_local or is_remote) or parts.query or parts.fragment or parts.username:
        raise ValueError("The address of the platform begins with https://, and has neither parameters nor a user.")
    return url.rstrip('/')


class Transport:
    """How an account talks to the platform."""

    def __init__(self, app_id, app_secret, tokens=None, base_url=API_URL):
        """Take the account.

        :param str app_id:
        :param str app_secret:
        :param tokens: Has `get(refused=None)`, which returns an access token: another one than the
            refused one, fetched at most once for all who ask at the same time.
        :param str base_url: See `check_base_url`.
        """
        self.app_id = app_id
        self._app_secret = app_secret
        self._tokens = tokens
        self._base_url = check_base_url(base_url)

    def __repr__(self):
        return f"<{type(self).__name__} {self.app_id}>"

    def fetch_token(self):
        """Fetch the access token, in the mode in which all who ask get the same one.

        :return: The token, and for how many seconds it is good.
        :rtype: tuple[str, int]
        """
        try:
            answer = self.request('POST', '/cgi-bin/stable_token', body={
                'grant_type': 'client_credential', 'appid': self.app_id, 'secret': self._app_secret,
                'force_refresh': False})
        except TokenRefused as error:       # here the code speaks of the secret
            raise BadCredentials(error.code, "the AppSecret is refused") from None
        return extract(answer, 'access_token', str), extract(answer, 'expires_in', int)

    def call(self, method, path, query=None, body=None, image=False):
        """Call with the access token; when it is refused, once more with another one.

        :return: See `request`.
        """
        token = self._tokens.get()
        try:
            return self.request(method, path, {'access_token': token, **(query or {})}, body, image)
        except TokenRefused:
            token = self._tokens.get(refused=token)
        return self.request(method, path, {'access_token': token, **(query or {})}, body, image)

    def request(self, method, path, query=None, body=None, image=False):
        """Call, and return what is answered.

        :param dict|None query:
        :param dict|None body: Sent as UTF-8: escapes would arrive on people's phones.
        :param bool image: Whether a picture is asked for.
        :rtype: dict|bytes
        :raise Unreachable: The outcome is unknown.
        :raise Refused: The platform said no.
        """
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {'User-Agent': _AGENT, 'Accept': '*/*', **({'Content-Type': 'application/json'} if data else {})}
        try:
            response = requests.request(
                method, self._base_url + path, params=query, data=data, headers=headers, timeout=TIMEOUT,
                allow_redirects=False)
        except requests.RequestException as error:      # its text holds the address, and that the secret
            kind = NotSent if _was_never_connected(error) else Unreachable
            raise kind(f"{path}: {type(error).__name__}") from None
        if response.status_code != 200:
            raise Unreachable(f"{path}: HTTP {response.status_code}")
        if image and response.headers.get('Content-Type', '').startswith('image/'):
            return response.content
        return _parse_answer(path, response.content)


def extract(answer, name, kind):
    """Return a value of an answer that cannot do without it.

    :raise Unreachable: when it is missing.
    """
    value = answer.get(name)
    if not isinstance(value, kind) or not value:
        raise Unreachable(f"the answer has no {name}")
    return value


def _was_never_connected(error):
    """Return whether a call failed before anything of it was sent."""
    reason = getattr(error.args[0], 'reason', None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)


def parse_object(path, content):
    """Return the JSON object that an answer is.

    :raise Unreachable: when it is none.
    """
    try:
        answer = json.loads(content.decode())
    except (ValueError, RecursionError):
        raise Unreachable(f"{path}: the answer is no JSON") from None
    if not isinstance(answer, dict):
        raise Unreachable(f"{path}: the answer is no object")
    return answer


def _parse_answer(path, content):
    answer = parse_object(path, content)
    if code := answer.get('errcode', 0):
        raise to_error(code, answer.get('errmsg', ''))
    return answer
