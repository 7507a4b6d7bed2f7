"""Handovers and their items: open, offer, answer, close."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.domain.handover import (
    OPEN,
    ItemAction,
    ItemKind,
    ItemRefused,
    ItemState,
    Thing,
    follow,
    states_before,
)
from app.dispatch.models import Handover, HandoverItem
from app.kit.errors import NotFound
from app.kit.interval import Interval

_CURRENT = HandoverItem.superseded_at.is_(None)


class NoSuchItem(NotFound):
    """There is no such thing in a handover, or not for this person."""

    def __init__(self, item_id: int) -> None:
        super().__init__(f"there is nothing {item_id} here that is handed over")
        self.item_id = item_id


async def add_handover(
    session: AsyncSession, *, radiologist_id: int, stint: Interval, now: datetime
) -> Handover | None:
    """Open a handover; nothing when one of this reader is open."""
    return await session.scalar(
        insert(Handover)
        .values(
            radiologist_id=radiologist_id,
            starts_at=stint.start,
            ends_at=stint.end,
            opened_at=now,
            look_due_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Handover)
    )


async def list_open_readers(session: AsyncSession) -> set[int]:
    """List who hands over now."""
    rows = await session.scalars(
        select(Handover.radiologist_id).where(Handover.closed_at.is_(None))
    )
    return set(rows)


async def lock_due(session: AsyncSession, *, now: datetime) -> Handover | None:
    """Lock the open handover that has been due for longest; one that another looks at is left."""
    return await session.scalar(
        select(Handover)
        .where(Handover.closed_at.is_(None), Handover.look_due_at <= now)
        .order_by(Handover.look_due_at, Handover.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    )


async def lock_handover(session: AsyncSession, handover_id: int) -> None:
    """Keep whoever would look at a handover, or answer another of its offers, waiting."""
    await session.execute(
        select(Handover.id).where(Handover.id == handover_id).with_for_update(key_share=True)
    )


async def change_handover(session: AsyncSession, handover_id: int, **columns: object) -> None:
    """Change a handover that the caller has locked."""
    await session.execute(
        update(Handover)
        .where(Handover.id == handover_id)
        .values(**columns)
        .execution_options(synchronize_session=False)
    )


async def hasten(session: AsyncSession, handover_id: int, *, now: datetime) -> None:
    """Let an open handover be looked at now."""
    await session.execute(
        update(Handover)
        .where(Handover.id == handover_id, Handover.look_due_at > now)
        .values(look_due_at=now)
        .execution_options(synchronize_session=False)
    )


async def find_next_look(session: AsyncSession) -> datetime | None:
    """Find when the next open handover is looked at."""
    return await session.scalar(
        select(func.min(Handover.look_due_at)).where(Handover.closed_at.is_(None))
    )


async def lock_items(session: AsyncSession, handover_id: int) -> Sequence[HandoverItem]:
    """Lock the current offers of a handover, so that nobody answers them meanwhile."""
    found = await session.scalars(
        select(HandoverItem)
        .where(HandoverItem.handover_id == handover_id, _CURRENT)
        .order_by(HandoverItem.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def list_items(
    session: AsyncSession, handover_id: int, *, states: Collection[ItemState] | None = None
) -> Sequence[HandoverItem]:
    """List the current offers of a handover, in the order in which they were made."""
    query = (
        select(HandoverItem)
        .where(HandoverItem.handover_id == handover_id, _CURRENT)
        .order_by(HandoverItem.id)
        .execution_options(populate_existing=True)
    )
    if states is not None:
        query = query.where(HandoverItem.state.in_(sorted(states)))
    return (await session.scalars(query)).all()


async def get_item(session: AsyncSession, item_id: int, *, lock: bool = False) -> HandoverItem:
    """Read an offer.

    Raises
    ------
    NoSuchItem
        If there is none.
    """
    query = select(HandoverItem).where(HandoverItem.id == item_id)
    if lock:
        query = query.with_for_update(key_share=True)
    found = await session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NoSuchItem(item_id)
    return found


async def get_handover(session: AsyncSession, handover_id: int) -> Handover:
    """Read a handover that an offer belongs to."""
    return await session.get_one(Handover, handover_id, populate_existing=True)


async def add_item(
    session: AsyncSession, handover_id: int, *, thing: Thing, values: Mapping[str, object]
) -> int | None:
    """Insert an offer of a thing; nothing when one of it is current."""
    return await session.scalar(
        insert(HandoverItem)
        .values(
            {
                "handover_id": handover_id,
                "kind": thing.kind.value,
                "case_id": thing.case_id,
                "task_id": thing.task_id,
            }
            | dict(values)
        )
        .on_conflict_do_nothing()
        .returning(HandoverItem.id)
    )


async def answer(
    session: AsyncSession,
    item_id: int,
    *,
    action: ItemAction,
    now: datetime,
    by_user_id: int | None,
    outcome: str = "",
    note: str | None = None,
) -> None:
    """Move a current offer, by a guarded UPDATE; what is settled is no longer current.

    Raises
    ------
    ItemRefused
        If it stands where this is not possible, or was superseded; nothing changed.
    """
    before = states_before(action)
    (target,) = {follow(state, action) for state in before}
    said = {} if note is None else {"note": note}
    ended = {"superseded_at": now} if target is ItemState.SETTLED else {}
    moved = await session.scalar(
        update(HandoverItem)
        .where(HandoverItem.id == item_id, HandoverItem.state.in_(sorted(before)), _CURRENT)
        .values(
            state=target.value,
            answered_at=now,
            answered_by=by_user_id,
            outcome=outcome,
            **said,
            **ended,
        )
        .returning(HandoverItem.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        standing = await get_item(session, item_id)
        raise ItemRefused(ItemState(standing.state), action)


async def supersede(
    session: AsyncSession,
    item: HandoverItem,
    *,
    outcome: str,
    by_user_id: int | None,
    now: datetime,
) -> None:
    """Let an offer that the caller has locked make room for another one of the same thing.

    Raises
    ------
    ItemRefused
        If it was answered in a way that leaves nothing to offer, or was superseded before.
    """
    follow(ItemState(item.state), ItemAction.OFFER)
    columns: dict[str, object] = {"superseded_at": now}
    if item.answered_at is None:
        columns |= {
            "state": ItemState.SETTLED.value,
            "answered_at": now,
            "answered_by": by_user_id,
            "outcome": outcome,
        }
    moved = await session.scalar(
        update(HandoverItem)
        .where(HandoverItem.id == item.id, _CURRENT)
        .values(**columns)
        .returning(HandoverItem.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        raise ItemRefused(ItemState(item.state), ItemAction.OFFER)


async def write_note(session: AsyncSession, item_id: int, note: str) -> None:
    """Change what the two tell each other about a thing."""
    await session.execute(
        update(HandoverItem)
        .where(HandoverItem.id == item_id)
        .values(note=note)
        .execution_options(synchronize_session=False)
    )


async def list_lapsing(
    session: AsyncSession, handover_id: int, *, now: datetime
) -> Sequence[HandoverItem]:
    """List the offers of a handover that nobody has answered in time."""
    items = await list_items(session, handover_id, states=[ItemState.OFFERED])
    return [each for each in items if each.due_at is not None and each.due_at <= now]


async def count_open(session: AsyncSession, handover_id: int) -> int:
    """Count the things that have no new owner yet."""
    return len(await list_items(session, handover_id, states=OPEN))


async def list_named(session: AsyncSession, handover_id: int) -> set[int]:
    """List to whom something of a handover was ever offered."""
    rows = await session.scalars(
        select(HandoverItem.to_radiologist_id).where(HandoverItem.handover_id == handover_id)
    )
    return {each for each in rows if each is not None}


async def find_taker(session: AsyncSession, *, case_id: int, kind: ItemKind) -> int | None:
    """Find who has accepted such a thing of a case last."""
    return await session.scalar(
        select(HandoverItem.to_radiologist_id)
        .where(
            HandoverItem.case_id == case_id,
            HandoverItem.kind == kind.value,
            HandoverItem.state == ItemState.ACCEPTED.value,
        )
        .order_by(HandoverItem.answered_at.desc(), HandoverItem.id.desc())
        .limit(1)
    )
