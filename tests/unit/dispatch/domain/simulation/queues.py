"""Nights made by hand, and the scenario of four readers that published figures exist of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from app.cases.domain.priority import Priority
from app.dispatch.domain.simulation.night import Arrival, Night, Seated, Trouble
from app.dispatch.domain.simulation.reference import make_reference_night

START = datetime(2026, 1, 5, 19, tzinfo=UTC)


def arrive(
    at: float,
    *,
    read: float = 10.0,
    priority: Priority = Priority.P2,
    society: int = 0,
    reaction: float = 0.0,
) -> Arrival:
    return Arrival(at=at, priority=priority, society=society, read=read, reaction=reaction)


def make_night(
    *arrivals: Arrival,
    societies: Sequence[int] = (0, 1),
    lasts: float = 720.0,
    troubles: Sequence[Trouble] = (),
    seated: Sequence[Seated] = (),
) -> Night:
    own = tuple(
        Seated(radiologist_id=number, society=society, begins=0.0, ends=lasts)
        for number, society in enumerate(societies, start=1)
    )
    return Night(
        start=START,
        arrivals=arrivals,
        seated=(*own, *seated),
        shares=(400_000, 300_000, 300_000),
        expected_read=10.0,
        troubles=tuple(troubles),
    )


def draw_exponential(
    *, seats: int, rate: float, exams: int, seed: int, read: float = 10.0
) -> Night:
    """Draw an M/M/c queue whose seats never end."""
    night = make_reference_night(seed=seed, exams=exams, shares=(1.0,), per_hour=rate)
    chance = Random(seed)
    return replace(
        night,
        arrivals=tuple(replace(each, read=chance.expovariate(1 / read)) for each in night.arrivals),
        seated=tuple(
            Seated(radiologist_id=number, society=0, begins=0.0, ends=night.seated[0].ends)
            for number in range(1, seats + 1)
        ),
    )
