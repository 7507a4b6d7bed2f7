"""Use cases of absences: radiologists tell their own, planners those of their society."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, PermissionDenied
from app.kit.errors import NotFound
from app.kit.interval import Interval
from app.planning.domain.absences import AbsenceKind, TouchedSeat, find_touched
from app.planning.models import Absence
from app.planning.repository import absences, assignments
from app.planning.repository.ranges import to_range
from app.planning.service.oneself import may_for


class AbsenceUnknown(NotFound):
    """There is no such absence, or no such radiologist."""


def may_write(actor: Actor, *, radiologist_id: int, society_id: int | None) -> bool:
    """May the actor write absences of this radiologist, and read why they are absent?

    Parameters
    ----------
    society_id
        Where the radiologist belongs now.
    """
    return may_for(
        actor, Permission.ABSENCE_WRITE, radiologist_id=radiologist_id, society_id=society_id
    )


@dataclass(frozen=True, slots=True)
class Told:
    """An absence as somebody tells it."""

    radiologist_id: int
    period: Interval
    kind: AbsenceKind = AbsenceKind.OTHER
    reason: str = ""


async def check_absence(
    session: AsyncSession, told: Told, *, actor: Actor, now: datetime, today: date
) -> list[TouchedSeat]:
    """Find the published seats that an absence would touch, before it is saved.

    Raises
    ------
    AbsenceUnknown, PermissionDenied
        As `put_absence`.
    """
    if not await absences.exists_radiologist(session, told.radiologist_id):
        raise AbsenceUnknown(f"there is no radiologist {told.radiologist_id}")
    await _require(session, {told.radiologist_id}, actor=actor, today=today)
    held = await assignments.list_in_force(session, period=told.period, ids=[told.radiologist_id])
    return find_touched(told.period, radiologist=told.radiologist_id, placements=held, now=now)


async def put_absence(
    session: AsyncSession,
    told: Told,
    *,
    actor: Actor,
    now: datetime,
    today: date,
    absence_id: int | None = None,
) -> Absence:
    """Note an absence, or change one; seats held meanwhile stay until they are edited.

    Raises
    ------
    AbsenceUnknown
        If there is no such absence or radiologist.
    PermissionDenied
        If the actor may not, for the one it is or was about.
    """
    absence = (
        Absence(created_at=now, created_by=actor.user_id)
        if absence_id is None
        else await _load(session, absence_id)
    )
    concerned = {told.radiologist_id} | (set() if absence_id is None else {absence.radiologist_id})
    if not await absences.exists_radiologist(session, told.radiologist_id):
        raise AbsenceUnknown(f"there is no radiologist {told.radiologist_id}")
    await _require(session, concerned, actor=actor, today=today)
    absence.radiologist_id = told.radiologist_id
    absence.period = to_range(told.period)
    absence.kind = told.kind.value
    absence.reason = told.reason
    session.add(absence)
    await session.flush()
    return absence


async def delete_absence(
    session: AsyncSession, absence_id: int, *, actor: Actor, today: date
) -> None:
    """Delete an absence.

    Raises
    ------
    AbsenceUnknown
        If there is no such absence.
    PermissionDenied
        If the actor may not.
    """
    absence = await _load(session, absence_id)
    await _require(session, {absence.radiologist_id}, actor=actor, today=today)
    await absences.delete_absence(session, absence_id)


async def _load(session: AsyncSession, absence_id: int) -> Absence:
    found = await absences.find_absence(session, absence_id)
    if found is None:
        raise AbsenceUnknown(f"there is no absence {absence_id}")
    return found


async def _require(
    session: AsyncSession, radiologist_ids: set[int], *, actor: Actor, today: date
) -> None:
    societies = await absences.map_societies(session, radiologist_ids, on=today)
    for each in radiologist_ids:
        if not may_write(actor, radiologist_id=each, society_id=societies.get(each)):
            raise PermissionDenied(Permission.ABSENCE_WRITE)
