"""Start the fake platform and steer it; for tests with and without Odoo."""
import json
import subprocess
import sys
import urllib.request
from pathlib import Path

_SERVER = Path(__file__).with_name('wechat_server.py')


class FakeWechat:
    """A fake platform in a process of its own, which ends with this one."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(_SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = f'http://127.0.0.1:{int(self.process.stdout.readline())}'

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()

    def tell(self, order_name, /, **order):
        """Steer it; see `wechat_server`."""
        request = urllib.request.Request(f'{self.url}/_control/{order_name}', data=json.dumps(order).encode())
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    @property
    def log(self):
        return self.tell('log')

    def calls(self, path):
        """Return the calls of a path so far."""
        return [call for call in self.log['calls'] if call['path'] == path]
