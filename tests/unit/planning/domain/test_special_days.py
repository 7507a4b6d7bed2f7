"""Special days: which guards belong to one, and who held them over five years."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of, occurrences
from app.planning.domain.segments import EVERY_DAY, SegmentRule, default_rules
from app.planning.domain.special_days import (
    Occasion,
    SpecialDay,
    count_special,
    counted_since,
    find_occasion,
    measure_occasion,
)
from app.planning.service.holidays import list_holidays

PARIS = ZoneInfo("Europe/Paris")
DAY = timedelta(days=1)
CHRISTMAS, NEW_YEAR = SpecialDay.CHRISTMAS, SpecialDay.NEW_YEAR


def wall(day: date, start: time, hours: float) -> Interval:
    begin = instant_of(datetime.combine(day, start), zone=PARIS)
    return Interval(begin, begin + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("interval", "special"),
    (
        (wall(date(2026, 12, 24), time(8), 10.5), None),  # the day before is an ordinary one
        (wall(date(2026, 12, 24), time(18, 30), 5.5), CHRISTMAS),
        (wall(date(2026, 12, 25), time(0), 8), CHRISTMAS),
        (wall(date(2026, 12, 25), time(8), 16), CHRISTMAS),
        (wall(date(2026, 12, 26), time(0), 8), None),
        (wall(date(2026, 12, 31), time(18, 30), 5.5), NEW_YEAR),
        (wall(date(2027, 1, 1), time(8), 16), NEW_YEAR),
        (wall(date(2027, 1, 2), time(0), 8), None),
        (wall(date(2026, 4, 30), time(20), 12), SpecialDay.FIRST_OF_MAY),  # 8 hours of 12
        (wall(date(2026, 5, 1), time(20), 12), None),  # 4 hours of 12
        (wall(date(2026, 4, 30), time(16), 16), None),  # exactly half is not more than half
        (wall(date(2026, 8, 15), time(8), 16), SpecialDay.ASSUMPTION),
        (wall(date(2026, 8, 16), time(8), 16), None),
    ),
)
def test_a_guard_is_special_when_more_than_half_of_it_lies_inside(
    interval: Interval, special: SpecialDay | None
) -> None:
    found = find_occasion(interval, zone=PARIS)

    assert (found and found.day) == special


def test_new_year_is_that_of_the_year_which_begins() -> None:
    found = find_occasion(wall(date(2026, 12, 31), time(20), 12), zone=PARIS)

    assert found == Occasion(NEW_YEAR, 2027)
    assert found.date == date(2027, 1, 1)
    assert measure_occasion(found, zone=PARIS) == Interval(
        datetime(2026, 12, 31, 17, tzinfo=UTC), datetime(2027, 1, 1, 23, tzinfo=UTC)
    )


def test_a_seat_of_a_few_hours_is_judged_by_its_own_hours() -> None:
    relief = wall(date(2026, 5, 1), time(20, 30), 3.5)

    found = find_occasion(relief, zone=PARIS)

    assert found == Occasion(SpecialDay.FIRST_OF_MAY, 2026)


def test_each_year_of_the_usual_segments_has_the_same_special_guards() -> None:
    rules = default_rules(zone=PARIS, valid_from=date(2020, 1, 1))
    first, last = date(2020, 6, 1), date(2040, 6, 1)
    found = Counter(
        special
        for each in occurrences(rules, first=first, last=last, holidays=list_holidays(first, last))
        if (special := find_occasion(each.interval, zone=PARIS)) is not None
    )

    by_year = {
        year: {each.day: count for each, count in found.items() if each.year == year}
        for year in range(2021, 2040)
    }
    for counts in by_year.values():
        assert counts[SpecialDay.FIRST_OF_MAY] == counts[SpecialDay.ASSUMPTION] == 2
        # Night and day of the holiday, and the evening before when it is an evening guard: a
        # weekend guard that begins at 08:00 on 24 December lies before Christmas.
        assert counts[CHRISTMAS] in {2, 3}
        assert counts[NEW_YEAR] in {2, 3}


@given(
    start=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    minutes=st.integers(1, 24 * 60),
)
def test_only_a_guard_that_is_mostly_inside_has_an_occasion(start: datetime, minutes: int) -> None:
    interval = Interval(start, start + timedelta(minutes=minutes))
    middle = start + timedelta(minutes=minutes) / 2

    found = find_occasion(interval, zone=PARIS)

    if found is not None:
        # More than half of a stretch inside another one: its middle is inside too.
        assert measure_occasion(found, zone=PARIS).contains(middle)
    else:
        for day in SpecialDay:
            for year in (start.year, start.year + 1):
                common = measure_occasion(Occasion(day, year), zone=PARIS).meet(interval)
                assert common is None or common.duration <= interval.duration / 2


@given(until=st.dates(date(2025, 1, 1), date(2040, 12, 31)))
def test_five_years_have_each_special_day_five_times(until: date) -> None:
    since = counted_since(until)
    nights = SegmentRule(
        "night", EVERY_DAY, time(0), time(0), zone=PARIS, valid_from=date(2010, 1, 1)
    )
    held = [
        ("somebody", each.interval)
        for year in range(since.year - 1, until.year + 2)
        for day in SpecialDay
        for each in occurrences(
            [nights],
            first=Occasion(day, year).date,
            last=Occasion(day, year).date + DAY,
            holidays=set(),
        )
    ]

    counted = count_special(held, until=until, zone=PARIS)

    assert {day: count["somebody"] for day, count in counted.items()} == dict.fromkeys(
        SpecialDay, 5
    )


def test_counters_of_a_leap_day_look_back_to_the_last_of_february() -> None:
    assert counted_since(date(2028, 2, 29)) == date(2023, 2, 28)
    assert counted_since(date(2028, 3, 1)) == date(2023, 3, 1)


def test_special_days_that_nobody_held_are_counted_as_none() -> None:
    ordinary = wall(date(2026, 3, 2), time(8), 10)

    counted = count_special([(1, ordinary)], until=date(2026, 12, 1), zone=PARIS)

    assert counted == {day: Counter() for day in SpecialDay}
