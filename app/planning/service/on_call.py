"""Use cases of those who ask who is on guard."""

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.domain.on_call import OnCall
from app.planning.repository.on_call import list_on_call

_FRANCE = ZoneInfo("Europe/Paris")


async def on_call(session: AsyncSession, at: datetime, *, zone: tzinfo = _FRANCE) -> OnCall:
    """Tell who is on guard at an instant by what is in force, uncovered seats included.

    Parameters
    ----------
    at
        Aware; past instants are answered by what is in force for them now.
    zone
        Where the day of a membership begins.
    """
    seats = await list_on_call(session, at=at, day=at.astimezone(zone).date())
    return OnCall(at=at, seats=tuple(seats))
