"""What of a number may be shown."""

_STAR = '*'
_HIDDEN_MIN = 4


def mask_phone(phone):
    """Show the first three and the last four digits.

    >>> mask_phone('13812341234')
    '138****1234'
    """
    return _mask(phone, 3, 4)


def mask_identity_number(number):
    """Show the first three and the last four characters: region and serial, not the birth date.

    >>> mask_identity_number('11010519491231002X')
    '110***********002X'
    """
    return _mask(number, 3, 4)


def mask_tail(number):
    """Show the last four characters, as banks do.

    >>> mask_tail('6222021234567890')
    '************7890'
    """
    return _mask(number, 0, 4)


def mask_name(name):
    """Show the first character, and hide how long the name is.

    >>> mask_name('张三丰')
    '张*'
    """
    return f'{name[0]}{_STAR}' if name else ''


def _mask(text, head, tail):
    """Hide the middle, at least four characters of it; everything of a shorter text."""
    if len(text) < head + tail + _HIDDEN_MIN:
        return _STAR * len(text)
    return text[:head] + _STAR * (len(text) - head - tail) + text[len(text) - tail:]
