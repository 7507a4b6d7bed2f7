"""Seats opened to outside readers and hospital radiologists, before their planning is shared."""

from typing import Annotated

from fastapi import APIRouter

from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.planning.service import seats_opened
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Key, View

router = APIRouter(prefix="/seats", tags=["planning"])

Writer = Annotated[Work, needs(Permission.PLANNING_WRITE)]


class OpenedView(View):
    """Is the seat opened now?"""

    seat_id: int
    opened: bool


@router.post("/{seat_id}/open", responses=raises(NotFound, Conflict))
async def post_open(seat_id: Key, work: Writer) -> OpenedView:
    """Open a seat to outside readers: it is taken before the others are shared."""
    await seats_opened.open_seat(work.session, seat_id=seat_id, actor=work.actor, now=work.now)
    return OpenedView(seat_id=seat_id, opened=True)


@router.post("/{seat_id}/close-opened", responses=raises(NotFound, Conflict))
async def post_close_opened(seat_id: Key, work: Writer) -> OpenedView:
    """Let the societies share an opened seat again."""
    await seats_opened.close_opened(work.session, seat_id=seat_id, actor=work.actor, now=work.now)
    return OpenedView(seat_id=seat_id, opened=False)
