"""Use case of replacements: who can take a published seat that falls free."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.kit.errors import Invalid
from app.kit.interval import Interval
from app.planning.domain.errors import NoSuchPlanning
from app.planning.domain.replacement import Replacement, find_replacements
from app.planning.repository import assignments, people, plannings
from app.planning.service.judging import find_zone
from app.planning.service.oneself import beyond_oneself

_NEAR = timedelta(days=28)
"""How far seats are looked at, as far as rules of nights and weekends reach; past work is told with
each reader, as far as the mean of hours reaches."""


async def find_seat_replacements(
    session: AsyncSession, seat_id: int, *, actor: Actor, now: datetime
) -> list[Replacement]:
    """Find who can take a seat in force, the best first; rules that each would break are named.

    Raises
    ------
    NoSuchPlanning
        If there is no such seat, or it is not published.
    PermissionDenied
        If the actor neither plans for the society that owes the seat nor coordinates.
    Invalid
        If the seat is over.
    """
    found = await assignments.list_in_force_of(session, seat_ids=[seat_id])
    if not found:
        raise NoSuchPlanning(f"seat {seat_id} is not published: nobody has to be replaced")
    free = found[0]
    require(beyond_oneself(actor), Permission.SWAP_WRITE, society_id=free.society)
    hours = free.seat.interval
    if hours.end <= now:
        raise Invalid(f"seat {seat_id} was over at {hours.end:%Y-%m-%d %H:%M} UTC")
    around = Interval(hours.start - _NEAR, hours.end + _NEAR)
    zone = await find_zone(session)
    return find_replacements(
        free,
        readers=await people.list_readers(
            session, period=around, zone=zone, sites_for=hours, carried_to=hours.start
        ),
        around=await assignments.list_in_force(session, period=around),
        zone=zone,
        demands=await plannings.list_demands(session, seat_ids=[seat_id]),
    )
