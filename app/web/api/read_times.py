"""How long reads are expected to take: the version in force."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter

from app.directory.domain import Permission
from app.dispatch.domain.exams import Region
from app.dispatch.service import read_times as service
from app.web.dependencies import Work, needs
from app.web.schemas import View

router = APIRouter(prefix="/read-times", tags=["dispatch"])

Reader = Annotated[Work, needs(Permission.SETTING_READ)]


class ReadTimeView(View):
    """A kind of exam, and how long it takes all readers, or one of them."""

    modality: str
    region: Region
    radiologist_id: int | None
    """Nothing: all readers."""
    name: str | None
    minutes: float
    """Median from claim to signature without pauses, drawn to what is known of all."""
    read_count: int
    """On so many reads it rests."""


class ReadTimesView(View):
    """A version; none was made yet: published figures are expected of everybody."""

    version: int | None
    made_at: datetime | None
    since: datetime | None
    read_count: int
    rows: list[ReadTimeView]


@router.get("")
async def show_read_times(work: Reader) -> ReadTimesView:
    """Show the version in force; decisions keep the figures that they were made with."""
    table, rows = await service.find_version(work.session)
    return ReadTimesView(
        version=table.id if table else None,
        made_at=table.made_at if table else None,
        since=table.since if table else None,
        read_count=table.read_count if table else 0,
        rows=[
            ReadTimeView(
                modality=row.modality,
                region=Region(row.region),
                radiologist_id=row.radiologist_id,
                name=name,
                minutes=row.minutes,
                read_count=row.read_count,
            )
            for row, name in rows
        ],
    )
