"""Whatever is sent to the address for messages is either a message of the platform, or refused."""
import base64
import json

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

import distribution_wechat_client as wechat
from distribution_wechat_client import BadPush, Message

TOKEN, APP_ID, KEY, NOW = 'word', 'wx0123456789abcdef', 'C' * 43, 1_800_000_000
EVENT = '<xml><FromUserName>oAnn</FromUserName><CreateTime>1800000000</CreateTime><MsgType>event</MsgType>%s</xml>'
texts = st.text(st.characters(codec='utf-8'), max_size=60)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=12)
NAMES = (
    'ToUserName', 'FromUserName', 'CreateTime', 'MsgType', 'Event', 'EventKey', 'MsgId', 'Content', 'List', 'Encrypt')


def signed(body, **changes):
    """Open a body under the right signature in plain mode: the form alone decides."""
    query = {'timestamp': str(NOW), 'nonce': '1', 'signature': wechat.sign_push(TOKEN, str(NOW), '1')}
    return wechat.open_push(body, {**query, **changes}, TOKEN, APP_ID, [], NOW)


def sealed(text):
    """Open a text that was encrypted and signed rightly."""
    encrypted = wechat.encrypt(text, APP_ID, KEY)
    query = {'timestamp': str(NOW), 'nonce': '1', 'msg_signature': wechat.sign_push(TOKEN, str(NOW), '1', encrypted)}
    body = f'<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>'.encode()
    return wechat.open_push(body, query, TOKEN, APP_ID, [KEY], NOW)


def message_or_refusal(open_it, *args):
    try:
        message = open_it(*args)
    except BadPush as refusal:
        return refusal
    assert isinstance(message, Message)
    assert message.openid and message.kind and isinstance(message.at, int)
    for text in message[:9]:
        assert '\0' not in str(text)
        str(text).encode()
    return message


@settings(max_examples=500)
@given(body=st.binary(max_size=300))
@example(b'')
@example(b'{')
@example(b'<xml/>')
@example(b'[' * 5000)
@example(b'{"a":' * 5000)
@example(b'<xml>' * 5000)
@example(b'<xml><FromUserName><a/></FromUserName></xml>')
@example(b'<xml xmlns="urn:x"><FromUserName>o</FromUserName></xml>')
def test_any_bytes_are_a_message_or_refused(body):
    message_or_refusal(signed, body)


@settings(max_examples=500)
@given(fields=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), values, max_size=10))
@example({'FromUserName': 'o', 'CreateTime': 1, 'MsgType': 'text', 'Content': '\0'})
@example({'FromUserName': 'o', 'CreateTime': 1, 'MsgType': 'text', 'Content': '\ud800'})
@example({'FromUserName': 'o', 'CreateTime': True, 'MsgType': 'text'})
@example({'FromUserName': 'o', 'CreateTime': 1, 'MsgType': 'event', 'Event': 'x', 'List': [1, None, {}]})
def test_any_json_is_a_message_or_refused(fields):
    message_or_refusal(signed, json.dumps(fields).encode())


@settings(max_examples=300)
@given(fields=st.lists(st.tuples(st.sampled_from(NAMES), texts), max_size=8))
def test_any_fields_in_xml_are_a_message_or_refused(fields):
    inner = ''.join(f'<{name}>{text}</{name}>' for name, text in fields)
    message_or_refusal(signed, f'<xml>{inner}</xml>'.encode())


@settings(max_examples=500)
@given(query=st.dictionaries(
    st.sampled_from(['timestamp', 'nonce', 'signature', 'msg_signature', 'encrypt_type']), texts, max_size=5))
def test_no_parameters_open_a_message_without_the_word(query):
    for keys in ([], [KEY]):
        with pytest.raises(BadPush):
            wechat.open_push(EVENT.encode(), query, TOKEN, APP_ID, keys, NOW)


@settings(max_examples=300)
@given(text=texts)
def test_what_is_encrypted_comes_back(text):
    assert wechat.decrypt(wechat.encrypt(text, APP_ID, KEY), APP_ID, KEY).decode() == text


