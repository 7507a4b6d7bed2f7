"""Wall-clock rules become instants: the changes of the clocks, and no gap or overlap ever."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.calendar import Occurrence, instant_of, occurrences
from app.planning.domain.segments import (
    EVERY_DAY,
    DayKind,
    SegmentRule,
    default_rules,
)

PARIS = ZoneInfo("Europe/Paris")
# Thirty-minute changes, changes at one minute past midnight, changes at midnight, none, a lost day.
ZONES = [
    ZoneInfo(name)
    for name in (
        "Europe/Paris",
        "Australia/Lord_Howe",
        "America/St_Johns",
        "America/Sao_Paulo",
        "Africa/Cairo",
        "Asia/Tokyo",
    )
]
START = date(2020, 1, 1)


def wall(day: date, at: time) -> datetime:
    return datetime.combine(day, at)


def make_rule(
    start: time,
    end: time,
    *,
    days: frozenset[DayKind] = EVERY_DAY,
    segment: str | None = None,
    zone: ZoneInfo = PARIS,
    valid_from: date = START,
    valid_until: date | None = None,
) -> SegmentRule:
    return SegmentRule(
        segment=segment or f"{start:%H%M}",
        days=days,
        start=start,
        end=end,
        zone=zone,
        valid_from=valid_from,
        valid_until=valid_until,
    )


def night_of(day: date, start: time, end: time) -> timedelta:
    (found,) = occurrences(
        [make_rule(start, end)], first=day, last=day + timedelta(days=1), holidays=set()
    )
    return found.interval.duration


@pytest.mark.parametrize(
    ("day", "start", "end", "hours"),
    (
        (date(2026, 3, 28), time(20), time(8), 11),
        (date(2026, 10, 24), time(20), time(8), 13),
        (date(2026, 6, 1), time(20), time(8), 12),
        (date(2026, 3, 29), time(0), time(8), 7),
        (date(2026, 10, 25), time(0), time(8), 9),
        (date(2026, 3, 28), time(18), time(0), 6),
        (date(2026, 10, 24), time(18), time(0), 6),
    ),
)
def test_a_guard_lasts_what_elapses_when_the_clocks_change(
    day: date, start: time, end: time, hours: int
) -> None:
    assert night_of(day, start, end) == timedelta(hours=hours)


def test_a_wall_time_that_comes_twice_is_its_first_occurrence() -> None:
    found = instant_of(wall(date(2026, 10, 25), time(2, 30)), zone=PARIS)

    assert found == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("minute", (0, 1, 30, 59))
def test_a_wall_time_that_is_jumped_over_is_the_first_instant_after(minute: int) -> None:
    found = instant_of(wall(date(2026, 3, 29), time(2, minute)), zone=PARIS)

    assert found == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def test_a_day_that_never_was_is_the_first_instant_after_it() -> None:
    apia = ZoneInfo("Pacific/Apia")  # went from 29 to 31 December 2011

    noon = instant_of(wall(date(2011, 12, 30), time(12)), zone=apia)

    assert noon == instant_of(wall(date(2011, 12, 31), time(0)), zone=apia)


def test_a_guard_that_the_clocks_jump_over_is_left_out() -> None:
    rules = [make_rule(time(2, 10), time(2, 50)), make_rule(time(2, 50), time(2, 10))]
    first = date(2026, 3, 28)

    found = occurrences(rules, first=first, last=first + timedelta(days=3), holidays=set())

    assert [(each.segment, each.day.day) for each in found] == [
        ("0210", 28),
        ("0250", 28),
        ("0250", 29),
        ("0210", 30),
        ("0250", 30),
    ]
    assert_tiles(found)


def test_a_holiday_has_the_weekend_instead_of_day_and_evening() -> None:
    rules = default_rules(zone=PARIS, valid_from=START)
    armistice = date(2026, 11, 11)  # a Wednesday

    found = occurrences(
        rules, first=armistice, last=armistice + timedelta(days=1), holidays={armistice}
    )

    assert [each.segment for each in found] == ["deep_night", "weekend"]


def assert_tiles(found: list[Occurrence]) -> None:
    assert found
    for one, next_one in pairwise(found):
        assert one.interval.end == next_one.interval.start


def first_reading_of_each_minute(
    begin: datetime, end: datetime, zone: ZoneInfo
) -> list[tuple[datetime, datetime]]:
    """Walk minute by minute; return each instant with the latest wall time shown so far."""
    seen, latest = [], datetime.combine(date.min, time(0))
    instant = begin
    while instant < end:
        latest = max(latest, instant.astimezone(zone).replace(tzinfo=None))
        seen.append((instant, latest))
        instant += timedelta(minutes=1)
    return seen


def transitions(zone: ZoneInfo, first: int, last: int) -> list[datetime]:
    """Find the hours, in UTC, in which the offset changes, by trying every hour."""
    hour, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last, 1, 1, tzinfo=UTC)
    found = []
    while hour < end:
        later = hour + timedelta(hours=1)
        if hour.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            found.append(hour)
        hour = later
    return found


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_walking_through_each_change_of_the_clocks_meets_each_boundary_once(
    zone: ZoneInfo,
) -> None:
    # The boundary is where the walker's clock first shows the wall time or a later one.
    walls = [time(0), time(0, 30), time(1, 30), time(2), time(2, 30), time(3), time(8)]
    rules = [
        make_rule(one, two, zone=zone)
        for one, two in zip(walls, walls[1:] + walls[:1], strict=True)
    ]
    for change in transitions(zone, 2020, 2023):
        begin, end = change - timedelta(hours=30), change + timedelta(hours=30)
        day = begin.astimezone(zone).date()
        found = occurrences(rules, first=day, last=day + timedelta(days=5), holidays=set())
        walked = first_reading_of_each_minute(begin, end, zone)
        for boundary in (wall(day + timedelta(days=n), at) for n in range(4) for at in walls):
            met = next((instant for instant, latest in walked if latest >= boundary), None)
            if met is not None and met != begin:
                assert instant_of(boundary, zone=zone) == met
        assert_tiles(found)


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_twenty_years_have_no_gap_and_no_overlap(zone: ZoneInfo) -> None:
    rules = default_rules(zone=zone, valid_from=START)
    holidays = {
        date(year, month, day)
        for year in range(2020, 2041)
        for month, day in ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    }

    found = occurrences(rules, first=START, last=date(2041, 1, 1), holidays=holidays)

    assert_tiles(found)
    assert found[0].interval.start == instant_of(wall(date(2020, 1, 1), time(0)), zone=zone)
    assert found[-1].interval.end == instant_of(wall(date(2041, 1, 1), time(0)), zone=zone)


minutes_of_day = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))


@given(
    walls=st.lists(minutes_of_day, min_size=2, max_size=8, unique=True).map(sorted),
    zone=st.sampled_from(ZONES),
    first=st.dates(date(2020, 1, 1), date(2040, 11, 1)),
)
def test_any_cut_of_the_day_is_a_cut_of_the_instants(
    walls: list[time], zone: ZoneInfo, first: date
) -> None:
    rules = [
        make_rule(one, two, zone=zone)
        for one, two in zip(walls, walls[1:] + walls[:1], strict=True)
    ]

    found = occurrences(rules, first=first, last=first + timedelta(days=40), holidays=set())

    assert_tiles(found)
