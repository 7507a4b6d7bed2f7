"""From a request to the case that waits for its images."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as case_rows
from app.cases import service as cases
from app.db.notify import WORK, notify
from app.directory.domain import Actor
from app.dispatch import service as dispatch
from app.planning.service.on_call import on_call
from app.requests import service as requests
from app.requests.domain.decisions import Decision
from app.requests.events import (
    ImagesOverdue,
    InformationWanted,
    RequestRefused,
    RequestValidated,
)
from app.requests.repository import requests as request_rows
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind


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
    await _settle_asking(session, request_id, outcome="request cancelled", now=now)
    await _drop_case(session, request_id, decision="cancelled", actor=actor, now=now)


async def images_came(session: AsyncSession, request_id: int, *, now: datetime) -> None:
    """When images of a request have come, nobody is asked for them any more."""
    if await requests.images_came(session, request_id, now=now):
        await _settle_asking(session, request_id, outcome="images came", now=now)


async def _settle_asking(
    session: AsyncSession, request_id: int, *, outcome: str, now: datetime
) -> None:
    await cases.settle_about(
        session,
        TaskKind.ASK_FOR_IMAGES,
        subject=requests.subject_of(request_id),
        outcome=outcome,
        now=now,
    )


async def images_left(session: AsyncSession, request_id: int, *, now: datetime) -> None:
    """When images were not those of a request, it waits for its own, or may be cancelled."""
    await requests.images_left(session, request_id, now=now)
    await notify(session, channel=WORK, payload="requests")


async def ask_for_images(session: AsyncSession, *, now: datetime, limit: int) -> int:
    """When the images of accepted requests do not come, their sites are asked; say how many."""
    overdue = await requests.take_overdue(session, now=now, limit=limit)
    for each in overdue:
        await _ask_site(session, each, now=now)
    return len(overdue)


async def _ask_site(session: AsyncSession, overdue: ImagesOverdue, *, now: datetime) -> None:
    subject = requests.subject_of(overdue.request_id)
    detail = {
        "request": overdue.request_id,
        "site": overdue.site_name,
        "telephone": overdue.telephone,
    }
    case_id = await case_rows.find_case_of_request(session, overdue.request_id)
    if case_id is not None:
        await cases.raise_case_task(
            session,
            TaskKind.ASK_FOR_IMAGES,
            case_id=case_id,
            subject=subject,
            radiologist_id=overdue.radiologist_id,
            detail=detail,
            now=now,
        )
        return
    # Somebody has set its case aside; the exam is still wanted.
    await tasks.raise_task(
        session,
        TaskKind.ASK_FOR_IMAGES,
        subject=subject,
        site_id=overdue.site_id,
        radiologist_id=overdue.radiologist_id,
        detail=detail,
        now=now,
    )


async def lock_requests(session: AsyncSession, case_ids: Collection[int]) -> None:
    """Lock requests before their cases, as whoever decides on one does."""
    found = {
        each for case_id in case_ids for each in await case_rows.list_request_ids(session, case_id)
    }
    for request_id in sorted(found):
        await request_rows.lock_request(session, request_id)
