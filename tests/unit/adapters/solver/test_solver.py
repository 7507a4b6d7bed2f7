"""Whole rosters: always one, never a rule broken, the best there is, the same for a seed."""

from collections import Counter as Tally
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import product
from math import ceil
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.solver.solver import CpSatRosterSolver
from app.planning.domain.roster.people import Reader, Wish, WishKind
from app.planning.domain.roster.problem import (
    GuardDemand,
    Limits,
    Objective,
    Roster,
    RosterProblem,
)
from app.planning.domain.seats import AssignmentReason, Placement, Seat
from app.planning.domain.validator import Severity, judge
from tests.factories.rosters import MONDAY, QUIET, holders, hours, problem, reader, seat

if TYPE_CHECKING:
    from app.planning.domain.ports import Progress

SLOW = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
STARTS = (0, 8, 16)
Holders = Mapping[int, int | None]


@st.composite
def seats_of_a_week(draw: st.DrawFn, *, most: int) -> list[Seat]:
    starts = draw(
        st.lists(st.tuples(st.integers(0, 6), st.sampled_from(STARTS)), min_size=1, max_size=most)
    )
    return [
        seat(number, 24 * day + start, 24 * day + start + 8)
        for number, (day, start) in enumerate(sorted(starts), start=1)
    ]


@st.composite
def people(draw: st.DrawFn, *, most: int) -> list[Reader]:
    found = []
    for number in range(1, draw(st.integers(1, most)) + 1):
        day = draw(st.integers(0, 6))
        wished = draw(st.integers(0, 6))
        kind = draw(st.sampled_from(WishKind))
        found.append(
            reader(
                number,
                society=draw(st.integers(1, 2)),
                absences=(hours(24 * day, 24 * day + 24),),
                fte=draw(st.sampled_from((1000, 600))),
                balance=draw(st.sampled_from((0, 500, -250))),
                skills=draw(st.sampled_from((frozenset(), frozenset({"neuro"})))),
                wishes=(Wish(kind, hours(24 * wished, 24 * wished + 24), draw(st.integers(1, 3))),),
            )
        )
    return found


@st.composite
def problems(draw: st.DrawFn, *, seats: int, readers: int) -> RosterProblem:
    own = draw(seats_of_a_week(most=seats))
    return problem(
        own,
        draw(people(most=readers)),
        owed={each.id: draw(st.integers(1, 2)) for each in own},
        points={each.id: draw(st.sampled_from((500, 1000))) for each in own},
    )


@SLOW
@given(asked=problems(seats=8, readers=5), bound=st.sampled_from((None, 1_000_000)))
def test_every_seat_has_a_placement_and_no_hard_rule_is_broken(
    asked: RosterProblem, bound: int | None
) -> None:
    first = asked.seats[0]
    together = frozenset(each.id for each in asked.seats if each.interval == first.interval)
    demand = GuardDemand(together, skills=frozenset({"neuro"}), societies=2)
    asked = replace(asked, prefix_bound=bound, demands=(demand,))

    roster = CpSatRosterSolver().solve(asked, limits=QUIET)
    again = CpSatRosterSolver().solve(asked, limits=QUIET)

    assert [each.seat.id for each in roster.placements] == [each.id for each in asked.seats]
    assert not [
        each
        for each in judge(
            roster.placements, readers=asked.readers, zone=asked.zone, demands=asked.demands
        )
        if each.severity is not Severity.SOFT
    ]
    assert _owed(roster) == Tally(asked.owed.values())
    assert again == roster
    assert not roster.stopped
    assert all(level.is_proven for level in roster.levels)


@SLOW
@given(asked=problems(seats=4, readers=3))
def test_no_other_roster_is_better_in_the_order_of_the_objectives(asked: RosterProblem) -> None:
    roster = CpSatRosterSolver().solve(asked, limits=QUIET)

    best = min(_rate(asked, each) for each in _all_legal(asked))
    found = {level.objective: level.value for level in roster.levels}
    objectives = [each for each in Objective if each in found]
    assert tuple(found[each] for each in objectives) == best
    assert all(level.bound <= level.value for level in roster.levels)
    assert _rate(asked, holders(roster)) == best


@SLOW
@given(asked=problems(seats=4, readers=3), sick=st.integers(1, 3))
def test_a_repair_changes_no_more_seats_than_it_must(asked: RosterProblem, sick: int) -> None:
    published = holders(CpSatRosterSolver().solve(asked, limits=QUIET))
    ill = replace(
        asked,
        published=published,
        now=MONDAY - timedelta(hours=1),
        readers=tuple(
            replace(each, absences=(*each.absences, hours(0, 72))) if each.id == sick else each
            for each in asked.readers
        ),
    )

    roster = CpSatRosterSolver().repair(ill, limits=QUIET)

    def rate(after: Holders) -> tuple[int, ...]:
        changes = sum(after[each] != published[each] for each in after)
        return (*_rate(ill, after)[:2], changes)

    begun = {each.id for each in ill.seats if each.interval.start <= ill.now}
    legal = [
        each
        for each in _all_legal(ill)
        if all(each[number] == published[number] for number in begun)
    ]
    assert rate(holders(roster)) == min(rate(each) for each in legal)


