"""What WeChat Pay calls back, signed and encrypted; once, again, or with something changed."""
import base64
import json
import secrets
import time
import urllib.error
import urllib.request

import wechat_pay_authorization
import wechat_pay_order
import wechat_pay_transfer
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from wechat_pay import sign_headers

KINDS = {
    'transfer': wechat_pay_transfer.prepare_notice,
    'payment': wechat_pay_order.prepare_notice,
    'refund': wechat_pay_order.prepare_refund_notice,
    'authorization': wechat_pay_authorization.prepare_notice,
}


def prepare(state, order):
    """Return body and headers of a call back.

    `kind` and `number` say about what. `by_key` chooses the mode, `data` replaces values of what is encrypted
    (and signed well), `changes` those of the envelope and `headers` those around it after it was signed;
    `stale` is the age in seconds, `signed` replaces values of the envelope before it is signed.
    """
    merchant = state.merchants[order['mchid']]
    key, kind, subject, data = KINDS[order['kind']](state, merchant, order['number'])
    nonce = secrets.token_hex(6)
    sealed = AESGCM(merchant.apiv3_key.encode()).encrypt(
        nonce.encode(), json.dumps({**data, **order.get('data', {})}).encode(), subject.encode())
    body = {
        'id': order.get('id', key), 'create_time': '2026-11-21T10:00:00+08:00', 'resource_type': 'encrypt-resource',
        'event_type': order.get('event', kind), 'summary': "通知", 'resource': {
            'original_type': subject, 'algorithm': 'AEAD_AES_256_GCM', 'nonce': nonce, 'associated_data': subject,
            'ciphertext': base64.b64encode(sealed).decode()}} | order.get('signed', {})
    raw = json.dumps(body, ensure_ascii=False).encode()
    headers = sign_headers(state, merchant, raw, order.get('by_key', True), order.get('stale', 0))
    if order.get('changes'):
        raw = json.dumps({**body, **order['changes']}, ensure_ascii=False).encode()
    return raw, {**headers, 'Content-Type': 'application/json', **order.get('headers', {})}


def send(state, order):
    """Call back, `times` times; return what was answered and how long it took. Without `url`: what would be sent."""
    raw, headers = prepare(state, order)
    if 'url' not in order:
        return {'body': raw.decode(), 'headers': headers}
    answers = []
    for _time in range(order.get('times', 1)):
        request = urllib.request.Request(order['url'], data=raw, headers=headers)
        begin = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                status, text = response.status, response.read().decode(errors='replace')
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode(errors='replace')
        answers.append({'status': status, 'text': text[:500], 'seconds': time.monotonic() - begin})
    return {'answers': answers}
