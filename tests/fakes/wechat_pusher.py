"""The side of the platform that calls: messages and events for a server, right or wrong as told."""
import base64
import hashlib
import json
import secrets
import struct
import time
import urllib.error
import urllib.request
from urllib.parse import urlencode
from xml.etree import ElementTree

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_SECONDS = 5        # that a server has to answer
_ATTEMPTS = 3
_BLOCK = 32


# -- what is sent

def push(state, order):
    """Send a message to a server, and again while it does not answer well.

    `order` holds url, appid and message, and optionally: person (who sends it), mode (plain, safe,
    compat), format (xml, json), tamper (see `_sign`, `_encrypt`), raw (a body as it is), repeat (so
    often, each signed anew), verbatim (so often, the same bytes), headers, attempts, age (seconds
    that the call pretends to be older).
    """
    account = state.accounts[order['appid']]
    message = _complete(state, account, order)
    answers = []
    for _round in range(order.get('repeat', 1)):
        url, body = _prepare(state, account, order, message)
        for _copy in range(order.get('verbatim', 1)):
            answers.append(_send(state, account, order, url, body))
    return {'message': message, 'answers': answers}


def verify(state, order):
    """Ask a server for the word, as when its address is entered in the console."""
    account = state.accounts[order['appid']]
    timestamp, nonce, echo = str(int(state.now())), secrets.token_hex(5), str(secrets.randbelow(10**18))
    query = {
        'signature': _sign(order, 'signature', account.token, timestamp, nonce), 'timestamp': timestamp,
        'nonce': nonce, 'echostr': echo}
    status, text = _request(f"{order['url']}?{urlencode(query)}", None, order.get('headers'))
    return {'status': status, 'is_verified': status == 200 and text == echo}


def _complete(state, account, order):
    message = {'ToUserName': account.original_id, 'CreateTime': int(state.now()), **order.get('message', {})}
    if person := state.people.get(order.get('person')):
        message['FromUserName'] = person.openid(account)
    if message.get('MsgType', 'event') != 'event':
        message.setdefault('MsgId', secrets.randbelow(10**15))
    return message


def _prepare(state, account, order, message):
    """Return address and body of one call."""
    timestamp, nonce = str(int(state.now()) - order.get('age', 0)), str(secrets.randbelow(10**10))
    as_json = order.get('format') == 'json'
    query = {
        'signature': _sign(order, 'signature', account.token, timestamp, nonce), 'timestamp': timestamp, 'nonce': nonce,
        'openid': message.get('FromUserName', '')}
    text = order['raw'] if 'raw' in order else _dump(message, as_json)
    if order.get('mode', 'plain') != 'plain':
        sealed = _encrypt(account, text, order.get('tamper'))
        query.update(encrypt_type='aes', msg_signature=_sign(
            order, 'msg_signature', account.token, timestamp, nonce, sealed))
        envelope = {'ToUserName': account.original_id, 'Encrypt': sealed}
        text = _dump({**message, **envelope} if order['mode'] == 'compat' else envelope, as_json)
    if order.get('tamper') == 'body':
        text = text.replace('FromUserName', 'FromUserNamf')
    for name in order.get('without', ()):
        query.pop(name, None)
    return f"{order['url']}?{urlencode(query)}", text.encode()


def _sign(order, name, *parts):
    signature = hashlib.sha1(''.join(sorted(parts)).encode()).hexdigest()
    return signature[::-1] if order.get('tamper') == name else signature


def _dump(message, as_json):
    if as_json:
        return json.dumps(message, ensure_ascii=False)
    return f'<xml>{_dump_xml(message)}</xml>'


def _dump_xml(message):
    parts = []
    for name, value in message.items():
        if isinstance(value, dict):
            parts.append(f'<{name}>{_dump_xml(value)}</{name}>')
        elif isinstance(value, list):
            parts.extend(f'<{name}>{_dump_xml(item)}</{name}>' for item in value)
        else:
            parts.append(f'<{name}>{value if isinstance(value, int) else f"<![CDATA[{value}]]>"}</{name}>')
    return '\n'.join(parts)


# -- safe mode, written from the platform's description

def _encrypt(account, text, tamper):
    message = text.encode()
    appid = b'wx0000000000000000' if tamper == 'appid' else account.appid.encode()
    length = len(message) + (1000 if tamper == 'length' else 0)
    plain = secrets.token_bytes(16) + struct.pack('>I', length) + message + appid
    count = _BLOCK - len(plain) % _BLOCK
    plain += bytes([count]) * count
    if tamper == 'padding':
        plain = plain[:-1] + b'\0'
    encryptor = _cipher(account).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def _decrypt(account, text):
    decryptor = _cipher(account).decryptor()
    plain = decryptor.update(base64.b64decode(text)) + decryptor.finalize()
    plain = plain[:-plain[-1]]
    length, = struct.unpack('>I', plain[16:20])
    if plain[20 + length:].decode() != account.appid:
        raise ValueError("the reply is for another account")
    return plain[20:20 + length].decode()


def _cipher(account):
    key = base64.b64decode(account.aes_key + '=')
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


# -- what comes back

def _send(state, account, order, url, body):
    """Call, and again if the answer does not come; return what happened."""
    for attempt in range(1, order.get('attempts', _ATTEMPTS) + 1):
        begin = time.monotonic()
        status, text = _request(url, body, order.get('headers'))
        answer = {
            'status': status, 'text': text, 'seconds': round(time.monotonic() - begin, 3), 'attempt': attempt}
        if status == 200:
            answer['reply'] = _read_reply(account, order, text)
        state.pushes.append({'url': url.partition('?')[0], **answer})
        if status is not None:
            break
    return answer


def _request(url, body, headers):
    request = urllib.request.Request(url, data=body, headers={
        'User-Agent': 'Mozilla/4.0', 'Accept': '*/*', 'Content-Type': 'text/xml', **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors='replace')
    except OSError as error:
        return None, type(error).__name__


def _read_reply(account, order, text):
    """Return the fields of a reply as people see it; None when there is none."""
    if text in ('', 'success'):
        return None
    if text.startswith('{') != (order.get('format') == 'json'):
        raise ValueError("a reply has the form of the message")
    fields = _parse(text)
    if order.get('mode', 'plain') == 'plain':
        return fields
    expected = _sign({}, 'msg_signature', account.token, str(fields['TimeStamp']), fields['Nonce'], fields['Encrypt'])
    if expected != fields['MsgSignature']:
        raise ValueError("the signature of the reply is wrong")
    return _parse(_decrypt(account, fields['Encrypt']))


def _parse(text):
    if text.startswith('{'):
        return json.loads(text)
    return {child.tag: child.text or '' for child in ElementTree.fromstring(text)}
