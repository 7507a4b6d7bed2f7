"""Use case: the holder of a seat, or who plans for them, tells when they really worked last."""

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, PermissionDenied
from app.kit.errors import Conflict
from app.planning.domain.last_act import check_last_act
from app.planning.repository import assignments, last_acts, plannings
from app.planning.repository.absences import map_societies
from app.planning.service.oneself import may_for


class NobodyHolds(Conflict):
    """Nobody holds the seat, so that nobody has worked for it."""

    def __init__(self, seat_id: int) -> None:
        super().__init__(f"nobody holds seat {seat_id} as it is published: look at it again")
        self.seat_id = seat_id


async def put_last_act(
    session: AsyncSession,
    *,
    seat_id: int,
    acted_at: datetime,
    actor: Actor,
    now: datetime,
    today: date,
) -> int:
    """Write when the holder of a seat worked last, and return the holder; rest is counted from it.

    Raises
    ------
    NoSuchPlanning
        If there is no such seat.
    NobodyHolds
        If it is not published, or nobody holds it.
    PermissionDenied
        If the actor neither holds it nor plans for the holder's society.
    Invalid
        As `check_last_act`.
    """
    await plannings.find_seat(session, seat_id)
    found = await assignments.list_in_force_of(session, seat_ids=[seat_id])
    holder = found[0].radiologist if found else None
    if holder is None:
        raise NobodyHolds(seat_id)
    society = (await map_societies(session, [holder], on=today)).get(holder)
    # Their own, as absences are; and planners for those of their society.
    if not may_for(actor, Permission.ABSENCE_WRITE, radiologist_id=holder, society_id=society):
        raise PermissionDenied(Permission.ABSENCE_WRITE)
    at = check_last_act(found[0].seat.interval, acted_at, now=now)
    await last_acts.put_last_act(
        session, seat_id=seat_id, radiologist_id=holder, acted_at=at, now=now
    )
    return holder
