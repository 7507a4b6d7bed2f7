"""Requests: orders for an exam, the decision before it, and the files that come with them."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response, UploadFile
from pydantic import Field

from app import pipeline
from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.requests import service as requests
from app.requests.domain.content import Pregnancy, RequestContent, RequestPriority, Sex
from app.requests.domain.decisions import Decision, DecisionKind
from app.requests.domain.states import RequestState
from app.requests.repository import requests as repository
from app.requests.service.writing import content_of
from app.web.api.instants import At
from app.web.attachments import answer_attachment, attach_upload
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.request_access import enter_request, enter_site
from app.web.schemas import LARGEST_KEY, Body, BodyKey, Key, View

router = APIRouter(prefix="/requests", tags=["requests"])

Reader = Annotated[Work, needs(Permission.REQUEST_READ)]
Writer = Annotated[Work, needs(Permission.REQUEST_WRITE)]
Decider = Annotated[Work, needs(Permission.REQUEST_DECIDE)]

Version = Annotated[int, Field(ge=1, le=LARGEST_KEY, description="of the request that was read")]
SubmissionKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{1,100}$",
        description="drawn by you: the same one sent again makes no second request",
    ),
]


class ContentBody(Body):
    """What a request says; what is mandatory has no default in `RequestBody`."""

    family_name: str = ""
    given_name: str = ""
    birth_date: date | None = None
    sex: Sex = Sex.UNKNOWN
    patient_id: str = ""
    accession_number: str = ""
    priority: RequestPriority = RequestPriority.P2
    question: str = ""
    context: str = ""
    region: str = ""
    exam: str = ""
    allergy: str = ""
    renal_function: str = ""
    pregnancy: Pregnancy = Pregnancy.UNKNOWN
    requester: str = ""
    call_back_number: str = ""
    patient_informed: bool = False
    expected_count: int | None = None


class RequestBody(ContentBody):
    """A new request."""

    site_id: BodyKey
    family_name: str
    given_name: str
    priority: RequestPriority
    question: str
    region: str
    exam: str
    requester: str
    call_back_number: str
    patient_informed: bool


class AmendBody(ContentBody):
    """What is to change of a request: the fields that are there, and no other."""

    version: Version


class DecisionBody(Body):
    """What a radiologist decides; which texts are needed depends on the kind."""

    version: Version
    kind: DecisionKind
    protocol: str = ""
    exam: str = ""
    reason: str = ""


class CancelBody(Body):
    """Why the exam is no longer wanted."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class AttachmentView(View):
    """A file that came with a request."""

    attachment_id: int
    name: str
    media_type: str
    size_bytes: int
    digest: str
    added_at: datetime


class RequestView(View):
    """A request with what was decided."""

    request_id: int
    site_id: int
    state: RequestState
    version: int
    priority: RequestPriority
    family_name: str
    given_name: str
    birth_date: date | None
    sex: Sex
    patient_id: str
    accession_number: str
    question: str
    context: str
    region: str
    exam: str
    allergy: str
    renal_function: str
    pregnancy: Pregnancy
    requester: str
    call_back_number: str
    patient_informed: bool
    expected_count: int | None
    requested_at: datetime
    requested_by_name: str
    open_question: str
    """What a radiologist wants to know; an amendment or a file answers it."""
    decided_at: datetime | None
    decided_by_name: str
    protocol: str
    exam_instead: str
    reason: str
    images_at: datetime | None
    attachments: list[AttachmentView]


class HistoryView(View):
    """An entry of the history of a request."""

    at: datetime
    kind: str
    by_name: str | None
    state_from: str | None
    state_to: str | None
    reason: str
    detail: dict[str, Any]


async def _show(work: Work, request_id: int) -> RequestView:
    (summary,) = await requests.load_summaries(work.session, [request_id])
    return RequestView.model_validate(summary)


@router.get("")
async def list_requests(
    work: Reader,
    page: WantedPage,
    state: Annotated[list[RequestState] | None, Query(description="only in one of these")] = None,
    since: Annotated[At | None, Query(description="requested at or after this instant")] = None,
    until: Annotated[At | None, Query(description="requested before this instant")] = None,
) -> Page[RequestView]:
    """List requests in the order of their submission; the view is logged."""
    work.note_access("list", subject="request", subject_id=0)
    rows = await repository.list_requests(
        work.session,
        scope=work.scope(Permission.REQUEST_READ),
        states=state or (),
        since=since,
        until=until,
        limit=page.fetch,
        after=page.after,
    )
    summaries = await requests.summarise(work.session, rows)
    views = [RequestView.model_validate(each) for each in summaries]
    return cut(views, page=page, keys=[view.request_id for view in views])


