"""Use cases of presence: web processes say whom they hold, readers say whether they take more."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.notify import WORKLIST, notify
from app.directory.domain import Actor
from app.dispatch.domain.presence import (
    GONE_AFTER,
    Word,
    WordAction,
    check_until,
    next_word,
)
from app.dispatch.repository import presence as repository
from app.dispatch.repository.presence_readers import NamedReader, list_on_guard
from app.kit.errors import NotAllowed


async def hold_streams(
    session: AsyncSession,
    process_id: int | None,
    *,
    streams: Mapping[int, int],
    now: datetime,
) -> int:
    """Note that a web process lives, and which streams it holds now.

    Parameters
    ----------
    process_id
        Of the process, as it was told; nothing at first.
    streams
        Radiologists by the number of their stream.

    Returns
    -------
    int
        Its id from now on: another one when it was held for dead.
    """
    known = await repository.beat(session, process_id, now=now)
    await repository.keep_streams(session, known, streams=streams, now=now)
    if streams and await repository.note_back(session, set(streams.values())):
        await tell_pages(session)
    return known


async def leave(session: AsyncSession, process_id: int, *, now: datetime) -> None:
    """End a web process: its streams are lost at this instant."""
    await repository.keep_streams(session, process_id, streams={}, now=now)
    await repository.forget_process(session, process_id)


async def tell_pages(session: AsyncSession) -> None:
    """Let the pages of those who see the whole group look again."""
    payload = json.dumps({"case": None, "site": None})
    await notify(session, channel=WORKLIST, payload=payload)


async def look_for_gone(session: AsyncSession, *, now: datetime) -> list[NamedReader]:
    """Bury web processes that say nothing any more, and give everybody on guard as they are seen.

    A clock that was set back lets nobody be seen in the future. The pages are told once of each
    reader who is gone.
    """
    await repository.take_back_future(session, now=now)
    await repository.bury(session, silent_since=now - GONE_AFTER)
    if await repository.note_gone(session, now=now):
        await tell_pages(session)
    return await list_on_guard(session, now=now)


async def find_next_gone(session: AsyncSession) -> datetime | None:
    """Find when the next reader who lost their last stream will be gone."""
    return await repository.find_next_gone(session)


# ------------------------------------------------------------------------------ a reader's word


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a reader's word is from now on."""

    radiologist_id: int
    word: Word
    until: datetime | None


async def say_no_new_work(
    session: AsyncSession, *, radiologist_id: int, until: datetime, actor: Actor, now: datetime
) -> Said:
    """Say that a reader takes no new case until an instant; what is offered to them stays.

    Raises
    ------
    Invalid
        If it does not lie within the next 12 hours.
    NotAllowed
        If nobody in particular says so.
    """
    check_until(until, now=now)
    await _change_word(session, radiologist_id, WordAction.REST, actor=actor, now=now)
    await repository.add_word(
        session, radiologist_id=radiologist_id, until=until, by_user_id=_user_of(actor), now=now
    )
    await tell_pages(session)
    return Said(radiologist_id=radiologist_id, word=Word.RESTING, until=until)


async def say_back(
    session: AsyncSession, *, radiologist_id: int, actor: Actor, now: datetime
) -> Said:
    """Say that a reader takes new cases again.

    Raises
    ------
    WordRefused
        If they do already.
    """
    await _change_word(session, radiologist_id, WordAction.RESUME, actor=actor, now=now)
    await tell_pages(session)
    return Said(radiologist_id=radiologist_id, word=Word.WORKING, until=None)


async def _change_word(
    session: AsyncSession, radiologist_id: int, action: WordAction, *, actor: Actor, now: datetime
) -> None:
    user_id = _user_of(actor)
    standing = await repository.lock_word(session, radiologist_id)
    word = Word.WORKING if standing is None else Word.RESTING
    if standing is not None and standing.until <= now:
        word = next_word(word, WordAction.EXPIRE)
        await repository.end_word(session, standing.id, by_user_id=None, now=now)
        standing = None
    next_word(word, action)
    if standing is not None:
        await repository.end_word(session, standing.id, by_user_id=user_id, now=now)


def _user_of(actor: Actor) -> int:
    if actor.user_id is None:
        msg = "this is said by a person, never by the platform itself"
        raise NotAllowed(msg)
    return actor.user_id
