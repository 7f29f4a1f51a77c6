"""The demo's server, in the foreground or as a process of its own."""
import os
import signal
import time

from . import postgres, server
from .console import say
from .demo_database import NAME
from .paths import LOGS, STATE

PID_FILE = STATE / "demo.pid"
LOG = LOGS / "demo.log"


def pid():
    """The server's process, if it runs; its number may since have gone to another process."""
    try:
        number = int(PID_FILE.read_text().split()[0])
        with open(f"/proc/{number}/cmdline") as file:
            return number if NAME in file.read().split("\0") else None
    except (OSError, ValueError, IndexError):
        return None


def address():
    """Of the server that runs."""
    return PID_FILE.read_text().split()[1]


def start(url, port):
    # PostgreSQL stays for as long as Odoo does, whatever becomes of this command
    with postgres.keep_alive() as alive:
        running = server.start(NAME, port, LOG, start_new_session=True, pass_fds=[alive.fileno()])
    PID_FILE.write_text(f"{running.pid} {url}\n")
    return running


def wait(running):
    """Until Ctrl-C, or until Odoo ends by itself."""
    try:
        return running.wait()
    except KeyboardInterrupt:
        print()
        return 0
    finally:
        say("stopping Odoo")
        server.stop(running)
        PID_FILE.unlink(missing_ok=True)


def stop():
    """What another command has started."""
    running = pid()
    if not running:
        return False
    say("stopping Odoo")
    os.kill(running, signal.SIGTERM)
    end = time.monotonic() + server.STOP_SECONDS
    while pid() == running:
        if time.monotonic() > end:
            os.kill(running, signal.SIGKILL)
        time.sleep(0.1)
    PID_FILE.unlink(missing_ok=True)
    return True
