"""Odoo serving a database on a port of this machine."""
import subprocess
import time
import urllib.error
import urllib.request

from . import environment
from .console import Failure, log_tail

START_SECONDS = 180
STOP_SECONDS = 20


def start(database, port, log, *arguments, **options):
    """Comes back when the login page is served."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        server = subprocess.Popen(
            environment.odoo("-d", database, *environment.ports(port), *arguments), cwd="/",
            env=environment.odoo_environment(),
            stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, **options)
    try:
        _wait_until_served(server, f"http://127.0.0.1:{port}/web/login", log)
    except BaseException:
        stop(server)
        raise
    return server


def stop(server):
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _wait_until_served(server, page, log):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            raise Failure(f"{log_tail(log)}\nOdoo has ended")
        try:
            direct.open(page, timeout=START_SECONDS).close()
            return
        except urllib.error.HTTPError as error:
            raise Failure(f"{page} answers {error.code}. Odoo's log: {log}") from None
        except OSError:
            time.sleep(0.1)
    raise Failure(f"{page} is not served after {START_SECONDS} s. Odoo's log: {log}")
