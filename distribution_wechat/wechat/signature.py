"""Signatures of the WeChat platform, from values alone."""
import hashlib
import hmac


def sign_push(token, timestamp, nonce, encrypted=''):
    """Return the signature under which WeChat calls a server.

    :param str token: The word agreed on with the platform.
    :param str timestamp: As received.
    :param str nonce: As received.
    :param str encrypted: The `Encrypt` element of a message in safe mode: makes `msg_signature`.
    :rtype: str
    """
    parts = [token, timestamp, nonce] + ([encrypted] if encrypted else [])
    return _sha1(''.join(sorted(parts)))


def check_push(signature, token, timestamp, nonce, encrypted=''):
    """Return whether a call comes from WeChat; never without a token.

    The comparison takes the same time wherever the texts differ.

    :rtype: bool
    """
    expected = sign_push(token or '', timestamp, nonce, encrypted)
    return bool(token) and hmac.compare_digest(expected.encode(), (signature or '').encode())


def sign_jssdk(ticket, nonce, timestamp, url):
    """Return the signature with which a page may use WeChat's JS-SDK.

    :param str ticket: The `jsapi_ticket` of the account.
    :param str nonce: Any text.
    :param str timestamp: Seconds.
    :param str url: Of the page, as the browser shows it; what follows `#` is not signed.
    :rtype: str
    """
    page = url.partition('#')[0]
    return _sha1(f'jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}')


def _sha1(text):
    return hashlib.sha1(text.encode()).hexdigest()
