"""What a mini program asks of the platform."""
import base64
import binascii
import hashlib
import hmac
import json
import re
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from .errors import BadPush
from .official import prepare_message
from .shipping import Shippings
from .transport import Transport, extract

SCENE_PATTERN = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
_AES_BITS = 128


class MiniLogin(NamedTuple):
    """Who opened the mini program."""

    openid: str
    unionid: str | None
    session_key: str        # never leaves the server


class MiniProgram(Shippings, Transport):
    """What a mini program may ask."""

    def exchange_login_code(self, code):
        """Return who logged in; a code is good once.

        :param str code: Of `wx.login`.
        :rtype: MiniLogin
        :raise BadCode: It is wrong, over or used.
        """
        answer = self.request('GET', '/sns/jscode2session', {
            'appid': self.app_id, 'secret': self._app_secret, 'js_code': code, 'grant_type': 'authorization_code'})
        return MiniLogin(
            extract(answer, 'openid', str), answer.get('unionid') or None, extract(answer, 'session_key', str))

    def get_phone_number(self, code):
        """Return the number that a person gives away, with its country code. The platform charges for it.

        :param str code: Of the button for that; not the one of the login.
        :rtype: str
        """
        answer = self.call('POST', '/wxa/business/getuserphonenumber', body={'code': code})
        info = extract(answer, 'phone_info', dict)
        return f"+{extract(info, 'countryCode', str)}{extract(info, 'purePhoneNumber', str)}"

    def get_unlimited_code(self, scene, page=None, width=430, env_version='release'):
        """Return the picture of a code that opens the mini program; there may be any number of them.

        :param str scene: At most 32 characters, nothing personal.
        :param str|None page: A published page, without a slash before it; its home otherwise.
        :param int width: In pixels.
        :param str env_version: release, trial or develop.
        :rtype: bytes
        """
        if not SCENE_PATTERN.fullmatch(scene):
            raise ValueError("A scene has 1 to 32 characters: letters, digits and a few signs.")
        return self.call('POST', '/wxa/getwxacodeunlimit', body={
            'scene': scene, 'width': width, 'env_version': env_version, **({'page': page} if page else {})}, image=True)

    def send_subscription(self, openid, template_id, values, page=None, state='formal'):
        """Send a message that the person has consented to; one consent is one message."""
        self.call('POST', '/cgi-bin/message/subscribe/send', body={
            **prepare_message(openid, template_id, values),
            'miniprogram_state': state,
            **({'page': page} if page else {}),
        })


def check_user_data(signature, raw_data, session_key):
    """Return whether data that a mini program passes on come from the platform.

    :rtype: bool
    """
    expected = hashlib.sha1((raw_data + session_key).encode()).hexdigest()
    return hmac.compare_digest(expected.encode(), (signature or '').encode())


def decrypt_user_data(encrypted, iv, session_key, app_id):
    """Return the encrypted data that a mini program passes on.

    :rtype: dict
    :raise BadPush: for anything else than data for this account.
    """
    try:
        decryptor = Cipher(
            algorithms.AES(base64.b64decode(session_key)), modes.CBC(base64.b64decode(iv))).decryptor()
        padded = decryptor.update(base64.b64decode(encrypted)) + decryptor.finalize()
        unpadder = PKCS7(_AES_BITS).unpadder()
        data = json.loads(unpadder.update(padded) + unpadder.finalize())
    except (binascii.Error, ValueError, RecursionError):
        raise BadPush("the data cannot be read") from None
    watermark = data.get('watermark') if isinstance(data, dict) else None
    if not isinstance(watermark, dict) or watermark.get('appid') != app_id:
        raise BadPush("the data are for another account")
    return data
