"""Several calendars over one stream: guards cut it, hours classify it, on every date."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of
from app.planning.domain.calendars import (
    BILLING,
    GUARDS,
    PDSES,
    Calendar,
    CalendarKind,
    LaidCalendar,
    classify,
    default_hours,
)
from app.planning.domain.segments import (
    EVERY_DAY,
    REST_DAYS,
    DayKind,
    SegmentRule,
    default_rules,
)
from app.planning.service.holidays import list_holidays

PARIS = ZoneInfo("Europe/Paris")
# An hour, half an hour, and an hour whose wall clock is half an hour beside the others.
ZONES = [ZoneInfo(n) for n in ("Europe/Paris", "Australia/Lord_Howe", "America/St_Johns")]
SINCE, FIRST, LAST = date(2019, 12, 1), date(2020, 1, 1), date(2041, 1, 1)
DAY = timedelta(days=1)
HOLIDAYS = {
    alsace: list_holidays(FIRST, LAST, alsace_moselle=alsace)
    | list_holidays(SINCE, FIRST, alsace_moselle=alsace)
    for alsace in (False, True)
}


def with_bridges(zone: ZoneInfo) -> Calendar:
    """Give the usual segments, with bridge days as days of rest."""
    rules = []
    for rule in default_rules(zone=zone, valid_from=SINCE):
        days = rule.days | {DayKind.BRIDGE} if DayKind.HOLIDAY in rule.days else rule.days
        rules.append(
            SegmentRule(rule.segment, days, rule.start, rule.end, zone=zone, valid_from=SINCE)
        )
    return Calendar(GUARDS, CalendarKind.GUARD, tuple(rules))


def plain(zone: ZoneInfo) -> Calendar:
    return Calendar(GUARDS, CalendarKind.GUARD, default_rules(zone=zone, valid_from=SINCE))


def rests(day: date, holidays: frozenset[date]) -> bool:
    return day in holidays or day.weekday() >= 5


def is_free_day(day: date, holidays: frozenset[date], *, bridges: bool) -> bool:
    """Say it without the code under test."""
    between = rests(day - DAY, holidays) and rests(day + DAY, holidays)
    beside = day - DAY in holidays or day + DAY in holidays
    return rests(day, holidays) or (bridges and between and beside)


def read_segment(wall: datetime, holidays: frozenset[date], *, bridges: bool) -> str:
    if wall.time() < time(8):
        return "deep_night"
    if is_free_day(wall.date(), holidays, bridges=bridges):
        return "weekend"
    return "day" if wall.time() < time(18, 30) else "evening"


def walk(begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Walk by ten minutes; give each instant with the latest wall time shown so far."""
    latest, instant = datetime.combine(date.min, time(0)), begin
    while instant < end:
        latest = max(latest, instant.astimezone(zone).replace(tzinfo=None))
        yield instant, latest
        instant += timedelta(minutes=10)


def dates_of_changes(zone: ZoneInfo) -> list[date]:
    """List the dates whose length is not 24 hours, by measuring every one."""
    days = [FIRST + n * DAY for n in range((LAST - FIRST).days)]
    noon = [datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC) for day in [*days, LAST]]
    return [day for n, day in enumerate(days) if noon[n + 1] - noon[n] != DAY]


def assert_walked(
    laid: LaidCalendar, days: list[date], *, zone: ZoneInfo, bridges: bool, alsace: bool = False
) -> None:
    for day in days:
        begin = datetime.combine(day - DAY, time(0), tzinfo=zone).astimezone(UTC)
        for instant, wall in walk(begin, begin + 3 * DAY, zone):
            expected = read_segment(wall, HOLIDAYS[alsace], bridges=bridges)
            assert laid.codes(instant) == (expected,), instant


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("bridges", (False, True))
def test_at_every_change_of_the_clocks_each_instant_has_the_segment_that_the_clock_shows(
    zone: ZoneInfo, *, bridges: bool
) -> None:
    calendar = with_bridges(zone) if bridges else plain(zone)
    laid = calendar.lay(first=FIRST, last=LAST, holidays=HOLIDAYS[False])
    changes = dates_of_changes(zone)

    assert len(changes) == 42
    assert_walked(laid, changes, zone=zone, bridges=bridges)


@pytest.mark.parametrize("alsace", (False, True))
def test_around_every_holiday_of_twenty_years_each_instant_has_the_segment_of_its_day(
    *, alsace: bool
) -> None:
    laid = with_bridges(PARIS).lay(first=FIRST, last=LAST, holidays=HOLIDAYS[alsace])
    days = sorted(day for day in HOLIDAYS[alsace] if FIRST < day < LAST - DAY)

    assert_walked(laid, days, zone=PARIS, bridges=True, alsace=alsace)


def test_twenty_years_with_bridge_days_have_no_gap_and_no_overlap() -> None:
    laid = with_bridges(PARIS).lay(first=FIRST, last=LAST, holidays=HOLIDAYS[False])
    begin, end = (instant_of(datetime.combine(day, time(0)), zone=PARIS) for day in (FIRST, LAST))
    span = Interval(begin, end)

    measured = laid.measure(span)

    assert sum(measured.values(), timedelta(0)) == span.duration
    for one, later in zip(laid.stretches, laid.stretches[1:], strict=False):
        assert one.interval.end == later.interval.start


