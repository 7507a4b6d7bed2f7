"""Volumes that societies brought, and the rights to seats that were computed from them."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from app.directory.domain import Permission
from app.kit.errors import Invalid, NotFound
from app.planning.models import Volume
from app.planning.repository import plannings
from app.planning.repository import volumes as repository
from app.planning.service import volumes
from app.web.api import volumes_months, volumes_rules, volumes_snapshots
from app.web.api.instants import Day
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import LARGEST_KEY, Body, BodyKey, Key, Line, View

router = APIRouter(tags=["planning"])
for each in (volumes_months, volumes_rules, volumes_snapshots):
    router.include_router(each.router)

Reader = Annotated[Work, needs(Permission.VOLUME_READ)]
Writer = Annotated[Work, needs(Permission.VOLUME_WRITE)]


class VolumeView(View):
    """What a society brought from `since` up to, but not including, `until`."""

    id: int
    society_id: int
    since: date
    until: date
    exams: int
    source: str


class VolumeBody(Body):
    """What a society brought; it replaces what was known for the same days."""

    society_id: BodyKey
    since: Day
    until: Day
    exams: Annotated[int, Field(ge=0, le=10**12)]
    source: Line


class EntitlementView(View):
    """A society's right to one kind of seat in a revision."""

    id: int
    revision_id: int
    society_id: int
    segment_code: str
    line: str
    kind: str
    volume: int
    share: int
    """Of all volumes, in millionths."""
    seats_millionths: int
    """Exact right, in millionths of a seat."""
    seats: int
    """Whole seats that the revision gives."""


def _view(row: Volume) -> VolumeView:
    # Every volume that we write has both ends.
    return VolumeView.model_validate(
        {
            "id": row.id,
            "society_id": row.society_id,
            "since": row.period.lower,
            "until": row.period.upper,
            "exams": row.exams,
            "source": row.source,
        }
    )


@router.get("/volumes")
async def list_volumes(work: Reader, page: WantedPage) -> Page[VolumeView]:
    """List the volumes of one's societies."""
    rows = await repository.list_volumes(
        work.session,
        scope=work.scope(Permission.VOLUME_READ),
        limit=page.fetch,
        after=page.after,
    )
    return cut([_view(row) for row in rows], page=page, keys=[row.id for row in rows])


@router.put("/volumes", responses=raises(NotFound))
async def put_volume(body: VolumeBody, work: Writer) -> VolumeView:
    """Write what a society brought in a reference period."""
    if body.until <= body.since:
        raise Invalid("a reference period must end after it begins")
    return _view(await volumes.put_volume(work.session, actor=work.actor, **body.model_dump()))


@router.delete("/volumes/{volume_id}", status_code=204, responses=raises(NotFound))
async def delete_volume(volume_id: Key, work: Writer) -> None:
    """Delete a volume that was written by mistake."""
    await volumes.delete_volume(work.session, volume_id, actor=work.actor)


@router.get("/entitlements", responses=raises(NotFound))
async def list_entitlements(
    work: Reader,
    revision_id: Annotated[int, Query(ge=1, le=LARGEST_KEY)],
) -> list[EntitlementView]:
    """List the rights of one's societies in a revision."""
    await plannings.find_revision(work.session, revision_id)
    rows = await repository.list_rights(
        work.session, revision_id=revision_id, scope=work.scope(Permission.VOLUME_READ)
    )
    return [EntitlementView.model_validate(row) for row in rows]
