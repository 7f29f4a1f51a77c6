"""Numbers of people, companies and bank cards: one spelling each, and their check digits."""
import re
import unicodedata
from datetime import date

_SEPARATORS = re.compile(r'[\s\-‐-―]+')
_NAME_SEPARATORS = re.compile(r'[\s·•‧∙・.]+')
_IDENTITY_NUMBER = re.compile(r'[1-9]\d{16}[\dX]', re.ASCII)
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECKS = '10X98765432'
_CREDIT_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def normalize(text):
    """Return a number as it is compared: no spaces and dashes, plain digits, capital letters.

    >>> normalize(' 11010519491231-002x ')
    '11010519491231002X'
    """
    return _SEPARATORS.sub('', unicodedata.normalize('NFKC', text or '')).upper()


def normalize_name(text):
    """Return a name as it is compared: however it is spaced, dotted between its parts, or capitalized.

    >>> normalize_name('买买提 • 阿布都拉') == normalize_name('买买提·阿布都拉')
    True
    """
    return _NAME_SEPARATORS.sub('', unicodedata.normalize('NFKC', text or '')).casefold()


def is_identity_number(number):
    """Whether this is the number of a resident identity card (GB 11643): form, birth date, check digit.

    >>> is_identity_number('11010519491231002X')
    True
    """
    if not _IDENTITY_NUMBER.fullmatch(number) or not birth_date(number):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_IDENTITY_WEIGHTS, number, strict=False))
    return number[17] == _IDENTITY_CHECKS[total % 11]


def birth_date(number):
    """Return the birth date within a resident's identity number; None when it is no date."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def age_on(born, day):
    """Return the age in full years on a day; who was born on 29 February becomes older on 1 March.

    >>> age_on(date(2000, 2, 29), date(2018, 2, 28)), age_on(date(2000, 2, 29), date(2018, 3, 1))
    (17, 18)
    """
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def is_credit_code(code):
    """Whether this is a unified social credit code of an organization (GB 32100).

    >>> is_credit_code('91350100M000100Y43')
    True
    """
    if len(code) != 18 or any(character not in _CREDIT_ALPHABET for character in code):
        return False
    total = sum(
        weight * _CREDIT_ALPHABET.index(character)
        for weight, character in zip(_CREDIT_WEIGHTS, code, strict=False))
    return code[17] == _CREDIT_ALPHABET[-total % 31]


def passes_luhn(number):
    """Whether the last digit of a card fits. Accounts without a card need not: a reason to look, not to refuse.

    >>> passes_luhn('4111111111111112')
    False
    """
    if not (number.isascii() and number.isdigit()):
        return False
    digits = [int(digit) for digit in reversed(number)]
    return sum(digits[0::2] + [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]) % 10 == 0
