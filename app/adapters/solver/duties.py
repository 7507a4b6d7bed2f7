"""Duties: seats of one person that touch; one in a site may overlap one at a distance."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.adapters.solver.model import Span


@dataclass(frozen=True, slots=True)
class Duty:
    """Spans that touch, in the order of time."""

    spans: tuple[Span, ...]

    @property
    def start(self) -> int:
        """When it begins."""
        return self.spans[0].start

    @property
    def last(self) -> Span:
        """How it ends."""
        return self.spans[-1]


def bridges(duty: Duty, *, until: Span, near: Sequence[Span], longest: timedelta) -> list[Span]:
    """List what may follow a duty at once so that it goes on until another span.

    Whether the bridge reaches that span is a matter of the two. None is listed where the duty
    would become longer than the longest allowed.
    """
    if until.end - duty.start > longest.total_seconds():
        return []
    return [span for span in near if span.start == duty.last.end and span.end <= until.start]


def find_too_near(
    duty: Duty, *, spans: Sequence[Span], rest: timedelta
) -> Iterator[tuple[Span, list[Span]]]:
    """Find the spans that begin after a duty but before its rest is over.

    Parameters
    ----------
    spans
        Those that begin after the duty's last span does, by start.

    Returns
    -------
    Iterator
        Each with all that begin no later than it.
    """
    rested = duty.last.rest_from + rest.total_seconds()
    near: list[Span] = []
    for span in spans:
        if span.start >= rested:
            return
        near.append(span)
        if span.start > duty.last.end:
            yield span, near


def find_duties(spans: Sequence[Span], *, longer_than: timedelta) -> Iterator[Duty]:
    """Find the duties that are longer than this, and would not be without their first span.

    Parameters
    ----------
    spans
        Of one person, by start.
    """
    ending: defaultdict[int, list[Span]] = defaultdict(list)
    for span in spans:
        ending[span.end].append(span)
    limit = longer_than.total_seconds()
    has_two_lanes = len({span.is_on_site for span in spans}) > 1
    for last in spans:
        unfinished = [Duty((last,))]
        while unfinished:
            duty = unfinished.pop()
            if last.end - duty.start > limit:
                yield duty
            else:
                before = [*ending[duty.start]]
                if has_two_lanes:
                    before += _find_beside(duty, spans=spans)
                unfinished += [Duty((span, *duty.spans)) for span in before]


def _find_beside(duty: Duty, *, spans: Sequence[Span]) -> Iterator[Span]:
    """Find what makes a duty begin sooner: spans of the other lane that reach into it."""
    lane = duty.spans[0].is_on_site
    for span in spans:
        if span.start >= duty.start:
            return
        if span.is_on_site is not lane and duty.start < span.end <= duty.last.end:
            yield span
