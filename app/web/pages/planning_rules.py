"""The rules of the planning: calendars with their segments, special days, how societies swap."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.directory.domain import Permission
from app.kit.errors import Conflict, Invalid, NotFound
from app.planning.domain.calendars import CalendarKind
from app.planning.domain.sharing.postings import CreditRule
from app.planning.domain.swap_rules import SwapRules
from app.planning.service.segments import NewCalendar, change_segments, put_calendar
from app.planning.service.swap_rules import set_rules
from app.web.pages.door import Visit, visit
from app.web.pages.planning_rules_typed import find_flaws, read_rules, read_since, write_rules
from app.web.pages.planning_rules_view import load_calendar_page, load_rules_page
from app.web.pages.refusals import tell_refusal
from app.web.pages.rendering import render_page
from app.web.pages.rule_words import CREDITS, DAY_KINDS, KINDS, SPECIAL_DAYS
from app.web.schemas import Key

router = APIRouter(prefix="/planning")

Reader = Annotated[Visit, visit(Permission.PLANNING_READ)]
Writer = Annotated[Visit, visit(Permission.PLANNING_WRITE)]
_CODE = r"^[a-z][a-z0-9_]{0,39}$"
Code = Annotated[str, Path(pattern=_CODE)]
YesOrNothing = Literal["", "yes"]
_INVALID = 422


@router.get("/rules")
async def show_rules(guest: Reader) -> HTMLResponse:
    """Show all calendars, the counters of special days, and how each society swaps."""
    return await _render_rules(guest)


@router.post("/rules")
async def write_calendar(
    guest: Writer,
    code: Annotated[str, Form(pattern=_CODE)],
    name: Annotated[str, Form(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")],
    kind: Annotated[CalendarKind, Form()],
    site: Annotated[str, Form(pattern=r"^[0-9]{0,18}$")] = "",
    alsace_moselle: Annotated[YesOrNothing, Form()] = "",
) -> Response:
    """Write a calendar of hours or of a line on site, or rename one."""
    new = NewCalendar(
        code=code,
        name=name.strip(),
        kind=kind,
        site_id=int(site) if site else None,
        alsace_moselle=bool(alsace_moselle),
    )
    try:
        await put_calendar(guest.session, new, actor=guest.work.actor)
    except (Invalid, Conflict, NotFound) as error:
        typed = {"code": code, "name": name, "kind": kind.value, "site": site}
        return await _render_rules(guest, typed=typed, refused=error.message)
    return RedirectResponse(f"/planning/rules/{code}", 303)


async def _render_rules(
    guest: Visit, *, typed: Mapping[str, str] | None = None, refused: str | None = None
) -> HTMLResponse:
    view = await load_rules_page(guest, typed=typed, refused=_tell(guest, refused))
    return render_page(
        "planning/rules.html",
        frame=guest.frame,
        view=view,
        status=200 if refused is None else _INVALID,
        kinds=KINDS,
        day_kinds=DAY_KINDS,
        special_days=SPECIAL_DAYS,
        credits=CREDITS,
    )


@router.get("/rules/{code}")
async def show_calendar(code: Code, guest: Reader) -> HTMLResponse:
    """Show the rules of a calendar, and a form for the set that shall follow."""
    return await _render_calendar(guest, code)


@router.post("/rules/{code}")
async def change_calendar(code: Code, request: Request, guest: Writer) -> Response:
    """Let a whole set of rules take over on a day; one that does not fit stays as typed."""
    form = await request.form()
    rows, since = read_rules(form), str(form.get("since", ""))
    try:
        first = read_since(since)
        flaws = find_flaws(rows, texts=guest.frame.texts)
        if flaws:
            return await _render_calendar(guest, code, rows=rows, since=since, flaws=flaws)
        zone = guest.work.container.settings.zone
        rules = write_rules(rows, since=first, zone=zone)
        await change_segments(
            guest.session, rules, valid_from=first, actor=guest.work.actor, calendar=code
        )
    except (Invalid, Conflict) as error:
        told = _tell(guest, error.message) or ""
        return await _render_calendar(guest, code, rows=rows, since=since, flaws=[told])
    return RedirectResponse(f"/planning/rules/{code}", 303)


async def _render_calendar(
    guest: Visit,
    code: str,
    *,
    rows: Sequence[Mapping[str, object]] | None = None,
    since: str = "",
    flaws: Sequence[str] = (),
) -> HTMLResponse:
    view = await load_calendar_page(guest, code, rows=rows, since=since, flaws=flaws)
    return render_page(
        "planning/calendar.html",
        frame=guest.frame,
        view=view,
        status=_INVALID if flaws else 200,
        kinds=KINDS,
        day_kinds=DAY_KINDS,
    )


@router.post("/swap-rules/{society_id}")
async def set_swap_rules(
    society_id: Key,
    guest: Writer,
    approval: Annotated[YesOrNothing, Form()] = "",
    credit: Annotated[CreditRule | Literal[""], Form()] = "",
) -> Response:
    """Set how a society swaps, from now on."""
    rules = SwapRules(needs_approval=bool(approval), credit=credit or None)
    await set_rules(
        guest.session, rules, society_id=society_id, actor=guest.work.actor, now=guest.work.now
    )
    return RedirectResponse(f"/planning/rules#swaps-{society_id}", 303)


def _tell(guest: Visit, reason: str | None) -> str | None:
    if reason is None:
        return None
    return tell_refusal(reason, texts=guest.frame.texts, zone=guest.frame.zone)
