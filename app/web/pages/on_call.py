"""The on-call board: who is on guard now and next, with their telephones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.directory.domain import Permission, may
from app.kit.interval import Interval
from app.planning.domain.on_call import OnCall, OnCallSeat
from app.planning.repository.information_lines import Announcement, list_announcements
from app.planning.service.on_call import on_call
from app.planning.service.on_call_sheets import list_sheets
from app.planning.service.oneself import beyond_oneself
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import render_page, render_part

router = APIRouter()

_SOON = timedelta(days=1)

Reader = Annotated[Visit, visit(Permission.ON_CALL_READ)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The seats of one line."""

    code: str
    seats: tuple[OnCallSeat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Who is on guard at an instant."""

    at: datetime
    until: datetime | None
    """The first end of a seat: then somebody else comes; none when no seat is held."""
    segments: tuple[str, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCallPage:
    """Now, and from the first change on."""

    now: Board
    next: Board | None
    announcements: Sequence[Announcement]
    """What sites announce for now, until the next change and a day at least."""
    sheet_made_at: datetime | None
    """When the last sheet was made, if there is one."""
    may_replace: frozenset[int]
    """The societies into whose seats whoever looks may put somebody now."""


def make_board(found: OnCall) -> Board:
    """Lay out the seats of an instant by line: the first one, coordinators, backup, on site."""
    lines = (
        Line(code="first", seats=found.first_line),
        Line(code="coordinator", seats=found.coordinators),
        Line(code="backup", seats=found.backup),
        Line(code="on_site", seats=found.on_site),
    )
    return Board(
        at=found.at,
        until=min((seat.interval.end for seat in found.seats), default=None),
        segments=tuple(dict.fromkeys(seat.segment for seat in found.seats)),
        lines=tuple(line for line in lines if line.seats),
    )


async def find_sheet(guest: Visit) -> datetime | None:
    """Find when the last on-call sheet was made; nothing before the first one."""
    sheets = await list_sheets(guest.session, limit=1)
    return sheets[0].made_at if sheets else None


@router.get("/on-call")
async def show_on_call(guest: Reader) -> HTMLResponse:
    """Show the board."""
    return render_page("on_call/page.html", frame=guest.frame, view=await _load(guest))


@router.get("/on-call/boards")
async def show_boards(guest: Reader) -> HTMLResponse:
    """Show who is on guard alone, for the page that is open."""
    return render_part("on_call/page.html", "boards", frame=guest.frame, view=await _load(guest))


async def _load(guest: Visit) -> OnCallPage:
    now = make_board(await on_call(guest.session, guest.work.now, zone=guest.frame.zone))
    next_board = None
    if now.until is not None:
        found = await on_call(guest.session, now.until, zone=guest.frame.zone)
        next_board = make_board(found)
    soon = Interval(guest.work.now, max(now.until or guest.work.now, guest.work.now + _SOON))
    return OnCallPage(
        now=now,
        next=next_board,
        announcements=await list_announcements(guest.session, interval=soon),
        sheet_made_at=await find_sheet(guest),
        may_replace=_find_replaceable(guest, now, next_board),
    )


def _find_replaceable(guest: Visit, *boards: Board | None) -> frozenset[int]:
    actor = beyond_oneself(guest.work.actor)
    seats = (seat for board in boards if board for line in board.lines for seat in line.seats)
    return frozenset(
        society_id
        for society_id in {seat.society_id for seat in seats}
        if may(actor, Permission.SWAP_WRITE, society_id=society_id)
    )
