"""Use cases of absences: radiologists tell their own, planners those of their society."""

from dataclasses import replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, Role, may, require
from app.kit.errors import NotFound
from app.kit.interval import Interval
from app.planning.models import Absence
from app.planning.repository import absences
from app.planning.repository.people import to_range


class AbsenceUnknown(NotFound):
    """There is no such absence, or no such radiologist."""


def may_write(actor: Actor, *, radiologist_id: int, society_id: int | None) -> bool:
    """May the actor write absences of this radiologist, and read why they are absent?

    Parameters
    ----------
    society_id
        Where the radiologist belongs now.
    """
    if actor.radiologist_id == radiologist_id:
        return True
    return may(_beyond_oneself(actor), Permission.ABSENCE_WRITE, society_id=society_id)


async def put_absence(
    session: AsyncSession,
    *,
    radiologist_id: int,
    period: Interval,
    reason: str,
    actor: Actor,
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
    absence = Absence() if absence_id is None else await _load(session, absence_id)
    concerned = {radiologist_id} | (set() if absence_id is None else {absence.radiologist_id})
    if not await absences.exists_radiologist(session, radiologist_id):
        raise AbsenceUnknown(f"there is no radiologist {radiologist_id}")
    await _require(session, concerned, actor=actor, today=today)
    absence.radiologist_id = radiologist_id
    absence.period = to_range(period)
    absence.reason = reason
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
            require(
                _beyond_oneself(actor), Permission.ABSENCE_WRITE, society_id=societies.get(each)
            )


def _beyond_oneself(actor: Actor) -> Actor:
    # A radiologist's own role gives them their own absences, in whatever scope it was granted.
    grants = tuple(each for each in actor.grants if each.role is not Role.RADIOLOGIST)
    return replace(actor, grants=grants)
