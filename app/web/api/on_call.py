"""Who is on guard, with the telephone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from app.directory.domain import Permission
from app.planning.domain.on_call import OnCallSeat
from app.planning.domain.seats import AssignmentReason
from app.planning.service.on_call import on_call
from app.web.api.instants import At
from app.web.dependencies import Work, needs
from app.web.schemas import View

router = APIRouter(prefix="/on-call", tags=["planning"])


class OnCallReaderView(View):
    """A radiologist on guard; `society_id` is their own, which may lend them."""

    radiologist_id: int
    name: str
    telephone: str
    society_id: int | None
    centre_id: int | None
    centre: str | None
    centre_telephone: str | None


class OnCallSeatView(View):
    """A seat; without a reader it is uncovered."""

    seat_id: int
    guard_id: int
    planning_id: int
    segment: str
    start: datetime
    end: datetime
    society_id: int
    society: str
    reason: AssignmentReason
    reader: OnCallReaderView | None


class OnCallView(View):
    """All seats at an instant; none when nothing is published for it."""

    at: datetime
    segments: list[str]
    first_line: list[OnCallSeatView]
    coordinators: list[OnCallSeatView]
    backup: list[OnCallSeatView]
    uncovered: list[int]
    """Seats that nobody holds."""


def _view(seats: Sequence[OnCallSeat]) -> list[OnCallSeatView]:
    return [
        OnCallSeatView(
            seat_id=each.seat_id,
            guard_id=each.guard_id,
            planning_id=each.planning_id,
            segment=each.segment,
            start=each.interval.start,
            end=each.interval.end,
            society_id=each.society_id,
            society=each.society,
            reason=each.reason,
            reader=None if each.reader is None else OnCallReaderView.model_validate(each.reader),
        )
        for each in seats
    ]


@router.get("")
async def show_on_call(
    work: Annotated[Work, needs(Permission.ON_CALL_READ)],
    at: Annotated[At | None, Query(description="now without it")] = None,
) -> OnCallView:
    """Show who is on guard at an instant, by what is published."""
    zone = ZoneInfo(work.container.settings.zone)
    found = await on_call(work.session, at or work.now, zone=zone)
    return OnCallView(
        at=found.at,
        segments=list(found.segments),
        first_line=_view(found.first_line),
        coordinators=_view(found.coordinators),
        backup=_view(found.backup),
        uncovered=[each.seat_id for each in found.uncovered],
    )
