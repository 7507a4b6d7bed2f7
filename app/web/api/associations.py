"""The log of associations, as received."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from app.directory.domain import Permission
from app.intake.models import Association
from app.intake.repository import lists
from app.web.api.instants import WantedInterval
from app.web.dependencies import Work, needs
from app.web.paging import Page
from app.web.schemas import LARGEST_KEY, View

router = APIRouter(tags=["arrivals"])

LogReader = Annotated[Work, needs(Permission.ASSOCIATION_READ)]
WantedKey = Annotated[int | None, Query(ge=1, le=LARGEST_KEY)]
Outcome = Literal["released", "aborted", "lost", "refused"]
_LARGEST_LIMIT = 500


class AssociationView(View):
    """An association with us, accepted or refused."""

    id: UUID
    sender_id: int | None
    calling_ae_title: str
    called_ae_title: str
    address: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    reason: str | None
    instance_count: int
    mark: str | None
    """`unknown_calling` or `pass`: how it was admitted when its title is no sender's."""


def _view(rows: Sequence[Association]) -> list[AssociationView]:
    names = AssociationView.model_fields.keys() - {"address"}
    return [
        AssociationView(address=str(row.address), **{name: getattr(row, name) for name in names})
        for row in rows
    ]


@router.get("/associations")
async def list_associations(
    work: LogReader,
    opened: WantedInterval,
    *,
    sender_id: WantedKey = None,
    outcome: Outcome | None = None,
    limit: Annotated[int, Query(ge=1, le=_LARGEST_LIMIT)] = 100,
    before: Annotated[UUID | None, Query(description="`next` of the page before")] = None,
) -> Page[AssociationView]:
    """List the log of associations, newest first."""
    rows = await lists.list_associations(
        work.session,
        scope=work.scope(Permission.ASSOCIATION_READ),
        wanted=lists.AssociationFilter(opened=opened, outcome=outcome, sender_id=sender_id),
        limit=limit + 1,
        before=before,
    )
    more = len(rows) > limit
    return Page(items=_view(rows[:limit]), next=rows[limit - 1].id if more else None)
