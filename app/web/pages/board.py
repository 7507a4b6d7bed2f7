"""The live board of whoever watches over a night: cases by slack, readers, sites, centres."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.cases.domain.countdown import Countdown, Urgency
from app.directory.domain import Permission
from app.dispatch.domain.presence import PresenceState
from app.dispatch.service.presence_board import CentreShown, ReaderShown, load_board
from app.pipeline.surges import backup_called
from app.web.live_rows import book_of
from app.web.pages.door import Visit, visit
from app.web.pages.presence import name_cause, name_state
from app.web.pages.rendering import is_htmx, render_page, render_part
from app.web.pages.texts import N_
from app.worklist.queries.board import load_board_of_cases
from app.worklist.views.board import Board, ReaderLoad
from app.worklist.views.worklist import WorklistRow

router = APIRouter(prefix="/board")

Coordinator = Annotated[Visit, visit(Permission.CASE_COORDINATE)]

NEXT_STEPS: Mapping[str, str] = MappingProxyType(
    {
        "offer": N_("is offered"),
        "on_guard": N_("the whole first line is asked"),
        "backup": N_("the backup line is asked"),
        "hospital": N_("the hospital uses its fallback"),
        "active": N_("its reader is asked"),
        "asked": N_("the coordinator is told"),
        "told": N_("opens to others"),
        "aside": N_("its reader is asked"),
        "aside_asked": N_("the coordinator is told"),
        "aside_told": N_("opens to others"),
    }
)
"""What happens by itself to a case that nobody touches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLine:
    """A reader on guard, with presence in words and their load."""

    reader: ReaderShown
    text: str
    is_gone: bool
    load: ReaderLoad


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreLine:
    """A centre that has readers on guard, or is down."""

    centre: CentreShown
    text: str | None
    """Why it is down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPage:
    """All that the board shows."""

    board: Board
    late: int
    slack_used: int
    readers: tuple[ReaderLine, ...]
    """Those of the first line before the others."""
    centres: tuple[CentreLine, ...]
    our_fault: bool
    """Are more than half of the readers not heard?"""
    next_steps: Mapping[str, str]


@router.get("")
async def show_board(guest: Coordinator) -> HTMLResponse:
    """Show the page; the view is logged once, not at each fetch of its parts."""
    guest.work.note_access("list", subject="worklist", subject_id=0)
    return render_page("board/page.html", frame=guest.frame, view=await _load(guest))


@router.get("/live")
async def show_live(guest: Coordinator) -> HTMLResponse:
    """Show what changes alone, for the page that is open."""
    await guest.work.note_refresh("list", subject="worklist", subject_id=0)
    return render_part("board/page.html", "live", frame=guest.frame, view=await _load(guest))


@router.post("/surge/call")
async def call_backup(guest: Coordinator) -> Response:
    """Call the backup line, in a surge."""
    guest.work.require(Permission.CASE_COORDINATE)
    await backup_called(guest.session, actor=guest.work.actor, now=guest.work.now)
    if is_htmx(guest.request):
        return Response(status_code=204, headers={"HX-Trigger": "worklist-changed"})
    return RedirectResponse("/board", 303)


async def _load(guest: Visit) -> BoardPage:
    presence = await load_board(guest.session, now=guest.work.now)
    board = await load_board_of_cases(
        guest.session,
        book=book_of(guest.request),
        scope=guest.work.scope(Permission.CASE_COORDINATE),
        radiologist_ids=[each.radiologist_id for each in presence.readers],
        now=guest.work.now,
    )
    judged = [_judge(each.row, board) for each in board.cases]
    texts = guest.frame.texts
    return BoardPage(
        board=board,
        late=judged.count(Urgency.LATE),
        slack_used=judged.count(Urgency.SLACK_USED),
        readers=_write_readers(presence.readers, board.loads, guest=guest),
        centres=tuple(
            CentreLine(centre=each, text=name_cause(each, texts=texts, zone=guest.frame.zone))
            for each in presence.centres
        ),
        our_fault=presence.mass_silence_since is not None,
        next_steps={kind: texts.gettext(words) for kind, words in NEXT_STEPS.items()},
    )


def _judge(row: WorklistRow, board: Board) -> Urgency | None:
    if row.signed_due_at is None or row.slack_ends_at is None:
        return None
    countdown = Countdown(due_at=row.signed_due_at, slack_ends_at=row.slack_ends_at)
    return countdown.judge(now=board.at)


def _write_readers(
    readers: tuple[ReaderShown, ...], loads: tuple[ReaderLoad, ...], *, guest: Visit
) -> tuple[ReaderLine, ...]:
    by_reader = {each.radiologist_id: each for each in loads}
    texts, zone = guest.frame.texts, guest.frame.zone
    lines = [
        ReaderLine(
            reader=each,
            text=name_state(each, texts=texts, zone=zone),
            is_gone=each.state is PresenceState.GONE and each.first_line,
            load=by_reader[each.radiologist_id],
        )
        for each in readers
    ]
    return tuple(sorted(lines, key=lambda line: not line.reader.first_line))
