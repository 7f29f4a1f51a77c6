"""Messages and events that the platform pushes: who sends them, what they say, and replies.

Nothing in them is believed before the signature over it was verified. In plain mode the signature
is over the time alone, in safe mode over the message: accounts that have a key take safe mode only.
"""
import base64
import binascii
import hashlib
import json
import re
import secrets
import struct
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from lxml import etree

from .errors import BadPush, MalformedPush
from .signature import check_push, sign_push

MAX_BYTES = 64 * 1024
MAX_AGE = 60 * 60           # seconds; older ones may be repetitions by somebody else
AES_KEY_PATTERN = re.compile(r'[A-Za-z0-9]{43}')
_BLOCK = 32
_HEAD = 20                  # 16 random bytes and the length
_OPENID = re.compile(r'[A-Za-z0-9_-]{1,64}')
_NUMBER = re.compile(r'[0-9]{1,20}')
_TEXT_MAX = 4096
_QR_PREFIX = 'qrscene_'


class Message(NamedTuple):
    """One message or event."""

    openid: str
    account: str            # the original id of the account, e.g. gh_97417a04a28d
    at: int                 # seconds since 1970
    kind: str               # text, event, …
    event: str              # in lower case; empty for messages
    event_key: str
    content: str
    key: str                # equal for repetitions of one message
    message_id: str         # of this message, or of the notice that an event reports on
    status: str             # of the notice: success, failed:…
    items: tuple            # of events about subscriptions: dicts
    is_json: bool = False   # the form that the console says; answers have it, too

    @property
    def scene(self):
        """What a scanned code says; empty unless one was scanned."""
        if self.event == 'scan':
            return self.event_key
        if self.event == 'subscribe' and self.event_key.startswith(_QR_PREFIX):
            return self.event_key[len(_QR_PREFIX):]
        return ''


def open_push(body, query, token, app_id, aes_keys, now):
    """Verify what claims to be a push of the platform, and read it.

    :param bytes body: As received.
    :param dict[str, str] query: The parameters of the address.
    :param str token: The word agreed on with the platform.
    :param str app_id:
    :param list[str] aes_keys: The key and the one before it; empty: plain mode.
    :param int now: Seconds since 1970.
    :rtype: Message
    :raise BadPush: for anything but a message of the platform for this account.
    :raise MalformedPush: when the form alone says so.
    """
    if len(body) > MAX_BYTES:
        raise MalformedPush("too large")
    timestamp, nonce = query.get('timestamp', ''), query.get('nonce', '')
    if not _NUMBER.fullmatch(timestamp) or abs(now - int(timestamp)) > MAX_AGE:
        raise BadPush("not of this time")
    if not aes_keys:
        if not check_push(query.get('signature'), token, timestamp, nonce):
            raise BadPush("wrong signature")
        return _read(body)
    encrypted = _get_text(_parse(body), 'Encrypt', MAX_BYTES)
    if not encrypted:
        raise MalformedPush("not encrypted")
    if not check_push(query.get('msg_signature'), token, timestamp, nonce, encrypted):
        raise BadPush("wrong signature")
    return _read(_decrypt_any(encrypted, app_id, aes_keys))


def prepare_reply(message, content, token, app_id, aes_key, now):
    """Return the answer that shows a text to who sent a message.

    :param Message message:
    :param str content:
    :param str|None aes_key: In safe mode the answer is encrypted.
    :param int now: Seconds since 1970.
    :rtype: str
    """
    dump = _dump_json if message.is_json else _dump
    reply = dump({
        'ToUserName': message.openid, 'FromUserName': message.account, 'CreateTime': now, 'MsgType': 'text',
        'Content': content})
    if not aes_key:
        return reply
    return dump(seal_reply(reply, token, app_id, aes_key, now, secrets.token_hex(8)))


def seal_reply(text, token, app_id, aes_key, now, nonce, head=None):
    """Return the fields of an answer in safe mode.

    :param str nonce: Any text.
    :param bytes|None head: 16 random bytes.
    :rtype: dict
    """
    encrypted = encrypt(text, app_id, aes_key, head)
    return {
        'Encrypt': encrypted, 'MsgSignature': sign_push(token, str(now), nonce, encrypted), 'TimeStamp': now,
        'Nonce': nonce}


# -- safe mode

def encrypt(text, app_id, aes_key, head=None):
    """Encrypt a text as the platform does.

    :param bytes|None head: 16 random bytes.
    :rtype: str
    """
    message = text.encode()
    plain = (head or secrets.token_bytes(16)) + struct.pack('>I', len(message)) + message + app_id.encode()
    count = _BLOCK - len(plain) % _BLOCK
    encryptor = _get_cipher(aes_key).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([count]) * count) + encryptor.finalize()).decode()


