"""Guards and their seats, and who holds them."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import Field

from app import pipeline
from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.planning.domain.errors import NoSuchPlanning
from app.planning.domain.roster.profile import Rule
from app.planning.events import PlanningPublished
from app.planning.models import Guard
from app.planning.repository import guards
from app.planning.service.publishing import assign_seat
from app.web.api import on_site_calls
from app.web.api.instants import WantedInterval
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import LARGEST_KEY, Body, BodyKey, Key, Line, View

router = APIRouter(tags=["planning"])
router.include_router(on_site_calls.router)

Reader = Annotated[Work, needs(Permission.PLANNING_READ)]
Publisher = Annotated[Work, needs(Permission.PLANNING_PUBLISH)]
OfPlanning = Annotated[int | None, Query(ge=1, le=LARGEST_KEY, description="of this planning")]
Rules = Annotated[frozenset[Rule], Field(description="rules that may be broken, saying why")]


class GuardView(View):
    """One occurrence of a segment: first line, backup line, or the line of a site."""

    id: int
    planning_id: int
    segment: str
    line: str
    site_id: int | None
    start: datetime
    end: datetime
    seats_needed: int
    points: int
    """Of a seat, in thousandths."""
    skills: list[str]
    """That its holders must have between them."""
    least_societies: int


class SeatView(View):
    """A seat, with what is in force for it."""

    id: int
    guard_id: int
    planning_id: int
    segment: str
    line: str
    kind: str
    ordinal: int
    start: datetime
    end: datetime
    society_id: int | None
    radiologist_id: int | None
    reason: str | None


class AssignmentView(View):
    """What a published revision said of a seat."""

    revision_id: int
    number: int
    published_at: datetime
    society_id: int
    radiologist_id: int | None
    reason: str
    note: str
    in_force: bool
    published_by: int | None
    published_by_name: str | None


class SeatHistory(SeatView):
    """A seat with what was published of it, oldest first."""

    history: list[AssignmentView]


class AssignmentBody(Body):
    """Who is to hold a seat (nobody: `null`), and who held it when the caller looked."""

    radiologist_id: BodyKey | None
    seen: BodyKey | None
    note: Line | None = None
    accepted: Rules = frozenset()


class Published(View):
    """The revision that came of it."""

    planning_id: int
    revision_id: int
    number: int
    seat_ids: list[int]
    radiologist_ids: list[int]

    @classmethod
    def of(cls, event: PlanningPublished) -> Self:
        """Show an event."""
        return cls(
            planning_id=event.planning_id,
            revision_id=event.revision_id,
            number=event.number,
            seat_ids=sorted(event.seat_ids),
            radiologist_ids=sorted(event.radiologist_ids),
        )


def _view(row: Guard) -> GuardView:
    # Guards are laid out with both ends.
    return GuardView.model_validate(
        {
            "id": row.id,
            "planning_id": row.planning_id,
            "segment": row.segment_code,
            "line": row.line,
            "start": row.period.lower,
            "end": row.period.upper,
            "site_id": row.site_id,
            "seats_needed": row.seats_needed,
            "points": row.points,
            "skills": row.skills,
            "least_societies": row.least_societies,
        }
    )


@router.get("/guards")
async def list_guards(
    work: Reader, page: WantedPage, period: WantedInterval, planning_id: OfPlanning = None
) -> Page[GuardView]:
    """List guards: of a planning, in a period."""
    rows = await guards.list_guards(
        work.session, limit=page.fetch, after=page.after, period=period, planning_id=planning_id
    )
    return cut([_view(row) for row in rows], page=page, keys=[row.id for row in rows])


@router.get("/seats")
async def list_seats(
    work: Reader, page: WantedPage, period: WantedInterval, planning_id: OfPlanning = None
) -> Page[SeatView]:
    """List seats with who holds them: of a planning, in a period."""
    rows = await guards.list_held_seats(
        work.session, limit=page.fetch, after=page.after, period=period, planning_id=planning_id
    )
    views = [SeatView.model_validate(row) for row in rows]
    return cut(views, page=page, keys=[row.id for row in rows])


@router.get("/seats/{seat_id}", responses=raises(NotFound))
async def show_seat(seat_id: Key, work: Reader) -> SeatHistory:
    """Show a seat, and everything that was published of it."""
    rows = await guards.list_held_seats(work.session, seat_id=seat_id, limit=1)
    if not rows:
        raise NoSuchPlanning(f"there is no seat {seat_id}")
    history = await guards.list_history(work.session, seat_id=seat_id)
    return SeatHistory(
        **SeatView.model_validate(rows[0]).model_dump(),
        history=[AssignmentView.model_validate(each) for each in history],
    )


@router.put("/seats/{seat_id}/assignment", responses=raises(NotFound, Conflict))
async def put_assignment(seat_id: Key, body: AssignmentBody, work: Publisher) -> Published:
    """Give a published seat to somebody else, or to nobody, at once."""
    event = await assign_seat(
        work.session,
        seat_id=seat_id,
        radiologist_id=body.radiologist_id,
        seen=body.seen,
        actor=work.actor,
        now=work.now,
        reason=body.note or "",
        accepted=body.accepted,
    )
    await pipeline.planning_published(work.session, event)
    return Published.of(event)
