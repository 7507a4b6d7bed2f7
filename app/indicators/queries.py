"""The turnaround, in one statement: events by case, spans by case, figures by group."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    String,
    Subquery,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    values,
)
from sqlalchemy import column as named
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.intervals import (
    ASIDE_BOUNDS,
    FACTS,
    MOVES,
    SPANS,
    Interval,
    Milestone,
    Span,
    find_milestones,
    measure_intervals,
    sum_aside,
)
from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case, CaseEvent, CaseRequest
from app.cases.repository.timeline import list_events
from app.directory.domain.actor import Scope
from app.directory.models import Site, Society
from app.indicators.views import (
    PERCENTILE,
    Grouping,
    SpanFigures,
    Turnaround,
    TurnaroundFilter,
    TurnaroundGroup,
)
from app.planning.models import Guard
from app.requests.models import Request

_ASIDE = "aside"


async def load_turnaround(
    session: AsyncSession,
    *,
    scope: Scope,
    wanted: TurnaroundFilter,
    grouping: Grouping,
    zone: str,
    now: datetime,
) -> Turnaround:
    """Read how long things took, for the cases inside a scope.

    Parameters
    ----------
    scope
        How far the caller may read indicators.
    grouping
        What the figures are put together by.
    zone
        Whose days and months count.
    now
        Decides which unsigned cases are late already.
    """
    cases = _select_cases(scope=scope, wanted=wanted, grouping=grouping, zone=zone).cte("cases")
    events = _select_events(cases).cte("events")
    groups = await session.execute(_select_groups(cases, events, now=now))
    spans = await session.execute(_select_spans(events))
    return Turnaround(
        start=wanted.start,
        end=wanted.end,
        grouping=grouping,
        percentile=PERCENTILE,
        groups=_view_groups(groups, spans),
    )


async def load_intervals(session: AsyncSession, *, case_id: int) -> tuple[Interval, ...]:
    """Read every interval of one case, by its timeline; none of a case that there is not."""
    case_ = await session.get(Case, case_id)
    if case_ is None:
        return ()
    timeline = list(await list_events(session, case_id))
    requested_at = await session.scalar(
        select(func.min(Request.requested_at))
        .join(CaseRequest, CaseRequest.request_id == Request.id)
        .where(CaseRequest.case_id == case_id, CaseRequest.ended_at.is_(None))
    )
    milestones = find_milestones(
        timeline, requested_at=requested_at, first_image_at=case_.first_image_at
    )
    return measure_intervals(milestones, aside=sum_aside(timeline))


def _select_cases(
    *, scope: Scope, wanted: TurnaroundFilter, grouping: Grouping, zone: str
) -> Select[int, datetime | None, datetime | None, str, str]:
    segment = _select_segment().scalar_subquery()
    key, label = _name_group(grouping, segment=segment, zone=zone)
    query = (
        select(
            Case.id,
            Case.first_image_at,
            Case.signed_due_at,
            key.label("key"),
            label.label("label"),
        )
        .join(Site, Site.id == Case.site_id)
        .join(Society, Society.id == Site.society_id)
        .where(
            Case.state != CaseState.VOIDED.value,
            # Without an image there is nothing to measure yet: no instant compares with NULL.
            Case.first_image_at >= wanted.start,
            Case.first_image_at < wanted.end,
            _inside(scope),
        )
    )
    if wanted.site_id is not None:
        query = query.where(Case.site_id == wanted.site_id)
    if wanted.society_id is not None:
        query = query.where(Site.society_id == wanted.society_id)
    if wanted.priority is not None:
        query = query.where(Case.priority == wanted.priority)
    if wanted.segment is not None:
        query = query.where(segment == wanted.segment)
    return query


def _inside(scope: Scope) -> ColumnElement[bool]:
    if scope.everything:
        return true()
    return or_(Site.id.in_(scope.site_ids), Site.society_id.in_(scope.society_ids))


def _select_segment() -> Select[str]:
    return (
        select(Guard.segment_code)
        .where(Guard.line == "first", Guard.period.contains(Case.first_image_at))
        .order_by(Guard.segment_code)
        .limit(1)
        .correlate(Case)
    )


def _name_group(
    grouping: Grouping, *, segment: ColumnElement[str], zone: str
) -> tuple[ColumnElement[str], ColumnElement[str]]:
    local = func.timezone(zone, Case.first_image_at)
    nothing: ColumnElement[str] = literal("")
    names: dict[Grouping, tuple[ColumnElement[Any], ColumnElement[Any]]] = {
        Grouping.WHOLE: (nothing, nothing),
        Grouping.SITE: (cast(Site.id, String), Site.name.expression),
        Grouping.SOCIETY: (cast(Society.id, String), Society.name.expression),
        Grouping.SEGMENT: (func.coalesce(segment, ""), func.coalesce(segment, "")),
        Grouping.PRIORITY: (Case.priority.expression, Case.priority.expression),
        Grouping.DAY: (func.to_char(local, "YYYY-MM-DD"), func.to_char(local, "YYYY-MM-DD")),
        Grouping.MONTH: (func.to_char(local, "YYYY-MM"), func.to_char(local, "YYYY-MM")),
    }
    return names[grouping]


def _select_events(cases: CTE) -> Select[Any]:
    moved = CaseEvent.kind == EventKind.MOVED.value
    firsts = [
        func.min(CaseEvent.at).filter(moved, CaseEvent.state_to == state.value).label(milestone)
        for milestone, state in MOVES.items()
    ] + [
        func.min(CaseEvent.at).filter(CaseEvent.kind == kind.value).label(milestone)
        for milestone, kind in FACTS.items()
    ]
    aside = _select_aside(cases)
    return (
        select(
            cases.c.id,
            cases.c.key,
            cases.c.signed_due_at,
            cases.c.first_image_at.label(Milestone.FIRST_IMAGE),
            _find_requested_at(cases).label(Milestone.REQUESTED),
            func.coalesce(func.min(aside.c.lasted), timedelta(0)).label(_ASIDE),
            *firsts,
        )
        .outerjoin(CaseEvent, CaseEvent.case_id == cases.c.id)
        .outerjoin(aside, aside.c.case_id == cases.c.id)
        .group_by(cases.c.id, cases.c.key, cases.c.signed_due_at, cases.c.first_image_at)
    )


def _find_requested_at(cases: CTE) -> ColumnElement[datetime]:
    return (
        select(func.min(Request.requested_at))
        .join(CaseRequest, CaseRequest.request_id == Request.id)
        .where(CaseRequest.case_id == cases.c.id, CaseRequest.ended_at.is_(None))
        .correlate(cases)
        .scalar_subquery()
    )


def _select_aside(cases: CTE) -> Subquery:
    """Sum for how long each case was put aside: the same as `app.cases.domain.intervals` does."""
    until = func.lead(CaseEvent.at).over(
        partition_by=CaseEvent.case_id, order_by=(CaseEvent.at, CaseEvent.id)
    )
    bounds = (
        select(CaseEvent.case_id, CaseEvent.kind, (until - CaseEvent.at).label("lasts"))
        .join(cases, cases.c.id == CaseEvent.case_id)
        .where(CaseEvent.kind.in_(sorted(each.value for each in ASIDE_BOUNDS)))
        .subquery()
    )
    return (
        select(bounds.c.case_id, func.sum(bounds.c.lasts).label("lasted"))
        .where(bounds.c.kind == EventKind.PUT_ASIDE.value)
        .group_by(bounds.c.case_id)
        .subquery()
    )


def _select_groups(cases: CTE, events: CTE, *, now: datetime) -> Select[Any]:
    signed_at, due_at = events.c[Milestone.SIGNED], events.c.signed_due_at
    judged = or_(signed_at.is_not(None), due_at < now)
    return (
        select(
            cases.c.key,
            func.min(cases.c.label).label("label"),
            func.count().label("case_count"),
            func.count().filter(judged).label("judged_count"),
            func.count().filter(signed_at <= due_at).label("within_count"),
        )
        .join(events, events.c.id == cases.c.id)
        .group_by(cases.c.key)
        .order_by(func.min(cases.c.label), cases.c.key)
    )


def _select_spans(events: CTE) -> Select[Any]:
    numbers = values(named("number", Case.id.type), name="numbers").data(
        [(number,) for number in range(len(SPANS))]
    )
    elapsed = case(
        *((numbers.c.number == number, _measure(events, span)) for number, span in enumerate(SPANS))
    )
    seconds = func.extract("epoch", elapsed).label("seconds")
    each = select(events.c.key, numbers.c.number, seconds).join(numbers, true()).subquery()
    # percentile_disc is the nearest rank: it never invents a value between two (PostgreSQL §9.21).
    return (
        select(
            each.c.key,
            each.c.number,
            func.count(each.c.seconds).label("count"),
            func.percentile_disc(0.5).within_group(each.c.seconds).label("median_s"),
            func.percentile_disc(0.9).within_group(each.c.seconds).label("p90_s"),
            func.percentile_disc(0.95).within_group(each.c.seconds).label("p95_s"),
            func.max(each.c.seconds).label("max_s"),
        )
        .group_by(each.c.key, each.c.number)
        .order_by(each.c.key, each.c.number)
    )


def _measure(events: CTE, span: Span) -> ColumnElement[Any]:
    elapsed = events.c[span.end] - events.c[span.start]
    return elapsed - events.c[_ASIDE] if span.less_aside else elapsed


def _view_groups(groups: Iterable[Any], spans: Iterable[Any]) -> tuple[TurnaroundGroup, ...]:
    by_group = {
        key: tuple(_view_span(row) for row in rows)
        for key, rows in groupby(spans, key=lambda row: row.key)
    }
    return tuple(
        TurnaroundGroup(
            key=row.key,
            label=row.label,
            case_count=row.case_count,
            judged_count=row.judged_count,
            within_sla_count=row.within_count,
            spans=by_group[row.key],
        )
        for row in groups
    )


def _view_span(row: Any) -> SpanFigures:  # noqa: ANN401 - a row of labelled columns
    span = SPANS[row.number]
    return SpanFigures(
        start=span.start,
        end=span.end,
        less_aside=span.less_aside,
        count=row.count,
        median_s=_read_s(row.median_s),
        p90_s=_read_s(row.p90_s),
        p95_s=_read_s(row.p95_s),
        max_s=_read_s(row.max_s),
    )


def _read_s(seconds: Any) -> float | None:  # noqa: ANN401 - a numeric of PostgreSQL
    return None if seconds is None else float(seconds)
