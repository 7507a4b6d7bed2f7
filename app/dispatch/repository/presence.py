"""Who is there: the streams that web processes hold, and what readers said."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, all_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import TIMESTAMP, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.db.arrays import keys_named
from app.db.clock import NOW
from app.directory.models import Radiologist
from app.dispatch.domain.presence import GONE_AFTER
from app.dispatch.models import (
    CentreDown,
    NoNewWork,
    PageStream,
    Presence,
    WebProcess,
)
from app.kit.errors import NotFound

RadiologistId = ColumnElement[int] | InstrumentedAttribute[int]

_AWARE = TIMESTAMP(timezone=True)
_HAS_STREAM = (
    select(PageStream.number).where(PageStream.radiologist_id == Presence.radiologist_id).exists()
)
_NUMBERS, _READERS = keys_named("numbers"), keys_named("readers")
_HELD = (
    func.unnest(_NUMBERS, _READERS).table_valued("number", "radiologist_id").render_derived("held")
)
_PROCESS_ID = bindparam("process", type_=BigInteger)
_LOST_STREAMS = (
    delete(PageStream)
    .where(PageStream.process_id == _PROCESS_ID, PageStream.number != all_(_NUMBERS))
    .returning(PageStream.radiologist_id)
    .execution_options(synchronize_session=False)
)
_HELD_STREAMS = (
    insert(PageStream)
    .from_select(
        ["process_id", "number", "radiologist_id", "opened_at"],
        select(_PROCESS_ID, _HELD.c.number, _HELD.c.radiologist_id, NOW),
    )
    .on_conflict_do_nothing()
    .execution_options(dml_strategy="raw")
)


# ------------------------------------------------------------------------- as part of a query


def find_seen_at(radiologist_id: RadiologistId) -> ColumnElement[datetime | None]:
    """Find when a stream of a reader's page was last open for certain; null: never."""
    open_until = (
        select(func.max(WebProcess.beat_at))
        .join(PageStream, PageStream.process_id == WebProcess.id)
        .where(PageStream.radiologist_id == radiologist_id)
        .scalar_subquery()
    )
    lost_at = (
        select(Presence.seen_at).where(Presence.radiologist_id == radiologist_id).scalar_subquery()
    )
    return func.greatest(open_until, lost_at, type_=_AWARE)


def find_resting_until(
    radiologist_id: RadiologistId, now: ColumnElement[datetime] | datetime
) -> ColumnElement[datetime]:
    """Find until when a reader takes no new case, by their word; null: they take them."""
    return (
        select(NoNewWork.until)
        .where(
            NoNewWork.radiologist_id == radiologist_id,
            NoNewWork.ended_at.is_(None),
            NoNewWork.until > now,
        )
        .scalar_subquery()
    )


def is_centre_down(radiologist_id: RadiologistId) -> ColumnElement[bool]:
    """Tell whether the centre of a reader is down."""
    there = aliased(Radiologist)
    return (
        select(CentreDown.id)
        .join(there, there.centre_id == CentreDown.centre_id)
        .where(there.id == radiologist_id, CentreDown.ended_at.is_(None))
        .exists()
    )


# ---------------------------------------------------------------------------- of a web process


async def beat(session: AsyncSession, process_id: int | None, *, now: datetime) -> int:
    """Note that a process lives; it gets a row anew when it has none, or was held for dead."""
    known: int | None = await session.scalar(
        update(WebProcess)
        .where(WebProcess.id == process_id)
        .values(beat_at=now)
        .returning(WebProcess.id)
    )
    if known is not None:
        return known
    added = insert(WebProcess).values(started_at=now, beat_at=now).returning(WebProcess.id)
    return (await session.execute(added)).scalar_one()


async def keep_streams(
    session: AsyncSession, process_id: int, *, streams: Mapping[int, int], now: datetime
) -> None:
    """Let the rows of a process be the streams that it holds.

    Parameters
    ----------
    streams
        Radiologists by the number of their stream.
    """
    held = {
        "process": process_id,
        "numbers": list(streams),
        "readers": list(streams.values()),
        "now": now,
    }
    lost = await session.scalars(_LOST_STREAMS, held)
    await note_seen(session, dict.fromkeys(lost, now))
    if streams:
        await session.execute(_HELD_STREAMS, held)


async def note_seen(session: AsyncSession, seen: Mapping[int, datetime]) -> None:
    """Keep when readers were last seen, where no later instant is known.

    Parameters
    ----------
    seen
        Instants by radiologist.
    """
    if not seen:
        return
    # In one order: two processes that lose streams of the same readers wait, and never deadlock.
    rows = [{"radiologist_id": who, "seen_at": at} for who, at in sorted(seen.items())]
    new = insert(Presence).values(rows)
    await session.execute(
        new.on_conflict_do_update(
            index_elements=[Presence.radiologist_id],
            set_={"seen_at": func.greatest(Presence.seen_at, new.excluded.seen_at)},
        )
    )


