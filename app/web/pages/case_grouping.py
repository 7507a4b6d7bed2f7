"""Two cases that are one question, or one case that is two: what will happen, then a reason."""

from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app import pipeline
from app.cases.repository import CaseNotFound
from app.directory.domain import Permission
from app.requests.domain.states import STANDING
from app.web.grouping_access import (
    enter_grouping,
    enter_joining,
    find_seen_cases,
    find_seen_requests,
)
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import render_page
from app.web.schemas import LARGEST_KEY, Key
from app.worklist.queries.case import load_case_sheet
from app.worklist.queries.case_facts import list_join_candidates, load_case_facts
from app.worklist.queries.hospital import SHOWN_FOR, list_site_requests
from app.worklist.views.case import CaseSheet
from app.worklist.views.case_facts import CaseFacts, JoinCandidate
from app.worklist.views.hospital import HospitalRequest

router = APIRouter(prefix="/cases/{case_id}")

Grouper = Annotated[Visit, visit(Permission.CASE_READ)]
Id = Annotated[int, Form(ge=1, le=LARGEST_KEY)]
Ids = Annotated[list[int], Form(default_factory=list, max_length=100)]
Reason = Annotated[str, Form(min_length=1, max_length=500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinPage:
    """A case, the others it may be joined with, and the one that was chosen."""

    sheet: CaseSheet
    zone: ZoneInfo
    candidates: tuple[JoinCandidate, ...]
    chosen: JoinCandidate | None
    requests: tuple[HospitalRequest, ...]
    """Of the site, which this case does not answer yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitPage:
    """A case, and what may leave it."""

    sheet: CaseSheet
    zone: ZoneInfo
    facts: CaseFacts


async def _enter(guest: Visit, case_id: int) -> CaseSheet:
    await enter_grouping(guest.work, case_id)
    sheet = await load_case_sheet(guest.session, case_id=case_id)
    if sheet is None:
        raise CaseNotFound(case_id)
    return sheet


@router.get("/join")
async def show_join(
    case_id: Key, guest: Grouper, other: Annotated[int | None, Query(ge=1, le=LARGEST_KEY)] = None
) -> HTMLResponse:
    """Show the other open cases of the site, the same patient's first; then what joining does."""
    sheet = await _enter(guest, case_id)
    candidates = await _list_candidates(guest, case_id)
    requests = await _list_requests(guest, case_id, site_id=sheet.site.site_id)
    view = JoinPage(
        requests=requests,
        sheet=sheet,
        zone=ZoneInfo(sheet.site.zone),
        candidates=candidates,
        chosen=next((each for each in candidates if each.case_id == other), None),
    )
    guest.work.note_access("view", subject="case", subject_id=case_id)
    for each in candidates:
        guest.work.note_access("list", subject="case", subject_id=each.case_id)
    for wanted in requests:
        guest.work.note_access("list", subject="request", subject_id=wanted.request_id)
    return render_page("case/join.html", frame=guest.frame, view=view)


async def _list_candidates(guest: Visit, case_id: int) -> tuple[JoinCandidate, ...]:
    found = await list_join_candidates(guest.session, case_id=case_id)
    seen = await find_seen_cases(guest.work, [each.case_id for each in found])
    return tuple(each for each in found if each.case_id in seen)


async def _list_requests(
    guest: Visit, case_id: int, *, site_id: int
) -> tuple[HospitalRequest, ...]:
    since = guest.work.now - SHOWN_FOR
    found = await list_site_requests(guest.session, site_id=site_id, since=since)
    open_ones = [each for each in found if each.state in STANDING and each.case_id != case_id]
    seen = await find_seen_requests(guest.work, [each.request_id for each in open_ones])
    return tuple(each for each in open_ones if each.request_id in seen)


@router.post("/join")
async def join(case_id: Key, guest: Grouper, other_id: Id, reason: Reason) -> Response:
    """Let the case take over another one."""
    for each in (case_id, other_id):
        await enter_grouping(guest.work, each)
    kept_id = await pipeline.join(
        guest.session,
        case_id,
        other_id=other_id,
        reason=reason,
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return RedirectResponse(f"/cases/{kept_id}", 303)


@router.post("/join-request")
async def join_request(case_id: Key, guest: Grouper, request_id: Id, reason: Reason) -> Response:
    """Say that the case answers a request of its site."""
    await enter_joining(guest.work, case_id, request_id=request_id)
    kept_id = await pipeline.join_request(
        guest.session,
        case_id,
        request_id=request_id,
        reason=reason,
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return RedirectResponse(f"/cases/{kept_id}", 303)


@router.get("/split")
async def show_split(case_id: Key, guest: Grouper) -> HTMLResponse:
    """Show what may leave the case."""
    sheet = await _enter(guest, case_id)
    view = SplitPage(
        sheet=sheet,
        zone=ZoneInfo(sheet.site.zone),
        facts=await load_case_facts(guest.session, case_id=case_id),
    )
    guest.work.note_access("view", subject="case", subject_id=case_id)
    return render_page("case/split.html", frame=guest.frame, view=view)


@router.post("/split")
async def split(
    case_id: Key, guest: Grouper, reason: Reason, study_ids: Ids, request_ids: Ids
) -> Response:
    """Take studies and requests out of the case, into one of their own."""
    await enter_grouping(guest.work, case_id)
    new_id = await pipeline.split(
        guest.session,
        case_id,
        study_ids=study_ids,
        request_ids=request_ids,
        reason=reason,
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return RedirectResponse(f"/cases/{new_id}", 303)
