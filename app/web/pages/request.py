"""The page of a request: what is asked, the decision, the files, the history."""

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile

from app import pipeline
from app.directory.domain import InvalidField, Permission
from app.requests.domain.decisions import Decision, DecisionKind
from app.requests.domain.faults import ContentRefused, Fault
from app.requests.service import FileTooLarge
from app.web.attachments import answer_attachment, attach_upload
from app.web.pages.door import SentForm, Visit, visit
from app.web.pages.rendering import render_page, render_part
from app.web.pages.request_view import load_request_page
from app.web.pages.request_words import explain_fault, explain_faults
from app.web.request_access import enter_request
from app.web.schemas import LARGEST_KEY, Key

router = APIRouter(prefix="/requests/{request_id}")

Reader = Annotated[Visit, visit(Permission.REQUEST_READ)]
Writer = Annotated[Visit, visit(Permission.REQUEST_WRITE)]
Decider = Annotated[Visit, visit(Permission.REQUEST_DECIDE)]
Text = Annotated[str, Form(max_length=20_000)]
Version = Annotated[int, Form(ge=1, le=LARGEST_KEY)]
_REFUSED = 422
_TOO_LARGE = 413


@router.get("")
async def show_request(request_id: Key, guest: Reader) -> HTMLResponse:
    """Show a request; the view is logged."""
    await enter_request(guest.work, request_id, Permission.REQUEST_READ)
    guest.work.note_access("view", subject="request", subject_id=request_id)
    view = await load_request_page(guest, request_id)
    return render_page("requests/page.html", frame=guest.frame, view=view)


@router.get("/status")
async def show_status(request_id: Key, guest: Reader) -> HTMLResponse:
    """Show what changes by itself, for the page that is open; who never opened it is logged."""
    await enter_request(guest.work, request_id, Permission.REQUEST_READ)
    await guest.work.note_refresh("view", subject="request", subject_id=request_id)
    view = await load_request_page(guest, request_id)
    return render_part("requests/page.html", "status", frame=guest.frame, view=view)


@router.post("/decision")
async def decide(
    request_id: Key,
    guest: Decider,
    version: Version,
    kind: Annotated[DecisionKind | None, Form()] = None,
    protocol: Text = "",
    exam: Text = "",
    reason: Text = "",
) -> Response:
    """Decide before the exam."""
    await enter_request(guest.work, request_id, Permission.REQUEST_DECIDE)
    try:
        await pipeline.decide_request(
            guest.session,
            request_id,
            decision=_read_decision(kind, protocol=protocol, exam=exam, reason=reason),
            version=version,
            actor=guest.work.actor,
            now=guest.work.now,
        )
    except ContentRefused as refused:
        typed = {"protocol": protocol, "exam": exam, "reason": reason}
        view = await load_request_page(
            guest,
            request_id,
            typed=typed if kind is None else typed | {"kind": kind.value},
            faults=explain_faults(refused.faults, texts=guest.frame.texts),
        )
        return render_page("requests/page.html", frame=guest.frame, view=view, status=_REFUSED)
    return RedirectResponse(f"/requests/{request_id}", 303)


def _read_decision(kind: DecisionKind | None, *, protocol: str, exam: str, reason: str) -> Decision:
    if kind is None:
        raise ContentRefused((Fault("kind", "this is needed"),))
    return Decision(kind=kind, protocol=protocol, exam=exam, reason=reason)


@router.post("/cancel")
async def cancel(
    request_id: Key, guest: Writer, reason: Annotated[str, Form(min_length=1, max_length=500)]
) -> Response:
    """Withdraw a request."""
    await enter_request(guest.work, request_id, Permission.REQUEST_WRITE)
    await pipeline.cancel_request(
        guest.session, request_id, reason=reason, actor=guest.work.actor, now=guest.work.now
    )
    return RedirectResponse(f"/requests/{request_id}", 303)


@router.post("/attachments")
async def add_attachment(request_id: Key, form: SentForm, guest: Writer) -> Response:
    """Add a file."""
    await enter_request(guest.work, request_id, Permission.REQUEST_WRITE)
    file = form.get("file")
    try:
        await attach_upload(guest.work, request_id, _require_file(file))
    except (InvalidField, FileTooLarge) as refused:
        faults = {"file": explain_fault(refused.message, texts=guest.frame.texts)}
        view = await load_request_page(guest, request_id, faults=faults)
        status = _TOO_LARGE if isinstance(refused, FileTooLarge) else _REFUSED
        return render_page("requests/page.html", frame=guest.frame, view=view, status=status)
    return RedirectResponse(f"/requests/{request_id}", 303)


def _require_file(file: UploadFile | str | None) -> UploadFile:
    if not isinstance(file, UploadFile) or not file.filename:
        raise InvalidField("file", "this is needed")
    return file


@router.get("/attachments/{attachment_id}")
async def show_attachment(
    request_id: Key, attachment_id: Key, guest: Reader, *, inline: bool = False
) -> Response:
    """Show or download a file; the view is logged."""
    return await answer_attachment(guest.work, request_id, attachment_id, inline=inline)
