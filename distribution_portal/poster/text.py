"""Breaking text into lines: Chinese anywhere, other words at spaces, no line begins with a closing mark."""
import re

# A word with the space behind it, or one character; closing marks stay with what stands before them.
_CLOSING = '，。、；：？！）》」』】’”…,.;:?!)%'
_UNIT = re.compile(rf"(?:\s+|[A-Za-z0-9À-ɏ¥$€£+\-/&'#@_.]+|.)[{re.escape(_CLOSING)}]*\s?", re.DOTALL)
ELLIPSIS = '…'


def wrap(text, get_width, max_width, max_lines):
    """Return the lines that fit; when not all do, the last one ends in an ellipsis.

    >>> wrap("武夷岩茶，正岩肉桂", len, 5, 2)
    ['武夷岩茶，', '正岩肉桂']
    >>> wrap("A very long name", len, 7, 1)
    ['A very…']

    :param str text:
    :param Callable[[str], float] get_width: The width of a piece of text.
    :param float max_width: Of a line.
    :param int max_lines:
    :rtype: list[str]
    """
    lines = []
    for paragraph in (text or '').splitlines():
        lines += _wrap_paragraph(paragraph, get_width, max_width, max_lines + 1 - len(lines))
        if len(lines) > max_lines:
            return [*lines[:max_lines - 1], _shorten(lines[max_lines - 1], get_width, max_width)]
    return lines


def _wrap_paragraph(text, get_width, max_width, max_lines):
    lines, line = [], ''
    for unit in _split(text, get_width, max_width):
        if line and get_width((line + unit).rstrip()) > max_width:
            lines.append(line.rstrip())
            line = ''
            if len(lines) == max_lines:
                return lines
        line += unit if line else unit.lstrip()
    return [*lines, line.rstrip()]


def _split(text, get_width, max_width):
    """Yield what is not broken; what is wider than a line comes in single characters."""
    for unit in _UNIT.findall(text):
        if get_width(unit.rstrip()) > max_width:
            yield from unit
        else:
            yield unit


def _shorten(line, get_width, max_width):
    while line and get_width(line + ELLIPSIS) > max_width:
        line = line[:-1]
    return line.rstrip() + ELLIPSIS
