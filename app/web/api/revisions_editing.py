"""Changes of a draft by hand: give a seat, lock it, undo, do again, and who did what."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import Field, model_validator

from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.planning.domain.revisions import Seen
from app.planning.repository import edits, plannings
from app.planning.service import editing
from app.web.api.revisions import ViolationView, find_revision_of, view_violations
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, BodyKey, Key, Line, View

router = APIRouter(prefix="/plannings/{planning_id}/revisions/{revision_id}", tags=["planning"])

Reader = Annotated[Work, needs(Permission.PLANNING_READ)]
Writer = Annotated[Work, needs(Permission.PLANNING_WRITE)]


class HolderBody(Body):
    """Who is to hold a seat, by id or as typed (nobody: `radiologist_id` is `null`)."""

    radiologist_id: BodyKey | None = None
    name: Line | None = Field(default=None, description="family name, or RPPS number")
    seen: BodyKey | None = Field(
        default=None, description="who was to hold it when the caller looked (nobody: `null`)"
    )

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.name is not None) == ("radiologist_id" in self.model_fields_set):
            msg = "give either radiologist_id or name"
            raise ValueError(msg)
        return self


class LockBody(Body):
    """Seats whose holders are to stay when the draft is computed again, or no longer."""

    seat_ids: Annotated[frozenset[BodyKey], Field(min_length=1, max_length=10_000)]
    locked: bool


class VersionView(View):
    """The draft after a change; `seat_id` is what was undone or done again."""

    version: int
    seat_id: int | None = None


class HeldView(View):
    """What a draft said of a seat."""

    society: int
    radiologist: int | None
    reason: str
    locked: bool


class EditView(View):
    """One change of a seat; an absent side: the draft said nothing of it."""

    id: int
    seat_id: int
    at: datetime
    by: int | None
    by_name: str | None
    before: HeldView | None
    after: HeldView | None
    undone_at: datetime | None


@router.put("/seats/{seat_id}", responses=raises(NotFound, Conflict))
async def put_holder(
    planning_id: Key, revision_id: Key, seat_id: Key, body: HolderBody, work: Writer
) -> list[ViolationView]:
    """Propose another holder of a seat in a draft; the answer is what the draft breaks by it."""
    await find_revision_of(work, planning_id, revision_id)
    chosen = body.radiologist_id
    if body.name is not None:
        chosen = await editing.find_by_name(work.session, body.name)
    found = await editing.edit_draft(
        work.session,
        revision_id=revision_id,
        seat_id=seat_id,
        radiologist_id=chosen,
        actor=work.actor,
        now=work.now,
        seen=Seen(body.seen) if "seen" in body.model_fields_set else None,
    )
    return view_violations(found)


@router.post("/locks", responses=raises(NotFound, Conflict))
async def post_locks(
    planning_id: Key, revision_id: Key, body: LockBody, work: Writer
) -> VersionView:
    """Lock seats of a draft, or unlock them."""
    await find_revision_of(work, planning_id, revision_id)
    await editing.lock_seats(
        work.session,
        revision_id=revision_id,
        seat_ids=body.seat_ids,
        locked=body.locked,
        actor=work.actor,
        now=work.now,
    )
    return await _view_version(work, revision_id)


@router.post("/undo", responses=raises(NotFound, Conflict))
async def post_undo(planning_id: Key, revision_id: Key, work: Writer) -> VersionView:
    """Take the last change of a draft back."""
    await find_revision_of(work, planning_id, revision_id)
    seat_id = await editing.undo(
        work.session, revision_id=revision_id, actor=work.actor, now=work.now
    )
    return await _view_version(work, revision_id, seat_id=seat_id)


@router.post("/redo", responses=raises(NotFound, Conflict))
async def post_redo(planning_id: Key, revision_id: Key, work: Writer) -> VersionView:
    """Do the change again that was undone last."""
    await find_revision_of(work, planning_id, revision_id)
    seat_id = await editing.redo(work.session, revision_id=revision_id, actor=work.actor)
    return await _view_version(work, revision_id, seat_id=seat_id)


@router.get("/edits", responses=raises(NotFound))
async def list_edits(planning_id: Key, revision_id: Key, work: Reader) -> list[EditView]:
    """List who changed what in a draft, and when, oldest first."""
    await find_revision_of(work, planning_id, revision_id)
    found = await edits.list_edits(work.session, revision_id)
    return [EditView.model_validate(each) for each in found]


async def _view_version(work: Work, revision_id: int, *, seat_id: int | None = None) -> VersionView:
    revision = await plannings.find_revision(work.session, revision_id)
    return VersionView(version=revision.version, seat_id=seat_id)
