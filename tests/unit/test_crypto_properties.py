import base64
import doctest
from calendar import isleap
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import distribution_crypto as crypto
from distribution_crypto import CannotDecrypt, InvalidKey, Keyring, masks, numbers

PLACE = 'distribution.identity.number:1'
OLD, NEW = b'o' * 32, b'n' * 32
ring = Keyring({'k1': OLD}, 'k1')
texts = st.text(max_size=40)
digits = st.text('0123456789', max_size=30)


@given(text=texts)
def test_what_is_encrypted_comes_back(text):
    assert ring.decrypt(ring.encrypt(text, PLACE), PLACE) == text


@given(text=texts)
def test_the_same_text_is_never_encrypted_the_same_twice(text):
    assert ring.encrypt(text, PLACE) != ring.encrypt(text, PLACE)


@given(text=texts, data=st.data())
def test_a_change_of_any_character_is_refused(text, data):
    token = ring.encrypt(text, PLACE)
    position = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(max_codepoint=0x17f).filter(lambda found: found != token[position]))
    with pytest.raises(CannotDecrypt):
        ring.decrypt(token[:position] + other + token[position + 1:], PLACE)


def test_one_text_has_one_spelling_down_to_the_spare_bits_of_base64():
    token = ring.encrypt("a", PLACE)
    alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    assert token.endswith('=')
    other = f'{token[:-2]}{alphabet[alphabet.index(token[-2]) + 1]}='
    assert base64.b64decode(other.rsplit(':')[2]) == base64.b64decode(token.rsplit(':')[2])
    with pytest.raises(CannotDecrypt):
        ring.decrypt(other, PLACE)


@given(text=texts, data=st.data())
def test_a_change_of_any_byte_is_refused(text, data):
    head, payload = ring.encrypt(text, PLACE).rsplit(':', 1)
    sealed = bytearray(base64.b64decode(payload))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CannotDecrypt):
        ring.decrypt(f'{head}:{base64.b64encode(sealed).decode()}', PLACE)


@given(text=texts, place=st.text(max_size=40).filter(lambda place: place != PLACE))
def test_a_text_cannot_be_moved_to_another_place(text, place):
    with pytest.raises(CannotDecrypt):
        ring.decrypt(ring.encrypt(text, PLACE), place)


@pytest.mark.parametrize('token', ['', 'v1', 'v1:k1', 'v1:k1:', 'v1:k1:AAAA', 'v2:k1:AAAA', 'v1:k9:AAAA', 'plain', '::'])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(CannotDecrypt):
        ring.decrypt(token, PLACE)


@given(text=texts)
def test_a_new_key_leaves_what_the_old_one_encrypted_readable(text):
    token = ring.encrypt(text, PLACE)
    both = Keyring({'k2': NEW, 'k1': OLD}, 'k2')
    assert both.decrypt(token, PLACE) == text
    assert not both.is_current(token)
    again = both.encrypt(both.decrypt(token, PLACE), PLACE)
    assert both.is_current(again)
    assert Keyring({'k2': NEW}, 'k2').decrypt(again, PLACE) == text
    with pytest.raises(CannotDecrypt):
        ring.decrypt(again, PLACE)


def test_a_key_under_the_name_of_another_opens_nothing():
    with pytest.raises(CannotDecrypt):
        Keyring({'k1': NEW}, 'k1').decrypt(ring.encrypt("secret", PLACE), PLACE)


@given(first=texts, second=texts)
def test_blind_indexes_are_equal_exactly_for_equal_texts(first, second):
    assert (ring.blind_index(first, PLACE) == ring.blind_index(second, PLACE)) == (first == second)


@given(text=texts)
def test_a_blind_index_belongs_to_its_place_and_its_key(text):
    assert ring.blind_index(text, PLACE) != ring.blind_index(text, 'distribution.identity.number:2')
    both = Keyring({'k2': NEW, 'k1': OLD}, 'k2')
    assert both.blind_indexes(text, PLACE) == [both.blind_index(text, PLACE), ring.blind_index(text, PLACE)]
    assert both.blind_index(text, PLACE) != ring.blind_index(text, PLACE)


