"""The planning: a month by day and segment, counters beside it, and drafts changed by hand."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.directory.domain import Permission
from app.kit.errors import Invalid
from app.planning.domain.months import Month
from app.planning.domain.revisions import Seen
from app.planning.domain.validator import Violation
from app.planning.repository import names
from app.planning.repository.guards import PastAssignment, list_history
from app.planning.repository.people import name_radiologists, name_societies
from app.planning.service import editing
from app.planning.service.drafts import discard_draft, generate_draft
from app.planning.service.months import MonthShown, load_month
from app.planning.service.plannings import Period, create_planning
from app.web.pages.door import Visit, visit
from app.web.pages.planning_broken import Broken, tell_broken
from app.web.pages.planning_view import Chip, PlanningPage, make_page
from app.web.pages.rendering import is_htmx, render_page, render_part
from app.web.schemas import LARGEST_KEY, Key

router = APIRouter(prefix="/planning")

Reader = Annotated[Visit, visit(Permission.PLANNING_READ)]
Writer = Annotated[Visit, visit(Permission.PLANNING_WRITE)]
Id = Annotated[int, Query(ge=1, le=LARGEST_KEY)]
Name = Annotated[str, Form(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
WantedMonth = Annotated[str | None, Query(max_length=7)]
_DAY = timedelta(days=1)
_MONTH = re.compile(r"(?P<year>20\d\d)-(?P<month>0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatPage:
    """A seat with its history, and who could hold it."""

    chip: Chip
    day: date
    segment: str
    month: Month
    revision_id: int | None
    is_draft: bool
    may_write: bool
    may_replace: bool
    history: tuple[PastAssignment, ...]
    radiologists: dict[int, str]
    societies: dict[int, str]
    people: tuple[str, ...]
    broken: tuple[Broken, ...] = ()
    holder_id: int | None = None


def _read_month(text: str | None, *, today: date) -> Month:
    found = None if not text else _MONTH.fullmatch(text)
    if text and found is None:
        raise Invalid("a month is written as 2026-12")
    return Month(today) if found is None else Month(date(int(found[1]), int(found[2]), 1))


async def _load(guest: Visit, month: str | None, revision: int | None) -> MonthShown:
    wanted = _read_month(month, today=guest.work.today)
    return await load_month(guest.session, wanted, revision_id=revision, zone=guest.frame.zone)


def _make(guest: Visit, shown: MonthShown, *, society: int | None = None) -> PlanningPage:
    return make_page(
        shown,
        today=guest.work.today,
        may_write=guest.frame.may(Permission.PLANNING_WRITE),
        may_publish=guest.frame.may(Permission.PLANNING_PUBLISH),
        chosen_society=society,
    )


@router.get("")
async def show_month(
    guest: Reader,
    month: WantedMonth = None,
    revision: Id | None = None,
    society: Id | None = None,
) -> HTMLResponse:
    """Show a month of what is in force, or as a draft would leave it."""
    shown = await _load(guest, month, revision)
    page = _make(guest, shown, society=society)
    if is_htmx(guest.request):
        return render_part("planning/page.html", block="month", frame=guest.frame, view=page)
    return render_page("planning/page.html", frame=guest.frame, view=page)


@router.get("/seats/{seat_id}")
async def show_seat(
    seat_id: Key, guest: Reader, month: WantedMonth = None, revision: Id | None = None
) -> HTMLResponse:
    """Show a seat in a dialog: who holds it, who did, and a field for who should."""
    return await _show_seat(guest, seat_id, month=month, revision=revision)


async def _show_seat(
    guest: Visit,
    seat_id: int,
    *,
    month: str | None,
    revision: int | None,
    violations: tuple[Violation, ...] = (),
) -> HTMLResponse:
    shown = await _load(guest, month, revision)
    page = _make(guest, shown)
    found = next((each for each in shown.placements if each.seat.id == seat_id), None)
    if found is None:
        raise Invalid(f"seat {seat_id} is not in this month: look at the month of its guard")
    day = found.seat.guard.start.astimezone(guest.frame.zone).date()
    history = await list_history(guest.session, seat_id=seat_id)
    people = {each.radiologist_id for each in history if each.radiologist_id is not None}
    view = SeatPage(
        chip=_find_chip(page, seat_id),
        day=day,
        segment=found.seat.segment,
        month=shown.month,
        revision_id=revision,
        is_draft=page.is_draft,
        may_write=page.may_write,
        may_replace=revision is None
        and found.seat.interval.end > guest.work.now
        and guest.frame.may(Permission.SWAP_WRITE)
        and not guest.work.actor.radiologist_id,
        history=tuple(history),
        radiologists=await name_radiologists(guest.session, people),
        societies=await name_societies(guest.session, {each.society_id for each in history}),
        people=tuple(
            f"{each.family_name} {each.given_name}"
            for each in await names.list_named(guest.session)
        ),
        broken=await tell_broken(guest, violations),
        holder_id=found.radiologist,
    )
    return render_part("planning/seat.html", block="dialog", frame=guest.frame, view=view)


def _find_chip(page: PlanningPage, seat_id: int) -> Chip:
    return next(
        chip for day in page.days for cell in day.cells for chip in cell if chip.seat_id == seat_id
    )


def _back(guest: Visit, *, month: str | None, revision: int | None) -> Response:
    """Answer a change: the page looks again, or is loaded again."""
    if is_htmx(guest.request):
        return Response(status_code=204, headers={"HX-Trigger": "planning-changed"})
    query = "&".join(
        f"{name}={value}" for name, value in (("month", month), ("revision", revision)) if value
    )
    return RedirectResponse(f"/planning?{query}", 303)


@router.post("/revisions/{revision_id}/seats/{seat_id}")
async def assign_seat(
    revision_id: Key,
    seat_id: Key,
    guest: Writer,
    holder: Name = "",
    seen: Annotated[int | None, Form(ge=1, le=LARGEST_KEY)] = None,
    month: WantedMonth = None,
) -> Response:
    """Give a seat of a draft to whom was typed, or to nobody; what it breaks is shown."""
    typed = holder.strip()
    radiologist_id = await editing.find_by_name(guest.session, typed) if typed else None
    violations = await editing.edit_draft(
        guest.session,
        revision_id=revision_id,
        seat_id=seat_id,
        radiologist_id=radiologist_id,
        actor=guest.work.actor,
        now=guest.work.now,
        seen=Seen(seen),
    )
    if violations and is_htmx(guest.request):
        answer = await _show_seat(
            guest, seat_id, month=month, revision=revision_id, violations=tuple(violations)
        )
        answer.headers["HX-Trigger"] = "planning-changed"
        return answer
    return _back(guest, month=month, revision=revision_id)


@router.post("/revisions/{revision_id}/seats/{seat_id}/lock")
async def lock_seat(
    revision_id: Key,
    seat_id: Key,
    guest: Writer,
    locked: Annotated[bool, Form()],
    month: WantedMonth = None,
) -> Response:
    """Let the holder of a seat stay when the draft is computed again, or no longer."""
    await editing.lock_seats(
        guest.session,
        revision_id=revision_id,
        seat_ids=[seat_id],
        locked=locked,
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return _back(guest, month=month, revision=revision_id)


@router.post("/revisions/{revision_id}/undo")
async def undo(revision_id: Key, guest: Writer, month: WantedMonth = None) -> Response:
    """Take the last change of a draft back."""
    await editing.undo(
        guest.session, revision_id=revision_id, actor=guest.work.actor, now=guest.work.now
    )
    return _back(guest, month=month, revision=revision_id)


@router.post("/revisions/{revision_id}/redo")
async def redo(revision_id: Key, guest: Writer, month: WantedMonth = None) -> Response:
    """Do the change again that was undone last."""
    await editing.redo(guest.session, revision_id=revision_id, actor=guest.work.actor)
    return _back(guest, month=month, revision=revision_id)


@router.post("/periods")
async def lay_out(
    guest: Writer, first: Annotated[date, Form()], last: Annotated[date, Form()]
) -> Response:
    """Lay out the guards of the days from the first to the last, both included."""
    period = Period(first, last + _DAY)
    await create_planning(guest.session, period, actor=guest.work.actor, now=guest.work.now)
    return RedirectResponse(f"/planning?month={first:%Y-%m}", 303)


@router.post("/{planning_id}/drafts")
async def add_draft(planning_id: Key, guest: Writer, month: WantedMonth = None) -> Response:
    """Propose a holder for every seat of a planning, as a draft of its own."""
    revision_id = await generate_draft(
        guest.session, planning_id=planning_id, actor=guest.work.actor, now=guest.work.now
    )
    return RedirectResponse(f"/planning?month={month or ''}&revision={revision_id}", 303)


@router.post("/revisions/{revision_id}/discard")
async def discard(revision_id: Key, guest: Writer, month: WantedMonth = None) -> Response:
    """Throw a draft away."""
    await discard_draft(guest.session, revision_id, actor=guest.work.actor)
    return RedirectResponse(f"/planning?month={month or ''}", 303)
