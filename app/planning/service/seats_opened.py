"""Use cases of seats opened to outside readers and hospital radiologists, before sharing.

Which society stands on the assignment of an opened seat: the host of whoever holds it, under whose
name they are in the directory and whose membership their authorisation dates. Opened seats are
never shared and never posted to the account, whoever holds them, so that it stays exact.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.kit.errors import Conflict, Invalid
from app.planning.domain.errors import NoSuchPlanning
from app.planning.domain.opened import find_owing
from app.planning.domain.revisions import Word
from app.planning.domain.seats import AssignmentReason, Seat
from app.planning.repository import assignments, plannings, proofs, seats
from app.planning.service.judging import find_reader
from app.planning.service.seats import SeatClosed, hold_guard


class SeatShared(Conflict):
    """The seat was given to a society, or to somebody: it is too late to open or close it."""

    def __init__(self, seat_id: int, *, planning_id: int) -> None:
        super().__init__(
            f"seat {seat_id} cannot be opened or closed any more: planning {planning_id} was "
            f"shared and published; seats are taken before sharing"
        )
        self.seat_id = seat_id


async def open_seat(session: AsyncSession, *, seat_id: int, actor: Actor, now: datetime) -> None:
    """Open a seat to outside readers and hospital radiologists: the societies share the others.

    What drafts said of it is forgotten, and whoever looked at one has to look again; a seat that is
    opened already stays so.

    Raises
    ------
    PermissionDenied
        If the actor may not plan for the whole group.
    NoSuchPlanning, GuardCancelled, SeatClosed
        If there is no such seat, or no longer.
    SeatShared
        If its planning is shared and published, or somebody was put into it.
    Invalid
        If it has begun.
    """
    await _set_opened(session, seat_id, opened=True, actor=actor, now=now)


async def close_opened(session: AsyncSession, *, seat_id: int, actor: Actor, now: datetime) -> None:
    """Let the societies share a seat again that was opened.

    Raises
    ------
    PermissionDenied, NoSuchPlanning, GuardCancelled, SeatClosed, SeatShared, Invalid
        As `open_seat`.
    """
    await _set_opened(session, seat_id, opened=False, actor=actor, now=now)


async def _set_opened(
    session: AsyncSession, seat_id: int, *, opened: bool, actor: Actor, now: datetime
) -> None:
    require(actor, Permission.PLANNING_WRITE)
    facts = await seats.find_facts(session, seat_id)
    await hold_guard(session, facts.guard_id)
    facts = await seats.find_facts(session, seat_id)
    if facts.is_closed:
        raise SeatClosed(seat_id)
    is_shared = await proofs.find_shared_revision(session, facts.planning_id) is not None
    if is_shared or await assignments.find_in_force(session, seat_id=seat_id) is not None:
        raise SeatShared(seat_id, planning_id=facts.planning_id)
    start = facts.seat.interval.start
    if start <= now:
        raise Invalid(f"seat {seat_id} has begun at {start}: only coming seats are opened")
    if facts.opened == opened:
        return
    await seats.set_opened(session, seat_id, opened=opened)
    await plannings.raise_versions(session, planning_id=facts.planning_id)


async def begin_word(session: AsyncSession, seat: Seat, *, radiologist_id: int | None) -> Word:
    """Say whose a seat becomes that no society owes yet, by the one who is to hold it.

    Raises
    ------
    NoSuchPlanning
        If the seat is to be shared, so that its society comes with a draft; or nobody is named; or
        they belong to no society.
    """
    facts = await seats.find_facts(session, seat.id)
    if not (facts.opened or facts.is_added):
        raise NoSuchPlanning(f"no society owes seat {seat.id} yet: generate a draft first")
    if radiologist_id is None:
        raise NoSuchPlanning(f"nobody was put into seat {seat.id} yet: name who is to hold it")
    reader = await find_reader(session, radiologist_id, seat=seat)
    society = find_owing(reader, seat)
    if society is None:
        raise NoSuchPlanning(
            f"radiologist {radiologist_id} has no society, nor an authorisation within the dates "
            f"of one: write whose guest they are first"
        )
    return Word(society, None, AssignmentReason.EDIT)
