"""Use cases of segments: the rules of a calendar change as one set, so that they always fit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor, Permission, require
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.interval import Interval
from app.planning.domain.calendars import (
    GUARDS,
    Calendar,
    CalendarKind,
    LaidCalendar,
    classify,
    default_hours,
)
from app.planning.domain.errors import SegmentsDoNotFit, SegmentsInUse
from app.planning.domain.segments import SegmentRule, default_rules
from app.planning.models import Calendar as CalendarRow
from app.planning.repository import plannings
from app.planning.repository import segments as repository
from app.planning.repository.guards import find_end_on_site
from app.planning.service.holidays import list_holidays

LOCK = "segments"
"""Held by who changes the rules, and by who lays out guards by them."""

LONGEST_MEASURED = timedelta(days=400)

_DAY = timedelta(days=1)


class CalendarUnknown(NotFound):
    """No calendar has this code."""


class CalendarFixed(Conflict):
    """What a calendar promises never changes."""


@dataclass(frozen=True, slots=True)
class NewCalendar:
    """A calendar to be written; `site_id` is that of a line on site, and of nothing else."""

    code: str
    name: str
    kind: CalendarKind
    site_id: int | None = None
    alsace_moselle: bool = False


async def put_calendar(session: AsyncSession, new: NewCalendar, *, actor: Actor) -> CalendarRow:
    """Write a calendar; that of guards there is once, and it exists.

    Raises
    ------
    PermissionDenied
        If the actor may not plan for the whole group.
    Invalid
        If a line on site has no site, or another calendar has one.
    CalendarUnknown
        If there is no such site.
    CalendarFixed
        If a calendar of this code is of another kind, or it would be a second one of guards.
    """
    require(actor, Permission.PLANNING_WRITE)
    if (new.kind is CalendarKind.ON_SITE) is (new.site_id is None):
        raise Invalid("a line on site needs the site, and nothing else has one")
    await wait_for_lock(session, LOCK)
    if new.site_id is not None and not await repository.exists_site(session, new.site_id):
        raise CalendarUnknown(f"there is no site {new.site_id}")
    found = await repository.find_calendar(session, new.code)
    if found is None and new.kind is CalendarKind.GUARD:
        raise CalendarFixed(f"guards are laid out by the calendar {GUARDS}: there is no second one")
    if found is not None and (found.kind, found.site_id) != (new.kind.value, new.site_id):
        raise CalendarFixed(f"the calendar {new.code} is of kind {found.kind}: choose another code")
    return await repository.put_calendar(
        session,
        code=new.code,
        name=new.name,
        kind=new.kind.value,
        site_id=new.site_id,
        alsace_moselle=new.alsace_moselle,
    )


async def change_segments(
    session: AsyncSession,
    rules: Sequence[SegmentRule],
    *,
    valid_from: date,
    actor: Actor,
    calendar: str = GUARDS,
) -> None:
    """Let a new set of rules take over on a date.

    Parameters
    ----------
    rules
        The whole new set; each is made valid from that date. A calendar of hours may have none.
    valid_from
        The old rules end there; guards of them must not be laid out beyond it.

    Raises
    ------
    PermissionDenied
        If the actor may not plan for the whole group.
    CalendarUnknown
        If there is no such calendar.
    SegmentsDoNotFit
        If old and new rules leave an instant without a segment, or give it two of one calendar.
    SegmentsInUse
        If guards are laid out beyond the date.
    """
    require(actor, Permission.PLANNING_WRITE)
    await wait_for_lock(session, LOCK)
    row = await find_calendar(session, calendar)
    new = [replace(rule, valid_from=valid_from) for rule in rules]
    old = list(_end(await repository.list_rules(session, calendar=calendar), on=valid_from))
    flaw = Calendar(calendar, CalendarKind(row.kind), (*old, *new)).find_flaw()
    if flaw is not None:
        raise SegmentsDoNotFit(flaw)
    await _refuse_under_guards(session, row, on=valid_from, rules=new or old)
    await repository.end_rules(session, on=valid_from, calendar=calendar)
    await repository.add_rules(session, new, calendar=calendar)


def _end(rules: Sequence[SegmentRule], *, on: date) -> Iterator[SegmentRule]:
    for rule in rules:
        if rule.valid_from < on:
            yield replace(rule, valid_until=min(rule.valid_until or on, on))


async def _refuse_under_guards(
    session: AsyncSession, calendar: CalendarRow, *, on: date, rules: Sequence[SegmentRule]
) -> None:
    """Refuse a date before which guards end that were laid out by the calendar."""
    if not rules or CalendarKind(calendar.kind) is CalendarKind.HOURS:
        return
    end = await (
        plannings.find_planned_end(session)
        if calendar.site_id is None
        else find_end_on_site(session, site_id=calendar.site_id)
    )
    zone = rules[0].zone
    if end is not None and end.astimezone(zone).date() > on:
        raise SegmentsInUse(on=on, planned_until=end.astimezone(zone).date())


async def find_calendar(session: AsyncSession, code: str) -> CalendarRow:
    """Find a calendar without its rules.

    Raises
    ------
    CalendarUnknown
        If there is none.
    """
    found = await repository.find_calendar(session, code)
    if found is None:
        raise CalendarUnknown(f"there is no calendar {code}: list the calendars")
    return found


async def lay_default_segments(session: AsyncSession, *, zone: ZoneInfo, valid_from: date) -> bool:
    """Give a group without any segment the usual four, and the usual hours; tell if it was so."""
    await wait_for_lock(session, LOCK)
    if await repository.list_rules(session):
        return False
    await repository.add_rules(session, default_rules(zone=zone, valid_from=valid_from))
    for hours in default_hours(zone=zone, valid_from=valid_from):
        if await repository.find_calendar(session, hours.code) is None:
            await repository.put_calendar(
                session, code=hours.code, name=hours.code, kind=hours.kind.value
            )
            await repository.add_rules(session, hours.rules, calendar=hours.code)
    return True


async def load_calendar(session: AsyncSession, code: str = GUARDS) -> Calendar:
    """Load a calendar with all its rules.

    Raises
    ------
    CalendarUnknown
        If there is no such calendar.
    """
    kind = CalendarKind((await find_calendar(session, code)).kind)
    return Calendar(code, kind, tuple(await repository.list_rules(session, calendar=code)))


async def list_own_holidays(
    session: AsyncSession, first: date, last: date, *, calendar: str = GUARDS
) -> frozenset[date]:
    """List the holidays of a calendar, as `list_holidays`."""
    row = await find_calendar(session, calendar)
    return list_holidays(first, last, alsace_moselle=row.alsace_moselle)


async def lay_calendar(
    session: AsyncSession, *, first: date, last: date, calendar: str = GUARDS
) -> LaidCalendar:
    """Lay a calendar out over the dates from `first` up to, but not including, `last`."""
    found = await load_calendar(session, calendar)
    holidays = await list_own_holidays(session, first - 2 * _DAY, last + _DAY, calendar=calendar)
    return found.lay(first=first, last=last, holidays=holidays)


async def measure_hours(
    session: AsyncSession, interval: Interval
) -> dict[str, dict[str, timedelta]]:
    """Measure how much of an interval lies in each segment and in each of the hours.

    Parameters
    ----------
    interval
        At most 400 days.

    Returns
    -------
    dict
        Elapsed time by code of calendar, then by code of segment or hours.

    Raises
    ------
    Invalid
        If it is longer.
    """
    if interval.duration > LONGEST_MEASURED:
        raise Invalid(f"hours of {LONGEST_MEASURED.days} days are measured at most")
    first, last = interval.start.date() - _DAY, interval.end.date() + 2 * _DAY
    return {
        row.code: (await lay_calendar(session, first=first, last=last, calendar=row.code)).measure(
            interval
        )
        for row in await repository.list_calendars(session)
    }


async def find_segment(session: AsyncSession, *, at: datetime) -> str | None:
    """Find the segment of an instant by the rules; nothing before the first rule begins."""
    first, last = at.date() - _DAY, at.date() + 2 * _DAY
    laid = await lay_calendar(session, first=first, last=last)
    return next(iter(laid.codes(at)), None)


async def classify_instant(session: AsyncSession, *, at: datetime) -> dict[str, tuple[str, ...]]:
    """Say in which segment and in which hours an instant lies, by code of calendar."""
    found: dict[str, tuple[str, ...]] = {}
    day = at.date()
    for row in await repository.list_calendars(session):
        calendar = await load_calendar(session, row.code)
        first, last = day - 5 * _DAY, day + 3 * _DAY
        holidays = list_holidays(first, last, alsace_moselle=row.alsace_moselle)
        found |= classify([calendar], at=at, holidays=holidays)
    return found
