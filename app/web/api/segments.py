"""Segments: the rules in wall-clock time that cut every week."""

from datetime import date, time
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from fastapi import APIRouter
from pydantic import Field, StringConstraints

from app.directory.domain import Permission
from app.kit.errors import Conflict, Invalid
from app.planning.domain.segments import DayKind, SeatsNeeded, SegmentRule
from app.planning.models import Segment
from app.planning.repository.segments import list_segments as load_segments
from app.planning.service.segments import change_segments
from app.web.api.instants import Day
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, Line, View

router = APIRouter(prefix="/segments", tags=["planning"])

SegmentCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Seats = Annotated[int, Field(ge=0, le=100)]


class SegmentView(View):
    """A rule; it begins for the last time on the day before `until`."""

    id: int
    code: str
    days: list[DayKind]
    starts: time
    ends: time
    zone: str
    seats_needed: int
    backup_seats: int
    coordinator_seats: int
    since: date
    until: date | None


class RuleBody(Body):
    """A rule; an end at or before the start is on the next day."""

    code: SegmentCode
    days: Annotated[frozenset[DayKind], Field(min_length=1)]
    starts: time
    ends: time
    zone: Line | None = None
    until: Day | None = None
    """First day on which it no longer begins; for a stretch between the old rules and the new."""
    seats_needed: Seats = 1
    backup_seats: Seats = 1
    coordinator_seats: Seats = 1


class SegmentsBody(Body):
    """A whole set of rules, and the day on which it takes over."""

    since: Day
    rules: Annotated[list[RuleBody], Field(min_length=1, max_length=50)]


def _view(rows: list[Segment]) -> list[SegmentView]:
    return [
        SegmentView(
            **{name: getattr(row, name) for name in _COLUMNS},
            since=row.valid_from,
            until=row.valid_to,
        )
        for row in rows
    ]


_COLUMNS = tuple(SegmentView.model_fields.keys() - {"since", "until"})


def _read(body: RuleBody, *, since: date, zone: str) -> SegmentRule:
    name = body.zone or zone
    if name not in available_timezones():
        raise Invalid(f"the rule of segment {body.code} names a zone that does not exist")
    try:
        return SegmentRule(
            segment=body.code,
            days=body.days,
            start=body.starts,
            end=body.ends,
            zone=ZoneInfo(name),
            valid_from=since,
            valid_until=body.until,
            needed=SeatsNeeded(
                readers=body.seats_needed,
                backups=body.backup_seats,
                coordinators=body.coordinator_seats,
            ),
        )
    except ValueError as error:
        raise Invalid(str(error)) from error


@router.get("")
async def list_segments(
    work: Annotated[Work, needs(Permission.PLANNING_READ)],
) -> list[SegmentView]:
    """List all rules, past and to come."""
    return _view(await load_segments(work.session))


@router.put("", responses=raises(Conflict))
async def put_segments(
    body: SegmentsBody, work: Annotated[Work, needs(Permission.PLANNING_WRITE)]
) -> list[SegmentView]:
    """Let a whole set of rules take over on a day; it must cut every week exactly."""
    zone = work.container.settings.zone
    rules = [_read(rule, since=body.since, zone=zone) for rule in body.rules]
    await change_segments(work.session, rules, valid_from=body.since, actor=work.actor)
    return _view(await load_segments(work.session))
