"""How near societies and named radiologists are to a site, from a date on."""

from datetime import date
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import Field

from app.directory.domain import Permission
from app.directory.service.sites import load_site
from app.dispatch.domain.policy import Ring
from app.dispatch.domain.rings import SetRing
from app.dispatch.service import rings as service
from app.kit.errors import NotFound
from app.web.api.instants import Day
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, BodyKey, Key, View

router = APIRouter(prefix="/sites/{site_id}/rings", tags=["dispatch"])

Reader = Annotated[Work, needs(Permission.SETTING_READ)]
Writer = Annotated[Work, needs(Permission.SETTING_WRITE)]


class RingView(View):
    """How near a society, or a named radiologist, is."""

    society_id: int | None
    radiologist_id: int | None
    ring: Ring
    is_set: bool
    """Else derived: the referent society, one with a site in the same territory, the group."""


class RingsView(View):
    """The rings of a site on a day."""

    site_id: int
    on: date
    rings: list[RingView]


class RingBody(Body):
    """How near a society or a radiologist is; it names one of both."""

    society_id: BodyKey | None = None
    radiologist_id: BodyKey | None = None
    ring: Ring


class RingsBody(Body):
    """The rings that are set from a day on; whoever is not named is derived."""

    since: Day
    rings: Annotated[list[RingBody], Field(max_length=200)]


@router.get("", responses=raises(NotFound))
async def show_rings(site_id: Key, work: Reader, on: Day | None = None) -> RingsView:
    """Show the rings of a site on a day, today where the site is when none is named."""
    return await _view(work, site_id, on=on)


@router.put("", responses=raises(NotFound))
async def set_rings(site_id: Key, body: RingsBody, work: Writer) -> RingsView:
    """Set the rings of a site from a day on: what stood ends there, what would come is gone."""
    await service.set_rings(
        work.session,
        site_id,
        [SetRing(**each.model_dump()) for each in body.rings],
        since=body.since,
        actor=work.actor,
        now=work.now,
    )
    return await _view(work, site_id, on=body.since)


async def _view(work: Work, site_id: int, *, on: date | None) -> RingsView:
    site = await load_site(work.session, site_id=site_id)
    work.require(Permission.SETTING_READ, society_id=site.society_id, site_id=site.id)
    day = on or work.now.astimezone(ZoneInfo(site.zone)).date()
    rows = await service.list_rings(work.session, site_id, on=day)
    return RingsView(site_id=site_id, on=day, rings=[RingView.model_validate(row) for row in rows])
