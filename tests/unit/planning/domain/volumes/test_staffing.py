"""Can a society's people hold what it owes: the bound is never below what they really can."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.calendar import occurrences
from app.planning.domain.roster.people import Membership, Reader
from app.planning.domain.roster.profile import LIBERAL, Profile, Rule
from app.planning.domain.segments import default_rules
from app.planning.domain.volumes.staffing import (
    Shortage,
    bound_seats,
    find_night,
    find_shortages,
)

PARIS = ZoneInfo("Europe/Paris")
MONDAY = date(2026, 3, 2)
START = datetime(2026, 3, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
GOLFE, OCEAN = 1, 2


def make_reader(number: int = 1, *, society: int = GOLFE, profile: Profile = LIBERAL) -> Reader:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    return Reader(number, (Membership(society, long_ago),), profile=profile)


def hours(start: float, end: float) -> Interval:
    return Interval(START + start * HOUR, START + end * HOUR)


def lay(weeks: int) -> dict[str, list[Interval]]:
    rules = default_rules(zone=PARIS, valid_from=date(2025, 1, 1))
    found: dict[str, list[Interval]] = {}
    last = MONDAY + timedelta(weeks=weeks)
    for each in occurrences(rules, first=MONDAY, last=last, holidays=set()):
        found.setdefault(each.segment, []).append(each.interval)
    return found


def bound(reader: Reader, *spans: Interval) -> int:
    return bound_seats(reader, society=GOLFE, spans=spans, zone=PARIS)


def test_rest_bounds_what_one_person_can_hold() -> None:
    days = [hours(24 * n + 8, 24 * n + 16) for n in range(4)]
    evenings = [hours(24 * n + 18, 24 * n + 21) for n in range(4)]

    assert bound(make_reader(), *days) == 4
    # Two hours after a day, or 11 hours before the next one: never both on two days in a row.
    assert bound(make_reader(), *days, *evenings) == 4


def test_seats_that_touch_are_one_duty_up_to_the_longest() -> None:
    assert bound(make_reader(), hours(0, 8), hours(8, 16)) == 2
    assert bound(make_reader(), hours(0, 8), hours(9, 16)) == 1
    assert bound(make_reader(), hours(0, 8), hours(8, 16), hours(16, 25)) == 2


def test_a_long_duty_is_followed_by_its_own_rest() -> None:
    # 16 hours, then 12 hours of rest: enough for the daily rest, not after a long duty.
    assert bound(make_reader(), hours(0, 8), hours(8, 16), hours(28, 36)) == 2
    assert bound(make_reader(), hours(0, 8), hours(8, 16), hours(40, 48)) == 3


def test_equal_hours_count_once_because_nobody_holds_two() -> None:
    assert bound(make_reader(), hours(0, 8), hours(0, 8)) == 1


def test_nights_of_the_statute_bound_deep_nights() -> None:
    nights = lay(4)["deep_night"]
    assert len(nights) == 28

    assert bound(make_reader(), *nights) == 8
    free = replace(LIBERAL, most_nights_in_28_days=None)
    assert bound(make_reader(profile=free), *nights) == 28
    soft = replace(LIBERAL, soft=LIBERAL.soft | {Rule.NIGHTS})
    assert bound(make_reader(profile=soft), *nights) == 28


def test_an_evening_and_the_deep_night_behind_it_are_one_night() -> None:
    one = replace(LIBERAL, most_nights_in_28_days=1, most_consecutive_nights=1)
    evening, deep_night = hours(17, 23), hours(23, 31)

    for each, night in ((evening, MONDAY), (deep_night, MONDAY), (hours(8, 16), None)):
        assert find_night(each, night_hours=one.night_hours, zone=PARIS) == night
    assert bound(make_reader(profile=one), evening, deep_night) == 2
    assert bound(make_reader(profile=one), evening, deep_night, hours(65, 71)) == 2


def test_hours_of_the_statute_bound_days() -> None:
    days = lay(1)["day"]
    day = timedelta(hours=22)
    weekly = replace(LIBERAL, most_hours=day, most_hours_in_7_days=day, longest_duty=day)

    assert bound(make_reader(), *days) == 5
    assert bound(make_reader(profile=weekly), *days) == 2
    few = replace(weekly, most_hours_in_7_days=None, over_weeks=1)
    assert bound(make_reader(profile=few), *days) == 2


def test_absences_sessions_and_other_societies_are_left_out() -> None:
    reader = make_reader()
    away = replace(reader, absences=(hours(0, 30),), busy=(hours(50, 51),))

    assert bound(away, hours(0, 8), hours(48, 56), hours(72, 80)) == 1
    assert bound(make_reader(society=OCEAN), hours(0, 8)) == 0
    left = replace(reader, memberships=(Membership(GOLFE, START - HOUR, START + 24 * HOUR),))
    assert bound(left, hours(0, 8), hours(48, 56)) == 1


def test_a_society_that_owes_more_than_its_people_can_hold_is_named_by_segment() -> None:
    guards = lay(4)
    owed = {GOLFE: {"deep_night": 20, "day": 10}, OCEAN: {"deep_night": 20, "day": 0}}
    readers = [make_reader(1), make_reader(2), *(make_reader(n, society=OCEAN) for n in (3, 4, 5))]

    found = find_shortages(owed, guards=guards, readers=readers, zone=PARIS)

    assert found == [Shortage(GOLFE, "deep_night", owed=20, most=16, people=2)]


def test_a_society_with_nobody_holds_nothing_and_one_that_owes_nothing_is_not_short() -> None:
    guards = lay(1)

    found = find_shortages(
        {GOLFE: {"day": 1}, OCEAN: {"day": 0}}, guards=guards, readers=[], zone=PARIS
    )

    assert found == [Shortage(GOLFE, "day", owed=1, most=0, people=0)]


def test_seats_that_fit_by_segment_may_be_too_many_together() -> None:
    guards = {"a": [hours(24 * n, 24 * n + 8) for n in range(4)]}
    guards["b"] = [hours(24 * n + 9, 24 * n + 17) for n in range(4)]

    found = find_shortages(
        {GOLFE: {"a": 4, "b": 4}}, guards=guards, readers=[make_reader()], zone=PARIS
    )

    assert found == [Shortage(GOLFE, None, owed=8, most=4, people=1)]


def is_legal(held: tuple[Interval, ...]) -> bool:
    """Judge by the words of the rule: merge what touches, then look at every gap."""
    duties: list[tuple[datetime, datetime]] = []
    for each in held:
        if duties and each.start < duties[-1][1]:
            return False
        if duties and each.start == duties[-1][1]:
            duties[-1] = (duties[-1][0], each.end)
        else:
            duties.append((each.start, each.end))
    for number, (start, end) in enumerate(duties):
        if end - start > LIBERAL.longest_duty:
            return False
        rest = LIBERAL.rest_after_long if end - start > LIBERAL.long_duty else LIBERAL.rest
        if number + 1 < len(duties) and duties[number + 1][0] - end < rest:
            return False
    return True


spans = st.lists(
    st.tuples(st.integers(0, 30).map(lambda n: 4 * n), st.sampled_from([4, 8, 12])),
    min_size=1,
    max_size=8,
    unique=True,
)


@settings(max_examples=200)
@given(starts=spans)
def test_the_bound_by_rest_is_what_trying_everything_finds(starts: list[tuple[int, int]]) -> None:
    # Nights are left out: the bound is exact then.
    profile = replace(LIBERAL, most_nights_in_28_days=None)
    held = sorted(hours(start, start + length) for start, length in starts)

    best = max(
        size
        for size in range(len(held) + 1)
        for chosen in combinations(held, size)
        if is_legal(chosen)
    )

    assert bound(make_reader(profile=profile), *held) == best


@pytest.mark.parametrize("people", (1, 3, 8))
def test_a_quarter_is_bounded_by_the_nights_of_everybody(people: int) -> None:
    guards = lay(13)
    readers = [make_reader(number) for number in range(people)]

    found = find_shortages(
        {GOLFE: {"deep_night": 10_000}}, guards=guards, readers=readers, zone=PARIS
    )

    # Four stretches of 28 days, eight nights each.
    assert found[0].most == people * 32