@given(
    at=st.datetimes(datetime(2020, 1, 2), datetime(2040, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(ZONES),
)
def test_any_instant_is_in_one_segment_and_in_the_hours_that_the_clock_shows(
    at: datetime, zone: ZoneInfo
) -> None:
    hours = default_hours(zone=zone, valid_from=SINCE)
    holidays = HOLIDAYS[False]
    local = at.astimezone(zone)
    at_night = local.time() < time(8) or local.time() >= time(20)
    at_rest = local.date() in holidays or local.weekday() == 6
    saturday = local.weekday() == 5 and local.date() not in holidays
    by_day = not at_night

    found = classify((plain(zone), *hours), at=at, holidays=holidays)

    assert len(found[GUARDS]) == 1
    assert found[BILLING] == tuple(
        code for code, stands in (("night", at_night), ("rest_day", at_rest)) if stands
    )
    afternoon = saturday and by_day and local.time() >= time(12)
    assert found[PDSES] == tuple(
        code
        for code, stands in (
            ("night", at_night),
            ("rest_day", at_rest and by_day),
            ("saturday", afternoon),
        )
        if stands
    )


def test_calendars_of_hours_may_leave_instants_out_and_meet_each_other() -> None:
    hours = default_hours(zone=PARIS, valid_from=SINCE)

    assert [each.find_flaw() for each in hours] == [None, None]
    noon_of_a_monday = datetime(2026, 3, 2, 11, tzinfo=UTC)
    night_of_a_sunday = datetime(2026, 3, 1, 22, tzinfo=UTC)
    assert classify(hours, at=noon_of_a_monday, holidays=HOLIDAYS[False]) == {
        PDSES: (),
        BILLING: (),
    }
    assert classify(hours, at=night_of_a_sunday, holidays=HOLIDAYS[False])[BILLING] == (
        "night",
        "rest_day",
    )


def test_billing_at_night_is_what_elapses_when_the_clocks_change() -> None:
    (_, billing) = default_hours(zone=PARIS, valid_from=SINCE)
    spring, autumn = date(2026, 3, 28), date(2026, 10, 24)

    for day, hours in ((spring, 11), (autumn, 13), (date(2026, 6, 6), 12)):
        start = instant_of(datetime.combine(day, time(20)), zone=PARIS)
        end = instant_of(datetime.combine(day + DAY, time(8)), zone=PARIS)
        laid = billing.lay(first=day, last=day + 2 * DAY, holidays=HOLIDAYS[False])
        assert laid.measure(Interval(start, end))["night"] == timedelta(hours=hours)


def test_the_same_hours_are_never_counted_twice() -> None:
    rules = tuple(
        SegmentRule("night", days, start, end, zone=PARIS, valid_from=date(2026, 1, 5))
        for days, start, end in (
            (EVERY_DAY, time(20), time(8)),
            (frozenset({DayKind.HOLIDAY}), time(6), time(9)),
        )
    )

    flaw = Calendar(BILLING, CalendarKind.HOURS, rules).find_flaw()

    assert flaw == "night and night both cover 2026-01-05T05:00:00+00:00"


def test_a_calendar_of_guards_without_rules_is_refused_and_one_of_hours_is_not() -> None:
    assert Calendar(GUARDS, CalendarKind.GUARD, ()).find_flaw() == "there is no segment at all"
    assert Calendar(PDSES, CalendarKind.HOURS, ()).find_flaw() is None
    assert classify(
        [Calendar(PDSES, CalendarKind.HOURS, ())],
        at=datetime(2026, 1, 1, tzinfo=UTC),
        holidays=frozenset(),
    ) == {PDSES: ()}


def test_before_its_first_rule_an_instant_has_no_segment() -> None:
    found = classify(
        [plain(PARIS)], at=datetime(2019, 11, 30, 12, tzinfo=UTC), holidays=frozenset()
    )

    assert found == {GUARDS: ()}


def test_the_start_of_a_segment_is_inside_and_its_end_is_not() -> None:
    laid = plain(PARIS).lay(first=FIRST, last=date(2020, 2, 1), holidays=frozenset())
    evening = next(each for each in laid.stretches if each.segment == "evening")

    assert laid.codes(evening.interval.start) == ("evening",)
    assert laid.codes(evening.interval.end) == ("deep_night",)
    assert [each.segment for each in laid.find(evening.interval.end)] == ["deep_night"]


def test_rules_of_two_dates_classify_each_instant_by_their_own() -> None:
    change = date(2026, 9, 1)
    rules = tuple(
        SegmentRule("night", EVERY_DAY, start, time(8), PARIS, valid_from=since, valid_until=until)
        for start, since, until in (
            (time(20), SINCE, change),
            (time(22), change, None),
        )
    )
    calendar = Calendar(BILLING, CalendarKind.HOURS, rules)
    holidays = HOLIDAYS[False]

    def is_night(day: date, hour: int) -> bool:
        at = instant_of(datetime.combine(day, time(hour)), zone=PARIS)
        return classify([calendar], at=at, holidays=holidays)[BILLING] == ("night",)

    assert calendar.find_flaw() is None
    assert (is_night(change - DAY, 21), is_night(change, 21)) == (True, False)
    assert (is_night(change, 7), is_night(change, 22)) == (True, True)


def test_bridge_days_that_one_segment_forgets_are_refused_naming_the_day() -> None:
    rules = [
        SegmentRule(
            rule.segment,
            rule.days | {DayKind.BRIDGE} if rule.segment == "weekend" else rule.days,
            rule.start,
            rule.end,
            zone=PARIS,
            valid_from=date(2026, 1, 5),
        )
        for rule in default_rules(zone=PARIS, valid_from=date(2026, 1, 5))
    ]

    flaw = Calendar(GUARDS, CalendarKind.GUARD, tuple(rules)).find_flaw()

    assert flaw is not None
    assert "no segment covers" in flaw
    assert flaw.endswith("(when 2026-02-02 and 2026-02-04 are holidays)")
    assert with_bridges(PARIS).find_flaw() is None
    assert DayKind.BRIDGE not in REST_DAYS
