"""Calendars and their segments: rules in wall-clock time; one calendar cuts every week."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from fastapi import APIRouter, Path, Query
from pydantic import Field, StringConstraints

from app.directory.domain import Permission
from app.kit.errors import Conflict, Invalid, NotFound
from app.planning.domain.calendars import GUARDS, CalendarKind
from app.planning.domain.segments import DayKind, SeatsNeeded, SegmentRule
from app.planning.models import Segment
from app.planning.repository.segments import list_calendars as load_calendars
from app.planning.repository.segments import list_segments as load_segments
from app.planning.service.segments import (
    NewCalendar,
    change_segments,
    classify_instant,
    load_calendar,
    measure_hours,
    put_calendar,
)
from app.web.api.instants import At, Day, make_interval
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, BodyKey, Line, View

router = APIRouter(prefix="/segments", tags=["planning"])

_CODE = r"^[a-z][a-z0-9_]{0,39}$"
SegmentCode = Annotated[str, StringConstraints(pattern=_CODE)]
CalendarInQuery = Annotated[str, Query(pattern=_CODE)]
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
    points: int
    """Of a seat, in thousandths."""
    skills: list[str]
    least_societies: int
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
    points: Annotated[int, Field(ge=0, le=100_000)] = 1000
    skills: Annotated[frozenset[Line], Field(max_length=20)] = frozenset()
    least_societies: Annotated[int, Field(ge=1, le=100)] = 1


class SegmentsBody(Body):
    """A whole set of rules of a calendar, and the day on which it takes over."""

    calendar: SegmentCode = GUARDS
    since: Day
    rules: Annotated[list[RuleBody], Field(max_length=50)]


class CalendarView(View):
    """A calendar: guards cut the line exactly, hours classify it, a line on site is a site's."""

    code: str
    name: str
    kind: CalendarKind
    site_id: int | None
    alsace_moselle: bool
    bridges: bool
    """Whether a rule names bridge days."""


class CalendarBody(Body):
    """A calendar to be written; its kind and site never change."""

    name: Line
    kind: CalendarKind
    site_id: BodyKey | None = None
    alsace_moselle: bool = False


class InstantView(View):
    """In which segment and in which hours an instant lies, by code of calendar."""

    at: datetime
    calendars: dict[str, tuple[str, ...]]


class HoursView(View):
    """Whole minutes that elapse in each segment and in each of the hours, by calendar."""

    since: datetime
    until: datetime
    minutes: dict[str, dict[str, int]]


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


def read_rule(body: RuleBody, *, since: date, zone: str) -> SegmentRule:
    """Read a rule of a set that takes over on a date.

    Raises
    ------
    Invalid
        If its zone does not exist, or a part is out of its range.
    """
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
            points=body.points,
            skills=body.skills,
            least_societies=body.least_societies,
        )
    except ValueError as error:
        raise Invalid(str(error)) from error


@router.get("", responses=raises(NotFound))
async def list_segments(
    work: Annotated[Work, needs(Permission.PLANNING_READ)], calendar: CalendarInQuery = GUARDS
) -> list[SegmentView]:
    """List all rules of a calendar, past and to come."""
    await load_calendar(work.session, calendar)
    return _view(await load_segments(work.session, calendar=calendar))


@router.put("", responses=raises(NotFound, Conflict))
async def put_segments(
    body: SegmentsBody, work: Annotated[Work, needs(Permission.PLANNING_WRITE)]
) -> list[SegmentView]:
    """Let a whole set of rules take over on a day; those of guards must cut every week exactly."""
    zone = work.container.settings.zone
    rules = [read_rule(rule, since=body.since, zone=zone) for rule in body.rules]
    await change_segments(
        work.session, rules, valid_from=body.since, actor=work.actor, calendar=body.calendar
    )
    return _view(await load_segments(work.session, calendar=body.calendar))


@router.get("/calendars")
async def list_calendars(
    work: Annotated[Work, needs(Permission.PLANNING_READ)],
) -> list[CalendarView]:
    """List all calendars over the one stream of instants."""
    return [CalendarView.model_validate(row) for row in await load_calendars(work.session)]


@router.put("/calendars/{code}", responses=raises(NotFound, Conflict))
async def write_calendar(
    code: Annotated[str, Path(pattern=_CODE)],
    body: CalendarBody,
    work: Annotated[Work, needs(Permission.PLANNING_WRITE)],
) -> CalendarView:
    """Write a calendar of hours or of a line on site, or rename one."""
    new = NewCalendar(code=code, **body.model_dump())
    return CalendarView.model_validate(await put_calendar(work.session, new, actor=work.actor))


@router.get("/hours")
async def measure_segments(
    since: At, until: At, work: Annotated[Work, needs(Permission.PLANNING_READ)]
) -> HoursView:
    """Measure how much of a period lies in each segment and in each of the hours."""
    found = await measure_hours(work.session, make_interval(since, until))
    return HoursView(
        since=since,
        until=until,
        minutes={
            calendar: {code: elapsed // timedelta(minutes=1) for code, elapsed in hours.items()}
            for calendar, hours in found.items()
        },
    )


@router.get("/at")
async def find_segments(
    at: At, work: Annotated[Work, needs(Permission.PLANNING_READ)]
) -> InstantView:
    """Say in which segment and in which hours an instant lies."""
    return InstantView(at=at, calendars=await classify_instant(work.session, at=at))
