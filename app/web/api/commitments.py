"""What senders asked us to keep (storage commitment), and what they were told."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.directory.domain import Permission
from app.intake.domain.commitment import CommitmentState
from app.intake.repository.commitment_lists import (
    CommitmentFilter,
    CommitmentRow,
    list_commitments,
)
from app.web.dependencies import Work, needs
from app.web.paging import Page
from app.web.schemas import LARGEST_KEY, View

router = APIRouter(tags=["arrivals"])

LogReader = Annotated[Work, needs(Permission.ASSOCIATION_READ)]
WantedKey = Annotated[int | None, Query(ge=1, le=LARGEST_KEY)]
_LARGEST_LIMIT = 500


class CommitmentView(View):
    """A request of storage commitment, and our answer."""

    id: int
    transaction_uid: str
    sender_id: int
    association_id: UUID
    """On which it was asked, for the last time."""
    calling_ae_title: str
    asked_at: datetime
    state: CommitmentState
    """`asked` until the sender was told; `given_up` when it could not be for a day."""
    instance_count: int
    failed_count: int
    """Of those that are judged not to be kept."""
    until: datetime | None
    """Until when the others are kept; nothing before they are judged."""
    attempts: int
    next_at: datetime | None
    """When the sender is told next."""
    reported_at: datetime | None
    detail: str
    """Why the last attempt failed."""


def _view(row: CommitmentRow) -> CommitmentView:
    names = CommitmentView.model_fields.keys() - {"instance_count", "failed_count"}
    return CommitmentView(
        instance_count=row.instance_count,
        failed_count=row.failed_count,
        **{name: getattr(row.commitment, name) for name in names},
    )


@router.get("/commitments")
async def list_all(
    work: LogReader,
    *,
    sender_id: WantedKey = None,
    state: CommitmentState | None = None,
    limit: Annotated[int, Query(ge=1, le=_LARGEST_LIMIT)] = 100,
    before: Annotated[
        int | None, Query(ge=1, le=LARGEST_KEY, description="`next` of the page before")
    ] = None,
) -> Page[CommitmentView]:
    """List the requests of storage commitment, newest first."""
    rows = await list_commitments(
        work.session,
        scope=work.scope(Permission.ASSOCIATION_READ),
        wanted=CommitmentFilter(sender_id=sender_id, state=state),
        limit=limit + 1,
        before=before,
    )
    more = len(rows) > limit
    next_id = rows[limit - 1].commitment.id if more else None
    return Page(items=[_view(row) for row in rows[:limit]], next=next_id)
