"""Whether a class of cases starves under a set of parameters: a queue that any machine can check.

Two readers, one of the site's own society and one of another, get cases of all priorities at nine
tenths of what they can read, and each time the rule itself says whom to ask. Nothing is drawn: the
same set always gets the same answer. It shows what parameters can do by themselves (nearness that
keeps cases with a reader who is late while another is idle); what chance adds, simulated nights
show.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from app.dispatch.domain.policy.deciding import decide
from app.dispatch.domain.policy.inputs import CaseToRead, Circle, Line, Reader, Ring
from app.dispatch.domain.policy.parameters import PRIORITIES, Parameters
from app.kit.interval import Interval

_MINUTE = timedelta(minutes=1)
_BEGAN = datetime(2026, 1, 1, 20, tzinfo=UTC)
_HOUR_MINUTES = 60
_LASTS_MINUTES = 24 * _HOUR_MINUTES
_READ_MINUTES = 12.0
_EVERY_MINUTES = 20 / 3
"""Two readers read a case every 6 min: this keeps nine tenths of their time busy."""
_PATTERN = ("P3", "P2", "P4", "P2", "P3", "P1", "P3", "P2", "P4", "P3")
_WITHIN_MINUTES = {"P1": 30, "P2": 60, "P3": 240, "P4": 1440}
"""Delays until the signature, as the platform proposes them."""
_PATIENCE = 2
"""Who waits for so many times the delay has starved."""


@dataclass(frozen=True, slots=True)
class Starved:
    """A class that starves: its priority, and how long its last case waited, in minutes."""

    priority: str
    waited_minutes: float
    within_minutes: int

    def describe(self) -> str:
        """Say it to who set the parameters."""
        return (
            f"{self.priority} would starve: a case signed after {self.waited_minutes:.0f} min, due "
            f"within {self.within_minutes} min, while the readers have time for all"
        )


@dataclass(slots=True)
class _Desk:
    """A reader of the trial: what waits for them, and until when they read."""

    reader_id: int
    ring: Ring
    waiting: list[tuple[float, float, str]] = field(default_factory=list)
    """When due, when arrived, and the priority; in minutes."""
    free_at: float = 0.0
    taken: list[float] = field(default_factory=list)


class QueueTrial:
    """The trial; it implements `app.dispatch.domain.ports.StarvationTrial`."""

    def find_starved(self, parameters: Parameters) -> tuple[Starved, ...]:
        """Find the classes that starve, most urgent first."""
        longest = dict.fromkeys(PRIORITIES, 0.0)
        for priority, waited in _run(parameters):
            longest[priority] = max(longest[priority], waited)
        return tuple(
            Starved(priority, waited, _WITHIN_MINUTES[priority])
            for priority, waited in longest.items()
            if waited > _PATIENCE * _WITHIN_MINUTES[priority]
        )


def _run(parameters: Parameters) -> Iterator[tuple[str, float]]:
    """Let a day of cases arrive; yield how long each waited until it was read."""
    desks = (_Desk(1, Ring.REFERENT), _Desk(2, Ring.GCS))
    for number in range(int(_LASTS_MINUTES / _EVERY_MINUTES)):
        at = number * _EVERY_MINUTES
        priority = _PATTERN[number % len(_PATTERN)]
        for desk in desks:
            yield from _read(desk, until=at)
        due = at + _WITHIN_MINUTES[priority]
        chosen = _choose(desks, parameters, priority=priority, at=at, due=due)
        chosen.waiting.append((due, at, priority))
    for desk in desks:
        yield from _read(desk, until=float("inf"))


def _read(desk: _Desk, *, until: float) -> Iterator[tuple[str, float]]:
    """Let a reader read what is due first, one case after the other, as long as there is time."""
    while desk.waiting:
        begins = max(desk.free_at, min(at for _, at, _ in desk.waiting))
        if begins >= until:
            return
        there = [each for each in desk.waiting if each[1] <= begins]
        _, arrived, priority = taken = min(there)
        desk.waiting.remove(taken)
        desk.taken.append(begins)
        desk.free_at = begins + _READ_MINUTES
        yield priority, desk.free_at - arrived


def _choose(
    desks: tuple[_Desk, _Desk], parameters: Parameters, *, priority: str, at: float, due: float
) -> _Desk:
    now = _BEGAN + at * _MINUTE
    case = CaseToRead(
        case_id=1,
        priority=priority,
        signed_due_at=_BEGAN + due * _MINUTE,
        readers_at_once=1,
        waiting_since=now,
    )
    readers = [_seat(desk, at=at, due=due) for desk in desks]
    decision = decide(case, readers=readers, circle=Circle.NEAREST, now=now, parameters=parameters)
    return next(desk for desk in desks if desk.reader_id == decision.nominees[0])


def _seat(desk: _Desk, *, at: float, due: float) -> Reader:
    left = max(0.0, desk.free_at - at)
    before = sum(each[0] <= due for each in desk.waiting)
    return Reader(
        radiologist_id=desk.reader_id,
        line=Line.FIRST,
        guard=Interval(_BEGAN, _BEGAN + 2 * _LASTS_MINUTES * _MINUTE),
        ring=desk.ring,
        may_read_site=True,
        claims=int(left > 0),
        nominations=before,
        ahead_minutes=left + before * _READ_MINUTES,
        claims_last_hour=sum(at - each < _HOUR_MINUTES for each in desk.taken),
        hourly_cap=_HOUR_MINUTES,  # no more than the set allows
        read_minutes=_READ_MINUTES,
    )
