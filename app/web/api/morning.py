"""Morning lists: what others have read in the night for the hospitals of a society."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter

from app.directory.domain import Permission
from app.kit.errors import NotFound
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Key, View
from app.worklist.queries.mornings import list_mornings, load_morning
from app.worklist.views.mornings import MorningItemView

router = APIRouter(prefix="/mornings", tags=["mornings"])

Reader = Annotated[Work, needs(Permission.MORNING_READ)]


class MorningListView(View):
    """A morning list, with how many of its cases the caller sees."""

    list_id: int
    society_id: int
    society: str
    zone: str
    """Of the hospitals it is about."""
    day: date
    starts_at: datetime
    ends_at: datetime
    read_count: int
    open_count: int


class MorningCaseView(View):
    """A case; its report is below `/api/v1/cases/{case_id}/report`."""

    case_id: int
    site_name: str
    description: str
    priority: str
    reader: str | None
    reader_society: str | None
    signed_at: datetime | None
    state: str
    """When the list was made."""
    state_now: str
    critical: bool


class MorningSheetView(View):
    """A morning list with its cases."""

    morning: MorningListView
    read: list[MorningCaseView]
    open: list[MorningCaseView]


def _view(each: MorningItemView) -> MorningCaseView:
    return MorningCaseView.model_validate(each)


@router.get("")
async def show_mornings(work: Reader) -> list[MorningListView]:
    """List the latest morning lists, newest first."""
    found = await list_mornings(work.session, scope=work.scope(Permission.MORNING_READ))
    return [MorningListView.model_validate(each) for each in found]


@router.get("/{list_id}", responses=raises(NotFound))
async def show_morning(list_id: Key, work: Reader) -> MorningSheetView:
    """Show a morning list: what readers of other societies have signed, and what is open."""
    sheet = await load_morning(work.session, list_id, scope=work.scope(Permission.MORNING_READ))
    return MorningSheetView(
        morning=MorningListView.model_validate(sheet.morning),
        read=[_view(each) for each in sheet.read],
        open=[_view(each) for each in sheet.open],
    )
