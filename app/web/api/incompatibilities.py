"""Incompatibilities: two radiologists who are never on guard together."""

from typing import Annotated

from fastapi import APIRouter

from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.planning.repository import incompatibilities as repository
from app.planning.service import incompatibilities
from app.web.api.working_times import OfRadiologist
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Body, BodyKey, Key, View

router = APIRouter(prefix="/incompatibilities", tags=["planning"])

Writer = Annotated[Work, needs(Permission.PEOPLE_WRITE)]


class IncompatibilityView(View):
    """Two radiologists, the lower id first; why is written nowhere."""

    id: int
    one_id: int
    other_id: int


class IncompatibilityBody(Body):
    """Two radiologists, in any order."""

    one_id: BodyKey
    other_id: BodyKey


@router.get("")
async def list_incompatibilities(
    work: Writer, page: WantedPage, radiologist_id: OfRadiologist = None
) -> Page[IncompatibilityView]:
    """List incompatibilities of those of whom one writes; nobody else reads them."""
    rows = await repository.list_incompatibilities(
        work.session,
        limit=page.fetch,
        scope=work.scope(Permission.PEOPLE_WRITE),
        after=page.after,
        radiologist_id=radiologist_id,
    )
    views = [IncompatibilityView.model_validate(row) for row in rows]
    return cut(views, page=page, keys=[row.id for row in rows])


@router.post("", status_code=201, responses=raises(NotFound, Conflict))
async def create_incompatibility(body: IncompatibilityBody, work: Writer) -> IncompatibilityView:
    """Write that two are never on guard together: of one's society, or of any for the group."""
    row = await incompatibilities.add_incompatibility(
        work.session, one=body.one_id, other=body.other_id, actor=work.actor, today=work.today
    )
    return IncompatibilityView.model_validate(row)


@router.delete("/{incompatibility_id}", status_code=204, responses=raises(NotFound))
async def delete_incompatibility(incompatibility_id: Key, work: Writer) -> None:
    """Let two be on guard together again."""
    await incompatibilities.delete_incompatibility(
        work.session, incompatibility_id, actor=work.actor, today=work.today
    )
