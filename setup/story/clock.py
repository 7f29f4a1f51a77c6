"""The time in which the story happens."""
from datetime import UTC, datetime, time, timedelta
from unittest import mock

from freezegun import freeze_time

from odoo.sql_db import Cursor

DAYS = 92
SHANGHAI = timedelta(hours=8)       # no summer time there


class Clock:
    """Stands still until it is moved. Frozen once, because every start of freezegun takes long.

    Days are numbered: 0 is the first of the story, DAYS - 1 is today, before 0 the shop is made ready.
    """

    def __init__(self):
        self.end = self.now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
        self.today = (self.end + SHANGHAI).date()
        self._freezer = freeze_time(self.end)
        # Odoo asks PostgreSQL when a record is created: it would be the only one to know the real time.
        self._cursor = mock.patch.object(Cursor, "now", lambda cursor: datetime.now())
        self._frozen = None

    def __enter__(self):
        self.now = datetime.min
        self._frozen = self._freezer.start()
        self._cursor.start()
        return self

    def __exit__(self, *exception):
        self._cursor.stop()
        self._freezer.stop()

    def move_to(self, day, hour, minute=0):
        """Go to a moment of Shanghai's day: never back, and never beyond the present."""
        wanted = datetime.combine(self.date(day), time(hour, minute)) - SHANGHAI
        self.now = max(self.now, min(wanted, self.end))
        self._frozen.move_to(self.now)

    def date(self, day):
        return self.today - timedelta(days=DAYS - 1 - day)
