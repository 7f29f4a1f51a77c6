"""A headless Chromium, spoken to over its DevTools socket."""
import base64
import contextlib
import json
import resource
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from websocket import create_connection

from .machine import find_browser

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--hide-scrollbars",
         "--remote-debugging-port=0", "--remote-allow-origins=*")
LOADED = "location.href != 'about:blank' && document.readyState == 'complete' && document.fonts.status == 'loaded'"
PATIENCE = 60           # seconds


def wait_until(happened):
    end = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > end:
            raise TimeoutError(f"Chromium does not answer within {PATIENCE} s")
        time.sleep(0.02)


@contextlib.contextmanager
def chromium(*flags):
    """A page in a headless browser, while the block runs."""
    # Odoo limits its own memory; Chromium reserves more than that before it starts.
    limit = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with (tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile,
          subprocess.Popen([find_browser() or "chromium", *FLAGS, *flags, f"--user-data-dir={profile}", "about:blank"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process):
        try:
            port_file = Path(profile, "DevToolsActivePort")
            wait_until(lambda: port_file.exists() and port_file.read_text())
            yield Page(port_file.read_text().split()[0])
        finally:
            process.terminate()


class Page:
    """The one tab of a browser."""

    def __init__(self, port):
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        tabs = json.load(direct.open(f"http://127.0.0.1:{port}/json"))
        address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
        self.socket, self.sent = create_connection(address, timeout=PATIENCE, http_no_proxy=["*"]), 0

    def call(self, method, **parameters):
        self.sent += 1
        self.socket.send(json.dumps({"id": self.sent, "method": method, "params": parameters}))
        while (answer := json.loads(self.socket.recv())).get("id") != self.sent:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def evaluate(self, expression):
        """The value of some JavaScript, of a promise what it becomes."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)["result"].get(
            "value")

    def open(self, url):
        """Comes back when page and fonts are there."""
        self.call("Page.navigate", url=url)
        wait_until(lambda: self.evaluate(LOADED))

    def resize(self, width, height):
        """Narrow ones are phones."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)

    def picture(self, form="webp", quality=80):
        """The bytes of what is to be seen."""
        return base64.b64decode(self.call("Page.captureScreenshot", format=form, quality=quality)["data"])
