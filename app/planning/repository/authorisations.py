"""Queries on authorisations of outside readers and hospital radiologists."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.domain.authorisations import Allowed
from app.planning.models import Authorisation
from app.planning.repository.dates import add_unless, to_date_range

_ONE = "ex_authorisation_one_at_a_time"


async def add_authorisation(
    session: AsyncSession, allowed: Allowed, *, written_by: int | None, now: datetime
) -> Authorisation | None:
    """Add an authorisation; nothing where another one holds on one of its dates."""
    row = Authorisation(
        radiologist_id=allowed.radiologist,
        valid=to_date_range(allowed.dates),
        kind=allowed.kind.value,
        reference=allowed.reference,
        written_at=now,
        written_by=written_by,
    )
    return row if await add_unless(session, row, constraint=_ONE) else None
