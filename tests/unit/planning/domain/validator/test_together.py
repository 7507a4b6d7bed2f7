"""Rules about people at one time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.roster.people import Membership, Reader
from app.planning.domain.roster.problem import GuardDemand
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import AssignmentReason, GuardLine
from app.planning.domain.validator import Severity, judge
from tests.factories.placements import OPENING, PARIS, broken, hours, make_reader, place


def test_two_seats_at_once_are_an_overlap_and_not_also_a_short_rest() -> None:
    assert broken(place(2, hours(4, 12)), place(1, hours(0, 8))) == [(Rule.OVERLAP, (1, 2))]


def test_a_long_seat_overlaps_all_that_begin_within_it() -> None:
    found = broken(place(1, hours(0, 24)), place(2, hours(1, 2)), place(3, hours(20, 23)))

    assert found == [(Rule.OVERLAP, (1, 2)), (Rule.OVERLAP, (1, 3))]


def test_who_stands_in_a_site_may_read_at_a_distance_but_not_stand_in_two() -> None:
    there, elsewhere = (
        place(number, hours(0, 8), line=GuardLine.ON_SITE, site=number) for number in (1, 2)
    )

    assert broken(there, place(3, hours(4, 12))) == []
    assert broken(there, elsewhere) == [(Rule.OVERLAP, (1, 2))]


@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.integers(1, 12)).map(
            lambda pair: hours(pair[0], pair[0] + pair[1])
        ),
        max_size=6,
    )
)
def test_every_pair_that_shares_an_hour_is_found_and_no_other(held: list[Interval]) -> None:
    found = broken(*(place(number, each) for number, each in enumerate(held)))

    hours_of = [
        {hour for hour in range(50) if hours(hour, hour + 1).overlaps(each)} for each in held
    ]
    expected = {
        (one, other)
        for other in range(len(held))
        for one in range(other)
        if hours_of[one] & hours_of[other]
    }
    assert {seats for rule, seats in found if rule is Rule.OVERLAP} == expected


@pytest.mark.parametrize("declares", (7, 8))
def test_two_who_must_not_meet_are_found_whoever_says_so(declares: int) -> None:
    readers = [
        make_reader(number, incompatible=frozenset({15 - number} if number == declares else ()))
        for number in (7, 8)
    ]

    def judge_pair(start: float) -> list[Rule]:
        placements = [place(1, hours(0, 8)), place(2, hours(start, 12), radiologist=8)]
        return [each.rule for each in judge(placements, readers=readers, zone=PARIS)]

    assert judge_pair(7.9) == [Rule.INCOMPATIBLE]
    assert judge_pair(8) == []


def test_a_guard_needs_somebody_with_each_skill_once_all_its_seats_are_held() -> None:
    demand = GuardDemand(frozenset({1, 2}), skills=frozenset({"neuro"}))
    readers = [make_reader(7, skills=frozenset({"body"})), make_reader(8)]
    neuro = [readers[0], make_reader(8, skills=frozenset({"neuro"}))]

    def judge_guard(
        people: list[Reader], *, other: int | None
    ) -> list[tuple[Rule, tuple[int, ...]]]:
        placements = [place(1, hours(0, 8)), place(2, hours(0, 8), radiologist=other)]
        found = judge(placements, readers=people, zone=PARIS, demands=[demand])
        return [(each.rule, each.seats) for each in found]

    assert judge_guard(readers, other=8) == [(Rule.GUARD_SKILL, (1, 2))]
    assert judge_guard(neuro, other=8) == []
    assert judge_guard(readers, other=None) == []


@pytest.mark.parametrize(
    ("societies", "holders", "is_broken"),
    (
        ((1, 1), (7, 8), True),
        ((1, 2), (7, 8), False),
        ((1, 1), (7, None), False),
        ((1, 1), (None, None), False),
    ),
)
def test_a_guard_is_held_by_people_of_two_societies(
    societies: tuple[int, int], holders: tuple[int | None, int | None], *, is_broken: bool
) -> None:
    demand = GuardDemand(frozenset({1, 2}), societies=2)
    readers = [
        make_reader(number, memberships=(Membership(society, OPENING),))
        for number, society in zip((7, 8), societies, strict=True)
    ]
    placements = [
        place(seat, hours(0, 8), radiologist=holder, reason=AssignmentReason.LOAN)
        for seat, holder in zip((1, 2), holders, strict=True)
    ]

    found = judge(placements, readers=readers, zone=PARIS, demands=[demand])

    assert [(each.rule, each.severity) for each in found] == (
        [(Rule.SOCIETIES, Severity.SOFT)] if is_broken else []
    )