@settings(max_examples=300)
@given(text=texts, data=st.data())
def test_a_changed_bit_never_passes_the_signature(text, data):
    encrypted = wechat.encrypt(text, APP_ID, KEY)
    signature = wechat.sign_push(TOKEN, str(NOW), '1', encrypted)
    position = data.draw(st.integers(0, len(encrypted) - 1))
    other = data.draw(st.sampled_from('ABCabc019+/').filter(lambda char: char != encrypted[position]))
    changed = encrypted[:position] + other + encrypted[position + 1:]
    assert not wechat.check_push(signature, TOKEN, str(NOW), '1', changed)


@settings(max_examples=300)
@given(data=st.binary(min_size=1, max_size=200))
def test_any_bytes_under_the_key_are_decrypted_or_refused(data):
    try:
        wechat.decrypt(base64.b64encode(data).decode(), APP_ID, KEY)
    except BadPush as refusal:
        assert str(refusal)


@given(text=texts)
def test_a_message_for_another_account_is_refused(text):
    with pytest.raises(BadPush):
        wechat.decrypt(wechat.encrypt(text, APP_ID[:-1], KEY), APP_ID, KEY)


@pytest.mark.parametrize('body', [
    b'<!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + (EVENT % '<Event>&b;</Event>').encode(),
    b'<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd">' + (EVENT % '<Event>a</Event>').encode(),
    b'<!DOCTYPE xml [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + (EVENT % '<Event>&f;</Event>').encode(),
    (EVENT % '<Event>&unknown;</Event>').encode(),
    (EVENT % ('<Event>a</Event>' + 'x' * 70_000)).encode(),
    b'x' * 10_000_000,
    b'<html><FromUserName>oAnn</FromUserName></html>',
    b'not XML at all',
], ids=['entities', 'external definition', 'external entity', 'unknown entity', '70 kB', '10 MB', 'other root', 'text'])
def test_hostile_bodies_are_refused_even_under_the_right_signature(body):
    with pytest.raises(BadPush):
        signed(body)


def test_an_event_is_read_alike_in_both_modes_and_forms():
    fields = {'ToUserName': 'gh_1', 'FromUserName': 'oAnn', 'CreateTime': NOW, 'MsgType': 'event', 'Event': 'SCAN',
              'EventKey': 'ABCD-2345', 'Ticket': 'T'}
    xml = '<xml>' + ''.join(f'<{name}><![CDATA[{value}]]></{name}>' for name, value in fields.items()) + '</xml>'
    opened = [signed(xml.encode()), sealed(xml), signed(json.dumps(fields).encode()), sealed(json.dumps(fields))]
    assert [message.is_json for message in opened] == [False, False, True, True]
    assert len({message._replace(is_json=False) for message in opened}) == 1
    assert (opened[0].event, opened[0].scene, opened[0].openid) == ('scan', 'ABCD-2345', 'oAnn')


def test_comments_and_instructions_say_nothing():
    plain = '<Event>SCAN</Event><EventKey>A</EventKey><ScanEvent><List><A>1</A></List></ScanEvent>'
    noisy = '<!-- a --><?b c?><Event>SCAN<!-- d --></Event><EventKey>A</EventKey>' + plain.partition('</EventKey>')[2]
    assert signed((EVENT % noisy).encode()) == signed((EVENT % plain).encode())


@pytest.mark.parametrize('event, event_key, scene', [
    ('subscribe', 'qrscene_ABCD-2345', 'ABCD-2345'),
    ('subscribe', '', ''),
    ('subscribe', 'last_trade_no_4003752001', ''),
    ('SCAN', 'ABCD-2345', 'ABCD-2345'),
    ('SCAN', 'qrscene_1', 'qrscene_1'),
    ('CLICK', 'qrscene_1', ''),
])
def test_a_scene_is_what_was_scanned(event, event_key, scene):
    body = EVENT % f'<Event>{event}</Event><EventKey>{event_key}</EventKey>'
    assert signed(body.encode()).scene == scene


