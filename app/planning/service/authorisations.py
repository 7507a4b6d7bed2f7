"""Use cases of authorisations: outside readers and hospital radiologists, dated, by an act."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.planning.domain.authorisations import Allowed
from app.planning.domain.dated import DatesOverlap
from app.planning.models import Authorisation
from app.planning.repository import authorisations
from app.planning.service.planned_for import require_writer_of


async def add_authorisation(
    session: AsyncSession, allowed: Allowed, *, actor: Actor, now: datetime, today: date
) -> Authorisation:
    """Write that somebody from outside may hold seats opened to them, with who and when.

    Raises
    ------
    RadiologistUnknown, PermissionDenied
        As `require_writer_of`.
    DatesOverlap
        If another authorisation of the radiologist holds on one of the dates.
    """
    await require_writer_of(session, {allowed.radiologist}, actor=actor, today=today)
    row = await authorisations.add_authorisation(
        session, allowed, written_by=actor.user_id, now=now
    )
    if row is None:
        raise DatesOverlap(
            f"another authorisation of radiologist {allowed.radiologist} holds on some of the "
            f"dates from {allowed.dates.since} to {allowed.dates.until or 'no end'}: end it first"
        )
    return row
