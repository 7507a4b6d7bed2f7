"""The on-call board: who is on guard now and next, with their telephones."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.directory.domain import Permission
from app.planning.domain.on_call import OnCall, OnCallSeat
from app.planning.service.on_call import on_call
from app.planning.service.on_call_sheets import list_sheets
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import render_page

router = APIRouter()

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
    sheet_made_at: datetime | None
    """When the last sheet was made, if there is one."""


def make_board(found: OnCall) -> Board:
    """Lay out the seats of an instant by line: the first one, then coordinators, then backup."""
    lines = (
        Line(code="first", seats=found.first_line),
        Line(code="coordinator", seats=found.coordinators),
        Line(code="backup", seats=found.backup),
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
    now = make_board(await on_call(guest.session, guest.work.now, zone=guest.frame.zone))
    next_board = None
    if now.until is not None:
        found = await on_call(guest.session, now.until, zone=guest.frame.zone)
        next_board = make_board(found)
    page = OnCallPage(now=now, next=next_board, sheet_made_at=await find_sheet(guest))
    return render_page("on_call/page.html", frame=guest.frame, view=page)
