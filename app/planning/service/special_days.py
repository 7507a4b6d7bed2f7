"""Use case: who held the seats of special days over five years."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.domain.special_days import (
    Occasion,
    SpecialDay,
    count_special,
    counted_since,
    measure_occasion,
)
from app.planning.repository.special_days import list_held


@dataclass(frozen=True, slots=True)
class SpecialSeats:
    """Seats from the first date up to, but not including, the last, by holder."""

    since: date
    until: date
    societies: dict[SpecialDay, Counter[int]]
    """By the society that owed the seat."""
    radiologists: dict[SpecialDay, Counter[int]]


async def count_special_seats(
    session: AsyncSession, *, until: date, zone: ZoneInfo
) -> SpecialSeats:
    """Count the seats in force on special days, over the five years before a date."""
    since = counted_since(until)
    occasions = [
        measure_occasion(Occasion(day, year), zone=zone)
        for year in range(since.year, until.year + 1)
        for day in SpecialDay
    ]
    held = await list_held(session, meeting=occasions)
    return SpecialSeats(
        since,
        until,
        count_special(((each.society, each.interval) for each in held), until=until, zone=zone),
        count_special(
            ((each.radiologist, each.interval) for each in held if each.radiologist is not None),
            until=until,
            zone=zone,
        ),
    )
