"""Handovers: what readers leave who go off guard, and who accepts it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.directory.domain import Permission
from app.dispatch.domain.handover import ItemKind, ItemState
from app.dispatch.service import handover_answers as answers
from app.kit.errors import Conflict, NotFound
from app.pipeline.handing_over import accept_all, accept_item
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.handover_access import enter_item, load_handovers
from app.web.schemas import Body, BodyKey, Key, View

router = APIRouter(prefix="/handovers", tags=["handovers"])

Reader = Annotated[Work, needs(Permission.HANDOVER_READ)]
Writer = Annotated[Work, needs(Permission.HANDOVER_WRITE)]
Note = Annotated[str, Field(max_length=500, description="for the other reader; no patient data")]
Reason = Annotated[str, Field(min_length=1, max_length=200)]


class AcceptBody(Body):
    """What one says with it."""

    note: Note | None = None


class RefuseBody(Body):
    """Why not."""

    reason: Reason


class OfferBody(Body):
    """To whom it is offered now."""

    radiologist_id: BodyKey
    note: Note | None = None


class NoteBody(Body):
    """What whoever takes it over should know."""

    note: Note


class ItemView(View):
    """A thing that is handed over; the case has the rest."""

    item_id: int
    kind: ItemKind
    state: ItemState
    case_id: int
    site_name: str
    priority: str
    to_radiologist_id: int | None
    to_name: str | None
    offered_at: datetime
    due_at: datetime | None
    answered_at: datetime | None
    note: str
    outcome: str


class HandoverView(View):
    """A reader who leaves, and what of it the caller sees."""

    handover_id: int
    radiologist_id: int
    name: str
    ends_at: datetime
    items: list[ItemView]


class LeftView(View):
    """The offers that were not accepted: taken, over, or too many for once: then ask again."""

    left: list[int]


@router.get("")
async def show_handovers(work: Reader) -> list[HandoverView]:
    """List the open handovers: one's own, and those inside one's scope to coordinate."""
    return [HandoverView.model_validate(each) for each in await load_handovers(work)]


@router.post("/{handover_id}/accept", responses=raises(Conflict))
async def accept_every_item(handover_id: Key, work: Writer) -> LeftView:
    """Accept all that is offered to oneself; what cannot be any more is left out, and named."""
    left = await accept_all(work.session, handover_id, actor=work.actor, now=work.now)
    return LeftView(left=left)


@router.post("/items/{item_id}/accept", status_code=204, responses=raises(NotFound, Conflict))
async def accept_one_item(item_id: Key, body: AcceptBody, work: Writer) -> None:
    """Accept a thing that is offered to oneself: its case is one's own from then on."""
    await enter_item(work, item_id)
    await accept_item(work.session, item_id, actor=work.actor, note=body.note, now=work.now)


@router.post("/items/{item_id}/refuse", status_code=204, responses=raises(NotFound, Conflict))
async def refuse_item(item_id: Key, body: RefuseBody, work: Writer) -> None:
    """Refuse a thing that is offered to oneself: the coordinator names somebody else."""
    await enter_item(work, item_id)
    await answers.refuse(work.session, item_id, reason=body.reason, actor=work.actor, now=work.now)


@router.post("/items/{item_id}/offer", status_code=204, responses=raises(NotFound, Conflict))
async def offer_item(item_id: Key, body: OfferBody, work: Writer) -> None:
    """Offer a thing to a named reader, in place of the offer that stands."""
    await enter_item(work, item_id, to_coordinate=True)
    await answers.offer(
        work.session,
        item_id,
        to_radiologist_id=body.radiologist_id,
        actor=work.actor,
        note=body.note,
        now=work.now,
    )


@router.put("/items/{item_id}/note", status_code=204, responses=raises(NotFound))
async def note_item(item_id: Key, body: NoteBody, work: Writer) -> None:
    """Say what whoever takes it over should know."""
    await enter_item(work, item_id)
    await answers.write_note(work.session, item_id, note=body.note)


@router.post("/items/{item_id}/set-aside", status_code=204, responses=raises(NotFound, Conflict))
async def set_item_aside(item_id: Key, body: RefuseBody, work: Writer) -> None:
    """Say that a thing needs nobody any more, and why."""
    await enter_item(work, item_id, to_coordinate=True)
    await answers.set_aside(
        work.session, item_id, reason=body.reason, actor=work.actor, now=work.now
    )
