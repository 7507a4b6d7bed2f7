"""A reader is put into a seat of tonight: the second click, behind the list of replacements."""

from typing import Annotated

from fastapi import APIRouter

from app import pipeline
from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.planning.domain.revisions import Seen
from app.planning.service.replacing import put_reader
from app.web.api.guards import Published, Rules
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, BodyKey, Key, Line

router = APIRouter(tags=["planning"])

_WHY = "put in for tonight"

Filler = Annotated[Work, needs(Permission.SWAP_WRITE)]


class FillBody(Body):
    """Who takes the seat, who held it when the caller looked, and what is knowingly broken."""

    radiologist_id: BodyKey
    seen: BodyKey | None
    note: Line | None = None
    accepted: Rules = frozenset()


@router.post("/seats/{seat_id}/fill", responses=raises(NotFound, Conflict))
async def post_fill(seat_id: Key, body: FillBody, work: Filler) -> Published:
    """Put a reader into a published seat now; the account follows."""
    event = await put_reader(
        work.session,
        seat_id=seat_id,
        radiologist_id=body.radiologist_id,
        seen=Seen(body.seen),
        actor=work.actor,
        now=work.now,
        reason=body.note or _WHY,
        accepted=body.accepted,
    )
    await pipeline.planning_published(work.session, event)
    return Published.of(event)
