"""The account between societies, line by line; nobody changes a line."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from app.directory.domain import Permission
from app.planning.repository import ledger
from app.web.api.guards import OfPlanning
from app.web.dependencies import Work, needs
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import LARGEST_KEY, View

router = APIRouter(prefix="/ledger", tags=["planning"])

Reader = Annotated[Work, needs(Permission.VOLUME_READ)]
OfSociety = Annotated[int | None, Query(ge=1, le=LARGEST_KEY, description="of this society")]


class EntryView(View):
    """One line: positive, the society is owed; negative, it owes; in millionths of a guard."""

    id: int
    society_id: int
    segment_code: str
    line: str
    kind: str
    counter: str
    entry: str
    millionths: int
    on: date
    planning_id: int | None
    revision_id: int | None
    seat_id: int | None
    cause: str
    written_at: datetime
    written_by: int | None


@router.get("")
async def list_ledger(
    work: Reader, page: WantedPage, society_id: OfSociety = None, planning_id: OfPlanning = None
) -> Page[EntryView]:
    """List the lines of the account that the caller may see."""
    rows = await ledger.list_rows(
        work.session,
        scope=work.scope(Permission.VOLUME_READ),
        limit=page.fetch,
        after=page.after,
        society_id=society_id,
        planning_id=planning_id,
    )
    views = [EntryView.model_validate(row) for row in rows]
    return cut(views, page=page, keys=[row.id for row in rows])
