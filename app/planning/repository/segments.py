"""Queries on calendars and their segments: rules in wall-clock time."""

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Site
from app.planning.domain.calendars import GUARDS
from app.planning.domain.segments import DayKind, SeatsNeeded, SegmentRule
from app.planning.models import Calendar, Segment


def read_rule(row: Segment) -> SegmentRule:
    """Read a row as a rule of the domain."""
    return SegmentRule(
        segment=row.code,
        days=frozenset(DayKind(day) for day in row.days),
        start=row.starts,
        end=row.ends,
        zone=ZoneInfo(row.zone),
        valid_from=row.valid_from,
        valid_until=row.valid_to,
        needed=SeatsNeeded(
            readers=row.seats_needed,
            backups=row.backup_seats,
            coordinators=row.coordinator_seats,
        ),
        points=row.points,
        skills=frozenset(row.skills),
        least_societies=row.least_societies,
    )


def _write_rule(rule: SegmentRule) -> dict[str, object]:
    return {
        "code": rule.segment,
        "days": [day.value for day in DayKind if day in rule.days],
        "starts": rule.start,
        "ends": rule.end,
        "zone": rule.zone.key,
        "seats_needed": rule.needed.readers,
        "backup_seats": rule.needed.backups,
        "coordinator_seats": rule.needed.coordinators,
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_until,
        "points": rule.points,
        "skills": sorted(rule.skills),
        "least_societies": rule.least_societies,
    }


async def list_calendars(session: AsyncSession) -> list[Calendar]:
    """List all calendars, by code."""
    return list((await session.scalars(select(Calendar).order_by(Calendar.code))).all())


async def find_calendar(session: AsyncSession, code: str) -> Calendar | None:
    """Find a calendar by its code."""
    return (await session.scalars(select(Calendar).where(Calendar.code == code))).one_or_none()


async def keeps_alsace_moselle(session: AsyncSession, *, calendar: str = GUARDS) -> bool:
    """Tell whether a calendar has the two holidays more of Alsace and Moselle."""
    query = select(Calendar.alsace_moselle).where(Calendar.code == calendar)
    return bool(await session.scalar(query))


async def exists_site(session: AsyncSession, site_id: int) -> bool:
    """Tell whether there is such a site."""
    return await session.get(Site, site_id) is not None


async def put_calendar(session: AsyncSession, *, code: str, **values: object) -> Calendar:
    """Write a calendar, instead of the one of that code; its kind never changes."""
    statement = upsert(Calendar).values(code=code, **values)
    changed = {name: value for name, value in values.items() if name not in {"kind", "site_id"}}
    statement = statement.on_conflict_do_update(index_elements=["code"], set_=changed)
    query = statement.returning(Calendar).execution_options(populate_existing=True)
    return (await session.scalars(query)).one()


async def list_segments(session: AsyncSession, *, calendar: str = GUARDS) -> list[Segment]:
    """List all rules of a calendar, past and to come."""
    query = (
        select(Segment)
        .join(Calendar, Calendar.id == Segment.calendar_id)
        .where(Calendar.code == calendar)
        .order_by(Segment.valid_from, Segment.id)
    )
    return list((await session.scalars(query)).all())


async def list_rules(session: AsyncSession, *, calendar: str = GUARDS) -> list[SegmentRule]:
    """List all rules of a calendar as the domain reads them."""
    return [read_rule(row) for row in await list_segments(session, calendar=calendar)]


async def add_rules(
    session: AsyncSession, rules: Iterable[SegmentRule], *, calendar: str = GUARDS
) -> None:
    """Add rules to a calendar, and note whether they name bridge days."""
    written = [_write_rule(rule) for rule in rules]
    query = select(Calendar.id).where(Calendar.code == calendar)
    calendar_id = (await session.scalars(query)).one()
    if written:
        values = [rule | {"calendar_id": calendar_id} for rule in written]
        await session.execute(insert(Segment), values)
    names_bridges = select(Segment.id).where(
        Segment.calendar_id == calendar_id, Segment.days.contains([DayKind.BRIDGE.value])
    )
    await session.execute(
        update(Calendar).where(Calendar.id == calendar_id).values(bridges=names_bridges.exists())
    )


async def end_rules(session: AsyncSession, *, on: date, calendar: str = GUARDS) -> None:
    """Let every rule of a calendar end before a date; those that begin then are dropped."""
    own = Segment.calendar_id.in_(select(Calendar.id).where(Calendar.code == calendar))
    await session.execute(delete(Segment).where(own, Segment.valid_from >= on))
    await session.execute(
        update(Segment)
        .where(own, or_(Segment.valid_to.is_(None), Segment.valid_to > on))
        .values(valid_to=on)
    )
