"""Rules of segments: which days, which wall times, what is refused."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from app.planning.domain.segments import (
    EVERY_DAY,
    REST_DAYS,
    WORKDAYS,
    DayKind,
    SegmentRule,
    default_rules,
    is_bridge,
    kind_of,
    rules_on,
)

PARIS = ZoneInfo("Europe/Paris")
START = date(2026, 1, 1)


def make_rule(
    *,
    segment: str = "night",
    days: frozenset[DayKind] = EVERY_DAY,
    start: time = time(20),
    end: time = time(8),
    valid_from: date = START,
    valid_until: date | None = None,
) -> SegmentRule:
    return SegmentRule(
        segment=segment,
        days=days,
        start=start,
        end=end,
        zone=PARIS,
        valid_from=valid_from,
        valid_until=valid_until,
    )


def test_a_holiday_is_no_weekday_even_on_a_sunday() -> None:
    all_saints, easter_sunday = date(2026, 11, 1), date(2026, 4, 5)

    assert kind_of(all_saints, holidays={all_saints}) is DayKind.HOLIDAY
    assert kind_of(easter_sunday, holidays=set()) is DayKind.SUNDAY
    assert kind_of(date(2026, 11, 23), holidays=set()) is DayKind.MONDAY


def test_workdays_and_rest_days_are_every_day_once() -> None:
    assert WORKDAYS | REST_DAYS == EVERY_DAY
    assert not WORKDAYS & REST_DAYS


def test_an_end_before_the_start_is_on_the_next_day() -> None:
    start, end = make_rule().wall_bounds(date(2026, 3, 28))

    assert (start, end) == (
        datetime.combine(date(2026, 3, 28), time(20)),
        datetime.combine(date(2026, 3, 29), time(8)),
    )


def test_midnight_as_an_end_closes_the_day() -> None:
    _, end = make_rule(start=time(8), end=time(0)).wall_bounds(date(2026, 3, 28))

    assert end == datetime.combine(date(2026, 3, 29), time(0))


def test_an_end_at_the_start_is_a_whole_day_later() -> None:
    start, end = make_rule(start=time(8), end=time(8)).wall_bounds(date(2026, 3, 1))

    assert (end - start).days == 1


@pytest.mark.parametrize(
    ("day", "begins"),
    (
        (date(2026, 1, 31), False),
        (date(2026, 2, 2), True),
        (date(2026, 2, 3), False),
        (date(2026, 2, 27), True),
        (date(2026, 3, 2), False),
    ),
)
def test_a_rule_begins_on_its_days_while_it_is_valid(day: date, *, begins: bool) -> None:
    rule = make_rule(days=WORKDAYS, valid_from=date(2026, 2, 1), valid_until=date(2026, 3, 1))

    found = rules_on(day, rules=[rule], holidays={date(2026, 2, 3)})

    assert bool(found) is begins


def test_a_rule_without_days_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"'night' names no kind of day"):
        make_rule(days=frozenset())


@pytest.mark.parametrize("wall", (time(20, 0, 1), time(20, 0, 0, 1), time(20, tzinfo=PARIS)))
def test_wall_times_with_seconds_or_a_zone_are_refused(wall: time) -> None:
    with pytest.raises(ValueError, match="whole minutes without a zone"):
        make_rule(start=wall)


def test_a_rule_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        make_rule(valid_from=START, valid_until=START)


def test_the_default_segments_are_those_of_the_mission() -> None:
    rules = default_rules(zone=PARIS, valid_from=START)

    assert [rule.segment for rule in rules] == ["day", "evening", "deep_night", "weekend"]


ASCENSION = date(2026, 5, 14)


@pytest.mark.parametrize(
    ("day", "holidays", "bridge"),
    (
        (date(2026, 5, 15), {ASCENSION}, True),  # the Friday after
        (date(2026, 5, 13), {ASCENSION}, False),  # the Wednesday before
        (date(2026, 7, 13), {date(2026, 7, 14)}, True),  # the Monday before a Tuesday
        (date(2026, 7, 15), {date(2026, 7, 14)}, False),
        (date(2024, 5, 7), {date(2024, 5, 8)}, False),  # a Tuesday before a Wednesday
        (date(2024, 5, 10), {date(2024, 5, 8), date(2024, 5, 9)}, True),
        (date(2024, 5, 9), {date(2024, 5, 8), date(2024, 5, 9)}, False),  # a holiday itself
        (date(2026, 6, 3), {date(2026, 6, 2), date(2026, 6, 4)}, True),  # between two holidays
        (date(2026, 8, 16), {date(2026, 8, 15)}, False),  # a Sunday
        (date(2026, 8, 14), {date(2026, 8, 15)}, False),  # a Friday before a Saturday
    ),
)
def test_a_workday_between_a_holiday_and_a_rest_day_is_a_bridge(
    day: date, holidays: set[date], *, bridge: bool
) -> None:
    assert is_bridge(day, holidays=holidays) is bridge


def test_a_bridge_day_is_its_weekday_to_rules_that_do_not_name_bridge_days() -> None:
    friday = date(2026, 5, 15)
    plain = make_rule(days=WORKDAYS)
    aware = make_rule(segment="bridge", days=REST_DAYS | {DayKind.BRIDGE})

    alone = rules_on(friday, rules=[plain], holidays={ASCENSION})
    both = rules_on(friday, rules=[plain, aware], holidays={ASCENSION})

    assert alone == [plain]
    assert both == [aware]


def test_rules_that_name_bridge_days_change_no_day_before_they_are_valid() -> None:
    plain = make_rule(days=WORKDAYS)
    later = make_rule(
        segment="bridge", days=frozenset({DayKind.BRIDGE}), valid_from=date(2027, 1, 1)
    )

    found = rules_on(date(2026, 5, 15), rules=[plain, later], holidays={ASCENSION})

    assert found == [plain]
