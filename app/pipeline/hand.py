"""What a person puts together, takes apart, or notes about a case."""

from collections.abc import Collection
from dataclasses import astuple
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as case_rows
from app.cases import service as cases
from app.cases.domain.incidents import IncidentKind
from app.cases.events import CasesJoined, CaseSplit
from app.delivery import service as delivery
from app.delivery.repository.moving import follow_studies
from app.directory.domain import Actor
from app.dispatch import service as dispatch
from app.intake.service import announcements
from app.kit.errors import Conflict, Invalid
from app.pipeline.offering import wake_dispatch
from app.pipeline.orders import images_came, images_left, lock_requests
from app.pipeline.reading import user_of
from app.reports import service as reports
from app.reports.domain.document import Chapters
from app.requests import service as requests
from app.requests.domain.states import STANDING, RequestState
from app.requests.repository import requests as request_rows
from app.tasks import service as tasks


class TwoDrafts(Conflict):
    """Somebody has written in both cases: nobody's text is thrown away unseen."""

    def __init__(self, case_id: int, other_id: int) -> None:
        super().__init__(
            f"there is a draft in case {case_id} and another in case {other_id}: "
            "empty one of them, then join"
        )


async def join(
    session: AsyncSession, case_id: int, *, other_id: int, reason: str, actor: Actor, now: datetime
) -> int:
    """When two cases are one question, one takes over all of the other, which is set aside.

    Returns
    -------
    int
        The case that stands: the one named first, unless only the other has a draft.
    """
    await lock_requests(session, [case_id, other_id])
    await cases.lock_pair(session, case_id, other_id)
    kept_id, absorbed_id = await _keep_draft(session, case_id, other_id)
    event = await cases.join(
        session,
        case_id=kept_id,
        other_id=absorbed_id,
        reason=reason,
        by_user_id=user_of(actor),
        now=now,
    )
    await _joined(session, event, now=now)
    return kept_id


async def _keep_draft(session: AsyncSession, case_id: int, other_id: int) -> tuple[int, int]:
    mine, other = [
        (await reports.read_draft(session, case_id=each)).chapters for each in (case_id, other_id)
    ]
    if _has_text(mine) and _has_text(other):
        raise TwoDrafts(case_id, other_id)
    return (other_id, case_id) if _has_text(other) else (case_id, other_id)


def _has_text(chapters: Chapters) -> bool:
    return any(text.strip() for text in astuple(chapters))


async def _joined(session: AsyncSession, event: CasesJoined, *, now: datetime) -> None:
    """When a case was absorbed, its readers are let go, and the other's get the images."""
    await dispatch.let_go(session, case_id=event.absorbed_id, reason="joined", now=now)
    await _tasks_follow(session, event, from_case_id=event.absorbed_id, to_case_id=event.case_id)
    outcome = f"joined into case {event.case_id}"
    await cases.settle_all(
        session, case_id=event.absorbed_id, outcome=outcome, by_user_id=None, now=now
    )
    await follow_studies(session, study_ids=event.study_ids, case_id=event.case_id)
    if await case_rows.list_studies(session, event.case_id):
        for request_id in await case_rows.list_request_ids(session, event.case_id):
            await images_came(session, request_id, now=now)
    await delivery.send_to_readers(session, event.case_id, now=now)
    await wake_dispatch(session)


async def _tasks_follow(
    session: AsyncSession, event: CasesJoined | CaseSplit, *, from_case_id: int, to_case_id: int
) -> None:
    """When studies and requests change their case, what is asked about them goes with them."""
    studies = [cases.subject_of_study(each) for each in event.study_ids]
    asked = [requests.subject_of(each) for each in event.request_ids]
    await tasks.follow(
        session, from_case_id=from_case_id, to_case_id=to_case_id, subjects=[*studies, *asked]
    )


async def split(
    session: AsyncSession,
    case_id: int,
    *,
    study_ids: Collection[int],
    request_ids: Collection[int],
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """When a case is two questions, some of it gets a case of its own, which is offered at once.

    Returns
    -------
    int
        The new case.
    """
    await lock_requests(session, [case_id])
    event = await cases.split(
        session,
        case_id=case_id,
        study_ids=study_ids,
        request_ids=request_ids,
        reason=reason,
        by_user_id=user_of(actor),
        now=now,
    )
    await follow_studies(session, study_ids=event.study_ids, case_id=event.new_case_id)
    await _tasks_follow(session, event, from_case_id=case_id, to_case_id=event.new_case_id)
    if not event.study_ids:
        for request_id in event.request_ids:
            await images_left(session, request_id, now=now)
    await wake_dispatch(session)
    return event.new_case_id


async def join_request(
    session: AsyncSession,
    case_id: int,
    *,
    request_id: int,
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """When somebody says that a request is that of a case, the case answers it.

    A case that waits for the images of this request is joined into the one that has them.

    Returns
    -------
    int
        The case that stands.
    """
    request = await request_rows.lock_request(session, request_id)
    waiting_id = await case_rows.find_case_of_request(session, request_id)
    if waiting_id == case_id:
        return case_id
    if waiting_id is not None:
        return await join(
            session, case_id, other_id=waiting_id, reason=reason, actor=actor, now=now
        )
    cases.check_reason(reason)
    if RequestState(request.state) not in STANDING:
        raise Conflict(f"request {request_id} is {request.state}: no case answers it")
    case = await case_rows.lock_case(session, case_id)
    if case.site_id != request.site_id:
        raise Invalid(f"request {request_id} is of another site than case {case_id}")
    cases.check_open(case)
    await cases.take_request(
        session, case_id, request_id=request_id, now=now, by_user_id=user_of(actor)
    )
    if case.first_image_at is not None:
        await images_came(session, request_id, now=now)
    await wake_dispatch(session)
    return case_id


async def note_incident(
    session: AsyncSession,
    case_id: int,
    *,
    kind: IncidentKind,
    text: str,
    actor: Actor,
    now: datetime,
) -> None:
    """When something technical went wrong, the timeline keeps it (CSP R.6316-4)."""
    await cases.note_incident(
        session, case_id=case_id, kind=kind, text=text, by_user_id=user_of(actor), now=now
    )


async def finish_exam(
    session: AsyncSession, case_id: int, *, actor: Actor, now: datetime
) -> frozenset[int]:
    """When the hospital says that the exam is over, nobody waits for further images.

    Returns
    -------
    frozenset
        The studies that count as complete now; those that lack announced images still wait.
    """
    study_ids = [each.id for each in await case_rows.list_studies(session, case_id)]
    by_user_id = user_of(actor)
    finished = await announcements.finish_exam(session, study_ids, by_user_id=by_user_id, now=now)
    await case_rows.lock_case(session, case_id)
    await cases.note_exam_finished(session, case_id=case_id, by_user_id=by_user_id, now=now)
    return finished


async def acknowledge_result(
    session: AsyncSession, case_id: int, *, actor: Actor, now: datetime
) -> None:
    """When the requester has read the report, the case is at its end."""
    await cases.acknowledge_result(session, case_id=case_id, by_user_id=user_of(actor), now=now)
