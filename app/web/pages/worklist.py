"""The live worklist."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from markupsafe import Markup

from app import pipeline
from app.directory.domain import Actor, Permission
from app.requests.repository.requests import count_to_decide
from app.web.case_access import enter_case
from app.web.live_rows import book_of
from app.web.pages.door import Visit, after_action, visit
from app.web.pages.rendering import Frame, render_page, render_part
from app.web.pages.rows import RowCache, onlooker_of
from app.web.presence_keeper import keeper_of
from app.web.schemas import Key
from app.web.sight import find_sights, make_look
from app.web.sse import RowFeed, stream, stream_versions
from app.web.subscription import Told
from app.web.worklist_hub import hub_of
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
        book=book_of(guest.request),
        scope=work.scope(Permission.WORKLIST_READ),
        now=work.now,
        radiologist_id=work.actor.radiologist_id,
    )
    onlooker = onlooker_of(work.actor)
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


@router.get("/worklist/events")
async def stream_rows(guest: Reader) -> StreamingResponse:
    """Send the page the rows that changed, and say when it has to look for more.

    `event: rows` is JSON of `write_rows`; all else is as on `/api/v1/worklist/events`. A program
    that calls by a token is no page: it is sent no rows.
    """
    request, work = guest.request, guest.work
    await work.note_refresh("list", subject="worklist", subject_id=0)
    session_id = work.caller.session_id
    (sight,) = await find_sights(work.session, [work.actor])
    write = partial(write_rows, cache=cache_of(request), frame=guest.frame)
    events = stream_versions(
        hub_of(request),
        sight=sight,
        look=make_look(request, sight=sight, permission=Permission.WORKLIST_READ),
        feed=None if session_id is None else RowFeed(session_id, write),
        held=keeper_of(request).hold(None if session_id is None else work.actor.radiologist_id),
    )
    return stream(events)


def write_rows(told: Told, actor: Actor, *, cache: RowCache, frame: Frame) -> bytes:
    """Write rows for the script of the page: by case their HTML, or null when it has none."""
    return cache.write(told.rows, at=told.rows_at, onlooker=onlooker_of(actor), frame=frame)


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
