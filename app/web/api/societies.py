"""Members of the group."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter

from app.directory.domain import Permission
from app.directory.repository import organisations
from app.directory.service import societies
from app.kit.errors import Conflict, NotFound
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Body, Key, Line, View

router = APIRouter(prefix="/societies", tags=["directory"])

Reader = Annotated[Work, needs(Permission.DIRECTORY_READ)]
Writer = Annotated[Work, needs(Permission.SOCIETY_WRITE)]


class SocietyView(View):
    """A society."""

    id: int
    name: str
    short_name: str
    joined_on: date
    left_on: date | None


class SocietyBody(Body):
    """A society that joins, or what replaces what is known of one."""

    name: Line
    short_name: Line
    joined_on: date
    left_on: date | None = None


@router.get("")
async def list_societies(work: Reader, page: WantedPage) -> Page[SocietyView]:
    """List the societies."""
    rows = await organisations.list_societies(
        work.session,
        scope=work.scope(Permission.DIRECTORY_READ),
        limit=page.fetch,
        after=page.after,
    )
    views = [SocietyView.model_validate(row) for row in rows]
    return cut(views, page=page, keys=[view.id for view in views])


@router.post("", status_code=201, responses=raises(Conflict))
async def create_society(body: SocietyBody, work: Writer) -> SocietyView:
    """Let a society join the group."""
    row = await societies.create_society(work.session, actor=work.actor, values=body.model_dump())
    return SocietyView.model_validate(row)


@router.get("/{society_id}", responses=raises(NotFound))
async def show_society(society_id: Key, work: Reader) -> SocietyView:
    """Show a society."""
    row = await societies.load_society(work.session, society_id=society_id)
    work.require(Permission.DIRECTORY_READ, society_id=row.id)
    return SocietyView.model_validate(row)


@router.put("/{society_id}", responses=raises(NotFound, Conflict))
async def change_society(society_id: Key, body: SocietyBody, work: Writer) -> SocietyView:
    """Replace what is known of a society; `left_on` is how it leaves, as guards refer to it."""
    row = await societies.change_society(
        work.session,
        actor=work.actor,
        society_id=society_id,
        values=body.model_dump(),
    )
    return SocietyView.model_validate(row)
