"""How soon a page is to be seen in a browser that has nothing of it yet, over a network as slow as a phone's.

Odoo compresses nothing itself; on the way through `compressed` that is done as by the web server in front of it.
"""
import contextlib
import gzip
import http.client
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from kit.chromium import chromium

# Bits per second down and up, and milliseconds until an answer begins: as Chromium's own tools, and as Lighthouse.
NETWORKS = {"4g": (9_000_000, 1_500_000, 170), "slow_4g": (1_600_000, 750_000, 150)}
SCREEN = (390, 844)
COMPRESSED = ("text/", "application/javascript", "application/json", "image/svg+xml")
SETTLED_S = 1           # after `load`, nothing larger appears
OBSERVE = """
    window.largest = null;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) { window.largest = entry; }
    }).observe({ type: "largest-contentful-paint", buffered: true });
"""
READ = """(() => {
    const [page] = performance.getEntriesByType("navigation");
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    return {
        first_ms: paint && paint.startTime,
        largest_ms: window.largest && window.largest.startTime,
        largest_is: window.largest && window.largest.element && window.largest.element.outerHTML.slice(0, 120),
        load_ms: page.loadEventEnd,
        answer_ms: page.responseEnd,
        parts: [page, ...performance.getEntriesByType("resource")].map((part) => [
            part.name.replace(/^https?:[/][/][^/]+/, ""), part.transferSize, Math.round(part.startTime), Math.round(part.responseEnd)]),
    };
})()"""


def measure(address, path, cookie, network):
    """Open a page in a new browser.

    :param str cookie: `name=value` of a session.
    :return: The milliseconds until something, and until the largest part, was to be seen; and what was loaded.
    """
    down, up, latency = NETWORKS[network]
    name, _is, value = cookie.partition("=")
    with compressed(address) as front, chromium() as page:
        page.resize(*SCREEN)
        page.call("Network.enable")
        page.call("Network.setCookie", name=name, value=value, url=front)
        page.call("Network.emulateNetworkConditions", offline=False, latency=latency,
                  downloadThroughput=down / 8, uploadThroughput=up / 8)
        page.call("Page.enable")
        page.call("Page.addScriptToEvaluateOnNewDocument", source=OBSERVE)
        page.open(f"{front}{path}")
        time.sleep(SETTLED_S)
        seen = page.evaluate(READ)
    if not seen["largest_ms"]:
        raise AssertionError(f"{path} shows nothing")
    return seen


@contextlib.contextmanager
def compressed(address):
    """The address of a server in front of another one, that compresses what it passes on."""
    class Front(_Front):
        behind = urlsplit(address).netloc

    server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle(self):
        with contextlib.suppress(ConnectionError):      # the browser was closed
            super().handle()

    def do_GET(self):
        with contextlib.closing(http.client.HTTPConnection(self.behind, timeout=60)) as behind:
            length = int(self.headers.get("Content-Length", 0))
            headers = {key: text for key, text in self.headers.items() if key.lower() != "accept-encoding"}
            behind.request(self.command, self.path, self.rfile.read(length) or None, headers)
            answer = behind.getresponse()
            body = answer.read()
        headers = [(key, text) for key, text in answer.getheaders()
                   if key.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server")]
        if body and answer.headers.get_content_type().startswith(COMPRESSED):
            body = gzip.compress(body, 5)
            headers.append(("Content-Encoding", "gzip"))
        self.send_response(answer.status)
        for key, text in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(key, text)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_arguments):
        """Say nothing."""
