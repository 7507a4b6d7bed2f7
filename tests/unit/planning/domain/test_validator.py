"""The judge of rosters: each rule, named with its seats."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.seats import (
    AssignmentReason,
    GuardLine,
    Membership,
    Placement,
    Reader,
    Seat,
    SeatKind,
)
from app.planning.domain.validator import Rule, judge

MONDAY = datetime(2026, 3, 23, tzinfo=UTC)
OPENING = datetime(2020, 1, 1, tzinfo=UTC)


def hours(start: float, end: float) -> Interval:
    return Interval(MONDAY + timedelta(hours=start), MONDAY + timedelta(hours=end))


def place(
    seat_id: int,
    interval: Interval,
    *,
    radiologist: int | None = 7,
    society: int = 1,
    reason: AssignmentReason = AssignmentReason.EDIT,
) -> Placement:
    seat = Seat(
        id=seat_id,
        segment="evening",
        line=GuardLine.FIRST,
        kind=SeatKind.READER,
        interval=interval,
        guard=interval,
    )
    return Placement(seat=seat, society=society, radiologist=radiologist, reason=reason)


READER = Reader(id=7, memberships=(Membership(1, OPENING),))


def broken(*placements: Placement, reader: Reader = READER) -> list[tuple[Rule, tuple[int, ...]]]:
    return [(each.rule, each.seats) for each in judge(placements, readers=[reader])]


def test_a_quiet_week_breaks_nothing() -> None:
    assert broken(place(1, hours(0, 8)), place(2, hours(24, 32))) == []


def test_two_seats_at_once_are_an_overlap_and_not_also_a_short_rest() -> None:
    assert broken(place(2, hours(4, 12)), place(1, hours(0, 8))) == [(Rule.OVERLAP, (1, 2))]


def test_two_seats_that_touch_leave_no_rest() -> None:
    assert broken(place(1, hours(0, 8)), place(2, hours(8, 12))) == [(Rule.REST, (1, 2))]


def test_a_long_seat_overlaps_all_that_begin_within_it() -> None:
    found = broken(place(1, hours(0, 24)), place(2, hours(1, 2)), place(3, hours(20, 23)))

    assert found == [(Rule.OVERLAP, (1, 2)), (Rule.OVERLAP, (1, 3))]


@pytest.mark.parametrize(("gap", "rules"), ((10.99, [Rule.REST]), (11, []), (30, [])))
def test_rest_is_eleven_hours_of_elapsed_time(gap: float, rules: list[Rule]) -> None:
    found = broken(place(1, hours(0, 8)), place(2, hours(8 + gap, 40 + gap)))

    assert [rule for rule, _ in found] == rules


def test_a_statute_may_ask_for_a_longer_rest() -> None:
    salaried = replace(READER, rest=timedelta(hours=24))

    found = broken(place(1, hours(0, 8)), place(2, hours(30, 38)), reader=salaried)

    assert found == [(Rule.REST, (1, 2))]


def test_an_absence_that_only_touches_is_no_violation() -> None:
    away = replace(READER, absences=(hours(8, 9), hours(23, 24)))

    assert broken(place(1, hours(0, 8)), place(2, hours(24, 32)), reader=away) == []
    assert broken(place(1, hours(0, 8.5)), reader=away) == [(Rule.ABSENCE, (1,))]


def test_hours_outside_the_guard_are_found_on_empty_seats_too() -> None:
    early = place(1, hours(0, 8), radiologist=None)
    early = replace(early, seat=replace(early.seat, guard=hours(1, 9)))

    assert broken(early) == [(Rule.OUTSIDE_GUARD, (1,))]


def test_a_member_of_another_society_needs_a_loan() -> None:
    foreign = place(1, hours(0, 8), society=2)

    assert broken(foreign) == [(Rule.NOT_MEMBER, (1,))]
    assert broken(replace(foreign, reason=AssignmentReason.LOAN)) == []


@pytest.mark.parametrize(
    ("start_h", "end_h", "rules"), ((0, None, []), (1, None, [1]), (-99, 0, [1]), (-99, 1, []))
)
def test_membership_is_judged_when_the_seat_begins(
    start_h: float, end_h: float | None, rules: list[int]
) -> None:
    end = None if end_h is None else MONDAY + timedelta(hours=end_h)
    dated = replace(READER, memberships=(Membership(1, MONDAY + timedelta(hours=start_h), end),))

    assert len(broken(place(1, hours(0, 8)), reader=dated)) == len(rules)
    lent = place(1, hours(0, 8), reason=AssignmentReason.LOAN)
    assert len(broken(lent, reader=dated)) == len(rules)


def test_somebody_unknown_may_hold_no_seat() -> None:
    assert broken(place(1, hours(0, 8), radiologist=99)) == [(Rule.UNKNOWN_RADIOLOGIST, (1,))]


def test_one_seat_has_one_holder() -> None:
    found = broken(place(1, hours(0, 8)), place(1, hours(0, 8), radiologist=None))

    assert found == [(Rule.TWO_HOLDERS, (1,))]


def test_the_message_names_the_radiologist_and_the_seats() -> None:
    (violation,) = judge([place(4, hours(0, 8)), place(5, hours(9, 10))], readers=[READER])

    assert violation.radiologist == 7
    assert violation.message == "radiologist 7 has 1:00:00 between seats 4 and 5, not 11:00:00"


stretches = st.tuples(st.integers(0, 60), st.integers(1, 24)).map(
    lambda pair: hours(pair[0], pair[0] + pair[1])
)


@given(st.lists(stretches, max_size=6))
def test_a_person_is_free_of_violations_only_if_every_hour_says_so(held: list[Interval]) -> None:
    placements = [place(number, interval) for number, interval in enumerate(held, start=1)]

    found = judge(placements, readers=[READER])

    # Hour by hour: between two different seats lie at least eleven hours without any.
    on_duty: dict[int, set[int]] = {
        hour: {
            number
            for number, interval in enumerate(held, start=1)
            if interval.contains(MONDAY + timedelta(hours=hour, minutes=30))
        }
        for hour in range(100)
    }
    clashes = {
        (one, two)
        for hour, ones in on_duty.items()
        for later in range(hour, hour + 12)
        for one in ones
        for two in on_duty.get(later, set())
        if one != two
    }
    assert bool(found) is bool(clashes)
