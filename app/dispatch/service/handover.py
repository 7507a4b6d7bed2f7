"""Use cases of the platform at a handover: open it, offer what is left, tell who must act."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta, tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Radiologist
from app.dispatch.domain.handover import (
    OPEN,
    STOPS_BEFORE,
    UNANSWERED,
    ItemAction,
    ItemKind,
    ItemState,
    Taker,
    Thing,
    find_answer_due,
    name_takers,
)
from app.dispatch.models import Handover, HandoverItem
from app.dispatch.repository import handover as repository
from app.dispatch.repository import handover_facts as facts
from app.dispatch.repository.check_in import find_coordinator
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind

_LOOK_EVERY = timedelta(seconds=20)
_CHANGED = "the planning changed"


async def open_all(session: AsyncSession, *, now: datetime) -> int:
    """Open a handover for each reader who leaves within 15 minutes and holds something.

    Returns
    -------
    int
        How many were opened.
    """
    leaving = await facts.list_leaving(session, now=now)
    known = await repository.list_open_readers(session) if leaving else set()
    opened = 0
    for radiologist_id, stint in sorted(leaving.items()):
        if radiologist_id in known:
            continue
        if not await facts.list_things(session, radiologist_id, since=stint.start):
            continue
        added = await repository.add_handover(
            session, radiologist_id=radiologist_id, stint=stint, now=now
        )
        opened += added is not None
    return opened


async def look_next(session: AsyncSession, *, now: datetime, zone: tzinfo) -> bool:
    """Compare the open handover that is due with what its reader holds, and with the planning.

    What is new is offered, what needs nobody any more is settled, what nobody has answered in time
    goes to the coordinator. When all of it has a new owner and the guard is over, it is closed.

    Parameters
    ----------
    zone
        In which tasks say when the guard ends.

    Returns
    -------
    bool
        Whether there was one.
    """
    handover = await repository.lock_due(session, now=now)
    if handover is None:
        return False
    await repository.lock_items(session, handover.id)
    if await _is_called_off(session, handover, now=now):
        await _close(session, handover, outcome=_CHANGED, now=now)
        return True
    await _compare(session, handover, now=now)
    for item in await repository.list_lapsing(session, handover.id, now=now):
        await repository.answer(session, item.id, action=ItemAction.LAPSE, now=now, by_user_id=None)
    await _tell(session, handover, zone=zone, now=now)
    if now >= handover.ends_at and not await repository.count_open(session, handover.id):
        await _close(session, handover, outcome="all of it has a new owner", now=now)
        return True
    offered = await repository.list_items(session, handover.id, states=[ItemState.OFFERED])
    due = [each.due_at for each in offered if each.due_at is not None]
    await repository.change_handover(
        session, handover.id, look_due_at=min([now + _LOOK_EVERY, *due])
    )
    return True


async def _is_called_off(session: AsyncSession, handover: Handover, *, now: datetime) -> bool:
    """Follow the planning: the guard may end sooner now, or go on."""
    stints = await facts.find_stints(session, [handover.radiologist_id], at=now)
    stint = stints.get(handover.radiologist_id)
    if stint is None or stint.start > handover.ends_at:
        ends_at = min(handover.ends_at, now)
    elif stint.end > now + STOPS_BEFORE:
        return True
    else:
        ends_at = stint.end
    if ends_at != handover.ends_at:
        await repository.change_handover(session, handover.id, ends_at=ends_at)
        await session.refresh(handover)
    return False


async def _close(session: AsyncSession, handover: Handover, *, outcome: str, now: datetime) -> None:
    for item in await repository.list_items(session, handover.id, states=OPEN):
        await _settle(session, item, outcome=outcome, now=now)
    await repository.change_handover(
        session, handover.id, closed_at=now, look_due_at=None, outcome=outcome
    )
    await stop_telling(session, handover.id, now=now)


async def _compare(session: AsyncSession, handover: Handover, *, now: datetime) -> None:
    things = await facts.list_things(session, handover.radiologist_id, since=handover.starts_at)
    takers = await facts.list_takers(
        session, at=max(handover.ends_at, now), but=handover.radiologist_id
    )
    by_key = {_key_of(each): each for each in things}
    for item in await repository.list_items(session, handover.id):
        thing = by_key.pop((item.kind, item.case_id, item.task_id), None)
        if ItemState(item.state) not in OPEN:
            continue
        if thing is None:
            await _settle(session, item, outcome="done", now=now)
        elif _has_gone(item, takers):
            await repository.supersede(session, item, outcome=_CHANGED, by_user_id=None, now=now)
            await _offer(session, handover, [thing], takers=takers, now=now, note=item.note)
    await _offer(session, handover, by_key.values(), takers=takers, now=now)


def _key_of(thing: Thing) -> tuple[str, int, int | None]:
    return thing.kind.value, thing.case_id, thing.task_id


def _has_gone(item: HandoverItem, takers: Iterable[Taker]) -> bool:
    """Tell whether whom the platform has named is no longer on guard when the other leaves."""
    there = {each.radiologist_id for each in takers}
    by_us = item.state == ItemState.OFFERED and item.offered_by is None
    return by_us and item.to_radiologist_id not in there


async def _settle(
    session: AsyncSession, item: HandoverItem, *, outcome: str, now: datetime
) -> None:
    await repository.answer(
        session, item.id, action=ItemAction.SETTLE, now=now, by_user_id=None, outcome=outcome
    )


async def _offer(
    session: AsyncSession,
    handover: Handover,
    things: Collection[Thing],
    *,
    takers: Iterable[Taker],
    now: datetime,
    note: str = "",
) -> None:
    passed_on = sorted(each for each in things if each.kind is not ItemKind.CLAIM)
    named = name_takers(passed_on, takers)
    for thing in sorted(things):
        values = _write_offer(thing, named.get(thing), now=now)
        await repository.add_item(session, handover.id, thing=thing, values=values | {"note": note})


def _write_offer(thing: Thing, taker: Taker | None, *, now: datetime) -> dict[str, object]:
    values: dict[str, object] = {"offered_at": now}
    if thing.kind is ItemKind.CLAIM:
        return values | {"state": ItemState.KEPT.value}
    if taker is None:
        return values | {
            "state": ItemState.LAPSED.value,
            "answered_at": now,
            "outcome": "nobody on guard may take it",
        }
    return values | {
        "state": ItemState.OFFERED.value,
        "to_radiologist_id": taker.radiologist_id,
        "due_at": find_answer_due(offered_at=now, begins_at=taker.begins_at),
    }


async def _tell(session: AsyncSession, handover: Handover, *, zone: tzinfo, now: datetime) -> None:
    """Tell each who is to accept something, and the coordinator what nobody has accepted."""
    items = await repository.list_items(session, handover.id)
    reader = await session.get_one(Radiologist, handover.radiologist_id)
    detail: dict[str, object] = {
        "reader": f"Dr {reader.given_name} {reader.family_name}",
        "telephone": reader.telephone,
        "end": f"{handover.ends_at.astimezone(zone):%H:%M}",
        "handover": handover.id,
    }
    for who, count in _count_offered(items).items():
        await tasks.raise_task(
            session,
            TaskKind.HANDOVER_OFFERED,
            subject=_name_subject(handover.id, who),
            now=now,
            radiologist_id=who,
            detail=detail | {"count": count},
        )
    unanswered = sum(ItemState(each.state) in UNANSWERED for each in items)
    if unanswered:
        await tasks.raise_task(
            session,
            TaskKind.HANDOVER_OPEN,
            subject=_name_subject(handover.id),
            now=now,
            radiologist_id=await find_coordinator(session, now=now),
            detail=detail | {"count": unanswered},
        )
    await stop_telling(session, handover.id, now=now)


def _count_offered(items: Iterable[HandoverItem]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for each in items:
        if each.state == ItemState.OFFERED and each.to_radiologist_id is not None:
            counts[each.to_radiologist_id] = counts.get(each.to_radiologist_id, 0) + 1
    return counts


async def stop_telling(session: AsyncSession, handover_id: int, *, now: datetime) -> None:
    """Tell nobody any more who has nothing to do about a handover."""
    items = await repository.list_items(session, handover_id)
    if not any(ItemState(each.state) in UNANSWERED for each in items):
        await tasks.settle_by_itself(
            session,
            TaskKind.HANDOVER_OPEN,
            subject=_name_subject(handover_id),
            outcome="accepted",
            now=now,
        )
    waiting = _count_offered(items)
    for who in await repository.list_named(session, handover_id):
        if who not in waiting:
            await tasks.settle_by_itself(
                session,
                TaskKind.HANDOVER_OFFERED,
                subject=_name_subject(handover_id, who),
                outcome="answered",
                now=now,
            )


def _name_subject(handover_id: int, radiologist_id: int | None = None) -> str:
    whom = "" if radiologist_id is None else f":{radiologist_id}"
    return f"handover:{handover_id}{whom}"
