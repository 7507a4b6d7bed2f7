"""Use cases of the check-in: ask for it, take it, tell others that it is missing."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.apart import succeeds
from app.directory.domain.actor import Actor
from app.directory.models import Radiologist
from app.dispatch.domain.check_in import (
    CheckInAction,
    CheckInState,
    Signs,
    TelephoneTest,
    find_next_due,
    find_told,
    follow,
)
from app.dispatch.models import CheckIn
from app.dispatch.repository import check_in as repository
from app.dispatch.repository.check_in import Held
from app.kit.errors import Conflict, NotAllowed
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind

_AFTER_FAILURE = timedelta(minutes=1)
_TESTS = ("sound_heard_at", "telephone_at", "page_visible_at")


class NothingToCheckIn(Conflict):
    """No guard of this reader runs now or begins soon."""

    def __init__(self) -> None:
        super().__init__("you hold no seat now or in the next 10 minutes: there is no check-in yet")


def radiologist_of(actor: Actor) -> int:
    """Give the radiologist who acts.

    Raises
    ------
    NotAllowed
        If the login belongs to none.
    """
    if actor.radiologist_id is None:
        msg = "only a radiologist can do this: your login belongs to none"
        raise NotAllowed(msg)
    return actor.radiologist_id


async def ask_all(
    session: AsyncSession, *, now: datetime, radiologist_id: int | None = None
) -> int:
    """Await a check-in for each seat that is held now or in 10 minutes; say how many are new.

    Who holds the seat before without a gap, and has checked in for it, goes on with that.

    Parameters
    ----------
    radiologist_id
        Only theirs; nothing: everybody's.
    """
    held = await repository.list_unasked(session, now=now, radiologist_id=radiologist_id)
    added: list[bool] = []

    async def ask(each: Held) -> None:
        added.append(await _ask(session, each, now=now))

    for each in held:
        await succeeds(session, partial(ask, each), seat=each.seat_id)
    return sum(added)


async def _ask(session: AsyncSession, held: Held, *, now: datetime) -> bool:
    reader = await session.get_one(Radiologist, held.radiologist_id)
    values: dict[str, object] = {
        "seat_id": held.seat_id,
        "radiologist_id": held.radiologist_id,
        "starts_at": held.interval.start,
        "ends_at": held.interval.end,
        "known_at": held.known_at,
        "telephone": reader.telephone,
    }
    earlier = await repository.find_earlier(session, held)
    if earlier is None:
        values |= {"next_due_at": _find_next_due(held)}
    else:
        values |= {
            "state": CheckInState.DONE.value,
            "checked_in_at": now,
            "checked_in_by": earlier.checked_in_by,
            "continued_from_id": earlier.id,
        }
    return await repository.add_check_in(session, values) is not None


def _find_next_due(held: Held) -> datetime:
    return find_next_due(
        starts_at=held.interval.start,
        ends_at=held.interval.end,
        known_at=held.known_at,
        done_until=None,
    )


async def check_in(
    session: AsyncSession, *, signs: Signs, actor: Actor, now: datetime
) -> Sequence[CheckIn]:
    """Keep what a reader has tested, for every seat of theirs that runs or begins soon.

    With the last of the tests they are checked in, and nobody is told any more that they are
    missing. Testing again later is kept too.

    Raises
    ------
    NotAllowed
        If the login belongs to no radiologist.
    NothingToCheckIn
        If they hold no seat now, nor in the next 10 minutes.
    """
    radiologist_id = radiologist_of(actor)
    await ask_all(session, now=now, radiologist_id=radiologist_id)
    found = await repository.lock_own(session, radiologist_id=radiologist_id, now=now)
    if not found:
        raise NothingToCheckIn
    reader = await session.get_one(Radiologist, radiologist_id)
    columns = _note_signs(signs, telephone=reader.telephone, now=now)
    for each in found:
        await _keep(session, each, columns, by_user_id=actor.user_id, now=now)
    return await repository.lock_own(session, radiologist_id=radiologist_id, now=now)


async def note_answered(
    session: AsyncSession, *, radiologist_id: int, telephone: str, now: datetime
) -> bool:
    """Keep that the platform has called a reader's telephone, and somebody has answered.

    This is better than their word; the other tests are still theirs.

    Returns
    -------
    bool
        Whether they have a check-in to which it belongs.
    """
    found = await repository.lock_own(session, radiologist_id=radiologist_id, now=now)
    columns = _note_telephone(telephone, test=TelephoneTest.CALL, now=now)
    for each in found:
        await _keep(session, each, columns, by_user_id=None, now=now)
    return bool(found)


async def _keep(
    session: AsyncSession,
    row: CheckIn,
    signs: Mapping[str, object],
    *,
    by_user_id: int | None,
    now: datetime,
) -> None:
    columns = dict(signs)
    complete = all(columns.get(name) or getattr(row, name) for name in _TESTS)
    action = CheckInAction.COMPLETE if complete else CheckInAction.TEST
    state = follow(CheckInState(row.state), action)
    columns["state"] = state.value
    if state is CheckInState.DONE:
        columns["next_due_at"] = None
        if row.checked_in_at is None:
            columns |= {"checked_in_at": now, "checked_in_by": by_user_id}
    await repository.change(session, row.id, **columns)
    if state is CheckInState.DONE:
        await _settle(session, row, outcome="checked in", now=now)


def _note_signs(signs: Signs, *, telephone: str, now: datetime) -> dict[str, object]:
    columns: dict[str, object] = {}
    if signs.sound_heard:
        columns["sound_heard_at"] = now
    if signs.page_visible:
        columns["page_visible_at"] = now
    if signs.telephone_confirmed:
        columns |= _note_telephone(telephone, test=TelephoneTest.WORD, now=now)
    return columns


def _note_telephone(telephone: str, *, test: TelephoneTest, now: datetime) -> dict[str, object]:
    return {"telephone": telephone, "telephone_at": now, "telephone_test": test.value}


async def tell_due(session: AsyncSession, *, now: datetime, zone: tzinfo, limit: int) -> int:
    """Tell the coordinator, and whoever is to be relieved, of readers who have not checked in.

    What those do who stay away until their guard ends is no longer awaited.

    Parameters
    ----------
    zone
        In which the task says when the guard begins.

    Returns
    -------
    int
        How many were looked at.
    """
    due = await repository.lock_due(session, now=now, limit=limit)
    for each in due:
        if each.ends_at <= now:
            work = partial(_end, session, each, action=CheckInAction.EXPIRE, now=now)
        else:
            work = partial(_tell, session, each, zone=zone, now=now)
        if not await succeeds(session, work, check_in=each.id):
            # It is the one that is due for longest: the others would wait behind it.
            await repository.change(session, each.id, next_due_at=now + _AFTER_FAILURE)
    return len(due)


async def follow_planning(session: AsyncSession, *, now: datetime, limit: int) -> int:
    """Await nobody any more who no longer holds the seat, or has other hours; say how many."""
    overtaken = await repository.lock_overtaken(session, limit=limit)
    ended = [
        await succeeds(
            session,
            partial(_end, session, each, action=CheckInAction.CANCEL, now=now),
            check_in=each.id,
        )
        for each in overtaken
    ]
    return sum(ended)


async def _end(
    session: AsyncSession, row: CheckIn, *, action: CheckInAction, now: datetime
) -> None:
    state = follow(CheckInState(row.state), action)
    await repository.change(session, row.id, state=state.value, next_due_at=None)
    outcome = "the guard is over" if action is CheckInAction.EXPIRE else "the planning changed"
    await _settle(session, row, outcome=outcome, now=now)


async def _tell(session: AsyncSession, row: CheckIn, *, zone: tzinfo, now: datetime) -> None:
    state = follow(CheckInState(row.state), CheckInAction.TELL)
    next_due = find_next_due(
        starts_at=row.starts_at, ends_at=row.ends_at, known_at=row.known_at, done_until=now
    )
    await repository.change(session, row.id, state=state.value, told_at=now, next_due_at=next_due)
    reader = await session.get_one(Radiologist, row.radiologist_id)
    detail = {
        "reader": f"Dr {reader.given_name} {reader.family_name}",
        "telephone": reader.telephone,
        "start": f"{row.starts_at.astimezone(zone):%H:%M}",
        "check_in": row.id,
    }
    coordinator = await repository.find_coordinator(
        session, now=now, other_than=[row.radiologist_id]
    )
    await tasks.raise_task(
        session,
        TaskKind.CHECK_IN_MISSING,
        subject=_name_subject(row),
        now=now,
        radiologist_id=coordinator,
        detail=detail,
    )
    outgoing = await _find_outgoing(session, row, now=now)
    if outgoing is not None:
        await tasks.raise_task(
            session,
            TaskKind.RELIEF_MISSING,
            subject=_name_subject(row),
            now=now,
            radiologist_id=outgoing,
            detail=detail,
        )


async def _find_outgoing(session: AsyncSession, row: CheckIn, *, now: datetime) -> int | None:
    """Find whom they relieve; who went off guard a while ago is not called back."""
    _, last = find_told(starts_at=row.starts_at, known_at=row.starts_at)
    return await repository.find_outgoing(session, row) if now <= last else None


async def _settle(session: AsyncSession, row: CheckIn, *, outcome: str, now: datetime) -> None:
    for kind in (TaskKind.CHECK_IN_MISSING, TaskKind.RELIEF_MISSING):
        await tasks.settle_by_itself(
            session, kind, subject=_name_subject(row), outcome=outcome, now=now
        )


def _name_subject(row: CheckIn) -> str:
    return f"check-in:{row.id}"
