"""Plannings: the guards of a period, laid out by the segments."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.planning.domain.segments import SeatsNeeded
from app.planning.models import Planning
from app.planning.repository import plannings
from app.planning.service.plannings import Period, create_planning
from app.web.api import roster_imports
from app.web.api.instants import Day
from app.web.api.revisions import RevisionView
from app.web.api.segments import Seats, SegmentCode
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Body, Key, Line, View

router = APIRouter(prefix="/plannings", tags=["planning"])
router.include_router(roster_imports.router)

Reader = Annotated[Work, needs(Permission.PLANNING_READ)]
Writer = Annotated[Work, needs(Permission.PLANNING_WRITE)]


class PlanningView(View):
    """The guards of a period."""

    id: int
    name: str
    start: datetime
    end: datetime
    created_at: datetime


class PlanningDetail(PlanningView):
    """A planning with its revisions, oldest first."""

    revisions: list[RevisionView]


class NeedBody(Body):
    """Seats of each guard of a segment."""

    readers: Seats = 1
    backups: Seats = 1
    coordinators: Seats = 1


class PlanningBody(Body):
    """A period to lay out, from `since` up to, but not including, `until`."""

    since: Day
    until: Day
    name: Line | None = None
    needs: Annotated[dict[SegmentCode, NeedBody], Field(max_length=50)] = Field(
        default_factory=dict
    )


def _view(row: Planning) -> PlanningView:
    return PlanningView.model_validate(
        {
            "id": row.id,
            "name": row.name,
            "start": row.period.lower,
            "end": row.period.upper,
            "created_at": row.created_at,
        }
    )


@router.get("")
async def list_plannings(work: Reader, page: WantedPage) -> Page[PlanningView]:
    """List the plannings."""
    rows = await plannings.list_plannings(work.session, limit=page.fetch, after=page.after)
    return cut([_view(row) for row in rows], page=page, keys=[row.id for row in rows])


@router.post("", status_code=201, responses=raises(Conflict))
async def post_planning(body: PlanningBody, work: Writer) -> PlanningView:
    """Lay out the guards of a period."""
    planning_id = await create_planning(
        work.session,
        Period(body.since, body.until),
        actor=work.actor,
        now=work.now,
        name=body.name,
        needs={name: SeatsNeeded(**need.model_dump()) for name, need in body.needs.items()},
    )
    return _view(await plannings.find_planning(work.session, planning_id))


@router.get("/{planning_id}", responses=raises(NotFound))
async def show_planning(planning_id: Key, work: Reader) -> PlanningDetail:
    """Show a planning and its revisions."""
    row = await plannings.find_planning(work.session, planning_id)
    revisions = await plannings.list_revisions(work.session, planning_id=planning_id)
    return PlanningDetail(
        **_view(row).model_dump(),
        revisions=[RevisionView.model_validate(each) for each in revisions],
    )
