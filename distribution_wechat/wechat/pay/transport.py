"""Calls of WeChat Pay v3: signed over the bytes that are sent, and believed when the answer is signed."""
import hashlib
import hmac
import json
import secrets
import time
from urllib.parse import urlencode, urlsplit

import requests

from ..errors import BadPush, Unreachable
from ..transport import check_base_url, parse_object
from .errors import UnknownNumber, Unverified, to_pay_error
from .keys import PlatformKeys, get_certificate_serial
from .signature import decrypt, load_private_key, prepare_authorization

PAY_URL = 'https://api.mch.weixin.qq.com'
TIMEOUT = 15                # seconds
_AGENT = 'distribution-odoo'
_CERTIFICATES = '/v3/certificates'


class PayTransport:
    """How a merchant talks to WeChat Pay."""

    def __init__(self, mchid, serial, private_key, apiv3_key, keys, base_url=PAY_URL):
        """Take the merchant.

        :param str mchid:
        :param str serial: Of the merchant's certificate.
        :param str private_key: PEM, checked before.
        :param str apiv3_key: 32 characters.
        :param PlatformKeys keys:
        :param str base_url: See `check_base_url`.
        """
        self.mchid = mchid
        self._serial = serial
        self._private_key = load_private_key(private_key, is_checked=False)
        self._apiv3_key = apiv3_key
        self._keys = keys
        self._base_url = check_base_url(base_url)

    def __repr__(self):
        return f"<{type(self).__name__} {self.mchid}>"

    def request(self, method, path, body=None, query=None):
        """Call, and return what is answered.

        :param str path: With its values quoted.
        :param dict|None body: None: no body. Values that are None are left out, as the platform wants.
        :param dict|None query:
        :rtype: dict
        :raise Unreachable: The outcome is unknown.
        :raise PayRefused: The platform said no.
        """
        response = self._send(method, path, body, query)
        self._check_answer(path, response, self._keys)
        return _parse(path, response.content)

    def fetch_certificates(self):
        """Fetch the certificates of the platform; none when it uses its public key only.

        They are encrypted for this merchant, and the answer has to be signed under one of them.

        :return: PEM by serial number.
        :rtype: dict[str, str]
        """
        try:
            response = self._send('GET', _CERTIFICATES)
        except UnknownNumber:
            return {}
        certificates = read_certificates(response.content, self._apiv3_key)
        self._check_answer(_CERTIFICATES, response, PlatformKeys(certificates=certificates))
        return certificates

    def check_connection(self):
        """Have the platform send something back: keys, clock and address are right if it does.

        :raise Unreachable: The answer is not the platform's, or there is none.
        :raise PayRefused: The platform does not know the merchant by these keys.
        """
        text = secrets.token_hex(16)
        if self.request('POST', '/v3/security/echo', {'message': text}).get('message') != text:
            raise Unverified("the answer is to another question")

    def download(self, url):
        """Return a file that an answer refers to; it is not signed, so its hash has to be compared.

        :param str url: Its host is not followed: what is sent there is signed.
        :rtype: bytes
        """
        parts = urlsplit(url)
        if not parts.path.startswith('/'):
            raise Unreachable("the answer refers to no file")
        return self._send('GET', f'{parts.path}{"?" if parts.query else ""}{parts.query}').content

    def _send(self, method, path, body=None, query=None):
        if query:
            path = f'{path}?{urlencode(query)}'
        data = b'' if body is None else json.dumps(_without_none(body), ensure_ascii=False).encode()
        headers = {
            'Accept': 'application/json', 'Content-Type': 'application/json', 'User-Agent': _AGENT,
            'Authorization': prepare_authorization(
                self.mchid, self._serial, self._private_key, method, path, int(time.time()), secrets.token_hex(16), data),
            **({'Wechatpay-Serial': self._keys.serial} if self._keys.serial else {}),
        }
        try:
            response = requests.request(
                method, self._base_url + path, data=data or None, headers=headers, timeout=TIMEOUT,
                allow_redirects=False)
        except requests.RequestException as error:
            raise Unreachable(f"{path}: {type(error).__name__}") from None
        if response.status_code not in (200, 202, 204):
            raise _to_error(path, response)
        return response

    @staticmethod
    def _check_answer(path, response, keys):
        try:
            keys.check(response.headers, response.content, time.time())
        except BadPush as error:
            raise Unverified(f"{path}: {error}") from None


def is_announced(content, answer, hash_type):
    """Return whether a downloaded file is the one that an answer has named by its hash.

    :param bytes content: Unpacked.
    :param dict answer:
    :param str hash_type: SHA1 or SHA256, as the platform calls it.
    :rtype: bool
    """
    told = str(answer.get('hash_value')).lower().encode()
    own = hashlib.new(hash_type.lower(), content).hexdigest().encode()
    return answer.get('hash_type') == hash_type and hmac.compare_digest(own, told)


def read_certificates(content, apiv3_key):
    """Return the certificates of an answer of the platform.

    :param bytes content:
    :rtype: dict[str, str]
    :raise Unverified: when they are not for this merchant, or not what they say.
    """
    certificates = {}
    try:
        for item in json.loads(content.decode())['data']:
            sealed = item['encrypt_certificate']
            pem = decrypt(
                apiv3_key.encode(), sealed['nonce'], sealed['associated_data'], sealed['ciphertext']).decode()
            if get_certificate_serial(pem) != item['serial_no'].upper().lstrip('0'):
                raise BadPush("a certificate has another number")
            certificates[item['serial_no'].upper()] = pem
    except (BadPush, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unverified(f"certificates: {error}") from None
    return certificates


def _without_none(value):
    if isinstance(value, dict):
        return {name: _without_none(inner) for name, inner in value.items() if inner is not None}
    return [_without_none(inner) for inner in value] if isinstance(value, list) else value


def _parse(path, content):
    return parse_object(path, content) if content else {}


def _to_error(path, response):
    """Return the error of an answer that is no success; only what the platform itself says is a refusal."""
    if 400 <= response.status_code < 500:
        try:
            answer = _parse(path, response.content)
        except Unreachable as error:
            return error
        if isinstance(answer.get('code'), str):
            return to_pay_error(response.status_code, answer['code'], answer.get('message', ''))
    return Unreachable(f"{path}: HTTP {response.status_code}")
