"""Rules that do not cut every week exactly are found, with the instant."""

from datetime import date, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.calendar import Occurrence, occurrences
from app.planning.domain.calendar_flaws import find_flaw
from app.planning.domain.segments import (
    EVERY_DAY,
    REST_DAYS,
    WORKDAYS,
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


minutes_of_day = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))


def assert_tiles(found: list[Occurrence]) -> None:
    assert found
    for one, next_one in pairwise(found):
        assert one.interval.end == next_one.interval.start


@given(
    cut=minutes_of_day,
    rest_cut=minutes_of_day,
    holidays=st.sets(st.dates(date(2026, 1, 1), date(2026, 3, 1))),
)
def test_days_cut_at_midnight_may_differ_by_kind(
    cut: time, rest_cut: time, holidays: set[date]
) -> None:
    rules = [
        make_rule(time(0), cut, days=WORKDAYS, segment="a"),
        make_rule(cut, time(0), days=WORKDAYS, segment="b"),
        make_rule(time(0), rest_cut, days=REST_DAYS, segment="c"),
        make_rule(rest_cut, time(0), days=REST_DAYS, segment="d"),
    ]
    # A cut at midnight makes the second rule of a pair a whole day, over the first.
    expected_flaw = time(0) in {cut, rest_cut}

    assert (find_flaw(rules) is not None) is expected_flaw
    if not expected_flaw:
        found = occurrences(rules, first=date(2026, 1, 1), last=date(2026, 3, 1), holidays=holidays)
        assert_tiles(found)


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_the_default_segments_cut_every_week(zone: ZoneInfo) -> None:
    assert find_flaw(default_rules(zone=zone, valid_from=date(2026, 1, 1))) is None


def test_no_rule_at_all_is_a_flaw() -> None:
    assert find_flaw([]) == "there is no segment at all"


def without(rules: tuple[SegmentRule, ...], segment: str) -> list[SegmentRule]:
    return [rule for rule in rules if rule.segment != segment]


def test_a_missing_segment_is_refused_at_its_first_instant() -> None:
    rules = without(default_rules(zone=PARIS, valid_from=date(2026, 1, 5)), "evening")

    flaw = find_flaw(rules)

    assert flaw is not None
    assert "no segment covers 2026-01-06T17:30:00+00:00" in flaw


def test_segments_that_overlap_are_refused_at_the_first_instant_of_both() -> None:
    monday = date(2026, 1, 5)
    rules = without(default_rules(zone=PARIS, valid_from=monday), "day")
    rules.append(make_rule(time(8), time(19), days=WORKDAYS, segment="day", valid_from=monday))

    flaw = find_flaw(rules)

    assert flaw == "day and evening both cover 2026-01-06T17:30:00+00:00"


def test_rules_that_forget_holidays_are_refused() -> None:
    weekend = REST_DAYS - {DayKind.HOLIDAY}
    rules = [
        *without(default_rules(zone=PARIS, valid_from=date(2026, 1, 5)), "weekend"),
        make_rule(time(8), time(0), days=weekend, segment="weekend"),
    ]

    flaw = find_flaw(rules)

    assert flaw is not None
    assert "no segment covers" in flaw


def test_a_night_after_a_friday_holiday_that_nobody_opens_is_refused() -> None:
    # Nights run over midnight; only the eve of a holiday that follows a holiday has none.
    days_off = frozenset({DayKind.HOLIDAY})
    rules = [
        make_rule(time(8), time(20), segment="day"),
        make_rule(time(20), time(8), days=EVERY_DAY - days_off, segment="night"),
    ]

    flaw = find_flaw(rules)

    assert flaw is not None
    assert "day ends there" in flaw


def test_zones_that_differ_are_refused_where_they_do() -> None:
    london = ZoneInfo("Europe/London")
    rules = [
        make_rule(time(8), time(20), segment="day"),
        make_rule(time(20), time(8), segment="night", zone=london),
    ]

    assert find_flaw(rules) is not None


def test_rules_that_differ_only_while_the_clocks_change_are_refused() -> None:
    # Lagos keeps the winter time of Paris all the year round.
    lagos, winter = ZoneInfo("Africa/Lagos"), date(2026, 1, 5)
    rules = [
        make_rule(time(8), time(20), segment="day", valid_from=winter),
        make_rule(time(20), time(8), segment="night", zone=lagos, valid_from=winter),
    ]

    flaw = find_flaw(rules)

    assert flaw is not None
    assert "2026-03-29" in flaw


def test_new_rules_take_over_where_the_old_ones_end() -> None:
    change = date(2026, 9, 1)
    old = [
        make_rule(time(8), time(20), valid_until=change),
        make_rule(time(20), time(8), valid_until=change),
    ]
    new = [
        make_rule(time(8), time(18), valid_from=change),
        make_rule(time(18), time(8), valid_from=change),
    ]

    assert find_flaw(old + new) is None
    assert find_flaw(old) is not None


def test_new_rules_that_leave_a_hole_at_the_change_are_refused() -> None:
    change = date(2026, 9, 1)
    old = [
        make_rule(time(8), time(20), valid_until=change),
        make_rule(time(20), time(8), valid_until=change),
    ]
    new = [
        make_rule(time(9), time(20), segment="new_day", valid_from=change),
        make_rule(time(20), time(9), segment="new_night", valid_from=change),
    ]

    flaw = find_flaw(old + new)

    assert flaw is not None
    assert "no segment covers 2026-09-01T06:00:00+00:00" in flaw


def test_the_first_hours_of_a_new_set_may_be_a_rule_of_their_own() -> None:
    change = date(2026, 9, 1)
    old = [
        make_rule(time(0), time(12), valid_until=change),
        make_rule(time(12), time(0), valid_until=change),
    ]
    new = [
        make_rule(time(8), time(20), segment="day", valid_from=change),
        make_rule(time(20), time(8), segment="night", valid_from=change),
    ]
    first = make_rule(
        time(0), time(8), segment="night", valid_from=change, valid_until=date(2026, 9, 2)
    )

    assert find_flaw([*old, *new, first]) is None
    assert find_flaw([*old, *new]) is not None


def test_a_set_that_forgets_holidays_at_the_change_only_is_refused() -> None:
    change = date(2026, 9, 1)
    ordinary = EVERY_DAY - {DayKind.HOLIDAY}
    old = [make_rule(time(0), time(0), segment="all_day", valid_until=change)]
    new = [
        make_rule(time(8), time(20), segment="day", valid_from=change),
        make_rule(time(20), time(8), segment="night", valid_from=change),
    ]
    first = make_rule(
        time(0),
        time(8),
        segment="night",
        days=ordinary,
        valid_from=change,
        valid_until=date(2026, 9, 2),
    )

    flaw = find_flaw([*old, *new, first])

    assert flaw is not None
    assert "no segment covers 2026-08-31T22:00:00+00:00" in flaw
    assert flaw.endswith("(when 2026-09-01 is a holiday)")
