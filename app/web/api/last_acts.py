"""Last acts: when the holder of a seat really worked last; rest is counted from it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter

from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.planning.repository import last_acts as repository
from app.planning.service import last_acts
from app.web.api.instants import At
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, Key, View

router = APIRouter(prefix="/seats/{seat_id}/last-act", tags=["planning"])


class LastActBody(Body):
    """When the holder worked last: from the begin of the seat to 12 h after its end."""

    acted_at: At


class LastActView(View):
    """When who worked last for a seat, as it was told."""

    seat_id: int
    radiologist_id: int
    acted_at: datetime


@router.get("", responses=raises(NotFound))
async def show_last_act(
    seat_id: Key, work: Annotated[Work, needs(Permission.PLANNING_READ)]
) -> LastActView:
    """Show when the holder of a seat worked last, where it was told."""
    row = await repository.find_last_act(work.session, seat_id)
    if row is None:
        raise NotFound(f"nobody told a last act of seat {seat_id}: rest counts from its end")
    return LastActView.model_validate(row)


@router.put("", responses=raises(NotFound, Conflict))
async def put_last_act(
    seat_id: Key, body: LastActBody, work: Annotated[Work, needs(Permission.ABSENCE_WRITE)]
) -> LastActView:
    """Tell when one worked last for one's seat, or as a planner for somebody else."""
    holder = await last_acts.put_last_act(
        work.session,
        seat_id=seat_id,
        acted_at=body.acted_at,
        actor=work.actor,
        now=work.now,
        today=work.today,
    )
    return LastActView(seat_id=seat_id, radiologist_id=holder, acted_at=body.acted_at)
