"""Who changed what of a planning when; and a roster read from a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile

from app.directory.domain import Permission
from app.kit.errors import Invalid
from app.planning.domain.files.faults import LineFault
from app.planning.domain.months import Month
from app.planning.domain.revisions import RevisionKind
from app.planning.domain.seats import SeatKind
from app.planning.models import Planning
from app.planning.repository import history, plannings
from app.planning.repository.history import PastRevision, SeatChange
from app.planning.repository.people import name_radiologists, name_societies
from app.planning.repository.ranges import to_interval
from app.planning.service.roster_imports import RosterRefused, import_roster
from app.web.api.history import LARGEST_NUMBER
from app.web.api.volumes_months import read_name, read_upload
from app.web.pages.door import SentForm, Visit, visit
from app.web.pages.refusals import tell_refusal
from app.web.pages.rendering import render_page
from app.web.pages.texts import N_
from app.web.schemas import Key

router = APIRouter(prefix="/planning/{planning_id}")

Reader = Annotated[Visit, visit(Permission.PLANNING_READ)]
Writer = Annotated[Visit, visit(Permission.PLANNING_WRITE)]
Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]
Before = Annotated[int | None, Query(ge=1, le=LARGEST_NUMBER)]
_MOST_REVISIONS, _MOST_CHANGES, _INVALID = 50, 400, 422

KINDS: Mapping[str, str] = MappingProxyType(
    {
        RevisionKind.DRAFT.value: N_("a draft was published"),
        RevisionKind.EDIT.value: N_("changed by hand"),
        RevisionKind.SWAP.value: N_("a swap"),
        RevisionKind.REPAIR.value: N_("a repair"),
        RevisionKind.IMPORT.value: N_("from a file"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeShown:
    """A seat before and after; no name: nobody."""

    change: SeatChange
    line: str
    before: str | None
    after: str | None
    society: str
    society_before: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """What was published of a planning, newest first.

    Parameters
    ----------
    older
        The number below which there is more.
    chosen
        The revision of which the seats are shown.
    is_cut
        More seats changed than are shown.
    """

    planning: Planning
    month: Month
    revisions: Sequence[PastRevision]
    older: int | None
    chosen: int | None
    changes: Sequence[ChangeShown]
    is_cut: bool
    may_write: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage:
    """Where a roster is read from a file, with the faults of the one that was refused.

    Parameters
    ----------
    export
        The revision in force, whose export can be changed and read.
    """

    planning: Planning
    month: Month
    export: int | None
    filename: str
    faults: Sequence[LineFault]
    refused: bool


@router.get("/history")
async def show_history(planning_id: Key, guest: Reader, before: Before = None) -> HTMLResponse:
    """Show who published what of a planning, and how much of it changed."""
    return await _show_history(guest, planning_id, before=before)


@router.get("/history/{number}")
async def show_revision(planning_id: Key, number: Number, guest: Reader) -> HTMLResponse:
    """Show the seats that a revision changed, beside the others."""
    return await _show_history(guest, planning_id, before=number + 1, chosen=number)


async def _show_history(
    guest: Visit, planning_id: int, *, before: int | None, chosen: int | None = None
) -> HTMLResponse:
    planning = await plannings.find_planning(guest.session, planning_id)
    found = await history.list_history(
        guest.session, planning_id=planning_id, limit=_MOST_REVISIONS + 1, before=before
    )
    revisions = found[:_MOST_REVISIONS]
    changes = [] if chosen is None else await _list_changes(guest, planning_id, number=chosen)
    page = HistoryPage(
        planning=planning,
        month=_find_month(guest, planning),
        revisions=revisions,
        older=revisions[-1].number if len(found) > _MOST_REVISIONS else None,
        chosen=chosen,
        changes=changes[:_MOST_CHANGES],
        is_cut=len(changes) > _MOST_CHANGES,
        may_write=guest.work.scope(Permission.PLANNING_WRITE).everything,
    )
    return render_page("planning/history.html", frame=guest.frame, view=page, kinds=KINDS)


async def _list_changes(guest: Visit, planning_id: int, *, number: int) -> list[ChangeShown]:
    found = await history.list_changes(
        guest.session, planning_id=planning_id, number=number, limit=_MOST_CHANGES + 1
    )
    people = {each for row in found for each in (row.held_by, row.radiologist_id) if each}
    societies = {each for row in found for each in (row.owed_by, row.society_id) if each}
    names = await name_radiologists(guest.session, people)
    owing = await name_societies(guest.session, societies)
    shown = [
        ChangeShown(
            change=row,
            line=row.kind if row.kind == SeatKind.COORDINATOR else row.line,
            before=None if row.held_by is None else names[row.held_by],
            after=None if row.radiologist_id is None else names[row.radiologist_id],
            society=owing[row.society_id],
            society_before=None if row.owed_by is None else owing[row.owed_by],
        )
        for row in found
    ]
    return sorted(shown, key=lambda each: (each.change.interval.start, each.change.seat_id))


def _find_month(guest: Visit, planning: Planning) -> Month:
    return Month(to_interval(planning.period).start.astimezone(guest.frame.zone).date())


@router.get("/import")
async def show_import(planning_id: Key, guest: Writer) -> HTMLResponse:
    """Show where a roster is read from a file, and from where to take one."""
    guest.work.require(Permission.PLANNING_WRITE)
    return await _show_import(guest, planning_id)


@router.post("/import")
async def read_file(planning_id: Key, form: SentForm, guest: Writer) -> Response:
    """Read a roster from a file into a draft, whole; or show its faults by line."""
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Invalid("choose a file of a roster first")
    try:
        found = await import_roster(
            guest.session,
            await read_upload(file),
            planning_id=planning_id,
            name=read_name(file),
            actor=guest.work.actor,
            now=guest.work.now,
        )
    except RosterRefused as error:
        return await _show_import(guest, planning_id, filename=read_name(file), faults=error.faults)
    planning = await plannings.find_planning(guest.session, planning_id)
    month = _find_month(guest, planning).first
    return RedirectResponse(f"/planning?month={month:%Y-%m}&revision={found.revision_id}", 303)


async def _show_import(
    guest: Visit, planning_id: int, *, filename: str = "", faults: Sequence[LineFault] = ()
) -> HTMLResponse:
    texts, zone = guest.frame.texts, guest.frame.zone
    planning = await plannings.find_planning(guest.session, planning_id)
    published = await history.list_history(guest.session, planning_id=planning_id, limit=1)
    page = ImportPage(
        planning=planning,
        month=_find_month(guest, planning),
        export=published[0].revision_id if published else None,
        filename=filename,
        faults=[
            LineFault(each.line, each.column, tell_refusal(each.message, texts=texts, zone=zone))
            for each in faults
        ],
        refused=bool(faults),
    )
    status = _INVALID if faults else 200
    return render_page("planning/import.html", frame=guest.frame, view=page, status=status)
