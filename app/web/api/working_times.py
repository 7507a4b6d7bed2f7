"""Working times: which part of a full time a radiologist works, from when to when."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.planning.domain.dated import Dates
from app.planning.models import WorkingTime
from app.planning.repository import dated as repository
from app.planning.service import working_times
from app.planning.service.dated import delete_dated, end_dated
from app.web.api.instants import Day
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import LARGEST_KEY, Body, BodyKey, Key, View

router = APIRouter(prefix="/working-times", tags=["planning"])

Reader = Annotated[Work, needs(Permission.PLANNING_READ)]
Writer = Annotated[Work, needs(Permission.PEOPLE_WRITE)]
OfRadiologist = Annotated[int | None, Query(ge=1, le=LARGEST_KEY, description="of this one")]
_FULL_TIME = 1000


class WorkingTimeView(View):
    """A working time in thousandths, from `since` until `until` is left out."""

    id: int
    radiologist_id: int
    since: date
    until: date | None
    fte: int


class WorkingTimeBody(Body):
    """A working time that is new; without one somebody works full time."""

    radiologist_id: BodyKey
    since: Day
    until: Day | None = None
    fte: Annotated[int, Field(ge=1, le=_FULL_TIME)]


class EndBody(Body):
    """The first date on which it holds no more."""

    until: Day


def _view(row: WorkingTime) -> WorkingTimeView:
    # The first date is always written.
    return WorkingTimeView.model_validate(
        {
            "id": row.id,
            "radiologist_id": row.radiologist_id,
            "since": row.valid.lower,
            "until": row.valid.upper,
            "fte": row.fte,
        }
    )


@router.get("")
async def list_working_times(
    work: Reader, page: WantedPage, radiologist_id: OfRadiologist = None
) -> Page[WorkingTimeView]:
    """List working times: the points that everybody owes follow from them."""
    rows = await repository.list_rows(
        work.session,
        WorkingTime,
        limit=page.fetch,
        after=page.after,
        radiologist_id=radiologist_id,
    )
    return cut([_view(row) for row in rows], page=page, keys=[row.id for row in rows])


@router.post("", status_code=201, responses=raises(NotFound, Conflict))
async def create_working_time(body: WorkingTimeBody, work: Writer) -> WorkingTimeView:
    """Write which part of a full time a radiologist works; refused where another one holds."""
    row = await working_times.add_working_time(
        work.session,
        radiologist_id=body.radiologist_id,
        dates=Dates(body.since, body.until),
        fte=body.fte,
        actor=work.actor,
        today=work.today,
    )
    return _view(row)


@router.post("/{working_time_id}/end", responses=raises(NotFound))
async def end_working_time(working_time_id: Key, body: EndBody, work: Writer) -> WorkingTimeView:
    """End a working time on a date."""
    row = await end_dated(
        work.session,
        WorkingTime,
        working_time_id,
        on=body.until,
        actor=work.actor,
        today=work.today,
    )
    return _view(row)


@router.delete("/{working_time_id}", status_code=204, responses=raises(NotFound))
async def delete_working_time(working_time_id: Key, work: Writer) -> None:
    """Delete a working time that was written by mistake."""
    await delete_dated(
        work.session,
        WorkingTime,
        working_time_id,
        actor=work.actor,
        today=work.today,
    )
