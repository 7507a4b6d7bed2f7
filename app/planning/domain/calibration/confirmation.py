"""Seats of each segment, tried on simulated years and raised or lowered until the target holds.

Every number of seats is tried on the same exams, so that what one seat more saves is no chance.

References
----------
Iterative staffing: Feldman, Mandelbaum, Massey & Whitt, *Management Science* 54, 2008.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.planning.domain.calibration.horizon import Horizon
from app.planning.domain.calibration.outcomes import HOURS_OF_MONTH, Waits, sum_up
from app.planning.domain.calibration.simulation import Flow, Turn, simulate

_PLENTY = 1000
_MOST_STEPS = 60
_FEWEST_TO_JUDGE = 20


@dataclass(frozen=True, slots=True)
class Tally:
    """Exams, and late ones, by the segment in which they arrived, for each priority."""

    exams: Mapping[str, Sequence[int]]
    late: Mapping[str, Sequence[int]]

    def in_limit(self, segment: str) -> float:
        """Compute the share that kept its limit, of the priority that kept it least.

        Priorities of which next to nothing was seen are no ground for a seat; 1 where all are so.
        """
        counted = zip(self.exams[segment], self.late[segment], strict=True)
        shares = (1 - late / exams for exams, late in counted if exams >= _FEWEST_TO_JUDGE)
        return min(shares, default=1.0)

    def late_in(self, segment: str) -> int:
        """Late exams of one segment."""
        return sum(self.late[segment])

    @property
    def total_late(self) -> int:
        """Late exams of all segments."""
        return sum(map(self.late_in, self.late))


@dataclass(frozen=True, slots=True)
class Trials:
    """Years of exams on which seats are tried.

    Parameters
    ----------
    flows
        Independent of each other; times in elapsed hours from the start of the horizon.
    limits
        Of each priority, from arrival to the end of the read, in hours. Exams are read in the order
        in which they are due.
    """

    horizon: Horizon
    flows: Sequence[Flow]
    limits: Sequence[float]
    _segments: list[list[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find once in which segment each exam arrives."""
        starts = [guard.start for guard in self.horizon.guards]
        names = [guard.segment for guard in self.horizon.guards]
        found = [[names[max(0, bisect_right(starts, at) - 1)] for at in f.at] for f in self.flows]
        object.__setattr__(self, "_segments", found)

    @property
    def months(self) -> float:
        """How many months all the flows together last."""
        return self.hours / HOURS_OF_MONTH

    @property
    def hours(self) -> float:
        """How many elapsed hours all the flows together last."""
        return float(len(self.horizon.cells) * len(self.flows))

    def tally(self, seats: Mapping[str, int]) -> Tally:
        """Count who is late with these seats of each segment."""
        exams = {name: [0] * len(self.limits) for name in self.horizon.segments}
        late = {name: [0] * len(self.limits) for name in self.horizon.segments}
        for number, (flow, starts) in enumerate(self._run(seats)):
            columns = zip(
                self._segments[number], flow.at, flow.priority, flow.read, starts, strict=True
            )
            for segment, at, priority, read, start in columns:
                exams[segment][priority] += 1
                late[segment][priority] += start + read - at > self.limits[priority]
        return Tally(exams, late)

    def describe(self, seats: Mapping[str, int]) -> list[Waits | None]:
        """Describe the waits of each priority with these seats, most urgent first."""
        waits: list[list[float]] = [[] for _ in self.limits]
        late = [0] * len(self.limits)
        for flow, starts in self._run(seats):
            for at, priority, read, start in zip(
                flow.at, flow.priority, flow.read, starts, strict=True
            ):
                waits[priority].append(start - at)
                late[priority] += start + read - at > self.limits[priority]
        return [
            sum_up(each, late=count, hours=self.hours)
            for each, count in zip(waits, late, strict=True)
        ]

    def _run(self, seats: Mapping[str, int]) -> Iterator[tuple[Flow, list[float]]]:
        turns = [Turn(guard.start, seats[guard.segment]) for guard in self.horizon.guards]
        for flow in self.flows:
            due = [
                at + self.limits[priority]
                for at, priority in zip(flow.at, flow.priority, strict=True)
            ]
            yield flow, simulate(flow, turns=turns, ranks=due)


@dataclass(frozen=True, slots=True)
class Settled:
    """Seats with which the target holds.

    Parameters
    ----------
    out_of_reach
        Segments in which the reads alone break the target: more seats than these change nothing.
    """

    seats: Mapping[str, int]
    tally: Tally
    out_of_reach: tuple[str, ...]
    steps: int


def settle_seats(
    trials: Trials, *, start: Mapping[str, int], least: Mapping[str, int], target: float
) -> Settled:
    """Raise the seats of segments that miss the target, then lower those that are not needed.

    Parameters
    ----------
    start
        Seats by segment to begin with, as the closed forms give them.
    least
        Seats below which none is lowered, by segment.
    target
        Share of the exams of each priority that keep their limit, in each segment.
    """
    best = trials.tally(dict.fromkeys(start, _PLENTY))
    out_of_reach = tuple(name for name in start if best.in_limit(name) < target)
    judged = [name for name in start if name not in out_of_reach]
    seats = {name: max(start[name], least[name]) for name in start}
    tally, steps = trials.tally(seats), 1
    while steps < _MOST_STEPS:
        worst = min(judged, key=tally.in_limit, default=None)
        if worst is None or tally.in_limit(worst) >= target:
            break
        seats[worst] += 1
        tally, steps = trials.tally(seats), steps + 1
    for name in sorted(judged, key=lambda each: -seats[each]):
        while seats[name] > least[name]:
            tried = trials.tally(seats | {name: seats[name] - 1})
            steps += 1
            if any(tried.in_limit(each) < target for each in judged):
                break
            seats[name] -= 1
            tally = tried
    return Settled(seats, tally, out_of_reach, steps)


@dataclass(frozen=True, slots=True)
class Margin:
    """What one seat of a segment is worth: late exams a month, of all segments.

    Parameters
    ----------
    one_fewer
        Nothing where the segment has a single seat.
    """

    segment: str
    here: float
    """Late exams a month that arrive in this segment."""
    now: float
    one_more: float
    one_fewer: float | None


def find_margins(trials: Trials, *, seats: Mapping[str, int]) -> list[Margin]:
    """Try one seat more and one fewer in each segment, all others as they are."""
    months, tally = trials.months, trials.tally(seats)

    def late(segment: str, change: int) -> float:
        changed = {**seats, segment: seats[segment] + change}
        return trials.tally(changed).total_late / months

    return [
        Margin(
            segment=name,
            here=tally.late_in(name) / months,
            now=tally.total_late / months,
            one_more=late(name, 1),
            one_fewer=late(name, -1) if count > 1 else None,
        )
        for name, count in seats.items()
    ]
