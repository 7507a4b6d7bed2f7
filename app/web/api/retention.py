"""The disk: how full it is, how fast it fills, and when it will be full."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from app.directory.domain import Permission
from app.kit.errors import NotFound
from app.retention import service as retention
from app.retention.domain.level import Level
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import View

router = APIRouter(prefix="/disk", tags=["disk"])

Reader = Annotated[Work, needs(Permission.DISK_READ)]


class DiskView(View):
    """A reading of the disk; sizes are in bytes."""

    at: datetime
    level: Level
    """`pressure`: images of delivered cases go early; `alarm`: somebody must make room."""
    total_bytes: int
    free_bytes: int
    reserve_bytes: int
    """What reception never uses."""
    kept_bytes: int
    """Of all images that are kept."""
    received_day_bytes: int
    received_week_bytes: int
    can_go_bytes: int
    """Of images that could go at once, were the disk too full."""
    full_at: datetime | None
    """By the forecast; nothing when it is not within a year."""
    swept_at: datetime | None


@router.get("", responses=raises(NotFound))
async def show_disk(work: Reader) -> DiskView:
    """Show the latest reading."""
    latest = await retention.find_latest(work.session)
    if latest is None:
        raise NotFound("the disk has not been read yet: is the scheduler running?")
    return DiskView.model_validate(latest)


@router.get("/readings")
async def list_readings(
    work: Reader, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[DiskView]:
    """List readings, newest first; one is taken every few minutes."""
    found = await retention.list_readings(work.session, limit=limit)
    return [DiskView.model_validate(each) for each in found]
