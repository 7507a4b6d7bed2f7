"""The log of who looked at what."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from app.directory.domain import Permission
from app.directory.repository import access
from app.web.dependencies import Work, needs
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import LARGEST_KEY, View

router = APIRouter(prefix="/accesses", tags=["audit"])

Reader = Annotated[Work, needs(Permission.ACCESS_LOG_READ)]
WantedKey = Annotated[int | None, Query(ge=1, le=LARGEST_KEY)]


class AccessView(View):
    """Somebody looked at something."""

    id: int
    at: datetime
    user_id: int
    action: str
    subject: str
    subject_id: int
    address: str | None


@router.get("")
async def list_accesses(
    work: Reader,
    page: WantedPage,
    *,
    subject: Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}$")] = None,
    subject_id: WantedKey = None,
    user_id: WantedKey = None,
) -> Page[AccessView]:
    """List who looked at what, newest first."""
    rows = await access.list_accesses(
        work.session,
        scope=work.scope(Permission.ACCESS_LOG_READ),
        subject=subject,
        subject_id=subject_id,
        user_id=user_id,
        limit=page.fetch,
        before=page.after,
    )
    views = [
        AccessView(
            address=None if row.address is None else str(row.address),
            **{name: getattr(row, name) for name in _COLUMNS},
        )
        for row in rows
    ]
    return cut(views, page=page, keys=[view.id for view in views])


_COLUMNS = tuple(AccessView.model_fields.keys() - {"address"})