def _all_legal(asked: RosterProblem) -> list[Holders]:
    ids = [each.id for each in asked.seats]
    everybody = (None, *(each.id for each in asked.readers))
    found = (dict(zip(ids, each, strict=True)) for each in product(everybody, repeat=len(ids)))
    return [each for each in found if not _judge(asked, each)]


def _judge(asked: RosterProblem, held: Holders) -> bool:
    placements = [
        Placement(each, asked.owed[each.id], held[each.id], AssignmentReason.LOAN)
        for each in asked.seats
    ]
    found = judge(placements, readers=asked.readers, zone=asked.zone)
    return any(each.severity is not Severity.SOFT for each in found)


def _rate(asked: RosterProblem, held: Holders) -> tuple[int, ...]:
    """Rate a roster by the definitions: cover, loans, largest, sum, spacing, wishes."""
    society = {each.id: each.memberships[0].society for each in asked.readers}
    lent = sum(
        holder is not None and society[holder] != asked.owed[number]
        for number, holder in held.items()
    )
    deviations = _deviate(asked, held)
    return (
        sum(holder is None for holder in held.values()),
        lent,
        max(deviations[0], default=0),
        sum(map(sum, deviations)),
        sum(_space(asked, held, each.id) for each in asked.readers),
        sum(_miss(asked, held, each) for each in asked.readers),
    )


def _deviate(asked: RosterProblem, held: Holders) -> list[list[int]]:
    found: list[list[int]] = []
    for kind in range(3):
        own = {each.id: (each.balance if kind == 0 else 0) for each in asked.readers}
        for each in asked.seats:
            start = (each.interval.start - MONDAY) / timedelta(hours=1)
            worth = (
                asked.points[each.id],
                1000 * (start % 24 == 0),
                1000 * (start < 8 or start >= 114),
            )
            holder = held[each.id]
            if holder is not None:
                own[holder] += int(worth[kind])
        found.append([])
        for number in (1, 2):
            members = [each for each in asked.readers if each.memberships[0].society == number]
            total = sum(own[each.id] for each in members)
            for member in members:
                part = Fraction(total * member.fte, sum(other.fte for other in members))
                found[-1].append(ceil(abs(own[member.id] - part)))
    return found


def _space(asked: RosterProblem, held: Holders, radiologist: int) -> int:
    nights = {
        (each.interval.start - MONDAY).days
        for each in asked.seats
        if held[each.id] == radiologist and (each.interval.start - MONDAY).seconds == 0
    }
    windows = (len(nights & set(range(first, first + 5))) for first in range(-5, 8))
    return sum(max(0, each - 1) for each in windows)


def _miss(asked: RosterProblem, held: Holders, person: Reader) -> int:
    (wish,) = person.wishes
    touched = any(
        held[each.id] == person.id and each.interval.overlaps(wish.interval) for each in asked.seats
    )
    return wish.weight * (touched is (wish.kind is WishKind.AVOID))


def _owed(roster: Roster) -> Tally[int]:
    return Tally(each.society for each in roster.placements)


def test_progress_is_told_and_a_stop_keeps_the_best_so_far() -> None:
    asked = problem([seat(day, 24 * day + 8, 24 * day + 16) for day in range(5)], [reader(7)])
    told: list[Progress] = []

    done = CpSatRosterSolver().solve(asked, limits=QUIET, on_progress=told.append)
    stopped = CpSatRosterSolver().solve(asked, limits=QUIET, should_stop=lambda: True)

    reached = [level.objective for level in done.levels]
    assert [each.objective for each in told][-len(reached) :] == reached
    # What was put together first is told before.
    assert [each.objective for each in told][: -len(reached)] == [
        Objective.COVER,
        Objective.DEVIATION,
    ]
    assert all(each.bound <= each.best for each in told)
    assert stopped.stopped
    assert len(stopped.placements) == 5


def test_no_seats_and_no_people_make_a_roster_all_the_same() -> None:
    quick = Limits(seconds=5, workers=1)

    assert CpSatRosterSolver().solve(problem([], []), limits=quick).placements == ()
    (empty,) = CpSatRosterSolver().solve(problem([seat(1, 8, 16)], []), limits=quick).placements
    assert empty.radiologist is None
