"""Queries on segments: rules in wall-clock time."""

from collections.abc import Iterable
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.domain.segments import DayKind, SeatsNeeded, SegmentRule
from app.planning.models import Segment


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
    }


async def list_segments(session: AsyncSession) -> list[Segment]:
    """List all rules, past and to come."""
    query = select(Segment).order_by(Segment.valid_from, Segment.id)
    return list((await session.scalars(query)).all())


async def list_rules(session: AsyncSession) -> list[SegmentRule]:
    """List all rules as the domain reads them."""
    return [read_rule(row) for row in await list_segments(session)]


async def add_rules(session: AsyncSession, rules: Iterable[SegmentRule]) -> None:
    """Add rules."""
    await session.execute(insert(Segment), [_write_rule(rule) for rule in rules])


async def end_rules(session: AsyncSession, *, on: date) -> None:
    """Let every rule end before a date; those that would only begin then are dropped."""
    await session.execute(delete(Segment).where(Segment.valid_from >= on))
    await session.execute(
        update(Segment)
        .where(or_(Segment.valid_to.is_(None), Segment.valid_to > on))
        .values(valid_to=on)
    )
