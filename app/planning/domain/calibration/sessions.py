"""Is a guard a real session: not too full for a reader, and not empty; else, what to merge."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.planning.domain.calibration.criteria import Criteria
from app.planning.domain.calibration.horizon import Horizon
from app.planning.domain.calibration.staffing import Bound, SegmentNeed

_TOUCH = 1e-6


class Session(StrEnum):
    """What the exams of a reader make of a guard."""

    TOO_FULL = "too_full"
    REAL = "real"
    TOO_EMPTY = "too_empty"


class Merge(StrEnum):
    """What could be put together."""

    LINES = "lines"
    """A seat of the first line and the backup line: its reader is called when they are needed."""
    SEGMENTS = "segments"
    """This segment and one that it touches, into one longer guard."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A merge, and what a reader would then have to do.

    Parameters
    ----------
    other
        The segment to merge with; none for lines.
    seats
        Readers of the first line after the merge, in the segment or in the longer guard.
    per_seat_and_hour
        Exams of a reader in an hour, over whole guards, after it.
    is_enough
        Does it make a real session?
    """

    merge: Merge
    segment: str
    other: str | None
    seats: int
    per_seat_and_hour: float
    is_enough: bool


def judge(need: SegmentNeed, *, seats: int, criteria: Criteria) -> Session:
    """Say what a number of seats makes of a segment: the ceiling is looked at first."""
    mean = need.exams / need.hours / seats
    if mean > criteria.mean_cap or need.deciding.rate / seats > criteria.hourly_cap:
        return Session.TOO_FULL
    return Session.TOO_EMPTY if mean < criteria.floor else Session.REAL


def propose(
    needs: Sequence[SegmentNeed], *, horizon: Horizon, criteria: Criteria
) -> list[Proposal]:
    """Propose what to merge for each segment whose guards are too empty, the best first.

    Lines are proposed where safety alone asks for more seats than the exams do. A segment is
    proposed with each one that it touches; the longer guard has the seats of the larger of the two.
    """
    by_name = {need.segment: need for need in needs}
    proposals = []
    for need in needs:
        if judge(need, seats=need.seats, criteria=criteria) is not Session.TOO_EMPTY:
            continue
        found = [*_merge_lines(need, criteria)]
        found += [
            _merge_segments(need, by_name[other], criteria)
            for other in sorted(_touching(need.segment, horizon))
        ]
        proposals += sorted(found, key=lambda each: (not each.is_enough, -each.per_seat_and_hour))
    return proposals


def _merge_lines(need: SegmentNeed, criteria: Criteria) -> list[Proposal]:
    seats = max(1, need.deciding.seats)
    if need.bound is not Bound.SAFETY or seats >= need.seats:
        return []
    mean = need.exams / need.hours / seats
    return [Proposal(Merge.LINES, need.segment, None, seats, mean, mean >= criteria.floor)]


def _merge_segments(need: SegmentNeed, other: SegmentNeed, criteria: Criteria) -> Proposal:
    seats = max(need.seats, other.seats)
    mean = (need.exams + other.exams) / (need.hours + other.hours) / seats
    return Proposal(
        Merge.SEGMENTS, need.segment, other.segment, seats, mean, mean >= criteria.floor
    )


def _touching(segment: str, horizon: Horizon) -> set[str]:
    mine = horizon.of_segment(segment)
    edges = {round(edge / _TOUCH) for guard in mine for edge in (guard.start, guard.end)}
    return {
        guard.segment
        for guard in horizon.guards
        if guard.segment != segment
        and (round(guard.start / _TOUCH) in edges or round(guard.end / _TOUCH) in edges)
    }
