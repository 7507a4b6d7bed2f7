"""Who is there of those on guard, and what readers and the coordinator say about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter

from app.directory.domain import Permission
from app.directory.service.centres import load_centre
from app.dispatch.domain.failover_moves import CheckAction, DownCause
from app.dispatch.domain.presence import PresenceState
from app.dispatch.repository.failover import find_check_centre
from app.dispatch.service import presence
from app.dispatch.service.presence_board import CentreShown, PresenceBoard, ReaderShown, load_board
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.pipeline.centres import centre_said_back, centre_said_down, reader_called
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, BodyKey, Key, View

router = APIRouter(tags=["presence"])

Reader = Annotated[Work, needs(Permission.PRESENCE_READ)]
Sayer = Annotated[Work, needs(Permission.PRESENCE_WRITE)]
Coordinator = Annotated[Work, needs(Permission.CASE_COORDINATE)]


class ReaderPresenceView(View):
    """A reader on guard; `seen_at` is when a page of theirs was last open for certain."""

    radiologist_id: int
    name: str
    telephone: str
    centre_id: int | None
    state: PresenceState
    seen_at: datetime | None
    no_new_work_until: datetime | None
    claims: int
    first_line: bool
    """Must they have a page open, or are they called by telephone?"""


class CentrePresenceView(View):
    """A centre with somebody on guard, or one that is down."""

    centre_id: int
    society_id: int
    name: str
    telephone: str
    is_down: bool
    down_cause: DownCause | None
    down_since: datetime | None


class CheckView(View):
    """A telephone call to a reader of a centre that is down, who has claimed cases."""

    check_id: int
    radiologist_id: int
    centre_id: int


class PresenceView(View):
    """Everybody on guard at a distance, and their centres."""

    at: datetime
    readers: list[ReaderPresenceView]
    centres: list[CentrePresenceView]
    checks: list[CheckView]
    """Calls that wait for their answer."""
    mass_silence_since: datetime | None
    """Since then more than half of the readers are silent: nothing is revoked."""


class PresenceBody(Body):
    """A reader's word; of oneself, or for somebody else when the coordinator sends it."""

    state: Literal["present", "no_new_work"]
    until: datetime | None = None
    """Of `no_new_work`: an instant within the next 12 hours."""
    radiologist_id: BodyKey | None = None
    """Whose word it is; nothing: one's own."""


class SaidView(View):
    """What a reader's word is from now on."""

    radiologist_id: int
    word: str
    until: datetime | None


class CheckAnswer(Body):
    """What came of a call."""

    answer: Literal["still_reading", "fail_over"]


def _view_readers(readers: Sequence[ReaderShown]) -> list[ReaderPresenceView]:
    return [ReaderPresenceView.model_validate(each) for each in readers]


def _view_centres(centres: Sequence[CentreShown]) -> list[CentrePresenceView]:
    return [CentrePresenceView.model_validate(each) for each in centres]


def _view(board: PresenceBoard) -> PresenceView:
    return PresenceView(
        at=board.at,
        readers=_view_readers(board.readers),
        centres=_view_centres(board.centres),
        checks=[CheckView.model_validate(each) for each in board.checks],
        mass_silence_since=board.mass_silence_since,
    )


@router.get("/presence")
async def show_presence(work: Reader) -> PresenceView:
    """Show who is there of those on guard, as the server sees their pages."""
    return _view(await load_board(work.session, now=work.now))


@router.put("/presence", responses=raises(NotFound, Conflict))
async def say_presence(body: PresenceBody, work: Sayer) -> SaidView:
    """Say that one takes no new case until an instant, or takes them again."""
    radiologist_id = find_whose_word(work, body.radiologist_id)
    if body.state == "present":
        said = await presence.say_back(
            work.session, radiologist_id=radiologist_id, actor=work.actor, now=work.now
        )
        return SaidView.model_validate(said)
    if body.until is None or body.until.tzinfo is None:
        raise Invalid("say until when, with the offset of its zone")
    said = await presence.say_no_new_work(
        work.session,
        radiologist_id=radiologist_id,
        until=body.until,
        actor=work.actor,
        now=work.now,
    )
    return SaidView.model_validate(said)


def find_whose_word(work: Work, radiologist_id: int | None) -> int:
    """Find whose word somebody may say: one's own, or as the coordinator anybody's.

    Raises
    ------
    NotAllowed
        If the login belongs to no radiologist.
    PermissionDenied
        If it is somebody else's.
    """
    own = work.actor.radiologist_id
    if radiologist_id is not None and radiologist_id != own:
        work.require(Permission.CASE_COORDINATE)
        return radiologist_id
    if own is None:
        raise NotAllowed("your login belongs to no radiologist: say whose word it is")
    return own


async def require_centre(work: Work, centre_id: int) -> None:
    """Refuse whoever does not coordinate the society of a centre.

    Raises
    ------
    NotFound
        If there is no such centre.
    PermissionDenied
        If it is not theirs.
    """
    centre = await load_centre(work.session, centre_id=centre_id)
    work.require(Permission.CASE_COORDINATE, society_id=centre.society_id)


@router.post("/centres/{centre_id}/down", status_code=204, responses=raises(NotFound, Conflict))
async def say_centre_down(centre_id: Key, work: Coordinator) -> None:
    """Say that a centre is down: what is offered there goes to others at once."""
    await require_centre(work, centre_id)
    await centre_said_down(work.session, centre_id, actor=work.actor, now=work.now)


@router.post("/centres/{centre_id}/back", status_code=204, responses=raises(NotFound, Conflict))
async def say_centre_back(centre_id: Key, work: Coordinator) -> None:
    """Say that a centre is back: what nobody has claimed since is decided anew."""
    await require_centre(work, centre_id)
    await centre_said_back(work.session, centre_id, actor=work.actor, now=work.now)


@router.post("/presence/checks/{check_id}", status_code=204, responses=raises(NotFound, Conflict))
async def answer_check(check_id: Key, body: CheckAnswer, work: Coordinator) -> None:
    """Say what came of the call to a reader: they read on, or their cases go to others."""
    await require_centre(work, await find_check_centre(work.session, check_id))
    await reader_called(
        work.session,
        check_id,
        action=CheckAction(body.answer),
        actor=work.actor,
        now=work.now,
    )
