"""Periods of settlement cycles tile the calendar: no day is in two of them, none in no one."""
import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distribution_engine import CYCLES, get_last_period, get_period

FIRST = datetime.date(2023, 12, 25)
TEN_YEARS = [FIRST + datetime.timedelta(days=number) for number in range(3653)]
DAY = datetime.timedelta(days=1)


@pytest.mark.parametrize("cycle", CYCLES)
def test_ten_years_of_days_each_lie_in_one_period_and_periods_meet(cycle):
    periods = sorted({get_period(cycle, day) for day in TEN_YEARS})
    for day in TEN_YEARS:
        assert [period for period in (get_period(cycle, day),) if period.start <= day < period.end]
    for period, following in pairwise(periods):
        assert period.end == following.start
    assert sum((period.end - period.start).days for period in periods) == (periods[-1].end - periods[0].start).days


@given(st.sampled_from(CYCLES), st.dates(datetime.date(1990, 1, 1), datetime.date(2090, 1, 1)))
def test_every_day_of_a_period_answers_with_the_same_period(cycle, day):
    period = get_period(cycle, day)
    assert period.start <= day < period.end
    for other in (period.start, period.end - DAY):
        assert get_period(cycle, other) == period
    assert get_period(cycle, period.end).start == period.end


@given(st.sampled_from(CYCLES), st.dates(datetime.date(1990, 1, 1), datetime.date(2090, 1, 1)))
def test_the_last_period_is_over_and_the_next_one_is_not(cycle, day):
    period = get_last_period(cycle, day)
    assert period.end <= day < get_period(cycle, period.end).end


@pytest.mark.parametrize(("cycle", "day", "start", "end"), [
    ("day", "2028-02-29", "2028-02-29", "2028-03-01"),
    ("week", "2026-08-31", "2026-08-31", "2026-09-07"),
    ("week", "2027-01-03", "2026-12-28", "2027-01-04"),
    ("half_month", "2026-08-15", "2026-08-01", "2026-08-16"),
    ("half_month", "2026-08-16", "2026-08-16", "2026-09-01"),
    ("half_month", "2026-08-31", "2026-08-16", "2026-09-01"),
    ("half_month", "2027-02-28", "2027-02-16", "2027-03-01"),
    ("month", "2026-08-31", "2026-08-01", "2026-09-01"),
    ("month", "2026-12-31", "2026-12-01", "2027-01-01"),
    ("month", "2028-02-29", "2028-02-01", "2028-03-01"),
])
def test_the_last_day_of_a_month_belongs_somewhere(cycle, day, start, end):
    period = get_period(cycle, datetime.date.fromisoformat(day))
    assert [str(bound) for bound in period] == [start, end]
