"""People are told long before the reserve is touched, and not before that is needed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.retention.domain.level import Disk, Level, Marks, judge

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
MARKS = Marks(pressure_percent=20, alarm_percent=10, alarm_within=timedelta(days=3))
ORDER = [Level.GOOD, Level.PRESSURE, Level.ALARM]


def _disk(free: int, *, reserve: int = 0) -> Disk:
    return Disk(total_bytes=1000, free_bytes=free, reserve_bytes=reserve)


def _judge(disk: Disk, *, days: float | None = None, can_go: int = 1000) -> Level:
    full_at = None if days is None else NOW + timedelta(days=days)
    return judge(disk, marks=MARKS, full_at=full_at, can_go_bytes=can_go, now=NOW)


@pytest.mark.parametrize(
    ("free", "level"),
    [(1000, Level.GOOD), (200, Level.GOOD), (199, Level.PRESSURE), (99, Level.ALARM)],
)
def test_the_shares_of_free_room_make_the_level(free: int, level: Level) -> None:
    assert _judge(_disk(free)) is level


def test_the_reserve_counts_as_used() -> None:
    assert _judge(_disk(250, reserve=100)) is Level.PRESSURE


def test_a_disk_that_fills_soon_is_an_alarm_however_much_is_free() -> None:
    assert _judge(_disk(900), days=3) is Level.ALARM
    assert _judge(_disk(900), days=3.1) is Level.GOOD


def test_pressure_that_nothing_can_relieve_is_an_alarm() -> None:
    assert _judge(_disk(150), can_go=50) is Level.PRESSURE
    assert _judge(_disk(150), can_go=49) is Level.ALARM


@given(
    free=st.integers(0, 1000),
    more=st.integers(0, 1000),
    reserve=st.integers(0, 300),
    days=st.none() | st.floats(0, 10),
    can_go=st.integers(0, 1000),
)
def test_more_room_never_makes_the_level_worse(
    free: int, more: int, reserve: int, days: float | None, can_go: int
) -> None:
    less = _judge(_disk(free, reserve=reserve), days=days, can_go=can_go)
    better = _judge(_disk(free + more, reserve=reserve), days=days, can_go=can_go)

    assert ORDER.index(better) <= ORDER.index(less)


@given(free=st.integers(0, 10**15), reserve=st.integers(0, 10**15), percent=st.integers(1, 90))
def test_what_lacks_is_never_negative_and_exactly_enough(
    free: int, reserve: int, percent: int
) -> None:
    disk = Disk(total_bytes=10**15, free_bytes=free, reserve_bytes=reserve)
    lacking = disk.lacks(percent)

    assert lacking >= 0
    assert disk.usable_bytes >= 0
    assert lacking == 0 or (disk.usable_bytes + lacking) * 100 >= 10**15 * percent
