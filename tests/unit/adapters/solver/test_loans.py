"""Societies that cannot staff what they owe: the least number of loans, and never a rule broken."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import permutations, product
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.adapters.solver.solver import CpSatRosterSolver
from app.planning.domain.roster.problem import GuardDemand, Objective, Roster, RosterProblem
from app.planning.domain.seats import AssignmentReason, Placement
from app.planning.domain.validator import Severity, judge
from tests.factories.rosters import QUIET, hours, problem, reader, seat

if TYPE_CHECKING:
    from app.planning.domain.roster.people import Reader

SLOW = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
SOCIETIES = (1, 2, 3)
EVENINGS = tuple((24 * day + 18, 24 * day + 23) for day in range(4))
"""From Monday to Thursday: seats of one cell, whose dates societies may exchange."""


@st.composite
def problems(draw: st.DrawFn) -> RosterProblem:
    """Draw three societies of up to four people together, some of whom are away."""
    starts = draw(st.lists(st.sampled_from(EVENINGS), min_size=3, max_size=4))
    seats = [seat(number, *own) for number, own in enumerate(sorted(starts), start=1)]
    people: list[Reader] = []
    for society in draw(st.lists(st.sampled_from(SOCIETIES), max_size=4)):
        day, days = draw(st.integers(0, 3)), draw(st.integers(0, 3))
        absences = (hours(24 * day, 24 * (day + days)),) if days else ()
        people.append(reader(len(people) + 1, society=society, absences=absences))
    owed = {each.id: draw(st.sampled_from(SOCIETIES)) for each in seats}
    bound = draw(st.sampled_from((None, 0, 1_000_000)))
    return problem(seats, people, owed=owed, prefix_bound=bound)


@SLOW
@given(asked=problems())
def test_no_other_roster_covers_more_or_lends_less(asked: RosterProblem) -> None:
    roster = CpSatRosterSolver().solve(asked, limits=QUIET)

    levels = {level.objective: level for level in roster.levels}
    found = (levels[Objective.COVER].value, levels[Objective.LOANS].value)
    assert found == min(_rate(asked))
    assert levels[Objective.COVER].is_proven
    assert levels[Objective.LOANS].is_proven
    assert all(level.bound <= level.value for level in roster.levels)
    assert _count(roster) == found
    assert _owners(roster) in list(_exchange(asked))
    assert _find_broken(asked, roster.placements) == []


def _count(roster: Roster) -> tuple[int, int]:
    empty = sum(each.radiologist is None for each in roster.placements)
    return empty, sum(each.reason is AssignmentReason.LOAN for each in roster.placements)


def _owners(roster: Roster) -> tuple[int, ...]:
    return tuple(each.society for each in sorted(roster.placements, key=lambda each: each.seat.id))


def _find_broken(asked: RosterProblem, placements: Sequence[Placement]) -> list[str]:
    found = judge(placements, readers=asked.readers, zone=asked.zone, demands=asked.demands)
    return [each.rule for each in found if each.severity is not Severity.SOFT]


def _rate(asked: RosterProblem) -> Iterator[tuple[int, int]]:
    """Count the seats without a holder and the loans of every legal roster."""
    society = {each.id: each.memberships[0].society for each in asked.readers}
    owners = set(_exchange(asked))
    everybody = (None, *society)
    for held in product(everybody, repeat=len(asked.seats)):
        placements = [
            Placement(each, asked.owed[each.id], who, AssignmentReason.LOAN)
            for each, who in zip(asked.seats, held, strict=True)
        ]
        if not _find_broken(asked, placements):
            lent = min(
                sum(
                    who is not None and society[who] != of
                    for who, of in zip(held, own, strict=True)
                )
                for own in owners
            )
            yield held.count(None), lent


def _exchange(asked: RosterProblem) -> Iterator[tuple[int, ...]]:
    """List who may owe the seats (all of one cell) after exchanges, by the definition."""
    shared = tuple(asked.owed[each.id] for each in asked.seats)
    if asked.prefix_bound is None:
        yield shared
        return
    for owners in set(permutations(shared)):
        if all(
            stray <= max(Fraction(asked.prefix_bound, 1_000_000), _stray(asked, shared, society))
            for society in SOCIETIES
            if (stray := _stray(asked, owners, society))
        ):
            yield owners


def _stray(asked: RosterProblem, owners: Sequence[int], society: int) -> Fraction:
    """Say how far a society's count runs from its part, after each instant of guards' beginning."""
    farthest = Fraction(0)
    for begun in {each.interval.start for each in asked.seats}:
        own = [
            of == society
            for each, of in zip(asked.seats, owners, strict=True)
            if each.interval.start <= begun
        ]
        part = Fraction(owners.count(society) * len(own), len(owners))
        farthest = max(farthest, abs(sum(own) - part))
    return farthest


def make_quarter(*, societies: Mapping[int, int], owed: Mapping[int, int]) -> RosterProblem:
    """Lay two seats on each evening of some weeks, shared in turns; odd people read neuro."""
    evenings = sum(owed.values()) // 2
    places = sorted(
        (Fraction(2 * place + 1, 2 * seats), society)
        for society, seats in owed.items()
        for place in range(seats)
    )
    seats = [
        seat(2 * day + line, 24 * day + 18, 24 * day + 24)
        for day in range(evenings)
        for line in (1, 2)
    ]
    people: list[Reader] = []
    for society, number in societies.items():
        for _ in range(number):
            skills = frozenset({"neuro"} if len(people) % 2 else ())
            people.append(reader(len(people) + 1, society=society, skills=skills))
    demands = tuple(
        GuardDemand(frozenset({2 * day + 1, 2 * day + 2}), skills=frozenset({"neuro"}))
        for day in range(evenings)
    )
    return problem(
        seats,
        people,
        owed={each.id: society for each, (_, society) in zip(seats, places, strict=True)},
        demands=demands,
        prefix_bound=1_000_000,
    )


@pytest.mark.parametrize(
    ("societies", "owed", "lacking"),
    (
        ({1: 0, 2: 4, 3: 5}, {1: 10, 2: 20, 3: 26}, 10),
        ({1: 1, 2: 5, 3: 6}, {1: 20, 2: 16, 3: 20}, 12),
        ({1: 1, 2: 0, 3: 6, 4: 5}, {1: 20, 2: 4, 3: 16, 4: 16}, 12 + 4),
    ),
)
def test_several_who_lack_people_end_with_the_least_loans_proven(
    societies: dict[int, int], owed: dict[int, int], lacking: int
) -> None:
    """Until midnight they are nights, of which the statute allows eight in 28 days."""
    asked = make_quarter(societies=societies, owed=owed)

    roster = CpSatRosterSolver().solve(asked, limits=replace(QUIET, deterministic=2.0))

    levels = {level.objective: level for level in roster.levels}
    assert levels[Objective.COVER].value == 0
    loans = levels[Objective.LOANS]
    assert (loans.value, loans.bound) == (lacking, lacking)
    assert _count(roster) == (0, lacking)
    assert _find_broken(asked, roster.placements) == []
