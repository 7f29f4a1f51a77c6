"""Locks between setup commands that run at the same time. The kernel lets go of them when a process ends."""
import contextlib
import fcntl

from .console import say
from .paths import STATE


@contextlib.contextmanager
def exclusive(name):
    """One command at a time does what `name` stands for; the others wait, and find it done."""
    with lock_file(name) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another setup command ({name})")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def lock_file(name):
    STATE.mkdir(exist_ok=True)
    return (STATE / f"{name}.lock").open("w")


def share(file):
    fcntl.flock(file, fcntl.LOCK_SH)


def am_last(file):
    """Whether nobody else shares this lock; then it is held alone until `file` is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
