"""Whose each seat of a planning is: volumes, and the sharing that follows from them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain.actor import EVERYTHING
from app.planning.domain.errors import NothingToShare
from app.planning.domain.seats import GuardLine, Seat
from app.planning.domain.sharing.model import share_period
from app.planning.domain.sharing.rights import Sharing
from app.planning.repository import assignments, ledger, snapshots, volumes
from app.planning.repository.rights import list_owed_on_site
from app.planning.repository.seats import list_facts
from app.planning.service.judging import find_zone
from app.planning.service.ledger_periods import lay_period


@dataclass(frozen=True, slots=True)
class Brought:
    """What the societies brought that take part.

    Parameters
    ----------
    volumes
        By society, in a unit that is the same for all.
    snapshot_id
        The frozen volumes that they are; absent: imported ones.
    """

    volumes: Mapping[int, int]
    snapshot_id: int | None = None


async def find_brought(
    session: AsyncSession, *, reference: Range[date] | None, at: datetime
) -> Brought:
    """Find the volumes that a planning is shared by, of the members of its first day.

    Parameters
    ----------
    reference
        Of imported volumes; absent: those that were frozen last, or else the one that ends last.

    Raises
    ------
    NothingToShare
        If no member has any.
    """
    on = at.astimezone(await find_zone(session)).date()
    snapshot = None if reference else await snapshots.find_latest(session)
    if snapshot is not None:
        rows = await snapshots.list_shares(session, snapshot_id=snapshot.id, scope=EVERYTHING)
        found = await ledger.keep_members(
            session, {row.society_id: row.weighted - row.common for row in rows}, on=on
        )
    else:
        chosen = reference or await volumes.find_latest_reference(session)
        listed = (
            []
            if chosen is None
            else await volumes.list_society_volumes(session, reference=chosen, on=on)
        )
        found = {each.society_id: each.exams for each in listed}
    if not any(found.values()):
        raise NothingToShare(
            f"no society that is a member on {on} has a volume in the reference period; "
            f"import volumes first"
        )
    return Brought(found, None if snapshot is None else snapshot.id)


async def share_seats(
    session: AsyncSession,
    seats: Sequence[Seat],
    *,
    planning_id: int,
    brought: Brought,
    now: datetime,
) -> Sharing:
    """Share the seats between societies; what has begun stays with whom it was.

    Volumes say nothing of the lines of sites: these are their referents', and left out here as
    opened seats are.

    Raises
    ------
    NothingToShare
        If they cannot be shared, saying why.
    """
    in_force = await assignments.list_in_force(session, planning_id=planning_id)
    facts = await list_facts(session, planning_id=planning_id)
    added = {each.seat.id for each in facts if each.is_added}
    period = await lay_period(
        session,
        planning_id=planning_id,
        volumes=brought.volumes,
        seats=[seat for seat in seats if seat.id not in added],
        holders={
            each.seat.id: each.society for each in in_force if each.seat.interval.start <= now
        },
        outside={
            each.seat.id for each in facts if each.opened or each.seat.line is GuardLine.ON_SITE
        },
    )
    try:
        return await asyncio.to_thread(share_period, period)
    except ValueError as error:
        raise NothingToShare(f"the seats cannot be shared: {error}") from error


async def add_unshared(
    session: AsyncSession, owed: Mapping[int, int], *, planning_id: int
) -> dict[int, int]:
    """Add the societies of seats that no sharing gives: published ones, and those of sites.

    A reinforcement or an opened seat stays with whom it was published for; an on-site seat that is
    not published yet is the referent's of its site.
    """
    in_force = await assignments.list_in_force(session, planning_id=planning_id)
    referents = await list_owed_on_site(session, planning_id=planning_id)
    return referents | {each.seat.id: each.society for each in in_force} | dict(owed)


async def keep_rights(
    session: AsyncSession, revision_id: int, *, sharing: Sharing, brought: Brought
) -> None:
    """Keep with a draft the rights that it was made from."""
    await assignments.add_rights(session, revision_id=revision_id, rights=sharing.cells)
    if brought.snapshot_id is not None:
        await ledger.name_snapshot(session, revision_id, snapshot_id=brought.snapshot_id)
