"""What stands in the fields of a notice. The platform refuses a value that does not fit its kind of field."""
import re

FIELD_PATTERN = re.compile(r'[a-z_]{1,20}[0-9]{1,3}')
_PLACEHOLDER = re.compile(r'{(\w+)}')
_SPACE = re.compile(r'\s+')
_HAN = re.compile(r'[^\x00-\x7f]')
# The longest text of a kind, as the platform documents them; a field is called after its kind: thing1.
_LENGTHS = {
    'thing': 20, 'character_string': 32, 'letter': 32, 'number': 32, 'symbol': 5, 'time': 32, 'date': 32, 'amount': 16,
    'phone_number': 17, 'car_number': 8, 'phrase': 5, 'const': 20,
}
_LENGTH_ELSE = 20
_NAME_HAN, _NAME_LATIN = 10, 20
# What a field of a kind may hold beside; all other kinds take any text.
_FOREIGN = {
    'character_string': re.compile(r'[^\x21-\x7e]'),
    'letter': re.compile(r'[^A-Za-z]'),
    'number': re.compile(r'[^0-9.]'),
    'amount': re.compile(r'[^0-9.¥￥$€£元]'),
}
# No field may be empty.
_EMPTY = {'number': '0', 'amount': '0', 'phrase': '无'}


def get_placeholders(text):
    """Return the names that stand in braces.

    >>> sorted(get_placeholders('{count} × {amount}'))
    ['amount', 'count']

    :rtype: set[str]
    """
    return set(_PLACEHOLDER.findall(text))


def fill(text, facts):
    """Put facts in the place of their names in braces; what is not known is left out.

    >>> fill('{count} × {amount}', {'count': 2, 'amount': '¥3.00'})
    '2 × ¥3.00'

    :param str text:
    :param dict facts:
    :rtype: str
    """
    return _PLACEHOLDER.sub(lambda match: str(facts.get(match[1]) or ''), text)


def fit(name, text):
    """Return a text as a field takes it: cut to the length of its kind, without what the kind does not hold.

    >>> fit('character_string2', '订单 S00012'), fit('phrase1', ''), fit('thing1', 'x' * 21)
    ('S00012', '无', 'xxxxxxxxxxxxxxxxxxx…')

    :param str name: Of the field, as thing1.
    :param str text:
    :rtype: str
    """
    kind = name.rstrip('0123456789')
    text = _SPACE.sub(' ', text).strip()
    if kind in _FOREIGN:
        text = _FOREIGN[kind].sub('', text)
    if kind == 'name':
        length = _NAME_HAN if _HAN.search(text) else _NAME_LATIN
    else:
        length = _LENGTHS.get(kind, _LENGTH_ELSE)
    if len(text) > length:
        text = f'{text[:length - 1]}…' if kind == 'thing' else text[:length]
    return text or _EMPTY.get(kind, '-')
