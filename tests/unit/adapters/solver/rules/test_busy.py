"""Sessions elsewhere: a roster and the judge take them alike, whoever makes the roster."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.solver.solver import CpSatRosterSolver
from app.kit.interval import Interval
from app.planning.domain.roster.people import Reader, Work
from app.planning.domain.roster.problem import Objective, RosterProblem
from app.planning.domain.roster.profile import LIBERAL, SOFT, Rule
from app.planning.domain.seats import AssignmentReason, Placement, Seat
from app.planning.domain.validator import Severity, Violation, judge
from tests.factories.rosters import QUIET, hours, problem, reader, seat

PAID_FOR = replace(LIBERAL, soft=SOFT | {Rule.REST})
SOON_LONG = replace(LIBERAL, long_duty=timedelta(hours=7))
"""Any seat of eight hours is a long duty."""

starts = st.integers(0, 60)
sessions = st.lists(
    st.tuples(starts, st.integers(1, 6)).map(lambda pair: hours(pair[0], pair[0] + pair[1])),
    max_size=3,
)


@st.composite
def worked(draw: st.DrawFn) -> tuple[Work, ...]:
    """Work that was over before the first seat, up to a last act after its end."""
    end = draw(st.integers(-12, 0))
    act = draw(st.sampled_from((None, end - 1, end, end + 3)))
    return (Work(hours(end - 4, end), None if act is None else hours(act, act + 1).start),)


@st.composite
def problems(draw: st.DrawFn) -> RosterProblem:
    begins = draw(st.lists(starts, min_size=1, max_size=4))
    seats = [seat(number, each, each + 8) for number, each in enumerate(sorted(begins), start=1)]
    people = [
        reader(
            number,
            profile=draw(st.sampled_from((LIBERAL, PAID_FOR, SOON_LONG))),
            busy=tuple(draw(sessions)),
            past=draw(st.one_of(st.just(()), worked())),
        )
        for number in (1, 2)
    ]
    return problem(seats, people)


def find_broken(asked: RosterProblem, placements: list[Placement]) -> list[Violation]:
    found = judge(placements, readers=asked.readers, zone=asked.zone)
    return [each for each in found if each.severity is not Severity.SOFT]


def count_least_uncovered(asked: RosterProblem) -> int:
    """Try every way to fill the seats, and ask the judge."""
    ways = product((None, *(each.id for each in asked.readers)), repeat=len(asked.seats))
    return min(
        way.count(None)
        for way in ways
        if not find_broken(
            asked,
            [
                Placement(each, 1, holder, AssignmentReason.ROSTER)
                for each, holder in zip(asked.seats, way, strict=True)
            ],
        )
    )


@settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
@given(asked=problems())
def test_a_roster_passes_the_judge_and_covers_all_that_the_judge_would_let_be_covered(
    asked: RosterProblem,
) -> None:
    roster = CpSatRosterSolver().solve(asked, limits=QUIET)

    assert find_broken(asked, list(roster.placements)) == []
    uncovered = sum(each.radiologist is None for each in roster.placements)
    assert uncovered == count_least_uncovered(asked)


def cover(person: Reader, *seats: Seat) -> dict[Objective, int]:
    roster = CpSatRosterSolver().solve(problem(list(seats), [person]), limits=QUIET)
    return {level.objective: level.value for level in roster.levels}


@pytest.mark.parametrize(
    ("session", "uncovered"),
    (
        # The evening of a day of work; the morning after a guard, until the rest is over.
        (hours(0, 8), 0),
        (hours(7, 9), 1),
        (hours(16, 20), 1),
        (hours(26, 30), 1),
        (hours(27, 30), 0),
    ),
)
def test_rest_lies_between_a_seat_and_the_next_session_and_not_before_the_seat(
    session: Interval, uncovered: int
) -> None:
    assert cover(reader(7, busy=(session,)), seat(1, 8, 16))[Objective.COVER] == uncovered


def test_where_a_statute_has_rest_paid_for_a_session_too_soon_costs_a_wish() -> None:
    tired = reader(7, busy=(hours(20, 24),), profile=PAID_FOR)
    during = reader(7, busy=(hours(12, 14),), profile=PAID_FOR)

    levels = cover(tired, seat(1, 8, 16))

    assert levels[Objective.COVER] == 0
    assert levels[Objective.WISHES] > 0
    assert cover(during, seat(1, 8, 16))[Objective.COVER] == 1
