from typing import NamedTuple


class Period(NamedTuple):
    """Days from a first one until the one after the last: half-open, so that periods tile the calendar."""

    start: object               # date, included
    end: object                 # date, not included


def get_period(cycle, day):
    """Return the period of a cycle that a day lies in. Every day lies in exactly one.

    >>> import datetime
    >>> [str(bound) for bound in get_period('half_month', datetime.date(2026, 8, 31))]
    ['2026-08-16', '2026-09-01']

    :param str cycle: 'day', 'week' (from Monday), 'half_month' (1st to 15th, 16th to the last) or 'month'.
    :param date day:
    :rtype: Period
    """
    return _CYCLES[cycle](day)


def get_last_period(cycle, day):
    """Return the latest period of a cycle that is over at the beginning of a day.

    >>> import datetime
    >>> [str(bound) for bound in get_last_period('month', datetime.date(2026, 3, 1))]
    ['2026-02-01', '2026-03-01']
    """
    return get_period(cycle, _add(get_period(cycle, day).start, -1))


def _add(day, count):
    return day.fromordinal(day.toordinal() + count)


def _get_day(day):
    return Period(day, _add(day, 1))


def _get_week(day):
    monday = _add(day, -day.weekday())
    return Period(monday, _add(monday, 7))


def _get_month(day):
    first = day.replace(day=1)
    return Period(first, _add(first, 31).replace(day=1))


def _get_half_month(day):
    first, next_first = _get_month(day)
    middle = first.replace(day=16)
    return Period(first, middle) if day < middle else Period(middle, next_first)


_CYCLES = {'day': _get_day, 'week': _get_week, 'half_month': _get_half_month, 'month': _get_month}
CYCLES = tuple(_CYCLES)
