"""Rosters of a quarter: what is proven of them, the least loans, a sick night mended."""

import os
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.adapters.solver.solver import CpSatRosterSolver
from app.kit.clock import read_monotonic_s
from app.kit.interval import Interval
from app.planning.domain.roster.problem import Level, Limits, Objective, Roster, RosterProblem
from app.planning.domain.seats import AssignmentReason, Placement
from app.planning.domain.validator import Severity, judge
from benchmarks._figures import report_all
from benchmarks._roster_instance import make_instance, make_short_instance

SEEDS = (1, 2, 3)
MOST_S = 60.0
SLACK_S = 2.0
"""What ends a run and names the seats comes after the last limit."""
REPAIR_S = 5.0
MOST_GAP = 0.15
PROVEN = (Objective.COVER, Objective.LOANS, Objective.LARGEST_DEVIATION)


def main(*, json: Path | None) -> int:
    """Solve the quarter with three seeds, the society that is short of people, and a sick night.

    `ROSTER_SEEDS=4,5` solves only the quarter, with these seeds; `ROSTER_SHORT=1,2` only the
    society that is short of people.
    """
    sections = []
    quarters, shorts = _read_seeds("ROSTER_SEEDS"), _read_seeds("ROSTER_SHORT")
    if not quarters and not shorts:
        quarters, shorts = SEEDS, SEEDS[:1]
    for seed in quarters:
        problem = make_instance(seed=seed)
        roster, seconds = _solve(problem, seed=seed)
        sections.append(_tell_quarter(problem, roster, seed=seed, seconds=seconds))
        if seed == SEEDS[0]:
            sections.append(_tell_repair(problem, roster))
    for seed in shorts:
        problem = make_short_instance(seed=seed)
        roster, seconds = _solve(problem, seed=seed)
        sections.append(_tell_loans(problem, roster, seed=seed, seconds=seconds))
    return report_all(sections, json_file=json)


def _read_seeds(name: str) -> tuple[int, ...]:
    return tuple(int(each) for each in os.environ.get(name, "").split(",") if each)


def _solve(problem: RosterProblem, *, seed: int) -> tuple[Roster, float]:
    begun = read_monotonic_s()
    limits = Limits(seconds=MOST_S - SLACK_S, workers=2, seed=seed)
    roster = CpSatRosterSolver().solve(problem, limits=limits)
    return roster, read_monotonic_s() - begun


def _tell_quarter(
    problem: RosterProblem, roster: Roster, *, seed: int, seconds: float
) -> dict[str, Any]:
    levels = {level.objective: level for level in roster.levels}
    bars = [_bar(f"seconds: {seconds:.1f} (<= {MOST_S})", met=seconds <= MOST_S)]
    for objective in Objective:
        if objective in {Objective.CHANGES, Objective.STABILITY}:
            continue
        bars.append(_judge_level(objective, levels.get(objective)))
    error = find_quota_error(problem, roster)
    bars.append(_bar(f"quota error: {error} (0)", met=error == 0))
    bars.append(_judge_rules(problem, roster.placements))
    what = f"{len(problem.seats)} seats, {len(problem.readers)} radiologists, seed {seed}"
    return _tell(what, roster, bars, seconds=seconds)


def _judge_level(objective: Objective, level: Level | None) -> dict[str, Any]:
    if level is None:
        return _bar(f"{objective}: not reached", met=False)
    told = f"{objective}: {level.value}, bound {level.bound}"
    if objective in PROVEN:
        is_zero = objective is Objective.LARGEST_DEVIATION or level.value == 0
        return _bar(f"{told} (proven optimal)", met=level.is_proven and is_zero)
    return _bar(f"{told}, gap {level.gap:.1%} (<= {MOST_GAP:.0%})", met=level.gap <= MOST_GAP)


