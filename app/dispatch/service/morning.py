"""Use case of the morning: tell each society what others have read for its hospitals."""

from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.apart import succeeds
from app.dispatch.domain.morning import Morning, find_due
from app.dispatch.events import MorningListMade
from app.dispatch.repository import morning as repository


async def make_due(session: AsyncSession, *, now: datetime) -> list[MorningListMade]:
    """Make each list that is due: one for each society and time zone of its hospitals, at 8:00.

    A list without anything on it is made too: the society sees that nothing was read. One that
    cannot be made keeps no other society waiting.
    """
    made: list[MorningListMade] = []

    async def make(society_id: int, zone: str, last_end: datetime | None) -> None:
        morning = find_due(now, zone=ZoneInfo(zone), last_end=last_end)
        if morning is None:
            return
        event = await _make(session, society_id=society_id, zone=zone, morning=morning, now=now)
        if event is not None:
            made.append(event)

    places = await repository.list_places(session, today=now.astimezone(UTC).date())
    for society_id, zone, last_end in places:
        await succeeds(session, partial(make, society_id, zone, last_end), society=society_id)
    return made


async def _make(
    session: AsyncSession, *, society_id: int, zone: str, morning: Morning, now: datetime
) -> MorningListMade | None:
    list_id = await repository.add_list(
        session, society_id=society_id, zone=zone, morning=morning, now=now
    )
    if list_id is None:
        return None
    read_count = await repository.fill_read(
        session, list_id, society_id=society_id, zone=zone, interval=morning.interval
    )
    open_count = await repository.fill_open(session, list_id, society_id=society_id, zone=zone)
    return MorningListMade(
        list_id=list_id, society_id=society_id, read_count=read_count, open_count=open_count
    )
