"""Log who called, and how it ended."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from app.intake.domain.arrival import AssociationSeen
from app.intake.repository import associations as association_rows


async def log_associations(
    session: AsyncSession, seen: Sequence[AssociationSeen], *, clock_offset_ms: int | None = None
) -> None:
    """Bring the log of associations up to what the journal says; a repeat changes nothing.

    Parameters
    ----------
    session
        The unit of work.
    seen
        Starts, ends and refusals, in any order.
    clock_offset_ms
        How far the clock that gave their instants was ahead of the database's.
    """
    await association_rows.save_associations(session, seen, clock_offset_ms=clock_offset_ms)
