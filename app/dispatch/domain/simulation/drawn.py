"""Nights that are drawn: a seed and a number always give the same one."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate
from random import Random

from app.cases.domain.priority import Priority
from app.dispatch.domain.simulation.night import Arrival, Night
from app.dispatch.domain.simulation.plan import Plan
from app.kit.interval import Interval
from app.planning.domain.calibration.flows import Chances, draw_times
from app.planning.domain.calibration.reads import ReadTime

_HOUR = timedelta(hours=1)
_MINUTES = 60.0
_REACTION_SIGMA = 0.8
_LIKELY_HOURS = (20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6, 7)
_LIKELY = dict(
    zip(_LIKELY_HOURS, (1.7, 1.7, 1.5, 1.3, 1.1, 0.9, 0.7, 0.6, 0.5, 0.5, 0.6, 0.9), strict=True)
)
"""How studies spread over the hours of the wall: most in the evening, fewest before dawn. A
proposal of the platform; a replayed night has its own."""
_PRIORITIES = tuple(Priority)


def draw_night(plan: Plan, *, seed: int, number: int) -> Night:
    """Draw a night: a Poisson process whose rate changes by the hour.

    Each thing is drawn from a stream of its own, so that a study keeps the rest when one changes.
    """
    chances, span = Chances(seed, number), plan.find_span(number)
    rates = _find_rates(plan, span)
    hours = draw_times(rates, chance=chances.stream("arrivals"))
    end = span.duration / _HOUR
    times = [hour * _MINUTES for hour in hours if hour < end]
    return plan.make_night(complete(times, plan=plan, chances=chances), span=span)


def complete(times: Sequence[float], *, plan: Plan, chances: Chances) -> list[Arrival]:
    """Give each arrival its society, priority, read and reaction."""
    societies, priorities = chances.stream("societies"), chances.stream("priorities")
    reads, reactions = chances.stream("reads"), chances.stream("reactions")
    shares, mix = [*accumulate(plan.weights)], [*accumulate(plan.mix)]
    read = ReadTime(plan.read_minutes, plan.sigma)
    reaction = ReadTime(plan.reaction_minutes or 1.0, _REACTION_SIGMA)
    return [
        Arrival(
            at=at,
            priority=_PRIORITIES[_pick(mix, priorities)],
            society=_pick(shares, societies),
            read=read.draw(reads),
            reaction=reaction.draw(reactions) if plan.reaction_minutes else 0.0,
        )
        for at in times
    ]


def _pick(bounds: Sequence[float], chance: Random) -> int:
    return min(bisect_right(bounds, chance.random() * bounds[-1]), len(bounds) - 1)


def _find_rates(plan: Plan, span: Interval) -> list[float]:
    hourly = plan.studies / sum(_LIKELY.values())
    count = -(-span.duration // _HOUR)
    walls = [(span.start + hour * _HOUR).astimezone(plan.zone).hour for hour in range(count)]
    return [
        hourly * _LIKELY.get(wall, 1.0) * plan.find_factor(hour) for hour, wall in enumerate(walls)
    ]
