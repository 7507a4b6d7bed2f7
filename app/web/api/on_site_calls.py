"""The line of a site: its holder is called there, and comes back."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter

from app import pipeline
from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.planning.service.on_site_calls import call_to_site, come_back
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Key, View

router = APIRouter(prefix="/seats/{seat_id}")

# The holder for themselves; coordinators and planners for others.
Caller = Annotated[Work, needs(Permission.SWAP_WRITE)]


class OnSiteCallView(View):
    """Who was called to the site from which seat, from when to when."""

    seat_id: int
    radiologist_id: int
    called_at: datetime
    ended_at: datetime | None


@router.post("/called", responses=raises(NotFound, Conflict))
async def post_called(seat_id: Key, work: Caller) -> OnSiteCallView:
    """Call the holder of an on-site seat to the site: no case is offered to them meanwhile."""
    call, event = await call_to_site(work.session, seat_id=seat_id, actor=work.actor, now=work.now)
    await pipeline.called_to_site(work.session, event)
    return OnSiteCallView.model_validate(call)


@router.post("/back", responses=raises(NotFound, Conflict))
async def post_back(seat_id: Key, work: Caller) -> OnSiteCallView:
    """Tell that the holder of an on-site seat is back from the site."""
    call = await come_back(work.session, seat_id=seat_id, actor=work.actor, now=work.now)
    return OnSiteCallView.model_validate(call)
