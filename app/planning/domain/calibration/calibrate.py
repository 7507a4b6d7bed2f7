"""Work out a whole calibration: closed forms, then simulated years, real nights, before and after.

The answer is plain JSON: it is kept as it is, and shown as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from app.kit.errors import Invalid
from app.planning.domain.calibration.answer import (
    write_comparison,
    write_hours,
    write_segment,
    write_waits,
)
from app.planning.domain.calibration.arrivals import ArrivalPattern, learn
from app.planning.domain.calibration.comparison import (
    Member,
    compare,
)
from app.planning.domain.calibration.confirmation import (
    Settled,
    Trials,
    find_margins,
    settle_seats,
)
from app.planning.domain.calibration.flows import Chances, draw_times, make_flow, replay, scatter
from app.planning.domain.calibration.horizon import Horizon
from app.planning.domain.calibration.sessions import propose
from app.planning.domain.calibration.simulation import Flow
from app.planning.domain.calibration.staffing import (
    Bound,
    SegmentNeed,
    needs_by_hour,
    needs_by_segment,
    planned_rates,
)
from app.planning.domain.calibration.task import Brought, CalibrationTask

VERSION = "2026-11-1"
"""Changes with each change of what would be answered."""


def calibrate(task: CalibrationTask) -> dict[str, Any]:
    """Work out a calibration; the same task always gives the same answer.

    Raises
    ------
    Invalid
        If the period holds too little, or the horizon no guard.
    """
    if not any(task.counts.values()):
        raise Invalid("no exam of a member is known of the period: there is nothing to calibrate")
    horizon = Horizon.lay(task.rules, first=task.first, last=task.last, holidays=task.holidays)
    pattern = _learn(task, task.counts)
    hours = needs_by_hour(pattern, horizon=horizon, criteria=task.criteria)
    formula = needs_by_segment(pattern, horizon=horizon, criteria=task.criteria)
    usual = _draw(task, horizon=horizon, pattern=pattern, is_busy=False)
    settled = _settle(task, formula, _draw(task, horizon=horizon, pattern=pattern, is_busy=True))
    needs = [_with_seats(need, settled.seats[need.segment]) for need in formula]
    comparison = compare(
        [_alone(task, each, horizon) for each in task.societies],
        seats=settled.seats,
        pattern=pattern,
        horizon=horizon,
        floor=task.criteria.floor,
    )
    return {
        "version": VERSION,
        "segments": _write_segments(task, needs, formula=formula, trials=usual),
        "hours": write_hours(hours, pattern),
        "waits": {
            "drawn": write_waits(usual.describe(settled.seats)),
            "replayed": write_waits(_replay(task).describe(settled.seats)),
        },
        "proposals": [
            asdict(each) for each in propose(needs, horizon=horizon, criteria=task.criteria)
        ],
        "out_of_reach": list(settled.out_of_reach),
        "wait_budget_min": task.criteria.wait_min,
        "simulated": {"years": task.trial.years, "tries": settled.steps},
        "comparison": write_comparison(comparison),
    }


def _write_segments(
    task: CalibrationTask,
    needs: Sequence[SegmentNeed],
    *,
    formula: Sequence[SegmentNeed],
    trials: Trials,
) -> list[dict[str, Any]]:
    seats = {need.segment: need.seats for need in needs}
    margins = {each.segment: each for each in find_margins(trials, seats=seats)}
    tally = trials.tally(seats)
    return [
        write_segment(
            need,
            was=was,
            margin=margins[need.segment],
            in_limit=tally.in_limit(need.segment),
            task=task,
        )
        for need, was in zip(needs, formula, strict=True)
    ]


def _learn(task: CalibrationTask, counts: Mapping[Any, int]) -> ArrivalPattern:
    return learn(counts, first=task.since, last=task.until, zone=task.zone, holidays=task.holidays)


def _make(task: CalibrationTask, times: Sequence[float], chances: Chances) -> Flow:
    draw = task.criteria.read_in_hours.draw
    return make_flow(times, mix=task.trial.mix, draw_read=draw, chances=chances)


def _draw(
    task: CalibrationTask, *, horizon: Horizon, pattern: ArrivalPattern, is_busy: bool
) -> Trials:
    """Draw years: busy ones have the rates that are planned for, usual ones those that were seen.

    Seats are settled on the first, so that the target holds on such days too; what is late in a
    month is told of the second.
    """
    busy = planned_rates(pattern, horizon=horizon, quantile=task.criteria.quantile)
    flows = []
    for number in range(task.trial.years):
        chances = Chances(task.trial.seed, number)
        seen = scatter(pattern, horizon=horizon, chance=chances.stream("rates"))
        times = draw_times(busy if is_busy else seen, chance=chances.stream("arrivals"))
        flows.append(_make(task, times, chances))
    return Trials(horizon, flows, task.trial.limits_in_hours)


def _replay(task: CalibrationTask) -> Trials:
    """Let the period observed come again, under the rules of the horizon."""
    rules = [
        replace(rule, valid_from=task.since - timedelta(days=2), valid_until=None)
        for rule in task.rules
        if rule.valid_from <= task.first and (rule.valid_until or task.last) > task.first
    ]
    horizon = Horizon.lay(rules, first=task.since, last=task.until, holidays=task.holidays)
    chances = Chances(task.trial.seed)
    times = replay(task.counts, horizon=horizon, zone=task.zone, chance=chances.stream("replay"))
    return Trials(horizon, [_make(task, times, chances)], task.trial.limits_in_hours)


def _settle(task: CalibrationTask, needs: Sequence[SegmentNeed], trials: Trials) -> Settled:
    return settle_seats(
        trials,
        start={need.segment: need.seats for need in needs},
        least={need.segment: need.least for need in needs},
        target=task.criteria.target,
    )


def _alone(task: CalibrationTask, society: Brought, horizon: Horizon) -> Member:
    """Find the seats of a society alone, as those of the group; safety asks nothing of it."""
    criteria = replace(task.criteria, least_seats=1, least_by_segment={})
    own = replace(task, criteria=criteria)
    pattern = _learn(task, society.counts)
    needs = needs_by_segment(pattern, horizon=horizon, criteria=criteria)
    years = _draw(own, horizon=horizon, pattern=pattern, is_busy=True)
    return Member(
        society=society.name,
        exams=sum(society.counts.values()),
        radiologists=society.radiologists,
        pattern=pattern,
        seats_alone=_settle(own, needs, years).seats,
    )


def _with_seats(need: SegmentNeed, seats: int) -> SegmentNeed:
    # Nothing but the wait is tried by the simulation: the other bounds stay as they are.
    wait = seats if seats > need.least else min(need.wanted[Bound.WAIT], seats)
    return replace(need, wanted={**need.wanted, Bound.WAIT: wait})
