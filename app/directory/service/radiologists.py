"""Use cases of radiologists: who they are, where they belong, for whom they may read."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, InvalidField, Permission, require
from app.directory.domain.identifiers import check_rpps
from app.directory.domain.practice import check_statute, check_sub_specialties
from app.directory.models import Radiologist, RadiologistSite, RadiologistSociety
from app.directory.repository.people import find_society_id
from app.directory.repository.rows import find_row, put, save
from app.directory.service.sites import load_site
from app.kit.errors import NotFound


class RadiologistUnknown(NotFound):
    """There is no such radiologist."""


class DatedRowUnknown(NotFound):
    """The radiologist has no such membership or right to read."""


async def load_radiologist(session: AsyncSession, *, radiologist_id: int) -> Radiologist:
    """Load a radiologist.

    Raises
    ------
    RadiologistUnknown
        If there is none.
    """
    radiologist = await find_row(session, Radiologist, radiologist_id)
    if radiologist is None:
        raise RadiologistUnknown(f"there is no radiologist {radiologist_id}")
    return radiologist


async def create_radiologist(
    session: AsyncSession, *, actor: Actor, values: Mapping[str, Any], society_id: int, since: date
) -> Radiologist:
    """Create a radiologist, member of a society from that day on.

    Raises
    ------
    InvalidField
        If the RPPS number is wrong.
    """
    require(actor, Permission.DIRECTORY_WRITE, society_id=society_id)
    radiologist = Radiologist(**{**values, "rpps": check_rpps(values["rpps"])})
    await save(session, radiologist)
    await save(
        session,
        RadiologistSociety(
            radiologist_id=radiologist.id, society_id=society_id, valid=Range(since, None)
        ),
    )
    return radiologist


async def _require_own(
    session: AsyncSession,
    *,
    actor: Actor,
    radiologist_id: int,
    today: date,
    permission: Permission = Permission.DIRECTORY_WRITE,
) -> Radiologist:
    radiologist = await load_radiologist(session, radiologist_id=radiologist_id)
    society_id = await find_society_id(session, radiologist_id=radiologist_id, today=today)
    require(actor, permission, society_id=society_id)
    return radiologist


async def change_radiologist(
    session: AsyncSession,
    *,
    actor: Actor,
    radiologist_id: int,
    values: Mapping[str, Any],
    today: date,
) -> Radiologist:
    """Replace what is known of a radiologist, except where they belong and read."""
    radiologist = await _require_own(
        session, actor=actor, radiologist_id=radiologist_id, today=today
    )
    put(radiologist, {**values, "rpps": check_rpps(values["rpps"])})
    await save(session)
    return radiologist


async def set_practice(
    session: AsyncSession,
    *,
    actor: Actor,
    radiologist_id: int,
    statute: str,
    sub_specialties: Collection[str],
    today: date,
) -> Radiologist:
    """Say by which statute somebody works, and what they are able to read: rosters ask for both.

    Raises
    ------
    InvalidField
        If the statute is no word, or a sub-specialty is empty, too long, or one of too many.
    """
    radiologist = await _require_own(
        session,
        actor=actor,
        radiologist_id=radiologist_id,
        today=today,
        permission=Permission.PEOPLE_WRITE,
    )
    put(
        radiologist,
        {
            "statute": check_statute(statute),
            "sub_specialties": check_sub_specialties(sub_specialties),
        },
    )
    await save(session)
    return radiologist


async def switch_radiologist(
    session: AsyncSession,
    *,
    actor: Actor,
    radiologist_id: int,
    disabled_at: datetime | None,
    today: date,
) -> Radiologist:
    """Disable a radiologist, since guards and reports refer to them; or enable them again."""
    radiologist = await _require_own(
        session, actor=actor, radiologist_id=radiologist_id, today=today
    )
    radiologist.disabled_at = disabled_at
    await save(session)
    return radiologist


def _make_range(since: date, until: date | None) -> Range[date]:
    if until is not None and until <= since:
        raise InvalidField("until", "the day after the last must come after the first day")
    return Range(since, until)


async def add_membership(
    session: AsyncSession,
    *,
    actor: Actor,
    radiologist_id: int,
    society_id: int,
    since: date,
    until: date | None,
) -> RadiologistSociety:
    """Let a radiologist belong to a society, from a day up to but not including another.

    Raises
    ------
    AlreadyTaken
        If they belong to a society already on one of these days.
    """
    require(actor, Permission.DIRECTORY_WRITE, society_id=society_id)
    await load_radiologist(session, radiologist_id=radiologist_id)
    row = RadiologistSociety(
        radiologist_id=radiologist_id, society_id=society_id, valid=_make_range(since, until)
    )
    await save(session, row)
    return row


async def end_membership(
    session: AsyncSession, *, actor: Actor, radiologist_id: int, row_id: int, until: date
) -> RadiologistSociety:
    """End a membership: the day is the first one that it does not hold."""
    row = await find_row(session, RadiologistSociety, row_id)
    if row is None or row.radiologist_id != radiologist_id:
        raise DatedRowUnknown(f"radiologist {radiologist_id} has no membership {row_id}")
    require(actor, Permission.DIRECTORY_WRITE, society_id=row.society_id)
    row.valid = _make_range(row.valid.lower or until, until)
    await save(session)
    return row


async def add_reading_right(
    session: AsyncSession,
    *,
    actor: Actor,
    radiologist_id: int,
    site_id: int,
    since: date,
    until: date | None,
) -> RadiologistSite:
    """Let a radiologist read for a site; its referent society or the group decides.

    Raises
    ------
    AlreadyTaken
        If they may read for it already on one of these days.
    """
    site = await load_site(session, site_id=site_id)
    require(actor, Permission.DIRECTORY_WRITE, society_id=site.society_id)
    await load_radiologist(session, radiologist_id=radiologist_id)
    row = RadiologistSite(
        radiologist_id=radiologist_id, site_id=site_id, valid=_make_range(since, until)
    )
    await save(session, row)
    return row


async def end_reading_right(
    session: AsyncSession, *, actor: Actor, radiologist_id: int, row_id: int, until: date
) -> RadiologistSite:
    """End a right to read: the day is the first one that it does not hold."""
    row = await find_row(session, RadiologistSite, row_id)
    if row is None or row.radiologist_id != radiologist_id:
        raise DatedRowUnknown(f"radiologist {radiologist_id} has no right to read {row_id}")
    site = await load_site(session, site_id=row.site_id)
    require(actor, Permission.DIRECTORY_WRITE, society_id=site.society_id)
    row.valid = _make_range(row.valid.lower or until, until)
    await save(session)
    return row