async def forget_process(session: AsyncSession, process_id: int) -> None:
    """Remove a process that holds no stream any more."""
    await session.execute(delete(WebProcess).where(WebProcess.id == process_id))


# -------------------------------------------------------------------------- of the platform


async def bury(session: AsyncSession, *, silent_since: datetime) -> int:
    """Remove the processes that have not beaten since an instant, and keep whom they held.

    Returns
    -------
    int
        How many there were.
    """
    dead = await session.scalars(
        select(WebProcess.id)
        .where(WebProcess.beat_at <= silent_since)
        .with_for_update(skip_locked=True)
    )
    ids = dead.all()
    if not ids:
        return 0
    held = await session.execute(
        select(PageStream.radiologist_id, func.max(WebProcess.beat_at))
        .join(WebProcess, WebProcess.id == PageStream.process_id)
        .where(WebProcess.id.in_(ids))
        .group_by(PageStream.radiologist_id)
    )
    await note_seen(session, {row[0]: row[1] for row in held})
    await session.execute(delete(WebProcess).where(WebProcess.id.in_(ids)))
    return len(ids)


async def take_back_future(session: AsyncSession, *, now: datetime) -> None:
    """Let nothing be seen later than now: the clock of the database was set back."""
    await session.execute(
        update(WebProcess).where(WebProcess.beat_at > now).values(beat_at=now, started_at=now)
    )
    await session.execute(update(Presence).where(Presence.seen_at > now).values(seen_at=now))


async def find_last_beat(session: AsyncSession) -> datetime | None:
    """Find when a web process last said that it lives; nothing: none is known."""
    return await session.scalar(select(func.max(WebProcess.beat_at)))


async def find_next_gone(session: AsyncSession) -> datetime | None:
    """Find when the next reader who has no stream will be gone."""
    seen_at = await session.scalar(
        select(func.min(Presence.seen_at)).where(Presence.gone_at.is_(None), ~_HAS_STREAM)
    )
    return None if seen_at is None else seen_at + GONE_AFTER


async def note_gone(session: AsyncSession, *, now: datetime) -> int:
    """Mark as gone who has no stream since 90 s and was not yet marked, and tell how many."""
    marked = await session.scalars(
        update(Presence)
        .where(Presence.gone_at.is_(None), Presence.seen_at <= now - GONE_AFTER, ~_HAS_STREAM)
        .values(gone_at=now)
        .returning(Presence.radiologist_id)
    )
    return len(marked.all())


async def note_back(session: AsyncSession, radiologist_ids: Collection[int]) -> int:
    """Mark readers as there who were gone, and tell how many."""
    marked = await session.scalars(
        update(Presence)
        .where(Presence.radiologist_id.in_(list(radiologist_ids)), Presence.gone_at.is_not(None))
        .values(gone_at=None)
        .returning(Presence.radiologist_id)
    )
    return len(marked.all())


# ---------------------------------------------------------------------------- of readers' words


async def lock_word(session: AsyncSession, radiologist_id: int) -> NoNewWork | None:
    """Read the standing word of a reader, and keep every other writer waiting.

    Raises
    ------
    NotFound
        If there is no such radiologist.
    """
    reader = select(Radiologist.id).where(Radiologist.id == radiologist_id)
    if await session.scalar(reader.with_for_update(key_share=True)) is None:
        raise NotFound(f"there is no radiologist {radiologist_id}")
    return await session.scalar(
        select(NoNewWork)
        .where(NoNewWork.radiologist_id == radiologist_id, NoNewWork.ended_at.is_(None))
        .execution_options(populate_existing=True)
    )


async def add_word(
    session: AsyncSession, *, radiologist_id: int, until: datetime, by_user_id: int, now: datetime
) -> None:
    """Write that a reader takes no new case until an instant."""
    await session.execute(
        insert(NoNewWork).values(
            radiologist_id=radiologist_id, said_at=now, said_by=by_user_id, until=until
        )
    )


async def end_word(
    session: AsyncSession, word_id: int, *, by_user_id: int | None, now: datetime
) -> None:
    """End a standing word; nobody's: its instant has come."""
    await session.execute(
        update(NoNewWork)
        .where(NoNewWork.id == word_id, NoNewWork.ended_at.is_(None))
        .values(ended_at=now, ended_by=by_user_id)
    )
