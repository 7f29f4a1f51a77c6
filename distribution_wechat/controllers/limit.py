import threading
import time

_SECONDS = 60


class Limiter:
    """At most so many calls of a client in a minute, in this process. It remembers nobody for longer."""

    def __init__(self, most, clock=time.monotonic):
        self._most = most
        self._clock = clock
        self._lock = threading.Lock()
        self._minute, self._counts = None, {}

    def allows(self, client):
        """Count a call.

        :param str client: Its address.
        :return: Whether it may go on.
        :rtype: bool
        """
        minute = self._clock() // _SECONDS
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            count = self._counts[client] = self._counts.get(client, 0) + 1
        return count <= self._most
