"""The form of a request: a new one, one that a reader types during a call, one that is changed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import or_, select
from starlette.datastructures import FormData, UploadFile

from app import pipeline
from app.directory.domain import InvalidField, Permission
from app.directory.models import Site
from app.directory.repository.rows import inside
from app.kit.errors import NotFound
from app.kit.ids import draw_token
from app.requests import service as requests
from app.requests.domain.content import RequestContent
from app.requests.domain.decisions import Decision, DecisionKind
from app.requests.domain.faults import ContentRefused, Fault
from app.requests.repository.requests import get_request
from app.requests.service.writing import content_of
from app.web.attachments import attach_upload
from app.web.case_access import enter_case
from app.web.pages.door import SentForm, Visit, visit
from app.web.pages.rendering import render_page
from app.web.pages.request_typed import check_typed, read_typed, write_typed
from app.web.pages.request_view import FormPage, SiteChoice, is_decided, is_on_guard
from app.web.pages.request_words import explain_faults
from app.web.request_access import enter_request, enter_site
from app.web.schemas import LARGEST_KEY, Key
from app.worklist.queries.case import find_case_place, load_case_sheet

router = APIRouter(prefix="/requests")

Writer = Annotated[Visit, visit(Permission.REQUEST_WRITE)]
Wanted = Annotated[int | None, Query(ge=1, le=LARGEST_KEY)]
_REFUSED = 422


@router.get("/new")
async def show_form(guest: Writer, site_id: Wanted = None, case_id: Wanted = None) -> HTMLResponse:
    """Show an empty form, or one with the patient of a case."""
    typed: dict[str, str] = {}
    if case_id is not None:
        site_id, typed = await _read_case(guest, case_id)
    view = await _make_page(guest, site_id=site_id, case_id=case_id, typed=typed)
    return render_page("requests/form.html", frame=guest.frame, view=view)


async def _read_case(guest: Visit, case_id: int) -> tuple[int, dict[str, str]]:
    await enter_case(guest.work, case_id, Permission.CASE_READ)
    sheet = await load_case_sheet(guest.session, case_id=case_id)
    if sheet is None:
        raise NotFound("there is no such case")
    guest.work.note_access("view", subject="case", subject_id=case_id)
    patient = sheet.patient
    family_name, _, given_name = patient.patient_name.partition("=")[0].partition("^")
    typed = {
        "family_name": family_name,
        "given_name": given_name.replace("^", " ").strip(),
        "birth_date": _read_birth_date(patient.patient_birth_date),
        "sex": patient.patient_sex,
        "patient_id": patient.patient_id,
        "accession_number": sheet.studies[0].accession_number if sheet.studies else "",
        "exam": sheet.row.description,
        "priority": sheet.row.priority,
    }
    return sheet.site.site_id, typed


def _read_birth_date(value: str) -> str:
    try:
        # No instant: a date of birth has no zone (PS3.5 §6.2, DA).
        return datetime.strptime(value, "%Y%m%d").date().isoformat()  # noqa: DTZ007
    except ValueError:
        return ""


async def _make_page(
    guest: Visit, *, site_id: int | None, case_id: int | None, typed: Mapping[str, str]
) -> FormPage:
    scope = guest.work.scope(Permission.REQUEST_WRITE)
    wanted = inside(scope, society=Site.society_id, site=Site.id)
    if case_id is not None:
        # Who is asked to read the case asks for its site; whoever calls has let them in.
        wanted = or_(wanted, Site.id == site_id)
    query = select(Site).where(wanted, Site.disabled_at.is_(None)).order_by(Site.name)
    found = await guest.session.scalars(query)
    sites = tuple(SiteChoice(each.id, each.name, each.zone) for each in found)
    actor = guest.work.actor
    on_guard = await is_on_guard(guest.session, actor, guest=guest)
    return FormPage(
        sites=sites,
        site_id=site_id or (sites[0].site_id if len(sites) == 1 else None),
        typed=typed,
        latest_birth=guest.work.today.isoformat(),
        key=draw_token(),
        case_id=case_id,
        may_decide=on_guard and guest.frame.may(Permission.REQUEST_DECIDE),
    )


@router.post("")
async def create(form: SentForm, guest: Writer) -> Response:
    """Submit a request; when it is refused, the form comes back with what was typed."""
    typed, site_id, case_id = read_typed(form), _read_id(form, "site_id"), _read_id(form, "case_id")
    try:
        await _enter_site(guest, site_id, case_id=case_id)
        content = check_typed(typed, today=await _find_today(guest, site_id))
        # What is refused half-way (a file, a protocol) leaves no request.
        async with guest.session.begin_nested():
            request_id = await _create(guest, form, content, site_id=site_id, case_id=case_id)
    except ContentRefused as refused:
        return await _show_again(guest, form, refused.faults, site_id=site_id, case_id=case_id)
    except (InvalidField, requests.FileTooLarge) as refused:
        field = refused.field if isinstance(refused, InvalidField) else "file"
        faults = (Fault(field, refused.message),)
        return await _show_again(guest, form, faults, site_id=site_id, case_id=case_id)
    place = f"/requests/{request_id}" if case_id is None else f"/cases/{case_id}"
    return RedirectResponse(place, 303)


async def _enter_site(guest: Visit, site_id: int | None, *, case_id: int | None) -> None:
    """Let them ask for a site of theirs; who only reads a case, for the site of that case."""
    if site_id is None:
        return
    place = None if case_id is None else await find_case_place(guest.session, case_id=case_id)
    if case_id is None or place is None or place[0] != site_id:
        await enter_site(guest.work, site_id)
    else:
        await enter_case(guest.work, case_id, Permission.REQUEST_WRITE)


async def _find_today(guest: Visit, site_id: int | None) -> date:
    if site_id is None:
        raise ContentRefused((Fault("site_id", "this is needed"),))
    site = await guest.session.get_one(Site, site_id)
    return guest.work.now.astimezone(ZoneInfo(site.zone)).date()


async def _create(
    guest: Visit,
    form: FormData,
    content: RequestContent,
    *,
    site_id: int | None,
    case_id: int | None,
) -> int:
    session, actor, now = guest.session, guest.work.actor, guest.work.now
    event = await requests.submit(
        session,
        site_id=site_id or 0,
        content=content,
        actor=actor,
        now=now,
        submission_key=_read_text(form, "key") or None,
    )
    if not event.is_new:
        return event.request_id
    file = form.get("file")
    if isinstance(file, UploadFile) and file.filename:
        await attach_upload(guest.work, event.request_id, file)
    if case_id is not None:
        await enter_case(guest.work, case_id, Permission.CASE_READ)
        await pipeline.join_request(
            session,
            case_id,
            request_id=event.request_id,
            reason="typed for this case",
            actor=actor,
            now=now,
        )
    protocol = _read_text(form, "protocol")
    await _validate_at_once(guest, event.request_id, case_id=case_id, protocol=protocol)
    return event.request_id


async def _validate_at_once(
    guest: Visit, request_id: int, *, case_id: int | None, protocol: str
) -> None:
    if not protocol.strip():
        return
    if case_id is None:
        await enter_request(guest.work, request_id, Permission.REQUEST_DECIDE)
    else:
        await enter_case(guest.work, case_id, Permission.REQUEST_DECIDE)
    await pipeline.decide_request(
        guest.session,
        request_id,
        decision=Decision(kind=DecisionKind.VALIDATED, protocol=protocol),
        version=(await get_request(guest.session, request_id)).version,
        actor=guest.work.actor,
        now=guest.work.now,
    )


async def _show_again(
    guest: Visit,
    form: FormData,
    faults: tuple[Fault, ...],
    *,
    site_id: int | None,
    case_id: int | None,
) -> HTMLResponse:
    page = await _make_page(guest, site_id=site_id, case_id=case_id, typed=read_typed(form))
    file = form.get("file")
    view = replace(
        page,
        faults=explain_faults(faults, texts=guest.frame.texts),
        key=_read_text(form, "key") or page.key,
        protocol=_read_text(form, "protocol"),
        file_lost=isinstance(file, UploadFile) and bool(file.filename),
    )
    return render_page("requests/form.html", frame=guest.frame, view=view, status=_REFUSED)


@router.get("/{request_id}/edit")
async def show_edit(request_id: Key, guest: Writer) -> HTMLResponse:
    """Show the form of a request that is changed."""
    guest.work.note_access("view", subject="request", subject_id=request_id)
    view = await _load_edit(guest, request_id)
    return render_page("requests/form.html", frame=guest.frame, view=view)


async def _load_edit(guest: Visit, request_id: int) -> FormPage:
    await enter_request(guest.work, request_id, Permission.REQUEST_WRITE)
    row = await get_request(guest.session, request_id)
    site = await guest.session.get_one(Site, row.site_id)
    return FormPage(
        sites=(SiteChoice(site.id, site.name, site.zone),),
        site_id=site.id,
        typed=write_typed(content_of(row)),
        latest_birth=guest.work.today.isoformat(),
        request_id=request_id,
        version=row.version,
        decided=is_decided(row.state),
    )


@router.post("/{request_id}/edit")
async def change(request_id: Key, form: SentForm, guest: Writer) -> Response:
    """Change a request; a field that can no longer change is not sent, and stays."""
    page = await _load_edit(guest, request_id)
    typed = {**page.typed, **read_typed(form)}
    try:
        content = check_typed(typed, today=await _find_today(guest, page.site_id))
    except ContentRefused as refused:
        faults = explain_faults(refused.faults, texts=guest.frame.texts)
        view = replace(page, typed=typed, faults=faults, version=_read_id(form, "version") or 0)
        return render_page("requests/form.html", frame=guest.frame, view=view, status=_REFUSED)
    await requests.amend(
        guest.session,
        request_id,
        content=content,
        version=_read_id(form, "version") or 0,
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return RedirectResponse(f"/requests/{request_id}", 303)


def _read_text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _read_id(form: FormData, name: str) -> int | None:
    text = _read_text(form, name)
    plain = text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_KEY)) - 1
    return int(text) if plain and int(text) else None
