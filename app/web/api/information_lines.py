"""What sites announce on the on-call board: ultrasound on site, a local doctor, interventional."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import StringConstraints

from app.directory.domain import Permission
from app.kit.errors import NotFound
from app.kit.interval import Interval
from app.planning.repository.information_lines import Announcement, list_announcements
from app.planning.service import information_lines
from app.web.api.instants import At, WantedInterval, make_interval
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, BodyKey, Key, Line, View

router = APIRouter(prefix="/information-lines", tags=["planning"])

_USUAL = timedelta(days=1)
_PLAIN = r"^[^\x00-\x1f\x7f]*$"
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=_PLAIN)]
Telephone = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40, pattern=_PLAIN)]


class InformationBody(Body):
    """What a site announces; no patient data, everybody on guard reads it."""

    site_id: BodyKey
    label: Line
    text: Text = ""
    telephone: Telephone = ""
    start: At
    end: At


class InformationView(View):
    """A line of the board."""

    id: int
    site_id: int
    site: str
    label: str
    text: str
    telephone: str
    start: datetime
    end: datetime


class Announced(View):
    """A line that was just announced."""

    id: int


def _view(each: Announcement) -> InformationView:
    return InformationView(
        id=each.id,
        site_id=each.site_id,
        site=each.site,
        label=each.label,
        text=each.text,
        telephone=each.telephone,
        start=each.interval.start,
        end=each.interval.end,
    )


@router.get("")
async def list_lines(
    work: Annotated[Work, needs(Permission.ON_CALL_READ)], period: WantedInterval
) -> list[InformationView]:
    """List what sites announce for a period; for the next day without one."""
    interval = period or Interval(work.now, work.now + _USUAL)
    return [_view(each) for each in await list_announcements(work.session, interval=interval)]


@router.post("", status_code=201, responses=raises(NotFound))
async def announce(
    body: InformationBody, work: Annotated[Work, needs(Permission.INFORMATION_WRITE)]
) -> Announced:
    """Announce something of a site."""
    line = await information_lines.announce(
        work.session,
        site_id=body.site_id,
        label=body.label,
        text=body.text,
        telephone=body.telephone,
        interval=make_interval(body.start, body.end),
        actor=work.actor,
        now=work.now,
    )
    return Announced(id=line.id)


@router.delete("/{line_id}", status_code=204, responses=raises(NotFound))
async def withdraw(
    line_id: Key, work: Annotated[Work, needs(Permission.INFORMATION_WRITE)]
) -> None:
    """Take a line off the board."""
    await information_lines.withdraw(work.session, line_id, actor=work.actor)
