"""Intervals between instants."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.interval import Interval

PARIS = ZoneInfo("Europe/Paris")
START = datetime(2026, 1, 1, tzinfo=UTC)

intervals = st.builds(
    lambda first, length: Interval(
        START + timedelta(minutes=first), START + timedelta(minutes=first + length)
    ),
    st.integers(0, 500),
    st.integers(1, 500),
)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (datetime(2026, 3, 28, 20, tzinfo=PARIS), datetime(2026, 3, 29, 8, tzinfo=PARIS), 11),
        (datetime(2026, 10, 24, 20, tzinfo=PARIS), datetime(2026, 10, 25, 8, tzinfo=PARIS), 13),
        (datetime(2026, 11, 20, 20, tzinfo=PARIS), datetime(2026, 11, 21, 8, tzinfo=PARIS), 12),
    ],
)
def test_a_duration_is_elapsed_time_also_when_the_clocks_change(
    start: datetime, end: datetime, hours: int
) -> None:
    assert Interval(start, end).duration == timedelta(hours=hours)


def test_a_naive_end_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Interval(START, datetime(2026, 1, 2))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize("minutes", [0, -1])
def test_an_empty_interval_is_refused(minutes: int) -> None:
    with pytest.raises(ValueError, match="end after it starts"):
        Interval(START, START + timedelta(minutes=minutes))


def test_the_start_is_inside_and_the_end_is_not() -> None:
    hour = Interval(START, START + timedelta(hours=1))

    assert hour.contains(hour.start)
    assert not hour.contains(hour.end)


@given(intervals, intervals)
def test_two_overlap_exactly_when_they_share_a_minute(one: Interval, other: Interval) -> None:
    minutes = [START + timedelta(minutes=minute) for minute in range(1000)]
    shared = [each for each in minutes if one.contains(each) and other.contains(each)]

    assert one.overlaps(other) == bool(shared) == other.overlaps(one)
    met = one.meet(other)
    assert (met is None) == (not shared)
    if met is not None:
        assert met.start == shared[0]
        assert met.end == shared[-1] + timedelta(minutes=1)