def _tell_loans(
    problem: RosterProblem, roster: Roster, *, seed: int, seconds: float
) -> dict[str, Any]:
    levels = {level.objective: level for level in roster.levels}
    bars = [_bar(f"seconds: {seconds:.1f} (<= {MOST_S})", met=seconds <= MOST_S)]
    for objective in (Objective.COVER, Objective.LOANS):
        level = levels.get(objective)
        told = "not reached" if level is None else f"{level.value}, bound {level.bound}"
        is_met = level is not None and level.is_proven
        bars.append(_bar(f"{objective}: {told} (proven least)", met=is_met))
    some = Objective.LOANS in levels and levels[Objective.LOANS].value > 0
    lent = sum(each.reason is AssignmentReason.LOAN for each in roster.placements)
    is_same = some and lent == levels[Objective.LOANS].value
    bars.append(_bar(f"seats told as loans: {lent} (all that are lent)", met=is_same))
    bars.append(_bar("the society cannot staff its seats: some are lent", met=some))
    bars.append(_judge_rules(problem, roster.placements))
    what = f"a society that cannot staff its seats, seed {seed}"
    return _tell(what, roster, bars, seconds=seconds)


def _tell_repair(problem: RosterProblem, roster: Roster) -> dict[str, Any]:
    """Let somebody be ill eight hours before their night, in the middle of the period."""
    nights = [each for each in roster.placements if each.seat.segment == "deep_night"]
    tonight = nights[len(nights) // 2]
    sick = replace(
        problem,
        readers=tuple(
            replace(each, absences=(*each.absences, _day_of(tonight)))
            if each.id == tonight.radiologist
            else each
            for each in problem.readers
        ),
        owed={each.seat.id: each.society for each in roster.placements},
        published={each.seat.id: each.radiologist for each in roster.placements},
        now=tonight.seat.interval.start - timedelta(hours=8),
    )
    begun = read_monotonic_s()
    limits = Limits(seconds=REPAIR_S, workers=2, seed=1)
    mended = CpSatRosterSolver().repair(sick, limits=limits)
    seconds = read_monotonic_s() - begun
    levels = {level.objective: level for level in mended.levels}
    bars = [_bar(f"seconds: {seconds:.2f} (<= {REPAIR_S})", met=seconds <= REPAIR_S)]
    changes = levels.get(Objective.CHANGES)
    told = "not reached" if changes is None else f"{changes.value}, bound {changes.bound}"
    is_met = changes is not None and changes.is_proven
    bars.append(_bar(f"seats changed: {told} (proven least)", met=is_met))
    bars.append(_judge_rules(sick, mended.placements))
    return _tell("somebody is ill tonight", mended, bars, seconds=seconds)


def _day_of(placement: Placement) -> Interval:
    start = placement.seat.interval.start - timedelta(hours=8)
    return Interval(start, start + timedelta(days=1))


def find_quota_error(problem: RosterProblem, roster: Roster) -> int:
    """Sum over society and segment how far the seats held are from those allotted."""
    societies = {
        reader.id: membership.society
        for reader in problem.readers
        for membership in reader.memberships
    }
    error: Counter[tuple[int, str]] = Counter()
    for placement in roster.placements:
        error[problem.owed[placement.seat.id], placement.seat.segment] -= 1
        if placement.radiologist is not None:
            error[societies[placement.radiologist], placement.seat.segment] += 1
    return sum(abs(each) for each in error.values())


def _judge_rules(problem: RosterProblem, placements: tuple[Placement, ...]) -> dict[str, Any]:
    found = judge(placements, readers=problem.readers, zone=problem.zone, demands=problem.demands)
    hard = [each for each in found if each.severity is not Severity.SOFT]
    return _bar(f"hard rules broken: {len(hard)} (0)", met=not hard)


def _bar(told: str, *, met: bool) -> dict[str, Any]:
    return {"bar": told, "met": met}


def _tell(
    what: str, roster: Roster, bars: list[dict[str, Any]], *, seconds: float
) -> dict[str, Any]:
    print(f"{what}: {seconds:.1f} s, load {os.getloadavg()[0]:.1f}")
    for bar in bars:
        print(f"  {'met   ' if bar['met'] else 'MISSED'} {bar['bar']}")
    levels = [
        {
            "objective": level.objective,
            "value": level.value,
            "bound": level.bound,
            "gap": round(level.gap, 4),
        }
        for level in roster.levels
    ]
    return {"work": what, "seconds": seconds, "levels": levels, "bars": bars}
