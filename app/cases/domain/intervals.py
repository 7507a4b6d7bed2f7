"""Every interval of a case, each named by its two events: how long what took.

The time from the door of the emergency room to the request is not among them: nobody tells us when
a patient was registered there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Protocol

from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind


class Milestone(StrEnum):
    """An event of a case that clocks are named by; of several, the first one."""

    REQUESTED = "requested"
    """The first of its requests was sent to us."""
    DECIDED = "decided"
    """A radiologist decided on a request, or it was cancelled."""
    FIRST_IMAGE = "first_image"
    EXAM_FINISHED = "exam_finished"
    """The hospital said that no further image will come."""
    COMPLETE = "complete"
    NOMINATED = "nominated"
    ACKNOWLEDGED = "acknowledged"
    """A nominated reader has said that they have seen it."""
    CLAIMED = "claimed"
    PRELIMINARY = "preliminary"
    SIGNED = "signed"
    DELIVERED = "delivered"
    """The last required delivery of the report succeeded."""
    READ_AT_SITE = "read_at_site"
    """The requester has said that they have read the report."""
    CRITICAL_FOUND = "critical_found"
    CRITICAL_CONFIRMED = "critical_confirmed"
    """Somebody at the site has said the finding back."""


@dataclass(frozen=True, slots=True)
class Span:
    """The time from one event to another; cases that lack one of the two are not in it."""

    start: Milestone
    end: Milestone
    less_aside: bool = False
    """Without the time for which its reader had put it aside."""


_M = Milestone

SPANS: tuple[Span, ...] = (
    Span(_M.REQUESTED, _M.DECIDED),
    Span(_M.REQUESTED, _M.FIRST_IMAGE),
    Span(_M.REQUESTED, _M.SIGNED),
    Span(_M.EXAM_FINISHED, _M.COMPLETE),
    Span(_M.FIRST_IMAGE, _M.COMPLETE),
    Span(_M.FIRST_IMAGE, _M.NOMINATED),
    Span(_M.NOMINATED, _M.ACKNOWLEDGED),
    Span(_M.NOMINATED, _M.CLAIMED),
    Span(_M.COMPLETE, _M.CLAIMED),
    Span(_M.FIRST_IMAGE, _M.PRELIMINARY),
    Span(_M.CLAIMED, _M.SIGNED),
    Span(_M.CLAIMED, _M.SIGNED, less_aside=True),
    Span(_M.FIRST_IMAGE, _M.SIGNED),
    Span(_M.COMPLETE, _M.SIGNED),
    Span(_M.SIGNED, _M.DELIVERED),
    Span(_M.FIRST_IMAGE, _M.DELIVERED),
    Span(_M.SIGNED, _M.READ_AT_SITE),
    Span(_M.CRITICAL_FOUND, _M.CRITICAL_CONFIRMED),
)
"""In the order of the way of a case."""

MOVES: Mapping[Milestone, CaseState] = MappingProxyType(
    {
        _M.NOMINATED: CaseState.NOMINATED,
        _M.CLAIMED: CaseState.READING,
        _M.SIGNED: CaseState.SIGNED,
        _M.DELIVERED: CaseState.DELIVERED,
        _M.READ_AT_SITE: CaseState.ACKNOWLEDGED,
    }
)
"""Milestones that are moves, and where they lead."""
FACTS: Mapping[Milestone, EventKind] = MappingProxyType(
    {
        _M.DECIDED: EventKind.REQUEST_DECIDED,
        _M.EXAM_FINISHED: EventKind.EXAM_FINISHED,
        _M.COMPLETE: EventKind.COMPLETE,
        _M.ACKNOWLEDGED: EventKind.ACKNOWLEDGED,
        _M.PRELIMINARY: EventKind.PRELIMINARY,
        _M.CRITICAL_FOUND: EventKind.CRITICAL_FOUND,
        _M.CRITICAL_CONFIRMED: EventKind.CRITICAL_CONFIRMED,
    }
)
"""Milestones that are facts beside the state."""
ASIDE_BOUNDS = frozenset({EventKind.PUT_ASIDE, EventKind.RESUMED, EventKind.MOVED})
"""What ends a time for which a case is put aside: it is taken up, put aside anew, or moves."""


class OnTimeline(Protocol):
    """What is read of an entry of a timeline."""

    @property
    def at(self) -> datetime:
        """When it was, aware."""

    @property
    def kind(self) -> str:
        """`EventKind`."""

    @property
    def state_to(self) -> str | None:
        """Of a move: the state it led to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """How long a span took in one case, with its two instants."""

    span: Span
    started_at: datetime
    ended_at: datetime
    took: timedelta
    """Less than 0 where the second event came first: images before their request."""


def find_milestones(
    timeline: Iterable[OnTimeline],
    *,
    requested_at: datetime | None,
    first_image_at: datetime | None,
) -> dict[Milestone, datetime]:
    """Find when each milestone of a case was first reached; those it never reached are absent.

    Parameters
    ----------
    timeline
        In any order.
    requested_at, first_image_at
        What no entry of the timeline says, as the case and its requests know it; aware.
    """
    given = {_M.REQUESTED: requested_at, _M.FIRST_IMAGE: first_image_at}
    found = {milestone: at for milestone, at in given.items() if at is not None}
    by_state = {state.value: milestone for milestone, state in MOVES.items()}
    by_kind = {kind.value: milestone for milestone, kind in FACTS.items()}
    for entry in timeline:
        is_move = entry.kind == EventKind.MOVED
        milestone = by_state.get(entry.state_to or "") if is_move else by_kind.get(entry.kind)
        if milestone is not None:
            found[milestone] = min(entry.at, found.get(milestone, entry.at))
    return found


def sum_aside(timeline: Iterable[OnTimeline]) -> timedelta:
    """Sum for how long a case was put aside, as far as that is over.

    Parameters
    ----------
    timeline
        Oldest first.
    """
    bounds = [entry for entry in timeline if entry.kind in ASIDE_BOUNDS]
    return sum(
        (
            later.at - earlier.at
            for earlier, later in pairwise(bounds)
            if earlier.kind == EventKind.PUT_ASIDE
        ),
        timedelta(0),
    )


def measure_intervals(
    milestones: Mapping[Milestone, datetime], *, aside: timedelta
) -> tuple[Interval, ...]:
    """Measure each span both of whose events a case has, in the order of `SPANS`.

    Parameters
    ----------
    milestones
        As `find_milestones`.
    aside
        As `sum_aside`, >= 0.
    """
    return tuple(
        Interval(
            span=span,
            started_at=milestones[span.start],
            ended_at=milestones[span.end],
            took=milestones[span.end]
            - milestones[span.start]
            - (aside if span.less_aside else timedelta(0)),
        )
        for span in SPANS
        if span.start in milestones and span.end in milestones
    )
