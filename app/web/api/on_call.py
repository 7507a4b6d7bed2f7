"""Who is on guard, with the telephone."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response

from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.planning.domain.on_call import OnCallSeat
from app.planning.domain.seats import AssignmentReason
from app.planning.models import OnCallSheet
from app.planning.service import on_call_sheets as sheets
from app.planning.service.on_call import on_call
from app.store.files import read_back
from app.web.api.instants import At
from app.web.container import Container
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Key, View

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
    site_id: int | None
    site: str | None
    called_at: datetime | None
    """Since when the holder of an on-site seat is called to the site."""


class OnCallView(View):
    """All seats at an instant; none when nothing is published for it."""

    at: datetime
    segments: list[str]
    first_line: list[OnCallSeatView]
    coordinators: list[OnCallSeatView]
    backup: list[OnCallSeatView]
    on_site: list[OnCallSeatView]
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
            site_id=each.site_id,
            site=each.site,
            called_at=each.called_at,
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
        on_site=_view(found.on_site),
        uncovered=[each.seat_id for each in found.uncovered],
    )


class OnCallSheetView(View):
    """An on-call sheet: its PDF lies below its id."""

    id: int
    made_at: datetime
    good_until: datetime
    size_bytes: int


_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("/sheets")
async def list_sheets(
    work: Annotated[Work, needs(Permission.ON_CALL_READ)],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[OnCallSheetView]:
    """List on-call sheets, newest first."""
    return [
        OnCallSheetView(
            id=each.id,
            made_at=each.made_at,
            good_until=each.period.upper or each.made_at,
            size_bytes=each.size_bytes,
        )
        for each in await sheets.list_sheets(work.session, limit=limit)
    ]


@router.get(
    "/sheets/latest", response_class=Response, responses={**raises(NotFound, Conflict), **_PDF}
)
async def download_latest_sheet(
    work: Annotated[Work, needs(Permission.ON_CALL_READ)],
) -> Response:
    """Download the latest on-call sheet, as it was sent."""
    return await answer_sheet(await sheets.get_sheet(work.session), container=work.container)


@router.get(
    "/sheets/{sheet_id}", response_class=Response, responses={**raises(NotFound, Conflict), **_PDF}
)
async def download_sheet(
    sheet_id: Key, work: Annotated[Work, needs(Permission.ON_CALL_READ)]
) -> Response:
    """Download an on-call sheet, as it was sent."""
    sheet = await sheets.get_sheet(work.session, sheet_id)
    return await answer_sheet(sheet, container=work.container)


async def answer_sheet(sheet: OnCallSheet, *, container: Container) -> Response:
    """Answer with the bytes of a sheet, which must be those that were kept."""
    path = container.settings.data_dir / sheet.path
    content = await asyncio.to_thread(read_back, path, expected_digest=sheet.digest)
    name = f"on-call-{sheet.made_at:%Y%m%d-%H%M}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)
