"""Queries on the changes of drafts: what each seat was before and after, what was undone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import User
from app.planning.domain.revisions import Word
from app.planning.domain.seats import AssignmentReason
from app.planning.models import DraftEdit


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a seat in a draft.

    Parameters
    ----------
    by, by_name
        Who made it; the platform, when absent.
    before, after
        What the draft said of the seat; absent: nothing.
    """

    id: int
    seat_id: int
    at: datetime
    by: int | None
    by_name: str | None
    before: Word | None
    after: Word | None
    undone_at: datetime | None


def _write(word: Word | None) -> dict[str, object]:
    if word is None:
        return {}
    return {
        "society_id": word.society,
        "radiologist_id": word.radiologist,
        "reason": word.reason.value,
        "locked": word.locked,
    }


def _read(told: Mapping[str, Any]) -> Word | None:
    if not told:
        return None
    return Word(
        society=told["society_id"],
        radiologist=told["radiologist_id"],
        reason=AssignmentReason(told["reason"]),
        locked=told["locked"],
    )


async def add_edit(
    session: AsyncSession,
    *,
    revision_id: int,
    seat_id: int,
    before: Word | None,
    after: Word | None,
    by: int | None,
    now: datetime,
) -> None:
    """Keep a change, so that it can be undone and told."""
    await session.execute(
        insert(DraftEdit).values(
            revision_id=revision_id,
            seat_id=seat_id,
            at=now,
            by=by,
            before=_write(before),
            after=_write(after),
        )
    )


async def list_edits(session: AsyncSession, revision_id: int) -> list[Edit]:
    """List the changes of a draft, undone ones too, oldest first."""
    query = (
        select(
            DraftEdit.id,
            DraftEdit.seat_id,
            DraftEdit.at,
            DraftEdit.by,
            User.display_name,
            DraftEdit.before,
            DraftEdit.after,
            DraftEdit.undone_at,
        )
        .outerjoin(User, User.id == DraftEdit.by)
        .where(DraftEdit.revision_id == revision_id)
        .order_by(DraftEdit.id)
    )
    rows: Sequence[Any] = (await session.execute(query)).all()
    return [
        Edit(
            id=row.id,
            seat_id=row.seat_id,
            at=row.at,
            by=row.by,
            by_name=row.display_name,
            before=_read(row.before),
            after=_read(row.after),
            undone_at=row.undone_at,
        )
        for row in rows
    ]


async def find_last(session: AsyncSession, revision_id: int) -> DraftEdit | None:
    """Find the change that would be undone next."""
    query = (
        select(DraftEdit)
        .where(DraftEdit.revision_id == revision_id, DraftEdit.undone_at.is_(None))
        .order_by(DraftEdit.id.desc())
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def find_undone(session: AsyncSession, revision_id: int) -> DraftEdit | None:
    """Find the change that would be done again next: none, once another was made after it."""
    last = (
        select(func.coalesce(func.max(DraftEdit.id), 0))
        .where(DraftEdit.revision_id == revision_id, DraftEdit.undone_at.is_(None))
        .scalar_subquery()
    )
    query = (
        select(DraftEdit)
        .where(
            DraftEdit.revision_id == revision_id,
            DraftEdit.undone_at.is_not(None),
            DraftEdit.id > last,
        )
        .order_by(DraftEdit.id)
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def mark(session: AsyncSession, edit: DraftEdit, *, undone_at: datetime | None) -> None:
    """Note that a change was undone, or done again."""
    await session.execute(
        update(DraftEdit).where(DraftEdit.id == edit.id).values(undone_at=undone_at)
    )


def read_before(edit: DraftEdit) -> Word | None:
    """Read what the draft said of the seat before a change."""
    return _read(edit.before)


def read_after(edit: DraftEdit) -> Word | None:
    """Read what the draft said of the seat after a change."""
    return _read(edit.after)
