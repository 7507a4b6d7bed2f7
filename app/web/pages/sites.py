"""What is agreed with each site: storage commitment, and how much it may store without an alarm."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.directory.domain import Permission
from app.directory.domain.errors import InvalidField
from app.directory.models import Site
from app.directory.repository.organisations import list_sites
from app.directory.service.sites import set_keeping
from app.web.api.sites import MOST_COMMITMENT_DAYS, MOST_QUOTA_GIB
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import render_page
from app.web.schemas import Key

router = APIRouter(prefix="/settings/sites")

Writer = Annotated[Visit, visit(Permission.DIRECTORY_WRITE)]
Number = Annotated[str, Form(pattern=r"^\s*[0-9]{0,7}\s*$")]
_MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SitesPage:
    """The sites that who looks may change."""

    sites: tuple[Site, ...]
    most_days: int
    most_gib: int


@router.get("")
async def show_sites(guest: Writer) -> HTMLResponse:
    """Show what is agreed with each site."""
    scope = guest.work.scope(Permission.DIRECTORY_WRITE)
    sites = await list_sites(guest.session, scope=scope, limit=_MOST, after=None)
    page = SitesPage(
        sites=tuple(sorted(sites, key=lambda each: each.name)),
        most_days=MOST_COMMITMENT_DAYS,
        most_gib=MOST_QUOTA_GIB,
    )
    return render_page("sites/page.html", frame=guest.frame, view=page)


@router.post("/{site_id}")
async def change_site(
    site_id: Key, guest: Writer, commitment_days: Number = "", quota_gib: Number = ""
) -> Response:
    """Set both; the gateways know it within a second."""
    await set_keeping(
        guest.session,
        actor=guest.work.actor,
        site_id=site_id,
        commitment_days=_read(commitment_days, "commitment_days", most=MOST_COMMITMENT_DAYS),
        quota_gib=_read(quota_gib, "quota_gib", most=MOST_QUOTA_GIB),
    )
    guest.work.note_access("change", subject="site", subject_id=site_id)
    return RedirectResponse(f"/settings/sites#site-{site_id}", 303)


def _read(text: str, field: str, *, most: int) -> int | None:
    if not text.strip():
        return None
    number = int(text)
    if not 1 <= number <= most:
        raise InvalidField(field, f"a whole number from 1 to {most}, or nothing")
    return number
