"""What was published of a planning: when, by whom, why, and how much of it changed."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path

from app.directory.domain import Permission
from app.kit.errors import NotFound
from app.planning.repository import history, plannings
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Key, View

router = APIRouter(prefix="/plannings/{planning_id}/history", tags=["planning"])

LARGEST_NUMBER = 2**31 - 1
"""A revision's number is an `integer`."""

Reader = Annotated[Work, needs(Permission.PLANNING_READ)]


class PastRevisionView(View):
    """A published revision; of the seats it names, those given, moved to others, and emptied."""

    revision_id: int
    number: int
    kind: str
    name: str
    reason: str
    created_at: datetime
    created_by: int | None
    created_by_name: str | None
    published_at: datetime
    published_by: int | None
    published_by_name: str | None
    seats: int
    given: int
    moved: int
    emptied: int
    other_society: int


class SeatChangeView(View):
    """A seat that a revision gave to another holder or society; `null`: nobody before, or since."""

    seat_id: int
    segment: str
    line: str
    kind: str
    start: datetime
    end: datetime
    held_by: int | None
    radiologist_id: int | None
    owed_by: int | None
    society_id: int
    reason: str

    @classmethod
    def of(cls, change: history.SeatChange) -> Self:
        """Show a change."""
        told = {name: getattr(change, name) for name in cls.model_fields.keys() - {"start", "end"}}
        return cls(**told, start=change.interval.start, end=change.interval.end)


@router.get("", responses=raises(NotFound))
async def list_history(planning_id: Key, work: Reader, page: WantedPage) -> Page[PastRevisionView]:
    """List who changed a planning, when and why, newest first; `after` is a revision's number."""
    await plannings.find_planning(work.session, planning_id)
    found = await history.list_history(
        work.session, planning_id=planning_id, limit=page.fetch, before=page.after
    )
    views = [PastRevisionView.model_validate(each) for each in found]
    return cut(views, page=page, keys=[each.number for each in found])


@router.get("/{number}", responses=raises(NotFound))
async def list_changes(
    planning_id: Key,
    number: Annotated[int, Path(ge=1, le=LARGEST_NUMBER)],
    work: Reader,
    page: WantedPage,
) -> Page[SeatChangeView]:
    """List the seats that a published revision gave to another holder or society, by id."""
    await plannings.find_planning(work.session, planning_id)
    found = await history.list_changes(
        work.session, planning_id=planning_id, number=number, limit=page.fetch, after=page.after
    )
    views = [SeatChangeView.of(each) for each in found]
    return cut(views, page=page, keys=[each.seat_id for each in views])
