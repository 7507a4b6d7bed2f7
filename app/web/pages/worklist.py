"""The live worklist."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup

from app import pipeline
from app.directory.domain import Permission
from app.requests.repository.requests import count_to_decide
from app.web.case_access import enter_case
from app.web.pages.door import Visit, after_action, visit
from app.web.pages.rendering import render_page, render_part
from app.web.pages.rows import RowCache, onlooker_of
from app.web.schemas import Key
from app.worklist.queries.worklist import load_worklist

router = APIRouter()

Reader = Annotated[Visit, visit(Permission.WORKLIST_READ)]
Claimer = Annotated[Visit, visit(Permission.CASE_CLAIM)]


@dataclass(frozen=True, slots=True)
class WorklistPage:
    """The two lists, as rows of HTML."""

    at: datetime
    to_read: tuple[Markup, ...]
    to_deliver: tuple[Markup, ...]
    to_decide: int
    """Requests that wait for a radiologist's decision."""


def cache_of(request: Request) -> RowCache:
    """Return the rows that this process has rendered."""
    cache: RowCache = request.app.state.row_cache
    return cache


async def _load(guest: Visit) -> WorklistPage:
    work, cache = guest.work, cache_of(guest.request)
    found = await load_worklist(
        work.session,
        scope=work.scope(Permission.WORKLIST_READ),
        now=work.now,
        radiologist_id=work.actor.radiologist_id,
    )
    onlooker = onlooker_of(guest.frame, claim_scope=work.scope(Permission.CASE_CLAIM))
    return WorklistPage(
        at=found.at,
        to_read=tuple(cache.render(onlooker.view(row), frame=guest.frame) for row in found.to_read),
        to_deliver=tuple(
            cache.render(onlooker.view(row), frame=guest.frame) for row in found.to_deliver
        ),
        to_decide=await count_to_decide(work.session, scope=work.scope(Permission.REQUEST_READ)),
    )


@router.get("/")
async def show_worklist(guest: Reader) -> Response:
    """Show the page; the view is logged once, not at each fetch of its rows."""
    if guest.frame.is_hospital:
        return RedirectResponse("/hospital", 303)
    guest.work.note_access("list", subject="worklist", subject_id=0)
    return render_page("worklist/page.html", frame=guest.frame, view=await _load(guest))


@router.get("/worklist/rows")
async def show_rows(guest: Reader) -> HTMLResponse:
    """Show the rows alone, for the page that is open; who never opened it is logged."""
    await guest.work.note_refresh("list", subject="worklist", subject_id=0)
    return render_part("worklist/page.html", "rows", frame=guest.frame, view=await _load(guest))


@router.post("/cases/{case_id}/acknowledge")
async def acknowledge(case_id: Key, guest: Claimer) -> Response:
    """Say that one has seen a case."""
    await enter_case(guest.work, case_id, Permission.CASE_CLAIM)
    await pipeline.acknowledge(guest.session, case_id, actor=guest.work.actor, now=guest.work.now)
    return after_action(guest, case_id)


@router.post("/cases/{case_id}/claim")
async def claim(case_id: Key, guest: Claimer) -> Response:
    """Take a case."""
    await enter_case(guest.work, case_id, Permission.CASE_CLAIM)
    await pipeline.claim(guest.session, case_id, actor=guest.work.actor, now=guest.work.now)
    return after_action(guest, case_id)


@router.post("/cases/{case_id}/put-aside")
async def put_aside(case_id: Key, guest: Claimer) -> Response:
    """Put a case aside, to take a more urgent one."""
    await enter_case(guest.work, case_id, Permission.CASE_CLAIM)
    await pipeline.put_aside(guest.session, case_id, actor=guest.work.actor, now=guest.work.now)
    return after_action(guest, case_id)


@router.post("/cases/{case_id}/resume")
async def resume(case_id: Key, guest: Claimer) -> Response:
    """Take a case up again."""
    await enter_case(guest.work, case_id, Permission.CASE_CLAIM)
    await pipeline.resume(guest.session, case_id, actor=guest.work.actor, now=guest.work.now)
    return after_action(guest, case_id)


@router.post("/cases/{case_id}/still-reading")
async def still_reading(case_id: Key, guest: Claimer) -> Response:
    """Say that one still reads a case: a key of its page says so too."""
    await enter_case(guest.work, case_id, Permission.CASE_CLAIM)
    await pipeline.still_reading(guest.session, case_id, actor=guest.work.actor, now=guest.work.now)
    return after_action(guest, case_id)
