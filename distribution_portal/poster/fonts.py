"""Which font file has Chinese characters?"""
import functools
import os
import subprocess
from pathlib import Path

# What Debian's packages call theirs, where fontconfig is not there to be asked.
_KNOWN_FILES = ('NotoSansCJK-Regular.ttc', 'NotoSansSC-Regular.otf', 'wqy-microhei.ttc', 'wqy-zenhei.ttc')
_QUESTION = ('fc-match', '--format', '%{file}\n%{lang}', ':lang=zh-cn')
_SECONDS = 10


@functools.cache
def find_chinese_font():
    """Return the path of a font with Chinese characters, or nothing when the machine has none.

    Looked for once: a font that is installed later is found after a restart.

    :rtype: str|None
    """
    return _ask_fontconfig() or _look_for_known_files()


def _ask_fontconfig():
    try:
        answer = subprocess.run(_QUESTION, capture_output=True, text=True, check=True, timeout=_SECONDS).stdout
    except (OSError, subprocess.SubprocessError):
        return None     # No fontconfig here, or a broken one: the known files may still be there.
    # It always names the nearest font, also one that lacks the language.
    path, _newline, languages = answer.partition('\n')
    return path if 'zh-cn' in languages.split('|') else None


def _look_for_known_files():
    home = os.environ.get('XDG_DATA_HOME') or os.path.expanduser('~/.local/share')
    places = [home, *(os.environ.get('XDG_DATA_DIRS') or '/usr/local/share:/usr/share').split(':')]
    for place in places:
        for name in _KNOWN_FILES:
            found = next((Path(place) / 'fonts').rglob(name), None)
            if found:
                return str(found)
    return None