def test_encryption_and_index_use_different_keys():
    assert ring._index_keys['k1'] != OLD
    assert crypto.keyring._derive(OLD, b'encrypt') != crypto.keyring._derive(OLD, b'index')


def test_keys_come_from_text():
    first, second = crypto.generate_key('2026'), crypto.generate_key('2025')
    parsed = Keyring.parse(first, f' {second} ,')
    assert parsed.current == '2026'
    assert parsed.decrypt(Keyring.parse(second).encrypt("x", PLACE), PLACE) == "x"
    assert Keyring.parse(first.split(':')[1]).current == 'k1'


@pytest.mark.parametrize(('current', 'old'), [
    ('', ''), ('k1:', ''), ('k1:AAAA', ''), ('k1:not base64!', ''), ('a b:' + 'A' * 43 + '=', ''),
    ('k1:' + 'A' * 43 + '=', 'k1:' + 'B' * 43 + '='),
])
def test_a_bad_key_is_refused_and_not_repeated(current, old):
    with pytest.raises(InvalidKey) as refusal:
        Keyring.parse(current, old)
    assert 'AAAA' not in str(refusal.value)


def test_a_keyring_does_not_print_its_keys():
    assert repr(ring) == "<Keyring k1, 1 keys>"


@pytest.mark.parametrize(('number', 'right'), [
    ('11010519491231002X', True), ('440524188001010014', True),        # the two examples of GB 11643
    ('110105194912310021', False), ('11010519491331002X', False), ('11010519490230002X', False),
    ('01010519491231002X', False), ('1101051949123100', False), ('', False), ('１1010519491231002X', False),
])
def test_identity_numbers(number, right):
    assert crypto.is_identity_number(number) is right


@given(position=st.integers(0, 17), digit=st.sampled_from('0123456789X'))
def test_one_wrong_digit_makes_an_identity_number_wrong(position, digit):
    number = '11010519491231002X'
    changed = number[:position] + digit + number[position + 1:]
    assert crypto.is_identity_number(changed) is (changed == number)


@pytest.mark.parametrize(('code', 'right'), [
    ('91350100M000100Y43', True), ('91350100M000100Y44', False), ('91350100M000100I43', False), ('9135', False),
    ('', False),
])
def test_credit_codes(code, right):
    assert crypto.is_credit_code(code) is right


@pytest.mark.parametrize(('number', 'right'), [
    ('4111111111111111', True), ('79927398713', True), ('4111111111111112', False), ('me@example.com', False),
    ('', False), ('４１１１', False),
])
def test_card_numbers(number, right):
    assert crypto.passes_luhn(number) is right


@given(born=st.dates(date(1900, 1, 1), date(2020, 1, 1)), years=st.integers(1, 80))
@example(born=date(2000, 2, 29), years=4)
@example(born=date(2000, 2, 29), years=18)
def test_nobody_is_of_age_a_day_early(born, years):
    year = born.year + years
    leaps = (born.month, born.day) == (2, 29) and not isleap(year)
    birthday = date(year, 3, 1) if leaps else born.replace(year=year)
    assert crypto.age_on(born, birthday) == years
    assert crypto.age_on(born, date.fromordinal(birthday.toordinal() - 1)) == years - 1


@given(text=digits)
def test_masks_show_no_more_than_they_may(text):
    for mask, head, tail in (
        (crypto.mask_phone, 3, 4), (crypto.mask_identity_number, 3, 4), (crypto.mask_tail, 0, 4),
    ):
        masked = mask(text)
        assert len(masked) == len(text)
        shown = len(masked) - masked.count('*')
        assert shown in (0, head + tail)
        assert masked in (
            '*' * len(text), text[:head] + '*' * (len(text) - head - tail) + text[len(text) - tail:])
        if shown:
            assert masked.count('*') >= 4


@given(name=texts)
def test_a_masked_name_is_its_first_character(name):
    assert crypto.mask_name(name) == (name[:1] + '*' if name else '')


@given(text=st.text('019AaXxＸ１ -‐—\u3000\u2212\t', max_size=20))
def test_normalizing_twice_changes_nothing(text):
    assert crypto.normalize(crypto.normalize(text)) == crypto.normalize(text)


def test_the_examples_in_the_texts_are_true():
    for module in (numbers, masks):
        assert doctest.testmod(module).failed == 0
