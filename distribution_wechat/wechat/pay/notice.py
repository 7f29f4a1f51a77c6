"""What WeChat Pay calls back: verified over the raw bytes, then read."""
import json
from typing import NamedTuple

from ..errors import MalformedPush
from .signature import decrypt

MAX_NOTICE_BYTES = 64 * 1024
_ALGORITHM = 'AEAD_AES_256_GCM'


class Notice(NamedTuple):
    """One event; it may come several times, and late."""

    key: str                # equal for repetitions
    kind: str               # TRANSACTION.SUCCESS, …
    subject: str            # transaction, refund, mch_payment, …
    data: dict


def open_notice(body, headers, keys, apiv3_key, now):
    """Verify what claims to be a call of WeChat Pay, and read it.

    :param bytes body: As received.
    :param headers: Has `get(name, default)`.
    :param PlatformKeys keys:
    :param str apiv3_key:
    :param float now: Seconds since 1970.
    :rtype: Notice
    :raise BadPush: for anything else.
    :raise MalformedPush: when it is signed, and makes no sense.
    """
    if len(body) > MAX_NOTICE_BYTES:
        raise MalformedPush("too large")
    keys.check(headers, body, now)
    envelope = _parse(body)
    resource = envelope.get('resource')
    if not isinstance(resource, dict) or resource.get('algorithm') != _ALGORITHM:
        raise MalformedPush("not encrypted")
    names = 'nonce', 'associated_data', 'ciphertext', 'original_type'
    nonce, associated_data, ciphertext, subject = (_get_text(resource, name) for name in names)
    data = _parse(decrypt(apiv3_key.encode(), nonce, associated_data, ciphertext))
    key, kind = _get_text(envelope, 'id'), _get_text(envelope, 'event_type')
    if not key or not kind:
        raise MalformedPush("no event")
    return Notice(key, kind, subject, data)


def _parse(text):
    try:
        content = json.loads(text.decode())
    except (ValueError, RecursionError):
        raise MalformedPush("no JSON") from None
    if not isinstance(content, dict):
        raise MalformedPush("no object")
    return content


def _get_text(content, name):
    value = content.get(name) or ''
    if not isinstance(value, str) or '\0' in value:
        raise MalformedPush(f"{name} is no text")
    return value
