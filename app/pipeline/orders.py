"""From a request to the case that waits for its images."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import service as cases
from app.db.notify import WORK, notify
from app.directory.domain import Actor
from app.dispatch import service as dispatch
from app.planning.service.on_call import on_call
from app.requests import service as requests
from app.requests.domain.decisions import Decision
from app.requests.events import InformationWanted, RequestRefused, RequestValidated


async def decide_request(
    session: AsyncSession,
    request_id: int,
    *,
    decision: Decision,
    version: int,
    actor: Actor,
    now: datetime,
) -> None:
    """When a radiologist on guard wants the exam, its images will be theirs, and are waited for."""
    seats = (await on_call(session, now)).seats
    readers = {seat.reader.radiologist_id for seat in seats if seat.reader is not None}
    event = await requests.decide(
        session,
        request_id,
        decision=decision,
        version=version,
        actor=actor,
        on_guard=actor.radiologist_id in readers,
        now=now,
    )
    match event:
        case RequestValidated():
            await _request_accepted(session, event, actor=actor, now=now)
        case RequestRefused():
            await _drop_case(session, request_id, decision="refused", actor=actor, now=now)
        case InformationWanted():
            pass


async def _request_accepted(
    session: AsyncSession, event: RequestValidated, *, actor: Actor, now: datetime
) -> None:
    """When a request is accepted, its case opens without any image, and is owned."""
    await cases.open_for_request(
        session,
        request_id=event.request_id,
        owner_id=event.radiologist_id,
        by_user_id=actor.user_id,
        now=now,
    )
    await notify(session, channel=WORK, payload="requests")


async def _drop_case(
    session: AsyncSession, request_id: int, *, decision: str, actor: Actor, now: datetime
) -> None:
    """When an exam is not done, its case is set aside, unless there are images all the same."""
    event = await cases.drop_request(
        session, request_id=request_id, decision=decision, by_user_id=actor.user_id, now=now
    )
    if event is not None:
        await dispatch.let_go(session, case_id=event.case_id, now=now)
        await cases.settle_all(
            session, case_id=event.case_id, outcome=decision, by_user_id=actor.user_id, now=now
        )


async def cancel_request(
    session: AsyncSession, request_id: int, *, reason: str, actor: Actor, now: datetime
) -> None:
    """When the site no longer wants an exam whose images have not come, nobody waits for it."""
    await requests.cancel(session, request_id, reason=reason, actor=actor, now=now)
    await _drop_case(session, request_id, decision="cancelled", actor=actor, now=now)