@router.post("", status_code=201, responses=raises(NotFound, Conflict))
async def create_request(
    body: RequestBody, work: Writer, submission_key: SubmissionKey = None
) -> RequestView:
    """Submit a request; sent twice under one `Idempotency-Key`, it is made once."""
    await enter_site(work, body.site_id)
    event = await requests.submit(
        work.session,
        site_id=body.site_id,
        content=RequestContent(**body.model_dump(exclude={"site_id"})),
        actor=work.actor,
        now=work.now,
        submission_key=submission_key,
    )
    return await _show(work, event.request_id)


@router.get("/{request_id}", responses=raises(NotFound))
async def show_request(request_id: Key, work: Reader) -> RequestView:
    """Show a request; the view is logged."""
    await enter_request(work, request_id, Permission.REQUEST_READ)
    work.note_access("view", subject="request", subject_id=request_id)
    return await _show(work, request_id)


@router.get("/{request_id}/history", responses=raises(NotFound))
async def show_history(request_id: Key, work: Reader) -> list[HistoryView]:
    """Show every move and change of a request, oldest first; the view is logged."""
    await enter_request(work, request_id, Permission.REQUEST_READ)
    work.note_access("view history", subject="request", subject_id=request_id)
    return [
        HistoryView(
            at=event.at,
            kind=event.kind,
            by_name=by_name,
            state_from=event.state_from,
            state_to=event.state_to,
            reason=event.reason,
            detail=event.detail,
        )
        for event, by_name in await repository.list_events(work.session, request_id)
    ]


@router.patch("/{request_id}", responses=raises(NotFound, Conflict))
async def amend_request(request_id: Key, body: AmendBody, work: Writer) -> RequestView:
    """Change what a request says; a radiologist's open question is answered by it."""
    await enter_request(work, request_id, Permission.REQUEST_WRITE)
    before = content_of(await repository.get_request(work.session, request_id))
    changes = body.model_dump(include=body.model_fields_set - {"version"})
    await requests.amend(
        work.session,
        request_id,
        content=replace(before, **changes),
        version=body.version,
        actor=work.actor,
        now=work.now,
    )
    return await _show(work, request_id)


@router.post("/{request_id}/decision", responses=raises(NotFound, Conflict))
async def decide_request(request_id: Key, body: DecisionBody, work: Decider) -> RequestView:
    """Decide before the exam; of two who decide at once, the second gets a conflict."""
    await enter_request(work, request_id, Permission.REQUEST_DECIDE)
    await pipeline.decide_request(
        work.session,
        request_id,
        decision=Decision(
            kind=body.kind, protocol=body.protocol, exam=body.exam, reason=body.reason
        ),
        version=body.version,
        actor=work.actor,
        now=work.now,
    )
    return await _show(work, request_id)


@router.post("/{request_id}/cancel", responses=raises(NotFound, Conflict))
async def cancel_request(request_id: Key, body: CancelBody, work: Writer) -> RequestView:
    """Withdraw a request; no longer possible once its images have come."""
    await enter_request(work, request_id, Permission.REQUEST_WRITE)
    await pipeline.cancel_request(
        work.session, request_id, reason=body.reason, actor=work.actor, now=work.now
    )
    return await _show(work, request_id)


@router.post("/{request_id}/attachments", status_code=201, responses=raises(NotFound, Conflict))
async def add_attachment(request_id: Key, file: UploadFile, work: Writer) -> RequestView:
    """Add a PDF, JPEG or PNG of at most 10 MB; what it is is read from its content."""
    await enter_request(work, request_id, Permission.REQUEST_WRITE)
    await attach_upload(work, request_id, file)
    return await _show(work, request_id)


@router.get(
    "/{request_id}/attachments/{attachment_id}",
    response_class=Response,
    responses={
        **raises(NotFound, Conflict),
        200: {
            "content": {
                each: {"schema": {"type": "string", "format": "binary"}}
                for each in ("application/pdf", "image/jpeg", "image/png")
            }
        },
    },
)
async def download_attachment(request_id: Key, attachment_id: Key, work: Reader) -> Response:
    """Download a file as it came; the view is logged."""
    return await answer_attachment(work, request_id, attachment_id, inline=False)
