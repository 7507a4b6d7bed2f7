"""Mending a published roster: somebody is ill tonight, and as few as possible should notice.

First only the seats that must change are free, and everybody else stays. If that covers all without
another loan, nothing is better. Else seats of the weeks around are free too, where a chain of two
may do; and where that does not prove itself, those of the whole period.
"""

from dataclasses import replace
from datetime import timedelta

from app.adapters.solver.engine import Engine
from app.adapters.solver.frame import make_frame
from app.adapters.solver.rows import is_settled
from app.adapters.solver.search import search
from app.planning.domain.roster.problem import Level, Objective, Roster, RosterProblem
from app.planning.domain.seats import AssignmentReason, Seat

AROUND = timedelta(days=7)
"""How far from a seat that must change others are freed first."""

_FOR_FEW, _FOR_NEAR = 0.3, 0.6
"""Of the time that is left."""


def mend(problem: RosterProblem, *, engine: Engine) -> Roster:
    """Replace whoever may not hold their published seats any longer."""
    freed = find_freed(problem)
    with engine.within(_FOR_FEW) as lent:
        few = search(_keep_others(problem, freed), engine=lent)
    if _is_as_good_as_any(few, freed):
        return few
    near = frozenset(seat.id for seat in problem.seats if _is_near(seat, problem, freed))
    with engine.within(_FOR_NEAR) as lent:
        wider = search(_keep_others(problem, near), engine=lent)
    least = len(freed) + _is_proven(few)
    if _is_as_good_as_any(wider, freed) and _count_changes(wider) <= least:
        return replace(wider, levels=[_bound(level, least=least) for level in wider.levels])
    whole = search(problem, engine=engine)
    return max((whole, wider, few), key=_rank)


def find_freed(problem: RosterProblem) -> frozenset[int]:
    """Find the published seats whose holders may not hold them, or that nobody holds."""
    frame = make_frame(problem)
    allowed = {
        (seat.id, person.reader.id)
        for person in frame.people
        for number in person.societies
        for seat in frame.rows[number].seats
    }
    return frozenset(
        seat.id
        for seat in problem.seats
        if not is_settled(seat, problem)
        and seat.id in problem.published
        and (seat.id, problem.published[seat.id] or 0) not in allowed
    )


def _keep_others(problem: RosterProblem, free: frozenset[int]) -> RosterProblem:
    stay = {
        seat.id: problem.published[seat.id]
        for seat in problem.seats
        if seat.id in problem.published and seat.id not in free
    }
    return replace(problem, fixed={**stay, **problem.fixed}, prefix_bound=None)


def _is_near(seat: Seat, problem: RosterProblem, freed: frozenset[int]) -> bool:
    return any(
        abs(seat.interval.start - each.interval.start) <= AROUND
        for each in problem.seats
        if each.id in freed
    )


def _is_as_good_as_any(roster: Roster, freed: frozenset[int]) -> bool:
    """Say whether every seat that must change is held by the society that owes it."""
    reached = {level.objective for level in roster.levels}
    return Objective.CHANGES in reached and not any(
        each.radiologist is None or each.reason is AssignmentReason.LOAN
        for each in roster.placements
        if each.seat.id in freed
    )


def _is_proven(roster: Roster) -> bool:
    return bool(roster.levels) and all(
        level.is_proven for level in roster.levels if level.objective is not Objective.DEVIATION
    )


def _count_changes(roster: Roster) -> int:
    found = [each.value for each in roster.levels if each.objective is Objective.CHANGES]
    return found[0]


def _bound(level: Level, *, least: int) -> Level:
    if level.objective is not Objective.CHANGES:
        return level
    return replace(level, bound=min(level.value, least))


def _rank(roster: Roster) -> tuple[int, ...]:
    """Order rosters of which the last ones may not have reached all levels."""
    values = {level.objective: level.value for level in roster.levels}
    first = (Objective.COVER, Objective.LOANS, Objective.CHANGES)
    return tuple(-values.get(each, 10**6) for each in first)
