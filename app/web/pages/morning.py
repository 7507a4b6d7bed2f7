"""The morning lists: what others have read in the night for the hospitals of a society."""

from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.directory.domain import Permission
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import render_page
from app.web.schemas import Key
from app.worklist.queries.mornings import list_mornings, load_morning
from app.worklist.views.mornings import MorningItemView, MorningSheet, MorningView

router = APIRouter(prefix="/morning")

Reader = Annotated[Visit, visit(Permission.MORNING_READ)]


@dataclass(frozen=True, slots=True)
class MorningsPage:
    """The latest lists."""

    mornings: tuple[MorningView, ...]


@dataclass(frozen=True, slots=True)
class MorningPage:
    """One list, in the time of its hospitals."""

    sheet: MorningSheet
    zone: ZoneInfo
    parts: tuple[tuple[str, tuple[MorningItemView, ...]], ...]


@router.get("")
async def show_mornings(guest: Reader) -> HTMLResponse:
    """Show the latest lists."""
    scope = guest.work.scope(Permission.MORNING_READ)
    view = MorningsPage(await list_mornings(guest.session, scope=scope))
    return render_page("morning/page.html", frame=guest.frame, view=view)


@router.get("/{list_id}")
async def show_morning(list_id: Key, guest: Reader) -> HTMLResponse:
    """Show a list; its cases are opened one by one, and each view of one is logged."""
    scope = guest.work.scope(Permission.MORNING_READ)
    sheet = await load_morning(guest.session, list_id, scope=scope)
    view = MorningPage(
        sheet, ZoneInfo(sheet.morning.zone), (("read", sheet.read), ("open", sheet.open))
    )
    return render_page("morning/list.html", frame=guest.frame, view=view)
