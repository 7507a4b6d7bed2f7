"""Use cases of those who change a draft by hand: give, lock, undo, do again."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.planning.domain.errors import (
    NameNotClear,
    NoSuchPlanning,
    NothingToUndo,
    SeatChanged,
)
from app.planning.domain.revisions import Seen, Word
from app.planning.domain.seats import Placement, Seat
from app.planning.domain.typed_name import find_typed
from app.planning.domain.validator import Violation
from app.planning.models import PlanningRevision
from app.planning.repository import assignments, edits, names, plannings
from app.planning.service.drafts import lock_draft
from app.planning.service.judging import judge_revision, place
from app.planning.service.seats_opened import begin_word


async def edit_draft(
    session: AsyncSession,
    *,
    revision_id: int,
    seat_id: int,
    radiologist_id: int | None,
    actor: Actor,
    now: datetime,
    seen: Seen | None = None,
) -> list[Violation]:
    """Propose another holder for a seat, or nobody, and return what the draft breaks by it.

    An opened seat, or one that was added, is owed by the society of whom it is first given to.

    Parameters
    ----------
    seen
        Who was to hold the seat when the caller looked; without it, whatever it is now.

    Raises
    ------
    NoSuchPlanning, PermissionDenied
        If there is no such seat or radiologist, or the seat's society is not the actor's to plan.
    AlreadyPublished, SeatChanged
        If it is no draft any more, or somebody else was put on the seat since the caller looked.
    """
    revision = await lock_draft(session, revision_id)
    seat = await _find_seat_of(session, revision, seat_id)
    before, current = await _find_words(session, revision, seat_id)
    current = current or await begin_word(session, seat, radiologist_id=radiologist_id)
    require(actor, Permission.PLANNING_WRITE, society_id=current.society)
    if seen is not None and seen.radiologist != current.radiologist:
        raise SeatChanged(seat_id=seat_id, radiologist_id=current.radiologist)
    placement = await place(
        session, seat=seat, society_id=current.society, radiologist_id=radiologist_id
    )
    after = Word(placement.society, placement.radiologist, placement.reason, current.locked)
    await _say(session, revision, seat=seat, before=before, after=after, actor=actor, now=now)
    found = await judge_revision(session, revision_id, now=now)
    return [each for each in found if seat_id in each.seats]


async def lock_seats(
    session: AsyncSession,
    *,
    revision_id: int,
    seat_ids: Collection[int],
    locked: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Let the holders of seats stay when the draft is computed again, or no longer.

    Raises
    ------
    NoSuchPlanning, AlreadyPublished, PermissionDenied
        As `edit_draft`.
    """
    revision = await lock_draft(session, revision_id)
    for seat_id in sorted(seat_ids):
        seat = await _find_seat_of(session, revision, seat_id)
        before, current = await _find_words(session, revision, seat_id)
        if current is None:
            raise NoSuchPlanning(f"no society owes seat {seat_id} yet: generate a draft first")
        require(actor, Permission.PLANNING_WRITE, society_id=current.society)
        if current.locked == locked:
            continue
        after = Word(current.society, current.radiologist, current.reason, locked)
        await _say(session, revision, seat=seat, before=before, after=after, actor=actor, now=now)


async def undo(session: AsyncSession, *, revision_id: int, actor: Actor, now: datetime) -> int:
    """Take the last change of a draft back, and return its seat.

    Raises
    ------
    NothingToUndo
        If the draft has no change left.
    NoSuchPlanning, AlreadyPublished, PermissionDenied
        As `edit_draft`.
    """
    revision = await lock_draft(session, revision_id)
    edit = await edits.find_last(session, revision_id)
    if edit is None:
        raise NothingToUndo(f"draft {revision_id} has no change to undo")
    _check_words(actor, edits.read_before(edit), edits.read_after(edit))
    await _restore(session, revision, seat_id=edit.seat_id, word=edits.read_before(edit))
    await edits.mark(session, edit, undone_at=now)
    return edit.seat_id


async def redo(session: AsyncSession, *, revision_id: int, actor: Actor) -> int:
    """Do the change again that was undone last, and return its seat.

    Raises
    ------
    NothingToUndo
        If none was undone, or another change was made since.
    NoSuchPlanning, AlreadyPublished, PermissionDenied
        As `edit_draft`.
    """
    revision = await lock_draft(session, revision_id)
    edit = await edits.find_undone(session, revision_id)
    if edit is None:
        raise NothingToUndo(f"draft {revision_id} has no undone change to do again")
    _check_words(actor, edits.read_before(edit), edits.read_after(edit))
    await _restore(session, revision, seat_id=edit.seat_id, word=edits.read_after(edit))
    await edits.mark(session, edit, undone_at=None)
    return edit.seat_id


async def rename_draft(session: AsyncSession, revision_id: int, *, name: str, actor: Actor) -> None:
    """Call a draft by a name, to tell it from others beside it.

    Raises
    ------
    NoSuchPlanning, AlreadyPublished
        As `edit_draft`.
    PermissionDenied
        If the actor may not plan for the whole group.
    """
    require(actor, Permission.PLANNING_WRITE)
    await lock_draft(session, revision_id)
    await plannings.rename_draft(session, revision_id, name=name)


async def find_by_name(session: AsyncSession, text: str) -> int:
    """Find the one radiologist that a planner typed.

    Raises
    ------
    NameNotClear
        If nobody is meant, or several may be; the error has the candidates.
    """
    found = find_typed(text, await names.list_named(session))
    if len(found) != 1:
        raise NameNotClear(text, found)
    return found[0].id


async def _find_seat_of(session: AsyncSession, revision: PlanningRevision, seat_id: int) -> Seat:
    seat, planning_id = await plannings.find_seat(session, seat_id)
    if planning_id != revision.planning_id:
        raise NoSuchPlanning(f"seat {seat_id} is none of planning {revision.planning_id}")
    return seat


async def _find_words(
    session: AsyncSession, revision: PlanningRevision, seat_id: int
) -> tuple[Word | None, Word | None]:
    """Find what the draft itself says of a seat; and that, or else what is in force."""
    own = await assignments.find_word(session, seat_id=seat_id, revision_id=revision.id)
    if own is not None:
        return own, own
    return None, await assignments.find_word_in_force(session, seat_id=seat_id)


async def _say(
    session: AsyncSession,
    revision: PlanningRevision,
    *,
    seat: Seat,
    before: Word | None,
    after: Word,
    actor: Actor,
    now: datetime,
) -> None:
    await _restore(session, revision, seat_id=seat.id, word=after)
    await edits.add_edit(
        session,
        revision_id=revision.id,
        seat_id=seat.id,
        before=before,
        after=after,
        by=actor.user_id,
        now=now,
    )


async def _restore(
    session: AsyncSession, revision: PlanningRevision, *, seat_id: int, word: Word | None
) -> None:
    if word is None:
        await assignments.withdraw(session, revision_id=revision.id, seat_id=seat_id)
    else:
        seat, _ = await plannings.find_seat(session, seat_id)
        placement = Placement(seat, word.society, word.radiologist, word.reason)
        await assignments.propose(
            session, revision_id=revision.id, placement=placement, locked=word.locked
        )
    await plannings.raise_version(session, revision.id)


def _check_words(actor: Actor, *words: Word | None) -> None:
    for society in sorted({each.society for each in words if each is not None}):
        require(actor, Permission.PLANNING_WRITE, society_id=society)
