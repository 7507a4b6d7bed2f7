"""A seat in force falls free: who can take it, best first, and putting them there."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse

from app import pipeline
from app.directory.domain import Permission
from app.planning.domain.replacement import Replacement
from app.planning.domain.revisions import Seen
from app.planning.domain.roster.profile import Rule
from app.planning.domain.validator import Severity
from app.planning.repository.people import name_radiologists
from app.planning.service.replacements import find_seat_replacements
from app.planning.service.replacing import put_reader
from app.web.pages.door import Visit, visit
from app.web.pages.planning_words import RULES
from app.web.pages.rendering import render_part
from app.web.schemas import LARGEST_KEY, Key

router = APIRouter(prefix="/planning/seats")

Coordinator = Annotated[Visit, visit(Permission.SWAP_WRITE)]
Id = Annotated[int, Form(ge=1, le=LARGEST_KEY)]
Reason = Annotated[str, Form(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacePage:
    """Who can take a seat, the best first."""

    seat_id: int
    seen: int | None
    found: tuple[Replacement, ...]
    names: dict[int, str]
    holder: str | None

    def list_hard(self, each: Replacement) -> list[Rule]:
        """List the rules that must be accepted for this one."""
        return sorted({one.rule for one in each.violations if one.severity is not Severity.SOFT})


Holder = Annotated[int | None, Query(ge=1, le=LARGEST_KEY)]


@router.get("/{seat_id}/replacements")
async def show_replacements(seat_id: Key, guest: Coordinator, seen: Holder = None) -> HTMLResponse:
    """Show who can take a seat, inside its dialog."""
    return await _show(guest, seat_id, seen=seen, block="list")


@router.get("/{seat_id}/replacing")
async def show_dialog(seat_id: Key, guest: Coordinator, seen: Holder = None) -> HTMLResponse:
    """Show who can take a seat, in a dialog of its own."""
    return await _show(guest, seat_id, seen=seen, block="dialog")


async def _show(guest: Visit, seat_id: int, *, seen: int | None, block: str) -> HTMLResponse:
    found = await find_seat_replacements(
        guest.session, seat_id, actor=guest.work.actor, now=guest.work.now
    )
    best = tuple(found[:_SHOWN])
    shown = [each.radiologist for each in best] + ([seen] if seen else [])
    names = await name_radiologists(guest.session, shown)
    page = ReplacePage(
        seat_id=seat_id, seen=seen, found=best, names=names, holder=names.get(seen or 0)
    )
    return render_part(
        "planning/replace.html", block=block, frame=guest.frame, view=page, rules=RULES
    )


@router.post("/{seat_id}/replace")
async def replace(
    seat_id: Key,
    guest: Coordinator,
    radiologist_id: Id,
    seen: Annotated[int | None, Form(ge=1, le=LARGEST_KEY)] = None,
    reason: Reason = "",
    accepted: Annotated[list[Rule] | None, Form()] = None,
) -> Response:
    """Put a radiologist into the seat now."""
    event = await put_reader(
        guest.session,
        seat_id=seat_id,
        radiologist_id=radiologist_id,
        seen=Seen(seen),
        actor=guest.work.actor,
        now=guest.work.now,
        reason=reason.strip(),
        accepted=accepted or (),
    )
    await pipeline.planning_published(guest.session, event)
    return Response(status_code=204, headers={"HX-Trigger": "planning-changed"})
