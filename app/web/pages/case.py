"""The page of a case: what is known of it, and what can be done to it."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app import pipeline
from app.cases import service as cases
from app.cases.domain.priority import Priority
from app.cases.repository import CaseNotFound
from app.directory.domain import Permission
from app.planning.service.on_call import on_call
from app.web.case_access import enter_case
from app.web.pages.case_decisions import find_radiologist_ids, write_decisions
from app.web.pages.case_identities import compare_identities, compare_patients
from app.web.pages.case_notifications import load_notifications
from app.web.pages.case_view import CasePage, find_actions, list_choices
from app.web.pages.door import Visit, after_action, visit
from app.web.pages.rendering import render_page, render_part
from app.web.pages.request_view import load_panel
from app.web.pages.tasks import load_tasks
from app.web.pages.timeline import write_timeline
from app.web.schemas import LARGEST_KEY, Key
from app.worklist.queries.case import load_case_sheet, load_radiologist_names
from app.worklist.queries.case_facts import load_case_facts
from app.worklist.queries.deliveries import list_deliveries
from app.worklist.queries.hospital import list_hospitals
from app.worklist.views.case_facts import CaseFacts
from app.worklist.views.hospital import HospitalSite

router = APIRouter()

Reader = Annotated[Visit, visit(Permission.CASE_READ)]
Claimer = Annotated[Visit, visit(Permission.CASE_CLAIM)]
Prioritiser = Annotated[Visit, visit(Permission.CASE_PRIORITISE)]
Coordinator = Annotated[Visit, visit(Permission.CASE_COORDINATE)]
Reason = Annotated[str, Form(min_length=1, max_length=500)]
Count = Annotated[int, Form(ge=0, le=LARGEST_KEY)]


async def load_page(guest: Visit, case_id: int, *, was_writing: bool | None = None) -> CasePage:
    """Read a case for whoever looks.

    Parameters
    ----------
    was_writing
        Whether the page that is open already has an editor; absent for a page that is made anew.
    """
    session, texts = guest.session, guest.frame.texts
    await enter_case(guest.work, case_id, Permission.CASE_READ)
    sheet = await load_case_sheet(session, case_id=case_id)
    if sheet is None:
        raise CaseNotFound(case_id)
    actions = find_actions(sheet, actor=guest.work.actor)
    scope = guest.work.scope(Permission.DELIVERY_READ)
    ids = find_radiologist_ids(sheet.decisions)
    names = await load_radiologist_names(session, radiologist_ids=ids)
    deliveries = await list_deliveries(session, scope=scope, case_id=case_id)
    readers = list_choices(await on_call(session, guest.work.now)) if actions.reassign else ()
    facts = await load_case_facts(session, case_id=case_id)
    identity_open = await cases.is_identity_open(session, case_id)
    return CasePage(
        sheet=sheet,
        zone=ZoneInfo(sheet.site.zone),
        may=actions,
        timeline=write_timeline(sheet.timeline, texts=texts),
        decisions=write_decisions(sheet.decisions, names=names, texts=texts),
        deliveries=tuple(each for each in deliveries if each.kind == "report"),
        notifications=await load_notifications(session, case_id),
        readers=readers,
        facts=facts,
        panel=await load_panel(session, facts.request_ids, zone=ZoneInfo(sheet.site.zone)),
        comparisons=compare_identities(facts.studies, texts=texts),
        patients=compare_patients(facts.studies, texts=texts) if identity_open else None,
        identity_open=identity_open,
        tasks=await load_tasks(guest, case_id=case_id),
        was_writing=actions.write if was_writing is None else was_writing,
        other_sites=await _list_other_sites(guest, facts, but=sheet.site.site_id),
    )


async def _list_other_sites(
    guest: Visit, facts: CaseFacts, *, but: int
) -> tuple[HospitalSite, ...]:
    if not any(study.site_to_confirm for study in facts.studies):
        return ()
    scope = guest.work.scope(Permission.STUDY_SORT)
    sites = await list_hospitals(guest.session, scope=scope)
    return tuple(each for each in sites if each.site_id != but)


@router.get("/cases/{case_id}")
async def show_case(case_id: Key, guest: Reader) -> HTMLResponse:
    """Show a case; the view is logged."""
    page = await load_page(guest, case_id)
    guest.work.note_access("view", subject="case", subject_id=case_id)
    return render_page("case/page.html", frame=guest.frame, view=page)


@router.get("/cases/{case_id}/status")
async def show_status(
    case_id: Key, guest: Reader, writing: Literal["yes", "no"] = "no"
) -> HTMLResponse:
    """Show what changes by itself, for the page that is open; who never opened it is logged."""
    page = await load_page(guest, case_id, was_writing=writing == "yes")
    await guest.work.note_refresh("view", subject="case", subject_id=case_id)
    return render_part("case/page.html", "status", frame=guest.frame, view=page)


def _back_to(case_id: int) -> Response:
    return RedirectResponse(f"/cases/{case_id}", 303)


@router.post("/cases/{case_id}/release")
async def release(case_id: Key, guest: Claimer, reason: Reason) -> Response:
    """Give a case back."""
    await enter_case(guest.work, case_id, Permission.CASE_CLAIM)
    await pipeline.release(
        guest.session, case_id, actor=guest.work.actor, reason=reason, now=guest.work.now
    )
    return _back_to(case_id)


@router.post("/cases/{case_id}/reassign")
async def reassign(
    case_id: Key,
    guest: Coordinator,
    radiologist_id: Annotated[int, Form(ge=1, le=LARGEST_KEY)],
    reason: Reason,
) -> Response:
    """Give a case to a named reader."""
    await enter_case(guest.work, case_id, Permission.CASE_COORDINATE)
    await pipeline.reassign(
        guest.session,
        case_id,
        to_radiologist_id=radiologist_id,
        actor=guest.work.actor,
        reason=reason,
        now=guest.work.now,
    )
    return _back_to(case_id)


@router.post("/cases/{case_id}/leave-with-reader")
async def leave_with_reader(case_id: Key, guest: Coordinator, reason: Reason) -> Response:
    """Leave a case with its reader, who was asked about it."""
    await enter_case(guest.work, case_id, Permission.CASE_COORDINATE)
    await pipeline.leave_with_reader(
        guest.session, case_id, actor=guest.work.actor, reason=reason, now=guest.work.now
    )
    return _back_to(case_id)


@router.post("/cases/{case_id}/dispossess")
async def dispossess(case_id: Key, guest: Coordinator, reason: Reason) -> Response:
    """Open a claimed case to others."""
    await enter_case(guest.work, case_id, Permission.CASE_COORDINATE)
    await pipeline.dispossess(
        guest.session, case_id, actor=guest.work.actor, reason=reason, now=guest.work.now
    )
    return _back_to(case_id)


@router.post("/cases/{case_id}/priority")
async def change_priority(
    case_id: Key, guest: Prioritiser, priority: Annotated[Priority, Form()], reason: Reason
) -> Response:
    """Change how urgent a case is."""
    await enter_case(guest.work, case_id, Permission.CASE_PRIORITISE)
    await pipeline.change_priority(
        guest.session,
        case_id,
        priority=priority,
        reason=reason,
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return _back_to(case_id)


@router.post("/cases/{case_id}/void")
async def void(case_id: Key, guest: Coordinator, reason: Reason) -> Response:
    """Set a case aside for good."""
    await enter_case(guest.work, case_id, Permission.CASE_COORDINATE)
    await pipeline.void(
        guest.session, case_id, actor=guest.work.actor, reason=reason, now=guest.work.now
    )
    return _back_to(case_id)


@router.post("/cases/{case_id}/images-seen")
async def mark_images_seen(case_id: Key, guest: Claimer, instance_count: Count) -> Response:
    """Say that one has seen all the images that the page counted."""
    await enter_case(guest.work, case_id, Permission.CASE_CLAIM)
    await pipeline.mark_images_seen(
        guest.session,
        case_id,
        seen_count=instance_count,
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return after_action(guest, case_id)
