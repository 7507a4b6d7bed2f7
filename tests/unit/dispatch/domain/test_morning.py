"""When the morning list is due, whatever the clocks do, and what it is about."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.morning import find_due, find_last_morning
from app.kit.interval import Interval

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
YEAR = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = ("Europe/Paris", "Indian/Reunion", "America/Guadeloupe", "Pacific/Auckland")

instants = st.integers(0, 2 * 366 * 24 * 60).map(
    lambda minutes: YEAR + minutes * timedelta(minutes=1)
)
zones = st.sampled_from(ZONES).map(ZoneInfo)


@given(now=instants, zone=zones)
def test_it_was_eight_there_and_not_again_since(now: datetime, zone: ZoneInfo) -> None:
    last = find_last_morning(now, zone=zone)

    local = last.astimezone(zone)
    assert (local.hour, local.minute) == (8, 0)
    assert last <= now
    hours = [now - (now - last) * step / 50 for step in range(50)]
    assert all(each.astimezone(zone).time() != local.time() for each in hours if each > last)
    assert now - last < 25 * HOUR


@pytest.mark.parametrize(
    ("day", "hours", "ends"),
    [
        (date(2026, 3, 29), 23, datetime(2026, 3, 29, 6, 0, tzinfo=UTC)),
        (date(2026, 10, 25), 25, datetime(2026, 10, 25, 7, 0, tzinfo=UTC)),
        (date(2026, 11, 21), 24, datetime(2026, 11, 21, 7, 0, tzinfo=UTC)),
    ],
)
def test_a_day_of_the_clocks_has_its_real_hours(day: date, hours: int, ends: datetime) -> None:
    due = find_due(ends, zone=ZoneInfo("Europe/Paris"), last_end=None)

    assert due is not None
    assert due.day == day
    assert due.interval == Interval(ends - hours * HOUR, ends)
    assert (
        find_due(ends - timedelta(seconds=1), zone=ZoneInfo("Europe/Paris"), last_end=None) != due
    )


@given(start=instants, zone=zones, steps=st.lists(st.integers(1, 60 * 60), max_size=40))
def test_lists_follow_each_other_without_a_gap_or_an_overlap(
    start: datetime, zone: ZoneInfo, steps: list[int]
) -> None:
    now, last_end, made = start, None, []
    for minutes in steps:
        now += minutes * MINUTE
        due = find_due(now, zone=zone, last_end=last_end)
        if due is not None:
            made.append(due.interval)
            last_end = due.interval.end
        assert find_due(now, zone=zone, last_end=last_end) is None
        assert now - (last_end or now) < 25 * HOUR

    for before, after in pairwise(made):
        assert after.start == before.end
    assert all(each.end <= now for each in made)


def test_after_a_long_silence_a_list_reaches_a_week_back() -> None:
    end = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)

    due = find_due(end, zone=ZoneInfo("Europe/Paris"), last_end=end - timedelta(days=30))

    assert due is not None
    assert due.interval == Interval(end - timedelta(days=7), end)
