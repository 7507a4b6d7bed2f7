"""Dates of the domain as PostgreSQL's ranges, and rows of which no two may hold on one date."""

from datetime import date

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.base import Base
from app.db.errors import constraint_of
from app.planning.domain.dated import Dates


def to_dates(valid: Range[date]) -> Dates:
    """Read a range that has a first date.

    Raises
    ------
    ValueError
        If it has none; ours always have.
    """
    if valid.lower is None:
        msg = f"the range {valid} has no first date"
        raise ValueError(msg)
    return Dates(valid.lower, valid.upper)


def to_date_range(dates: Dates) -> Range[date]:
    """Write dates as a range: the first inside, the last outside."""
    return Range(dates.since, dates.until)


async def add_unless(session: AsyncSession, row: Base, *, constraint: str) -> bool:
    """Add a row; not if this constraint refuses it, and then the transaction goes on."""
    try:
        async with session.begin_nested():
            session.add(row)
            await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == constraint:
            return False
        raise
    return True
