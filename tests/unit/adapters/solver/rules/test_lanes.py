"""Who stands in a site may read at a distance at the same time, by the solver as by the judge."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.solver.solver import CpSatRosterSolver
from app.planning.domain.roster.people import Reader
from app.planning.domain.roster.problem import Objective
from app.planning.domain.roster.profile import LIBERAL
from app.planning.domain.seats import GuardLine, Placement, Seat
from app.planning.domain.validator import Severity, judge
from tests.factories.rosters import PARIS, QUIET, holders, problem, reader, seat

SLOW = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def on_site(number: int, start: float, end: float, *, site: int = 3) -> Seat:
    return seat(number, start, end, line=GuardLine.ON_SITE, segment="ultrasound", site=site)


def solve(seats: list[Seat], readers: list[Reader]) -> tuple[dict[int, int | None], int]:
    """Solve, let the judge agree, and say who holds what and how many seats nobody holds."""
    asked = problem(seats, readers)
    roster = CpSatRosterSolver().solve(asked, limits=QUIET)
    assert refuse(roster.placements, readers) == []
    uncovered = next(each for each in roster.levels if each.objective is Objective.COVER)
    assert uncovered.is_proven
    return holders(roster), uncovered.value


def refuse(placements: tuple[Placement, ...], readers: list[Reader]) -> list[str]:
    found = judge(placements, readers=readers, zone=PARIS)
    return [each.message for each in found if each.severity is not Severity.SOFT]


@pytest.mark.parametrize(
    ("seats", "uncovered"),
    (
        ([seat(1, 18, 24), on_site(2, 18, 24)], 0),
        ([seat(1, 18, 24), on_site(2, 20, 32)], 0),
        ([on_site(1, 18, 32), seat(2, 20, 24)], 0),
        ([on_site(1, 18, 24), on_site(2, 20, 26)], 1),
        ([on_site(1, 18, 24), on_site(2, 18, 24, site=4)], 1),
        ([seat(1, 18, 24), seat(2, 20, 26), on_site(3, 18, 26)], 1),
    ),
)
def test_two_seats_at_once_are_refused_within_one_lane_only(
    seats: list[Seat], uncovered: int
) -> None:
    _, missing = solve(seats, [reader(1)])

    assert missing == uncovered


def test_a_duty_over_both_lanes_is_no_longer_than_a_duty_may_be() -> None:
    short = replace(LIBERAL, longest_duty=timedelta(hours=14))

    _, missing = solve([seat(1, 8, 20), on_site(2, 16, 26)], [reader(1, profile=short)])
    _, within = solve([seat(1, 8, 20), on_site(2, 16, 22)], [reader(1, profile=short)])

    assert (missing, within) == (1, 0)


def test_seats_of_two_sites_are_never_exchanged_between_their_referents() -> None:
    seats = [on_site(1, 8, 16), on_site(2, 8, 16, site=4)]
    asked = replace(
        problem(seats, [reader(1), reader(2, society=2)]),
        owed={1: 1, 2: 2},
        prefix_bound=1_000_000,
    )

    roster = CpSatRosterSolver().solve(asked, limits=QUIET)

    assert {each.seat.id: each.society for each in roster.placements} == {1: 1, 2: 2}
    assert holders(roster) == {1: 1, 2: 2}


@st.composite
def weeks(draw: st.DrawFn) -> list[Seat]:
    hours = st.tuples(
        st.integers(0, 6), st.sampled_from((0, 6, 8, 18)), st.sampled_from((4, 8, 12))
    )
    drawn = draw(st.lists(st.tuples(st.booleans(), hours), min_size=1, max_size=8))
    return [
        (on_site if in_site else seat)(number, 24 * day + start, 24 * day + start + length)
        for number, (in_site, (day, start, length)) in enumerate(drawn, start=1)
    ]


@SLOW
@given(seats=weeks(), people=st.integers(1, 3))
def test_whatever_the_lanes_no_hard_rule_is_broken(seats: list[Seat], people: int) -> None:
    readers = [reader(number, society=1 + number % 2) for number in range(1, people + 1)]

    held, uncovered = solve(seats, readers)

    assert len(held) == len(seats)
    assert sum(each is None for each in held.values()) == uncovered