def test_repetitions_have_one_key_and_other_messages_another():
    def key(inner):
        return signed((EVENT % inner).encode()).key

    assert key('<Event>SCAN</Event><EventKey>A</EventKey>') == key('<Event>scan</Event><EventKey>A</EventKey>')
    assert len({
        key('<Event>SCAN</Event><EventKey>A</EventKey>'),
        key('<Event>SCAN</Event><EventKey>B</EventKey>'),
        key('<Event>CLICK</Event><EventKey>A</EventKey>'),
        key('<Event>SCAN</Event><EventKey>A</EventKey><MsgId>1</MsgId>'),
        key('<Event>SCAN</Event><EventKey>A</EventKey><MsgId>2</MsgId>'),
    }) == 5


@pytest.mark.parametrize('inner', [
    '<List><TemplateId>T</TemplateId></List>',
    '<SubscribeMsgPopupEvent><List><TemplateId>T</TemplateId></List></SubscribeMsgPopupEvent>',
])
def test_one_item_is_a_list_of_one(inner):
    assert signed((EVENT % f'<Event>subscribe_msg_popup_event</Event>{inner}').encode()).items == ({'TemplateId': 'T'},)


def test_a_reply_in_plain_mode_is_the_platforms_xml():
    message = signed((EVENT % '<Event>CLICK</Event>').encode())
    assert wechat.prepare_reply(message, "你好 ]]>", TOKEN, APP_ID, None, NOW) == (
        '<xml><ToUserName><![CDATA[oAnn]]></ToUserName><FromUserName/><CreateTime>1800000000</CreateTime>'
        '<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好 ]] >]]></Content></xml>'
    ).replace('<FromUserName/>', '<FromUserName><![CDATA[]]></FromUserName>')


def test_a_reply_in_safe_mode_is_encrypted_and_signed():
    message = sealed(EVENT % '<Event>CLICK</Event>')
    reply = wechat.prepare_reply(message, "你好", TOKEN, APP_ID, KEY, NOW)
    assert '你好' not in reply
    fields = {child.tag: child.text for child in etree.fromstring(reply)}
    assert set(fields) == {'Encrypt', 'MsgSignature', 'TimeStamp', 'Nonce'}
    assert wechat.check_push(fields['MsgSignature'], TOKEN, str(NOW), fields['Nonce'], fields['Encrypt'])
    assert '<![CDATA[你好]]>' in wechat.decrypt(fields['Encrypt'], APP_ID, KEY).decode()


@pytest.mark.parametrize('signature', [
    '', None, 'x' * 40, wechat.sign_push(TOKEN, str(NOW), '2'), wechat.sign_push('', str(NOW), '1'),
    wechat.sign_push(TOKEN, str(NOW), '1').upper()])
def test_in_plain_mode_the_signature_must_be_right(signature):
    body = (EVENT % '<Event>SCAN</Event>').encode()
    assert signed(body).event == 'scan'
    with pytest.raises(BadPush, match='signature'):
        signed(body, signature=signature)


def seal_bytes(plain):
    key = base64.b64decode(f'{KEY}=')
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


HEAD = b'r' * 16 + (2).to_bytes(4) + b'ab' + APP_ID.encode()     # 40 bytes


@pytest.mark.parametrize('plain', [
    HEAD + bytes([24]) * 23 + b'\0', HEAD + b'\0' * 24, HEAD + bytes([33]) * 24, HEAD + bytes([23]) + bytes([24]) * 23,
    HEAD + bytes([255]) * 24, HEAD + bytes([56]) * 56, bytes([32]) * 32, bytes([16]) * 16,
    b'r' * 16 + (200).to_bytes(4) + b'ab' + APP_ID.encode() + bytes([24]) * 24,
    b'r' * 16 + (2**32 - 1).to_bytes(4) + b'ab' + APP_ID.encode() + bytes([24]) * 24,
])
def test_a_wrong_padding_or_length_is_refused(plain):
    assert wechat.decrypt(seal_bytes(HEAD + bytes([24]) * 24), APP_ID, KEY) == b'ab'
    with pytest.raises(BadPush):
        wechat.decrypt(seal_bytes(plain), APP_ID, KEY)
