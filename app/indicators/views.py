"""Turnaround: what is counted, and by what it is put together."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.cases.domain.intervals import Milestone, Span


class Grouping(StrEnum):
    """What cases are put together by."""

    WHOLE = "whole"
    SITE = "site"
    SOCIETY = "society"
    """The site's referent society."""
    SEGMENT = "segment"
    """The first-line guard in force at the first image; none when no planning covers it."""
    PRIORITY = "priority"
    DAY = "day"
    """Of the first image, in the platform's zone."""
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnaroundFilter:
    """Which cases are counted: first image in [start, end), and not voided."""

    start: datetime
    end: datetime
    site_id: int | None = None
    society_id: int | None = None
    segment: str | None = None
    priority: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanFigures:
    """How long one span took.

    The percentile of share q is by nearest rank: the smallest value such that at least q of the
    values are not above it. So it is always a time that a case really took.
    """

    start: Milestone
    end: Milestone
    less_aside: bool
    """Without the time for which a reader had put the case aside."""
    count: int
    """Cases that have both events."""
    median_s: float | None
    p90_s: float | None
    p95_s: float | None
    max_s: float | None

    @property
    def span(self) -> Span:
        """The span that they are of."""
        return Span(self.start, self.end, self.less_aside)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnaroundGroup:
    """The figures of the cases that belong together."""

    key: str
    """The id, code, priority or date; empty for the whole, and for cases in no segment."""
    label: str
    case_count: int
    judged_count: int
    """Cases that are signed, or not signed though due: only they can be judged by the SLA."""
    within_sla_count: int
    """Cases signed at the latest when they were due."""
    spans: tuple[SpanFigures, ...]

    @property
    def within_sla_share(self) -> float | None:
        """Share within the SLA, from 0 to 1; none when nothing can be judged yet."""
        return self.within_sla_count / self.judged_count if self.judged_count else None

    def find_span(self, span: Span) -> SpanFigures:
        """Find the figures of a span."""
        return next(each for each in self.spans if each.span == span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnaround:
    """What was asked for, and the figures by group, in order of their labels."""

    start: datetime
    end: datetime
    grouping: Grouping
    percentile: str
    groups: tuple[TurnaroundGroup, ...]


PERCENTILE = "nearest rank"
