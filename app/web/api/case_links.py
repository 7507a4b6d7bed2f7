"""Cases put together, taken apart, and what others than their reader say of them."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app import pipeline
from app.cases import repository as case_repository
from app.cases.domain.incidents import IncidentKind
from app.directory.domain import Permission
from app.kit.errors import Conflict, Invalid, NotFound
from app.web.api.cases import Standing
from app.web.case_access import enter_case
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.grouping_access import enter_grouping, enter_joining
from app.web.schemas import LARGEST_KEY, Body, Key, View

router = APIRouter(prefix="/cases", tags=["cases"])

Seer = Annotated[Work, needs(Permission.CASE_READ)]
Raiser = Annotated[Work, needs(Permission.CASE_RAISE)]
Identifier = Annotated[Work, needs(Permission.STUDY_IDENTIFY)]
Requester = Annotated[Work, needs(Permission.CASE_ACKNOWLEDGE_RESULT)]

Text = Annotated[
    str, Field(min_length=1, max_length=500, description="kept on the timeline; no patient data")
]
AnyKey = Annotated[int, Field(ge=1, le=LARGEST_KEY)]
Ids = Annotated[list[AnyKey], Field(default_factory=list, max_length=100)]


class Because(Body):
    """Why something is done."""

    reason: Text


class Junction(Body):
    """Which other case is the same question, and why."""

    other_id: AnyKey
    reason: Text


class RequestJunction(Body):
    """Which request the case answers, and why."""

    request_id: AnyKey
    reason: Text


class Division(Body):
    """What leaves the case, and why."""

    study_ids: Ids
    request_ids: Ids
    reason: Text


class IncidentBody(Body):
    """A technical event."""

    kind: IncidentKind
    text: Text


class Finished(View):
    """What the hospital's word has made complete."""

    study_ids: list[int]


async def _show(work: Work, case_id: int) -> Standing:
    return Standing.model_validate(await case_repository.get_case(work.session, case_id))


@router.post("/{case_id}/join", responses=raises(NotFound, Conflict, Invalid))
async def join_cases(case_id: Key, body: Junction, work: Seer) -> Standing:
    """Let a case take over another of the same site; the answer is the one that stands."""
    for each in (case_id, body.other_id):
        await enter_grouping(work, each)
    kept_id = await pipeline.join(
        work.session,
        case_id,
        other_id=body.other_id,
        reason=body.reason,
        actor=work.actor,
        now=work.now,
    )
    return await _show(work, kept_id)


@router.post("/{case_id}/join-request", responses=raises(NotFound, Conflict, Invalid))
async def join_request(case_id: Key, body: RequestJunction, work: Seer) -> Standing:
    """Say that a case answers a request of its site."""
    await enter_joining(work, case_id, request_id=body.request_id)
    kept_id = await pipeline.join_request(
        work.session,
        case_id,
        request_id=body.request_id,
        reason=body.reason,
        actor=work.actor,
        now=work.now,
    )
    return await _show(work, kept_id)


@router.post("/{case_id}/split", responses=raises(NotFound, Conflict, Invalid))
async def split_case(case_id: Key, body: Division, work: Seer) -> Standing:
    """Take studies and requests out of a case; the answer is the new one."""
    await enter_grouping(work, case_id)
    new_id = await pipeline.split(
        work.session,
        case_id,
        study_ids=body.study_ids,
        request_ids=body.request_ids,
        reason=body.reason,
        actor=work.actor,
        now=work.now,
    )
    return await _show(work, new_id)


@router.post("/{case_id}/one-patient", responses=raises(NotFound, Conflict))
async def confirm_one_patient(case_id: Key, body: Because, work: Identifier) -> Standing:
    """Say that the studies of a case are of one patient, though the hospital wrote several."""
    await enter_case(work, case_id, Permission.STUDY_IDENTIFY)
    await pipeline.confirm_one_patient(
        work.session, case_id, reason=body.reason, actor=work.actor, now=work.now
    )
    return await _show(work, case_id)


@router.post("/{case_id}/incidents", status_code=201, responses=raises(NotFound))
async def note_incident(case_id: Key, body: IncidentBody, work: Raiser) -> Standing:
    """Put a technical event on the timeline, in whatever state the case is (CSP R.6316-4)."""
    await enter_case(work, case_id, Permission.CASE_RAISE)
    await pipeline.note_incident(
        work.session, case_id, kind=body.kind, text=body.text, actor=work.actor, now=work.now
    )
    return await _show(work, case_id)


@router.post("/{case_id}/acknowledge-result", responses=raises(NotFound, Conflict))
async def acknowledge_result(case_id: Key, work: Requester) -> Standing:
    """Say that the requester has read the report; said again, it changes nothing."""
    await enter_case(work, case_id, Permission.CASE_ACKNOWLEDGE_RESULT)
    await pipeline.acknowledge_result(work.session, case_id, actor=work.actor, now=work.now)
    return await _show(work, case_id)


@router.post("/{case_id}/exam-finished", responses=raises(NotFound))
async def finish_exam(case_id: Key, work: Raiser) -> Finished:
    """Say that no further image will come; studies that lack announced images still wait."""
    await enter_case(work, case_id, Permission.CASE_RAISE)
    finished = await pipeline.finish_exam(work.session, case_id, actor=work.actor, now=work.now)
    return Finished(study_ids=sorted(finished))
