"""Each rule in a tiny problem, where breaking it would cover one seat more."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.adapters.solver.solver import CpSatRosterSolver
from app.planning.domain.roster.people import Membership, Reader, Wish, WishKind, Work
from app.planning.domain.roster.problem import GuardDemand, Objective
from app.planning.domain.roster.profile import LIBERAL, Rule
from app.planning.domain.seats import AssignmentReason, Seat
from app.planning.domain.validator import judge
from tests.factories.rosters import OPENING, QUIET, holders, hours, problem, reader, seat


def solve(seats: list[Seat], readers: list[Reader], **changes: Any) -> dict[Objective, int]:
    asked = problem(seats, readers, **changes)
    roster = CpSatRosterSolver().solve(asked, limits=QUIET)
    placements = (*roster.placements, *asked.around)
    found = judge(placements, readers=readers, zone=asked.zone, demands=asked.demands)
    assert [each for each in found if each.severity != "soft"] == []
    assert all(level.is_proven for level in roster.levels)
    return {level.objective: level.value for level in roster.levels}


def count_uncovered(seats: list[Seat], readers: list[Reader], **changes: Any) -> int:
    return solve(seats, readers, **changes)[Objective.COVER]


STRICT = replace(LIBERAL, most_consecutive_nights=2, most_nights_in_28_days=3)


@pytest.mark.parametrize(
    ("seats", "changes", "uncovered"),
    (
        ([seat(1, 8, 16), seat(2, 10, 18)], {}, 1),
        ([seat(1, 8, 16), seat(2, 26, 30)], {}, 1),
        ([seat(1, 8, 16), seat(2, 27, 30)], {}, 0),
        ([seat(1, 8, 16), seat(2, 16, 20)], {}, 0),
        ([seat(1, 8, 20), seat(2, 20, 32), seat(3, 32, 40)], {}, 1),
        ([seat(1, 8, 23), seat(2, 46, 50)], {}, 1),
        ([seat(1, 8, 16), seat(2, 16, 23), seat(3, 46, 50)], {}, 1),
        ([seat(1, 8, 23), seat(2, 47, 50)], {}, 0),
        ([seat(1, 8, 16)], {"absences": (hours(15, 40),)}, 1),
        ([seat(1, 8, 16)], {"busy": (hours(15, 17),)}, 1),
        ([seat(1, 8, 16)], {"busy": (hours(26, 30),)}, 1),
        ([seat(1, 8, 23)], {"busy": (hours(40, 44),)}, 1),
        ([seat(1, 8, 16)], {"busy": (hours(4, 8),)}, 0),
        ([seat(1, 8, 16)], {"past": (Work(hours(-8, 0)),)}, 1),
        ([seat(1, 8, 16)], {"past": (Work(hours(-8, 0), hours(-8, -3).end),)}, 0),
        ([seat(1, 8, 16, site=3)], {"sites": frozenset({4})}, 1),
        ([seat(1, 8, 16, site=3)], {"sites": frozenset({3})}, 0),
        ([seat(1, 8, 16, skills=frozenset({"neuro"}))], {}, 1),
        ([seat(1, 8, 16, skills=frozenset({"neuro"}))], {"skills": frozenset({"neuro"})}, 0),
        ([seat(day, 24 * day, 24 * day + 8) for day in range(1, 4)], {"profile": STRICT}, 1),
        ([seat(day, 72 * day, 72 * day + 8) for day in range(1, 5)], {"profile": STRICT}, 1),
        (
            [seat(day, 24 * day + 8, 24 * day + 18) for day in range(7)],
            {"profile": replace(LIBERAL, most_hours_in_7_days=timedelta(hours=60))},
            1,
        ),
        (
            [seat(day, 24 * day + 8, 24 * day + 18) for day in range(5)],
            {"profile": replace(LIBERAL, most_hours=timedelta(hours=20), over_weeks=2)},
            1,
        ),
        ([seat(1, 8, 16)], {"memberships": (Membership(1, OPENING, hours(7, 8).end),)}, 1),
        (
            [seat(week, 120 + 168 * week, 128 + 168 * week) for week in range(3)],
            {"profile": replace(LIBERAL, soft=frozenset())},
            1,
        ),
    ),
)
def test_a_seat_stays_uncovered_rather_than_a_rule_broken(
    seats: list[Seat], changes: dict[str, Any], uncovered: int
) -> None:
    assert count_uncovered(seats, [reader(7, **changes)]) == uncovered


def test_weekends_too_many_are_paid_for_where_the_statute_lets_them() -> None:
    seats = [seat(week, 120 + 168 * week, 128 + 168 * week) for week in range(3)]

    levels = solve(seats, [reader(7)])

    assert levels[Objective.COVER] == 0
    assert levels[Objective.WISHES] > 0


def test_people_who_are_incompatible_are_not_on_guard_together() -> None:
    people = [reader(7, incompatible=frozenset({8})), reader(8)]

    assert count_uncovered([seat(1, 8, 16), seat(2, 12, 20)], people) == 1
    assert count_uncovered([seat(1, 8, 16), seat(2, 16, 20)], people) == 0


def test_a_seat_is_kept_for_the_skill_that_a_guard_lacks() -> None:
    demand = GuardDemand(frozenset({1, 2}), skills=frozenset({"neuro"}))
    seats = [seat(1, 8, 16), seat(2, 8, 16)]
    people = [reader(7), reader(8), reader(9, skills=frozenset({"neuro"}))]

    assert count_uncovered(seats, people[:2], demands=(demand,)) == 1
    assert count_uncovered(seats, people, demands=(demand,)) == 0


def test_too_few_societies_in_a_guard_are_paid_for() -> None:
    demand = GuardDemand(frozenset({1, 2}), societies=2)
    people = [reader(7), reader(8), reader(9, society=2)]

    levels = solve([seat(1, 8, 16), seat(2, 8, 16)], people, demands=(demand,))

    assert levels[Objective.LOANS] == 0
    assert levels[Objective.WISHES] > 0


def test_what_a_society_cannot_staff_is_lent_and_told_as_a_loan() -> None:
    seats = [seat(1, 8, 16), seat(2, 12, 20)]
    asked = problem(seats, [reader(7), reader(8, society=2)])

    roster = CpSatRosterSolver().solve(asked, limits=QUIET)

    levels = {level.objective: level for level in roster.levels}
    assert (levels[Objective.COVER].value, levels[Objective.LOANS].value) == (0, 1)
    assert levels[Objective.LOANS].is_proven
    reasons = {each.radiologist: each.reason for each in roster.placements}
    assert reasons[8] is AssignmentReason.LOAN


def test_an_outside_reader_sits_only_on_seats_that_are_opened_to_them() -> None:
    outside = reader(8, memberships=(Membership(2, OPENING, outside=True),))

    assert count_uncovered([seat(1, 8, 16)], [outside]) == 1
    assert count_uncovered([seat(1, 8, 16)], [outside], owed={1: 2}) == 0


def test_societies_exchange_dates_only_within_the_bound_of_the_prefixes() -> None:
    seats = [seat(1, 8, 16), seat(2, 32, 40)]
    people = [reader(7, absences=(hours(0, 24),)), reader(8, society=2)]
    asked = problem(seats, people, owed={1: 1, 2: 2})

    kept = CpSatRosterSolver().solve(asked, limits=QUIET)
    moved = CpSatRosterSolver().solve(replace(asked, prefix_bound=500_000), limits=QUIET)
    bound = CpSatRosterSolver().solve(
        replace(
            asked,
            prefix_bound=100_000,
            entitled={(1, seats[0].of): 1_900_000, (2, seats[0].of): 100_000},
        ),
        limits=QUIET,
    )

    assert [each.reason for each in kept.placements] == [
        AssignmentReason.LOAN,
        AssignmentReason.QUOTA,
    ]
    assert [(each.society, each.radiologist) for each in moved.placements] == [(2, 8), (1, 7)]
    assert [each.society for each in bound.placements] == [1, 2]


def test_wishes_are_kept_where_they_cost_nothing_else() -> None:
    avoid = Wish(WishKind.AVOID, hours(8, 16), weight=2)
    prefer = Wish(WishKind.PREFER, hours(100, 110), weight=1)
    people = [reader(7, wishes=(avoid,)), reader(8, wishes=(prefer,))]
    asked = problem([seat(1, 8, 16), seat(2, 100, 108)], people)

    roster = CpSatRosterSolver().solve(asked, limits=QUIET)

    # One of the two wishes must give way; the weaker one does.
    assert holders(roster) == {1: 8, 2: 7}
    assert [each.value for each in roster.levels if each.objective is Objective.WISHES] == [1]


def test_a_change_at_short_notice_is_paid_for_or_forbidden() -> None:
    seats = [seat(1, 8, 16), seat(2, 200, 208)]
    changes: dict[str, Any] = {"published": {1: 7, 2: 8}, "now": hours(-2, -1).start}
    gone = reader(7, absences=(hours(0, 24),))
    strict = replace(LIBERAL, soft=LIBERAL.soft - {Rule.NOTICE})

    assert solve(seats, [gone, reader(8)], **changes)[Objective.COVER] == 0
    assert solve(seats, [gone, reader(8, profile=strict)], **changes)[Objective.COVER] == 1


def test_fixed_seats_keep_their_holder_and_what_has_begun_is_never_changed() -> None:
    seats = [seat(1, 8, 16), seat(2, 8, 16), seat(3, 100, 108)]
    people = [reader(7), reader(8), reader(9)]
    asked = problem(seats, people, fixed={1: 8, 2: None}, published={3: 9})
    begun = replace(asked, fixed={}, published={1: 7, 2: 8, 3: 9}, now=hours(8, 9).start)

    assert holders(CpSatRosterSolver().solve(asked, limits=QUIET))[1] == 8
    assert holders(CpSatRosterSolver().solve(asked, limits=QUIET))[2] is None
    assert holders(CpSatRosterSolver().solve(begun, limits=QUIET)) == {1: 7, 2: 8, 3: 9}
