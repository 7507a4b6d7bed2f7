"""The hospital's own page: what it sent, where it stands, and the answer."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app import pipeline
from app.cases.domain.priority import Priority
from app.directory.domain import Permission
from app.kit.errors import NotFound
from app.planning.service.on_call import on_call
from app.web.case_access import enter_case
from app.web.pages.door import Visit, visit
from app.web.pages.hospital_view import HospitalPage, is_closed, show_case
from app.web.pages.on_call import find_sheet, make_board
from app.web.pages.rendering import is_htmx, render_page, render_part
from app.web.pages.tasks import load_tasks
from app.web.schemas import LARGEST_KEY, Key
from app.worklist.queries.hospital import list_hospitals, load_night

router = APIRouter(prefix="/hospital")

Hospital = Annotated[Visit, visit(Permission.CASE_ACKNOWLEDGE_RESULT)]
SiteWanted = Annotated[int | None, Query(ge=1, le=LARGEST_KEY)]
Reason = Annotated[str, Form(min_length=1, max_length=500)]


async def load_page(guest: Visit, site_id: int | None) -> HospitalPage:
    """Read the night of a hospital: the one that is asked for, else the first of theirs.

    Raises
    ------
    NotFound
        If it is none of theirs, or they have none.
    """
    work, texts = guest.work, guest.frame.texts
    scope = work.scope(Permission.CASE_ACKNOWLEDGE_RESULT)
    hospitals = await list_hospitals(guest.session, scope=scope)
    site = next((each for each in hospitals if site_id in {None, each.site_id}), None)
    if site is None:
        raise NotFound("there is no such hospital for you")
    night = await load_night(guest.session, site_id=site.site_id, now=work.now)
    shown = [show_case(each, texts=texts) for each in night.cases]
    zone = ZoneInfo(site.zone)
    return HospitalPage(
        site=site,
        others=tuple(each for each in hospitals if each != site),
        zone=zone,
        open_cases=tuple(each for each in shown if not is_closed(each)),
        closed_cases=tuple(each for each in shown if is_closed(each)),
        requests=night.requests,
        tasks=await load_tasks(guest, site_id=site.site_id),
        board=make_board(await on_call(guest.session, work.now, zone=zone)),
        sheet_made_at=await find_sheet(guest),
        may_request=guest.frame.may(Permission.REQUEST_WRITE),
    )


@router.get("")
async def show_hospital(guest: Hospital, site_id: SiteWanted = None) -> HTMLResponse:
    """Show the page; the view is logged once, not at each refresh."""
    page = await load_page(guest, site_id)
    guest.work.note_access("list", subject="hospital", subject_id=page.site.site_id)
    return render_page("hospital/page.html", frame=guest.frame, view=page)


@router.get("/night")
async def show_night(guest: Hospital, site_id: SiteWanted = None) -> HTMLResponse:
    """Show what changes by itself, for the page that is open; who never opened it is logged."""
    page = await load_page(guest, site_id)
    await guest.work.note_refresh("list", subject="hospital", subject_id=page.site.site_id)
    return render_part("hospital/page.html", "night", frame=guest.frame, view=page)


def _after(guest: Visit) -> Response:
    if is_htmx(guest.request):
        return Response(status_code=204, headers={"HX-Trigger": "worklist-changed"})
    return RedirectResponse("/hospital", 303)


@router.post("/cases/{case_id}/priority")
async def raise_priority(
    case_id: Key, guest: Hospital, priority: Annotated[Priority, Form()], reason: Reason
) -> Response:
    """Say that a case is more urgent."""
    await enter_case(guest.work, case_id, Permission.CASE_RAISE)
    await pipeline.change_priority(
        guest.session,
        case_id,
        priority=priority,
        reason=reason,
        may_lower=False,
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return _after(guest)


@router.post("/cases/{case_id}/exam-finished")
async def finish_exam(case_id: Key, guest: Hospital) -> Response:
    """Say that no more images come."""
    await enter_case(guest.work, case_id, Permission.CASE_RAISE)
    await pipeline.finish_exam(guest.session, case_id, actor=guest.work.actor, now=guest.work.now)
    return _after(guest)


@router.post("/cases/{case_id}/read")
async def confirm_read(case_id: Key, guest: Hospital) -> Response:
    """Say that one has read the report."""
    await enter_case(guest.work, case_id, Permission.CASE_ACKNOWLEDGE_RESULT)
    await pipeline.acknowledge_result(
        guest.session, case_id, actor=guest.work.actor, now=guest.work.now
    )
    return _after(guest)
