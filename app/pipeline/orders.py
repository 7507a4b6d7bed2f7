"""From a request to the case that waits for its images."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.notify import WORK, notify
from app.directory.domain import Actor
from app.planning.service.on_call import on_call
from app.requests import service as requests
from app.requests.domain.decisions import Decision
from app.requests.events import RequestValidated


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
    if isinstance(event, RequestValidated):
        await notify(session, channel=WORK, payload="requests")


async def cancel_request(
    session: AsyncSession, request_id: int, *, reason: str, actor: Actor, now: datetime
) -> None:
    """When the site no longer wants an exam whose images have not come, nobody waits for it."""
    await requests.cancel(session, request_id, reason=reason, actor=actor, now=now)
