"""When a centre is down, what it had goes to others; when it is back, it may get it again.

What is to be decided anew is made due in the transaction that says so, with the reason: it is not
forgotten, whoever is killed next. The job of dispatch decides it in batches that are short. A
hundred decisions in that one transaction would keep all others from being made for as long.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.db.locks import wait_for_lock
from app.directory.domain import Actor
from app.dispatch.domain.failover_moves import CheckAction
from app.dispatch.events import CasesToOffer
from app.dispatch.service import failover, failover_watch
from app.pipeline.offering import DECIDING, wake_dispatch


async def watch_centres(session: AsyncSession, *, now: datetime) -> int:
    """When the platform sees that centres are down or back, their cases are decided anew.

    Returns
    -------
    int
        How many cases are.
    """
    # While nobody decides: else a case could go to a reader who is just found to be gone.
    now += await wait_for_lock(session, DECIDING)
    return await _make_due(session, await failover_watch.watch(session, now=now), now=now)


async def centre_said_down(
    session: AsyncSession, centre_id: int, *, actor: Actor, now: datetime
) -> None:
    """When the coordinator says that a centre is down, what is offered to it goes to others."""
    now += await wait_for_lock(session, DECIDING)
    event = await failover.say_down(session, centre_id=centre_id, actor=actor, now=now)
    await _make_due(session, [event], now=now)


async def centre_said_back(
    session: AsyncSession, centre_id: int, *, actor: Actor, now: datetime
) -> None:
    """When the coordinator says that it is back, what nobody has claimed since is decided anew."""
    now += await wait_for_lock(session, DECIDING)
    event = await failover.say_up(session, centre_id=centre_id, actor=actor, now=now)
    await _make_due(session, [event], now=now)


async def reader_called(
    session: AsyncSession, check_id: int, *, action: CheckAction, actor: Actor, now: datetime
) -> None:
    """When a reader of a centre that is down was called, they read on, or others do."""
    now += await wait_for_lock(session, DECIDING)
    event = await failover.answer_check(
        session, check_id=check_id, action=action, actor=actor, now=now
    )
    await _make_due(session, [event], now=now)


async def _make_due(session: AsyncSession, events: Iterable[CasesToOffer], *, now: datetime) -> int:
    count = 0
    for event in events:
        count += await cases.make_due(session, event.case_ids, cause=event.cause, now=now)
    if count:
        await wake_dispatch(session)
    return count
