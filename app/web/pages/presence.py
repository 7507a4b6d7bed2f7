"""Who is there: the board of centres and readers, and a reader's own word."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.directory.domain import Permission
from app.dispatch.domain.failover_moves import CheckAction, DownCause
from app.dispatch.domain.presence import LONGEST_REST, PresenceState
from app.dispatch.repository.failover import find_check_centre
from app.dispatch.repository.presence_readers import list_on_guard
from app.dispatch.service import presence
from app.dispatch.service.presence_board import CentreShown, PresenceBoard, ReaderShown, load_board
from app.kit.errors import Conflict
from app.pipeline.centres import centre_said_back, centre_said_down, reader_called
from app.web.api.presence import find_whose_word, require_centre
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import is_htmx, render_part
from app.web.pages.texts import N_, Texts
from app.web.schemas import Key

router = APIRouter()

Reader = Annotated[Visit, visit(Permission.PRESENCE_READ)]
Oneself = Annotated[Visit, visit(Permission.PRESENCE_WRITE)]
Coordinator = Annotated[Visit, visit(Permission.CASE_COORDINATE)]

_STATES: Mapping[PresenceState, str] = MappingProxyType(
    {
        PresenceState.PRESENT: N_("There"),
        PresenceState.BUSY: N_("Reading"),
        PresenceState.NO_NEW_WORK: N_("No new case until %(until)s"),
        PresenceState.GONE: N_("Gone"),
    }
)
_NEVER_CAME = N_("No page open yet")
_AT_HOME = N_("By telephone")
_CAUSES: Mapping[DownCause, str] = MappingProxyType(
    {
        DownCause.SILENCE: N_("Down since %(since)s: no page of its readers is open"),
        DownCause.NODE: N_("Down since %(since)s: its node does not answer"),
        DownCause.COORDINATOR: N_("Down since %(since)s: the coordinator said so"),
    }
)
_GOOD = frozenset({PresenceState.PRESENT, PresenceState.BUSY})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLine:
    """A reader on guard, in words."""

    reader: ReaderShown
    text: str
    is_good: bool
    is_gone: bool
    check_id: int | None
    """The call about them that waits for its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CentrePanel:
    """A centre, in words; none for readers who belong to no centre."""

    centre: CentreShown | None
    text: str | None
    readers: tuple[ReaderLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresencePart:
    """The board of centres and readers."""

    board: PresenceBoard
    panels: tuple[CentrePanel, ...]
    may_coordinate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPresence:
    """A reader's own word; nothing to say while they are not on guard."""

    is_on_guard: bool
    resting_until: datetime | None = None
    guard_ends: datetime | None = None


@router.get("/on-call/presence")
async def show_presence(guest: Reader) -> HTMLResponse:
    """Show who is there."""
    board = await load_board(guest.session, now=guest.work.now)
    view = PresencePart(
        board=board,
        panels=_write_panels(board, guest=guest),
        may_coordinate=guest.frame.may(Permission.CASE_COORDINATE),
    )
    return render_part("on_call/presence.html", "board", frame=guest.frame, view=view)


def _write_panels(board: PresenceBoard, *, guest: Visit) -> tuple[CentrePanel, ...]:
    texts, zone = guest.frame.texts, guest.frame.zone
    checks = {each.radiologist_id: each.check_id for each in board.checks}

    def line(reader: ReaderShown) -> ReaderLine:
        return ReaderLine(
            reader=reader,
            text=name_state(reader, texts=texts, zone=zone),
            is_good=reader.state in _GOOD,
            is_gone=reader.state is PresenceState.GONE and reader.first_line,
            check_id=checks.get(reader.radiologist_id),
        )

    panels = [
        CentrePanel(
            centre=each,
            text=name_cause(each, texts=texts, zone=zone),
            readers=tuple(line(reader) for reader in each.readers),
        )
        for each in board.centres
    ]
    alone = tuple(line(each) for each in board.readers if each.centre_id is None)
    if alone:
        panels.append(CentrePanel(centre=None, text=None, readers=alone))
    return tuple(panels)


def name_cause(centre: CentreShown, *, texts: Texts, zone: ZoneInfo) -> str | None:
    """Say since when a centre is down, and why; nothing of one that is not."""
    if centre.down_cause is None:
        return None
    since = _write_time(centre.down_since, texts=texts, zone=zone)
    return texts.gettext(_CAUSES[centre.down_cause], since=since)


def _write_time(at: datetime | None, *, texts: Texts, zone: ZoneInfo) -> str:
    return "" if at is None else texts.format_time(at, zone=zone)


def name_state(reader: ReaderShown, *, texts: Texts, zone: ZoneInfo) -> str:
    """Say whether a reader on guard is there."""
    if reader.state is PresenceState.GONE and not reader.first_line:
        return texts.gettext(_AT_HOME)
    if reader.seen_at is None:
        return texts.gettext(_NEVER_CAME)
    if reader.state is PresenceState.NO_NEW_WORK:
        until = _write_time(reader.no_new_work_until, texts=texts, zone=zone)
        return texts.gettext(_STATES[reader.state], until=until)
    return texts.gettext(_STATES[reader.state])


# ------------------------------------------------------------------------- the coordinator's word


@router.post("/on-call/centres/{centre_id}/down")
async def say_down(centre_id: Key, guest: Coordinator) -> Response:
    """Say that a centre is down."""
    await require_centre(guest.work, centre_id)
    await centre_said_down(guest.session, centre_id, actor=guest.work.actor, now=guest.work.now)
    return _after(guest)


@router.post("/on-call/centres/{centre_id}/back")
async def say_back(centre_id: Key, guest: Coordinator) -> Response:
    """Say that a centre is back."""
    await require_centre(guest.work, centre_id)
    await centre_said_back(guest.session, centre_id, actor=guest.work.actor, now=guest.work.now)
    return _after(guest)


@router.post("/on-call/checks/{check_id}")
async def answer_check(
    check_id: Key,
    guest: Coordinator,
    answer: Annotated[Literal["still_reading", "fail_over"], Form()],
) -> Response:
    """Say what came of the call to a reader."""
    await require_centre(guest.work, await find_check_centre(guest.session, check_id))
    await reader_called(
        guest.session,
        check_id,
        action=CheckAction(answer),
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return _after(guest)


# --------------------------------------------------------------------------------- one's own word


@router.get("/presence/mine")
async def show_mine(guest: Oneself) -> HTMLResponse:
    """Show what one can say of oneself, on whatever page is open."""
    view = await _load_mine(guest)
    return render_part("on_call/presence.html", "mine", frame=guest.frame, view=view)


async def _load_mine(guest: Visit) -> OwnPresence:
    own = guest.work.actor.radiologist_id
    if own is None:
        return OwnPresence(is_on_guard=False)
    found = await list_on_guard(guest.session, now=guest.work.now, radiologist_ids=[own])
    if not found:
        return OwnPresence(is_on_guard=False)
    seen = found[0].seen
    return OwnPresence(
        is_on_guard=True, resting_until=seen.resting_until, guard_ends=seen.guard.end
    )


@router.post("/presence/mine")
async def say_mine(
    guest: Oneself,
    says: Annotated[Literal["rest", "resume"], Form()],
    minutes: Annotated[int, Form(ge=0, le=720)] = 0,
) -> Response:
    """Say that one takes no new case for some minutes, or until the end of one's guard (0)."""
    work = guest.work
    own = find_whose_word(work, None)
    if says == "resume":
        await presence.say_back(guest.session, radiologist_id=own, actor=work.actor, now=work.now)
        return _after(guest)
    until = work.now + timedelta(minutes=minutes)
    if not minutes:
        ends = (await _load_mine(guest)).guard_ends
        if ends is None:
            raise Conflict("you are not on guard now: no case is offered to you")
        until = min(ends, work.now + LONGEST_REST)
    await presence.say_no_new_work(
        guest.session, radiologist_id=own, until=until, actor=work.actor, now=work.now
    )
    return _after(guest)


def _after(guest: Visit) -> Response:
    """Answer what was said: the page looks again, or the board is loaded again."""
    if is_htmx(guest.request):
        headers = {"HX-Trigger": "presence-changed, tasks-changed"}
        return Response(status_code=204, headers=headers)
    return RedirectResponse("/on-call", 303)
