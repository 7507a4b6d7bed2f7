"""Guards and seats that change: added, closed, other hours, cancelled."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, Field
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.directory.domain import Permission
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.interval import Interval
from app.planning.domain.seats import SeatKind
from app.planning.events import PlanningPublished
from app.planning.service import seats
from app.planning.service.seats_cancelled import cancel_guard
from app.web.api.guards import Published, Rules
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, BodyKey, Key, Line, View

router = APIRouter(tags=["planning"])

Publisher = Annotated[Work, needs(Permission.PLANNING_PUBLISH)]


class HoursBody(Body):
    """The hours of a seat, inside its guard."""

    start: AwareDatetime
    end: AwareDatetime
    note: Line | None = None
    accepted: Rules = frozenset()


class SeatBody(HoursBody):
    """A seat more: a reinforcement, a relief; nobody holds it yet where no radiologist is named."""

    society_id: BodyKey
    radiologist_id: BodyKey | None = None
    kind: SeatKind = SeatKind.READER
    skills: Annotated[frozenset[Line], Field(max_length=20)] = frozenset()


class WhyBody(Body):
    """Why."""

    reason: Line


class ChangedView(View):
    """The seat, and what was published by it; nothing before the planning is."""

    seat_id: int | None
    published: Published | None


@router.post("/guards/{guard_id}/seats", status_code=201, responses=raises(NotFound, Conflict))
async def post_seat(guard_id: Key, body: SeatBody, work: Publisher) -> ChangedView:
    """Add a seat with its own hours to a guard."""
    new = seats.NewSeat(
        interval=_read_hours(body.start, body.end),
        society=body.society_id,
        radiologist=body.radiologist_id,
        kind=body.kind,
        skills=frozenset(body.skills),
    )
    seat_id, event = await seats.add_seat(
        work.session,
        new,
        guard_id=guard_id,
        actor=work.actor,
        now=work.now,
        reason=body.note or "",
        accepted=body.accepted,
    )
    return await _tell(work.session, event, seat_id=seat_id)


@router.put("/seats/{seat_id}/hours", responses=raises(NotFound, Conflict))
async def put_hours(seat_id: Key, body: HoursBody, work: Publisher) -> ChangedView:
    """Give a seat other hours inside its guard; its holder keeps it."""
    event = await seats.change_hours(
        work.session,
        seat_id=seat_id,
        interval=_read_hours(body.start, body.end),
        actor=work.actor,
        now=work.now,
        reason=body.note or "",
        accepted=body.accepted,
    )
    return await _tell(work.session, event, seat_id=seat_id)


@router.post("/seats/{seat_id}/close", responses=raises(NotFound, Conflict))
async def post_close(seat_id: Key, body: WhyBody, work: Publisher) -> ChangedView:
    """Take a seat that has not begun out of its guard."""
    event = await seats.close_seat(
        work.session, seat_id=seat_id, reason=body.reason, actor=work.actor, now=work.now
    )
    return await _tell(work.session, event, seat_id=seat_id)


@router.post("/guards/{guard_id}/cancel", responses=raises(NotFound, Conflict))
async def post_cancel(guard_id: Key, body: WhyBody, work: Publisher) -> ChangedView:
    """Cancel a guard: its seats end."""
    event = await cancel_guard(
        work.session, guard_id=guard_id, reason=body.reason, actor=work.actor, now=work.now
    )
    return await _tell(work.session, event, seat_id=None)


def _read_hours(start: datetime, end: datetime) -> Interval:
    if end <= start:
        raise Invalid("a seat must end after it begins")
    return Interval(start, end)


async def _tell(
    session: AsyncSession, event: PlanningPublished | None, *, seat_id: int | None
) -> ChangedView:
    if event is not None:
        await pipeline.planning_published(session, event)
    published = None if event is None else Published.of(event)
    return ChangedView(seat_id=seat_id, published=published)
