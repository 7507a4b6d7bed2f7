"""What a reader leaves who goes off guard, and what follows when another accepts it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.db.locks import wait_for_lock
from app.directory.domain import Actor
from app.dispatch.domain.handover import ItemKind, ItemState
from app.dispatch.repository.handover import list_items
from app.dispatch.service import handover_answers as answers
from app.dispatch.service.check_in import radiologist_of
from app.kit.clock import read_monotonic_s
from app.kit.errors import AppError
from app.pipeline.offering import DECIDING
from app.pipeline.reading import acknowledge, claim, reassign

_REASON = "handed over"
_LONGEST_S = 2.0
"""What is taken over by one press is taken over at once, unless it is very much: others wait."""


async def accept_item(
    session: AsyncSession, item_id: int, *, actor: Actor, note: str | None = None, now: datetime
) -> None:
    """When a thing is taken over, its case is that reader's: offered to them alone, or claimed."""
    item = await answers.accept(session, item_id, actor=actor, note=note, now=now)
    if item.kind not in {ItemKind.CASE, ItemKind.CLAIM}:
        return
    await reassign(
        session,
        item.case_id,
        to_radiologist_id=radiologist_of(actor),
        actor=actor,
        reason=_REASON,
        now=now,
    )
    take = claim if item.kind == ItemKind.CLAIM else acknowledge
    await take(session, item.case_id, actor=actor, now=now)


async def accept_all(
    session: AsyncSession, handover_id: int, *, actor: Actor, now: datetime
) -> list[int]:
    """When somebody takes over all that is offered to them, what cannot be any more is left out.

    So is what would keep others from deciding for too long: it stays offered, to be accepted next.

    Returns
    -------
    list
        The offers that were not accepted: somebody was quicker, it needs nobody any more, or it was
        too much for once.
    """
    own = radiologist_of(actor)
    # While nobody decides, and cases in one order: else each could wait for what the other holds.
    now += await wait_for_lock(session, DECIDING)
    ends_s = read_monotonic_s() + _LONGEST_S
    offered = await list_items(session, handover_id, states=[ItemState.OFFERED, ItemState.LAPSED])
    items = [(each.id, each.case_id) for each in offered if each.to_radiologist_id == own]
    for case_id in sorted({case_id for _, case_id in items}):
        await cases.lock_case(session, case_id)
    left = []
    for number, (item_id, _) in enumerate(items):
        if number and read_monotonic_s() >= ends_s:
            left.append(item_id)
            continue
        try:
            async with session.begin_nested():
                await accept_item(session, item_id, actor=actor, now=now)
        except AppError:
            left.append(item_id)
    return left