def decrypt(encrypted, app_id, aes_key):
    """Return what the platform encrypted for this account.

    :rtype: bytes
    :raise BadPush: for anything else.
    """
    try:
        data = base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError):
        raise BadPush("no base64") from None
    if not data or len(data) % _BLOCK:
        raise BadPush("wrong length")
    decryptor = _get_cipher(aes_key).decryptor()
    plain = decryptor.update(data) + decryptor.finalize()
    count = plain[-1]
    if not 1 <= count <= _BLOCK or plain[-count:] != bytes([count]) * count:
        raise BadPush("wrong padding")
    plain = plain[:-count]
    end = _HEAD + int.from_bytes(plain[16:_HEAD])
    if len(plain) < _HEAD or plain[end:] != app_id.encode():
        raise BadPush("for another account")
    return plain[_HEAD:end]


def _decrypt_any(encrypted, app_id, aes_keys):
    """Decrypt with the first key that fits: for a while after a change both are in use."""
    for aes_key in aes_keys[:-1]:
        try:
            return decrypt(encrypted, app_id, aes_key)
        except BadPush:
            continue
    return decrypt(encrypted, app_id, aes_keys[-1])


def _get_cipher(aes_key):
    key = base64.b64decode(f'{aes_key}=')
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


# -- form

def _read(body):
    return _to_message(_parse(body))._replace(is_json=_is_json(body))


def _is_json(body):
    return body.lstrip()[:1] == b'{'


def _parse(body):
    """Return the fields of XML, or of JSON when the console says so.

    :rtype: dict
    """
    fields = _parse_json(body) if _is_json(body) else _parse_xml(body)
    if not isinstance(fields, dict):
        raise MalformedPush("no message")
    return fields


def _parse_json(body):
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError):
        raise MalformedPush("no JSON") from None


def _parse_xml(body):
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise MalformedPush("no XML") from None
    if root.getroottree().docinfo.doctype or root.tag != 'xml':
        raise MalformedPush("not the XML of the platform")
    return _to_fields(root)


def _to_fields(element):
    """Return the children of an element; those with one name make a list."""
    fields = {}
    for child in element:
        value = _to_fields(child) if len(child) else child.text or ''
        if child.tag not in fields:
            fields[child.tag] = value
        elif isinstance(fields[child.tag], list):
            fields[child.tag].append(value)
        else:
            fields[child.tag] = [fields[child.tag], value]
    return fields


def _to_message(fields):
    openid, at = _get_text(fields, 'FromUserName'), _get_text(fields, 'CreateTime')
    if not _OPENID.fullmatch(openid) or not _NUMBER.fullmatch(at) or len(at) > 10:
        raise MalformedPush("no sender or no time")
    kind, event = _get_text(fields, 'MsgType').lower(), _get_text(fields, 'Event').lower()
    if not kind or (kind == 'event') != bool(event):
        raise MalformedPush("neither message nor event")
    event_key, reported_id = _get_text(fields, 'EventKey'), _get_text(fields, 'MsgID')
    message_id = _get_text(fields, 'MsgId')
    name = message_id or f'{openid}\0{at}\0{event}\0{event_key}\0{reported_id}'
    return Message(
        openid, _get_text(fields, 'ToUserName'), int(at), kind, event, event_key, _get_text(fields, 'Content'),
        hashlib.sha256(name.encode()).hexdigest(), message_id or reported_id, _get_text(fields, 'Status'),
        _get_items(fields))


def _get_text(fields, name, length=_TEXT_MAX):
    """Return a field as text that can be kept; empty when it is missing."""
    value = fields.get(name, '')
    text = str(value) if type(value) in (str, int) else None
    if text is None or len(text) > length or '\0' in text or any('\ud800' <= char <= '\udfff' for char in text):
        raise MalformedPush(f"{name} is no text")
    return text


def _get_items(fields):
    """Return the `List` of an event: one item or several, in XML below the name of the event."""
    inner = next(
        (value for name, value in fields.items() if name.endswith('Event') and isinstance(value, dict)), fields)
    items = inner.get('List') or []
    return tuple(item for item in (items if isinstance(items, list) else [items]) if isinstance(item, dict))


def _dump_json(fields):
    return json.dumps(fields, ensure_ascii=False, separators=(',', ':'))


def _dump(fields):
    root = etree.Element('xml')
    for name, value in fields.items():
        child = etree.SubElement(root, name)
        child.text = str(value) if isinstance(value, int) else etree.CDATA(value.replace(']]>', ']] >'))
    return etree.tostring(root, encoding='unicode')
