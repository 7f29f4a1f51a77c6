import json
from pathlib import Path

import pytest

import distribution_wechat_client as wechat
from distribution_wechat_client import BadPush

VECTORS = json.loads(Path(__file__).with_name('vectors').joinpath('wechat.json').read_text())['vectors']
SAFE = next(vector for vector in VECTORS if vector['group'] == 'push-aes')


def vectors(group):
    found = [pytest.param(vector, id=vector['id']) for vector in VECTORS if vector['group'] == group]
    assert found
    return pytest.mark.parametrize('vector', found)


def safe_push(**changes):
    """Open the platform's own example of a message in safe mode, with changes."""
    values = {
        'body': json.dumps({'ToUserName': 'gh_97417a04a28d', 'Encrypt': SAFE['encrypt']}).encode(),
        'query': {name: SAFE[name] for name in ('timestamp', 'nonce', 'signature', 'msg_signature')},
        'token': SAFE['token'], 'app_id': SAFE['appid'], 'aes_keys': [SAFE['encoding_aes_key']],
        'now': int(SAFE['timestamp']), **changes}
    return wechat.open_push(**values)


@vectors('push-signature')
def test_a_call_is_signed_as_the_platform_does(vector):
    parts = vector['token'], vector['timestamp'], vector['nonce']
    assert wechat.sign_push(*parts) == vector['expected']
    assert wechat.check_push(vector['expected'], *parts)
    assert not wechat.check_push(vector['expected'], vector['token'] + 'x', *parts[1:])


@vectors('push-aes')
def test_a_message_in_safe_mode_is_decrypted(vector):
    text = wechat.decrypt(vector['encrypt'], vector['appid'], vector['encoding_aes_key']).decode()
    assert text == vector['plaintext']


@vectors('push-aes')
def test_a_text_is_encrypted_to_the_same_bytes(vector):
    assert wechat.encrypt(
        vector['plaintext'], vector['appid'], vector['encoding_aes_key'], vector['random16'].encode()
    ) == vector['encrypt']


@vectors('push-aes-reply')
def test_an_answer_in_safe_mode_is_sealed_to_the_same_bytes(vector):
    assert wechat.seal_reply(
        vector['plaintext'], vector['token'], vector['appid'], vector['encoding_aes_key'], vector['timestamp'],
        vector['nonce'], vector['random16'].encode(),
    ) == {
        'Encrypt': vector['encrypt'], 'MsgSignature': vector['msg_signature'], 'TimeStamp': vector['timestamp'],
        'Nonce': vector['nonce']}


def test_the_platforms_example_in_safe_mode_is_opened_as_a_whole():
    message = safe_push()
    assert (message.openid, message.at, message.kind, message.event) == (
        'o9AgO5Kd5ggOC-bXrbNODIiE3bGY', 1714112445, 'event', 'debug_demo')


@pytest.mark.parametrize('changes', [
    pytest.param({'query': {'timestamp': SAFE['timestamp'], 'nonce': SAFE['nonce'], 'signature': SAFE['signature']}},
                 id='only the signature that says nothing about the message'),
    pytest.param({'query': {'timestamp': SAFE['timestamp'], 'nonce': '1', 'msg_signature': SAFE['msg_signature']}},
                 id='another nonce'),
    pytest.param({'token': 'BBBBB'}, id='another token'),
    pytest.param({'token': ''}, id='no token'),
    pytest.param({'app_id': 'wxba5fad812f8e6fb8'}, id='another account'),
    pytest.param({'aes_keys': ['B' * 43]}, id='another key'),
    pytest.param({'now': int(SAFE['timestamp']) + 3601}, id='an hour later'),
    pytest.param({'now': int(SAFE['timestamp']) - 3601}, id='an hour earlier'),
    pytest.param({'aes_keys': []}, id='plain mode'),
    pytest.param({'body': b'<xml><Encrypt>' + SAFE['encrypt'].encode() + b'AA</Encrypt></xml>'}, id='a longer text'),
])
def test_the_platforms_example_with_a_change_is_refused(changes):
    with pytest.raises(BadPush):
        safe_push(**changes)


@pytest.mark.parametrize('keys', [['B' * 43, 'A' * 43], ['A' * 43, 'B' * 43]])
def test_during_a_change_of_the_key_both_are_good(keys):
    assert safe_push(aes_keys=keys).event == 'debug_demo'


@vectors('jssdk')
def test_a_page_is_signed_as_the_platform_does(vector):
    parts = vector['jsapi_ticket'], vector['noncestr'], vector['timestamp']
    for url in (vector['url'], vector['url'] + '#part'):
        assert wechat.sign_jssdk(*parts, url) == vector['expected']


@vectors('wxa-aes128-cbc')
def test_data_of_a_mini_program_are_decrypted(vector):
    parts = vector['encrypted_data'], vector['iv'], vector['session_key']
    assert wechat.decrypt_user_data(*parts, vector['appid']) == json.loads(vector['plaintext'])
    for wrong in (
        (*parts, 'wx0000000000000000'),
        (parts[0][:-4], *parts[1:], vector['appid']),
        (parts[0], parts[1], 'AAAAAAAAAAAAAAAAAAAAAA==', vector['appid']),
        (parts[0], parts[1], 'short', vector['appid']),
    ):
        with pytest.raises(BadPush):
            wechat.decrypt_user_data(*wrong)


@vectors('wxa-signature')
def test_data_of_a_mini_program_are_signed(vector):
    assert wechat.check_user_data(vector['expected'], vector['raw_data'], vector['session_key'])
    assert not wechat.check_user_data(vector['expected'], vector['raw_data'] + ' ', vector['session_key'])
    assert not wechat.check_user_data(None, vector['raw_data'], vector['session_key'])
