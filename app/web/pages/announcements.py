"""What sites announce on the on-call board: written here by the site, a planner, a coordinator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field

from app.directory.domain import Permission, Scope
from app.directory.repository.organisations import list_sites
from app.kit.errors import Invalid
from app.kit.interval import Interval
from app.planning.repository.information_lines import Announcement, list_announcements
from app.planning.service import information_lines as service
from app.web.pages.door import Visit, visit
from app.web.pages.mine_absences import PeriodForm
from app.web.pages.refusals import tell_refusal
from app.web.pages.rendering import render_page
from app.web.schemas import LARGEST_KEY, Key

router = APIRouter(prefix="/on-call/announcements")

Writer = Annotated[Visit, visit(Permission.INFORMATION_WRITE)]
_PLAIN = r"^[^\x00-\x1f\x7f]*$"
_AHEAD, _USUAL = timedelta(days=60), timedelta(hours=12)
_MOST_SITES, _INVALID = 1000, 422


class AnnouncementForm(PeriodForm):
    """What is announced, with wall times of the group, as it is typed."""

    site: Annotated[int, Field(ge=1, le=LARGEST_KEY)]
    label: Annotated[str, Field(min_length=1, max_length=200, pattern=_PLAIN)]
    text: Annotated[str, Field(max_length=500, pattern=_PLAIN)] = ""
    telephone: Annotated[str, Field(max_length=40, pattern=_PLAIN)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementsPage:
    """What is announced for the weeks to come, and a form for more.

    Parameters
    ----------
    sites
        Names by id, of those for which one may announce.
    """

    standing: Sequence[Announcement]
    sites: Mapping[int, str]
    typed: Mapping[str, str]
    refused: str | None


@router.get("")
async def show_announcements(guest: Writer) -> HTMLResponse:
    """Show what is announced for one's sites."""
    now = guest.work.now.astimezone(guest.frame.zone)
    usual = {"start": f"{now:%Y-%m-%dT%H:%M}", "end": f"{now + _USUAL:%Y-%m-%dT%H:%M}"}
    return await _render(guest, typed=usual)


@router.post("")
async def announce(guest: Writer, form: Annotated[AnnouncementForm, Form()]) -> Response:
    """Announce something of a site; what is refused stays as it was typed."""
    try:
        await service.announce(
            guest.session,
            site_id=form.site,
            label=form.label.strip(),
            text=form.text.strip(),
            telephone=form.telephone.strip(),
            interval=form.read_period(guest),
            actor=guest.work.actor,
            now=guest.work.now,
        )
    except Invalid as error:
        return await _render(guest, typed=form.repeat(), refused=error.message)
    return RedirectResponse("/on-call/announcements", 303)


@router.post("/{line_id}/withdraw")
async def withdraw(line_id: Key, guest: Writer) -> Response:
    """Take a line off the board."""
    await service.withdraw(guest.session, line_id, actor=guest.work.actor)
    return RedirectResponse("/on-call/announcements", 303)


async def _render(
    guest: Visit, *, typed: Mapping[str, str], refused: str | None = None
) -> HTMLResponse:
    now, frame = guest.work.now, guest.frame
    scope: Scope = guest.work.scope(Permission.INFORMATION_WRITE)
    sites = await list_sites(guest.session, scope=scope, limit=_MOST_SITES, after=None)
    names = {each.id: each.name for each in sorted(sites, key=lambda each: each.name)}
    found = await list_announcements(guest.session, interval=Interval(now, now + _AHEAD))
    view = AnnouncementsPage(
        standing=[each for each in found if each.site_id in names],
        sites=names,
        typed=typed,
        refused=None
        if refused is None
        else tell_refusal(refused, texts=frame.texts, zone=frame.zone),
    )
    status = 200 if refused is None else _INVALID
    return render_page("on_call/announcements.html", frame=frame, view=view, status=status)
