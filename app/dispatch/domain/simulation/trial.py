"""Whether a class of cases starves under a set of parameters: busy nights, simulated.

It shows what chance adds to `app.dispatch.domain.starvation`. Nothing rescues the parameters here:
no step widens a circle, and nobody takes what is offered to another; seven studies of ten are of
one society, whose reader has the most to read.
"""

from datetime import UTC, date

from app.cases.domain.priority import Priority
from app.dispatch.domain.policy.parameters import Parameters
from app.dispatch.domain.simulation.drawn import draw_night
from app.dispatch.domain.simulation.plan import Plan, Stress
from app.dispatch.domain.simulation.room import simulate
from app.dispatch.domain.simulation.ways import Policy, Way
from app.dispatch.domain.starvation import QueueTrial, Starved

_SEED = 20261122
_NIGHTS = 3
_MINUTE_S = 60
_PATIENCE = 2
"""Who stays for so many times the delay has starved."""
_PLAN = Plan(
    first=date(2026, 1, 5),
    zone=UTC,
    studies=125,
    reaction_minutes=0,
    backups=(),
    stresses=frozenset({Stress.SKEWED}),
)


class NightTrial:
    """The trial; it implements `app.dispatch.domain.ports.StarvationTrial`.

    The queue that nothing is drawn for is asked first. Three nights take less than half a second.
    """

    def find_starved(self, parameters: Parameters) -> tuple[Starved, ...]:
        """Find the classes that starve, most urgent first; the same set gets the same answer."""
        return QueueTrial().find_starved(parameters) or _find_starved(parameters)


def _find_starved(parameters: Parameters) -> tuple[Starved, ...]:
    policy = Policy(name="trial", way=Way.RULE, parameters=parameters)
    longest: dict[Priority, float] = dict.fromkeys(Priority, 0.0)
    within: dict[Priority, int] = {}
    for number in range(_NIGHTS):
        night = draw_night(_PLAN, seed=_SEED, number=number)
        for case in simulate(night, policy).cases:
            priority = case.arrival.priority
            within[priority] = int(case.sla.signed_within.total_seconds()) // _MINUTE_S
            longest[priority] = max(longest[priority], case.ended - case.arrival.at)
    return tuple(
        Starved(priority.value, longest[priority], within[priority])
        for priority in Priority
        if longest[priority] > _PATIENCE * within.get(priority, 0)
    )
