"""Reading centres."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Permission
from app.directory.models import Centre
from app.directory.repository import organisations
from app.directory.service import centres
from app.kit.errors import Conflict, NotFound
from app.web.api.nodes import NodeBody, NodeView, load_nodes
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Body, BodyKey, Key, Line, View

router = APIRouter(prefix="/centres", tags=["directory"])

Reader = Annotated[Work, needs(Permission.DIRECTORY_READ)]
Writer = Annotated[Work, needs(Permission.DIRECTORY_WRITE)]


class CentreView(View):
    """A reading centre."""

    id: int
    society_id: int
    name: str
    telephone: str
    node: NodeView | None
    disabled_at: datetime | None


class CentreBody(Body):
    """A centre that is new, or what replaces what is known of one."""

    society_id: BodyKey
    name: Line
    telephone: Line
    node: NodeBody | None = None
    """Where its readers' images go."""


async def _view(session: AsyncSession, rows: Sequence[Centre]) -> list[CentreView]:
    nodes = await load_nodes(session, [row.endpoint_id for row in rows])
    return [
        CentreView(
            id=row.id,
            society_id=row.society_id,
            name=row.name,
            telephone=row.telephone,
            node=nodes.get(row.endpoint_id),
            disabled_at=row.disabled_at,
        )
        for row in rows
    ]


async def _put(work: Work, body: CentreBody, *, centre_id: int | None = None) -> CentreView:
    row = await centres.put_centre(
        work.session,
        actor=work.actor,
        values=body.model_dump(exclude={"node"}),
        node=None if body.node is None else body.node.model_dump(),
        centre_id=centre_id,
    )
    return (await _view(work.session, [row]))[0]


async def _switch(work: Work, centre_id: int, disabled_at: datetime | None) -> CentreView:
    row = await centres.switch_centre(
        work.session, actor=work.actor, centre_id=centre_id, disabled_at=disabled_at
    )
    return (await _view(work.session, [row]))[0]


@router.get("")
async def list_centres(work: Reader, page: WantedPage) -> Page[CentreView]:
    """List the centres."""
    rows = await organisations.list_centres(
        work.session,
        scope=work.scope(Permission.DIRECTORY_READ),
        limit=page.fetch,
        after=page.after,
    )
    views = await _view(work.session, rows)
    return cut(views, page=page, keys=[view.id for view in views])


@router.post("", status_code=201, responses=raises(Conflict))
async def create_centre(body: CentreBody, work: Writer) -> CentreView:
    """Create a centre."""
    return await _put(work, body)


@router.get("/{centre_id}", responses=raises(NotFound))
async def show_centre(centre_id: Key, work: Reader) -> CentreView:
    """Show a centre."""
    row = await centres.load_centre(work.session, centre_id=centre_id)
    work.require(Permission.DIRECTORY_READ, society_id=row.society_id)
    return (await _view(work.session, [row]))[0]


@router.put("/{centre_id}", responses=raises(NotFound, Conflict))
async def change_centre(centre_id: Key, body: CentreBody, work: Writer) -> CentreView:
    """Replace what is known of a centre."""
    return await _put(work, body, centre_id=centre_id)


@router.post("/{centre_id}/disable", responses=raises(NotFound))
async def disable_centre(centre_id: Key, work: Writer) -> CentreView:
    """Disable a centre: guards and deliveries refer to it, so that it is never deleted."""
    return await _switch(work, centre_id, work.now)


@router.post("/{centre_id}/enable", responses=raises(NotFound))
async def enable_centre(centre_id: Key, work: Writer) -> CentreView:
    """Enable a centre again."""
    return await _switch(work, centre_id, None)
