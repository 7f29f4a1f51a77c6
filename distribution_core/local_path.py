"""Which addresses may a referral link lead to? Only pages of this site."""
import re
from urllib.parse import unquote

MAX_PATH_LENGTH = 1024
# One slash in front, and nothing that a browser reads as another host or that ends a header.
_LOCAL_PATH = re.compile(r'/(?!/)[^\\\x00-\x1f\x7f]*')
# A referral link that leads to a referral link could lead to itself.
_REFERRAL_PATH = re.compile(r'/d(/.*)?', re.DOTALL)
_MAX_DECODINGS = 5


def get_local_path(path):
    """Return a path of this site unchanged, anything else as nothing.

    >>> get_local_path('/shop?search=tea')
    '/shop?search=tea'
    >>> get_local_path('//evil.example') is get_local_path('/d/MEI888') is None
    True

    :param str|None path: As it came from outside. Its page is checked as it is and decoded, because
        what stands in front of this server may decode once more.
    :rtype: str|None
    """
    if not path or len(path) > MAX_PATH_LENGTH or not _is_local_page(path):
        return None
    page = path.partition('?')[0]
    for _attempt in range(_MAX_DECODINGS):
        decoded = unquote(page)
        if decoded == page:
            return path
        if not _is_local_page(decoded):
            return None
        page = decoded
    return None


def _is_local_page(path):
    return bool(_LOCAL_PATH.fullmatch(path)) and not _REFERRAL_PATH.fullmatch(path.partition('?')[0])
