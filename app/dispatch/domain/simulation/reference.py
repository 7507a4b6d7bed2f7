"""A queue without end that figures are known of: four readers, 16 studies an hour.

Reads are lognormal of 10 min, four societies bring 0.4, 0.3, 0.2 and 0.1 of the studies, with a
reader each; all are P2, and who is offered a case has seen it at once. Nearness counts alone, and
the model knows how long the reads under way will last.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

from app.dispatch.domain.policy.inputs import Ring
from app.dispatch.domain.policy.parameters import DEFAULTS, PRIORITIES, Parameters
from app.dispatch.domain.simulation.drawn import complete
from app.dispatch.domain.simulation.night import Arrival, Night, Seated
from app.dispatch.domain.simulation.plan import Plan
from app.dispatch.domain.simulation.ways import Policy, Way
from app.planning.domain.calibration.flows import Chances

SHARES = (0.4, 0.3, 0.2, 0.1)
EQUAL = (0.25, 0.25, 0.25, 0.25)
"""Of the societies that read alone: with `SHARES` the largest would never keep up."""
EXAMS = 20_000
PER_HOUR = 16.0
_START = datetime(2026, 1, 1, tzinfo=UTC)
_READ_MINUTES = 10.0
_AFTER = 100_000.0
"""So long after the last arrival, in minutes, the seats end: all is read by then."""
_NO_CAP = 60


def make_reference_night(
    *,
    seed: int,
    exams: int = EXAMS,
    shares: tuple[float, ...] = SHARES,
    per_hour: float = PER_HOUR,
) -> Night:
    """Draw the queue; the same seed gives the same arrivals and reads whatever the shares."""
    plan = Plan(
        first=_START.date(),
        zone=UTC,
        shares=shares,
        readers=tuple(range(len(shares))),
        mix=(0.0, 1.0, 0.0, 0.0),
        read_minutes=_READ_MINUTES,
        reaction_minutes=0.0,
    )
    chances = Chances(seed)
    gaps, at, times = chances.stream("arrivals"), 0.0, []
    for _ in range(exams):
        at += gaps.expovariate(per_hour / 60)
        times.append(at)
    arrivals: list[Arrival] = complete(times, plan=plan, chances=chances)
    return Night(
        start=_START,
        arrivals=tuple(arrivals),
        seated=tuple(
            Seated(radiologist_id=society + 1, society=society, begins=0.0, ends=at + _AFTER)
            for society in range(len(shares))
        ),
        shares=tuple(round(1_000_000 * share) for share in shares),
        expected_read=_READ_MINUTES,
    )


def _near(minutes: float) -> Parameters:
    rings = {ring: minutes if ring is Ring.REFERENT else 0.0 for ring in Ring}
    return replace(
        DEFAULTS,
        affinity=dict.fromkeys(PRIORITIES[1:], rings),
        hourly_cap=_NO_CAP,
        closing_minutes=0.0,
    )


def _push(name: str, *, near: float, takes_over: bool = False) -> Policy:
    return Policy(
        name=name, way=Way.RULE, parameters=_near(near), takes_over=takes_over, foresees=True
    )


REFERENCE: Mapping[str, Policy] = MappingProxyType(
    {
        each.name: each
        for each in (
            Policy(name="pool", way=Way.POOL),
            _push("least backlog", near=0),
            _push("near 10, idle take", near=10, takes_over=True),
            _push("near 10", near=10),
            _push("near 20, idle take", near=20, takes_over=True),
            _push("near 30, idle take", near=30, takes_over=True),
            Policy(name="alone", way=Way.ALONE),
        )
    }
)
"""The policies that figures are known of; `alone` is simulated with equal shares."""
KNOWN_MEANS: Mapping[str, float] = MappingProxyType(
    {
        "pool": 12.0,
        "least backlog": 12.0,
        "near 10, idle take": 12.9,
        "near 10": 13.6,
        "near 20, idle take": 14.0,
        "near 30, idle take": 14.7,
        "alone": 23.4,
    }
)
"""Mean minutes to the signature, from another simulation of one run of 20 000 studies."""
