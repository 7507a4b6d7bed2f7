"""Use cases of a sweep: find what may go, give it up study by study, note what is gone.

The row goes first, guarded; then, outside any transaction, the file; then the row says that the
file is gone. Killed in between, the row already says that nothing is kept, and the next sweep finds
the file by it (`list_left`). A row never says that a file is kept which is not there.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.timeline import EventKind
from app.retention.domain.stay import Ages, Stay, may_go
from app.retention.repository import files, readings, stays
from app.retention.repository.files import GivenUp
from app.retention.repository.stays import Cursor
from app.retention.service.settings import read_ages

_PAGE = 2000


@dataclass(frozen=True, slots=True)
class Page:
    """Studies that may go, the longest delivered first, and where to look on.

    Parameters
    ----------
    rest
        Absent when there are no more.
    """

    study_ids: tuple[int, ...]
    rest: Cursor | None


async def begin_sweep(session: AsyncSession, *, now: datetime) -> bool:
    """Tell whether the latest reading asks for a sweep that nobody else has begun."""
    latest = await readings.find_latest(session)
    return latest is not None and await readings.begin_sweep(session, latest.id, now=now)


async def find_due(
    session: AsyncSession, *, after: Cursor | None, pressed: bool, now: datetime, limit: int = _PAGE
) -> Page:
    """Find studies that may go, the oldest images first.

    Parameters
    ----------
    after
        Where the last page ended.
    pressed
        The disk is too full: what has stayed for the least age may go.
    limit
        How many images are looked at.
    """
    ages = await read_ages(session)
    # Nothing may go that arrived later: it ages from its delivery, at the earliest its arrival.
    before = now - (ages.least if pressed else ages.shortest)
    study_ids, rest = await stays.list_oldest(session, before=before, after=after, limit=limit)
    found = await stays.read_stays(session, study_ids)
    due = [each.study_id for each in found if _is_due(each, ages, pressed=pressed, now=now)]
    return Page(tuple(due), rest)


def _is_due(stay: Stay, ages: Ages, *, pressed: bool, now: datetime) -> bool:
    keep = ages.least if pressed else ages.of(stay.site_id)
    return may_go(stay, keep=keep, now=now)


async def purge(
    session: AsyncSession, study_id: int, *, pressed: bool, now: datetime
) -> list[GivenUp]:
    """Give up the files of a study, if it may still go now that nobody else can ask for it.

    Returns
    -------
    list
        The files to remove once this is committed; none when something holds it, or holds it just
        now: the next sweep looks again.
    """
    if not await stays.lock_alone(session, study_id):
        return []
    ages = await read_ages(session)
    # Read after the lock: a delivery that was asked for until then is seen.
    found = await stays.read_stays(session, [study_id])
    if not all(_is_due(each, ages, pressed=pressed, now=now) for each in found):
        return []
    given_up = await files.give_up(session, study_id, now=now)
    case_id = await stays.find_case(session, study_id)
    if given_up and case_id is not None:
        await cases.add_event(
            session,
            case_id=case_id,
            kind=EventKind.IMAGES_PURGED,
            now=now,
            by_user_id=None,
            detail={"study": study_id, "count": len(given_up), "early": pressed},
        )
        await cases.change(session, case_id)
    return given_up


async def list_left(session: AsyncSession, *, limit: int = _PAGE) -> list[GivenUp]:
    """List files that were given up and may still be there: a removal was interrupted."""
    return await files.list_left(session, limit=limit)


async def note_removed(session: AsyncSession, instance_ids: Collection[int]) -> None:
    """Note that files are gone."""
    await files.note_removed(session, instance_ids)
