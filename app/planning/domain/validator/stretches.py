"""What one person works, in order of time, and the duties that it makes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from app.kit.interval import Interval
from app.planning.domain.roster.people import Reader
from app.planning.domain.seats import Placement, Seat


@dataclass(frozen=True, slots=True)
class Held:
    """One person with all that they hold; days, nights and weekends are those of the zone."""

    reader: Reader
    placements: tuple[Placement, ...]
    zone: tzinfo

    @property
    def who(self) -> str:
        """How messages speak of the person."""
        return f"radiologist {self.reader.id}"

    @property
    def seats(self) -> tuple[Seat, ...]:
        """The seats, in the order of the placements."""
        return tuple(each.seat for each in self.placements)


@dataclass(frozen=True, slots=True)
class Duty:
    """Work without a pause: seats, and past work, that touch.

    Parameters
    ----------
    rested_from
        Its end, or its last real act where that is known.
    """

    interval: Interval
    seats: tuple[Seat, ...]
    rested_from: datetime


def find_duties(held: Held) -> list[Duty]:
    """Find the duties of a person, by start.

    A seat may be told twice, as a placement and as past work with its last act: it counts once.
    """
    acts = {
        work.interval.end: work.last_act for work in held.reader.past if work.last_act is not None
    }
    stretches: list[tuple[Interval, tuple[Seat, ...]]]
    stretches = [(seat.interval, (seat,)) for seat in held.seats]
    stretches += [(work.interval, ()) for work in held.reader.past]
    duties: list[Duty] = []
    for interval, seats in sorted(stretches, key=lambda each: each[0]):
        before = duties.pop() if duties and interval.start <= duties[-1].interval.end else None
        start = before.interval.start if before else interval.start
        end = max(before.interval.end, interval.end) if before else interval.end
        own = (before.seats if before else ()) + seats
        duties.append(Duty(Interval(start, end), own, acts.get(end, end)))
    return duties


def unite(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same instants as intervals that neither overlap nor touch, by start."""
    united: list[Interval] = []
    for each in sorted(intervals):
        before = united.pop() if united and each.start <= united[-1].end else each
        united.append(Interval(before.start, max(before.end, each.end)))
    return united


def worked(held: Held) -> list[Interval]:
    """Return when a person works, past work included, without counting an instant twice."""
    return unite(
        [seat.interval for seat in held.seats] + [work.interval for work in held.reader.past]
    )


def measure(intervals: Sequence[Interval], *, within: Interval) -> timedelta:
    """Measure the elapsed time of disjoint intervals within another one."""
    shared = (each.meet(within) for each in intervals)
    return sum((each.duration for each in shared if each is not None), timedelta(0))
