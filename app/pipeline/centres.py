"""When a centre is down, what it had goes to others; when it is back, it may get it again."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.db.apart import succeeds
from app.db.locks import wait_for_lock
from app.directory.domain import Actor
from app.dispatch.domain.failover_moves import CheckAction
from app.dispatch.events import CasesToOffer
from app.dispatch.service import failover, failover_watch
from app.dispatch.service.nominations import nominate
from app.pipeline.offering import DECIDING, case_offered, wake_dispatch


async def watch_centres(session: AsyncSession, *, now: datetime) -> int:
    """When the platform sees that centres are down or back, their cases are offered anew.

    Returns
    -------
    int
        How many cases were.
    """
    # While nobody decides: else a case could go to a reader who is just found to be gone.
    now += await wait_for_lock(session, DECIDING)
    return await _offer_all(session, await failover_watch.watch(session, now=now), now=now)


async def centre_said_down(
    session: AsyncSession, centre_id: int, *, actor: Actor, now: datetime
) -> None:
    """When the coordinator says that a centre is down, what is offered to it goes to others."""
    now += await wait_for_lock(session, DECIDING)
    event = await failover.say_down(session, centre_id=centre_id, actor=actor, now=now)
    await _offer_all(session, [event], now=now)


async def centre_said_back(
    session: AsyncSession, centre_id: int, *, actor: Actor, now: datetime
) -> None:
    """When the coordinator says that it is back, what nobody has claimed since is decided anew."""
    now += await wait_for_lock(session, DECIDING)
    event = await failover.say_up(session, centre_id=centre_id, actor=actor, now=now)
    await _offer_all(session, [event], now=now)


async def reader_called(
    session: AsyncSession, check_id: int, *, action: CheckAction, actor: Actor, now: datetime
) -> None:
    """When a reader of a centre that is down was called, they read on, or others do."""
    now += await wait_for_lock(session, DECIDING)
    event = await failover.answer_check(
        session, check_id=check_id, action=action, actor=actor, now=now
    )
    await _offer_all(session, [event], now=now)


async def _offer_all(
    session: AsyncSession, events: Iterable[CasesToOffer], *, now: datetime
) -> int:
    """Offer each case apart: that a centre is down stands, whatever one of them runs into."""
    offered: list[bool] = []

    async def offer(case_id: int, cause: str) -> None:
        decided = await nominate(session, case_id, cause=cause, now=now)
        offered.append(await case_offered(session, decided, now=now))

    for event in events:
        for case_id in event.case_ids:
            if not await succeeds(session, partial(offer, case_id, event.cause), case=case_id):
                # The job of dispatch tries again, and puts off what fails there too.
                await cases.change(session, case_id, dispatch_due_at=now)
    await wake_dispatch(session)
    return sum(offered)
