"""Radiologists: who they are, where they belong, for whom they may read."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from app.directory.domain import Permission
from app.directory.models import Radiologist, RadiologistSite, RadiologistSociety
from app.directory.repository import people
from app.directory.service import radiologists
from app.kit.errors import Conflict, NotFound
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import LARGEST_KEY, Body, BodyKey, Key, Line, View

router = APIRouter(prefix="/radiologists", tags=["directory"])

Reader = Annotated[Work, needs(Permission.DIRECTORY_READ)]
Writer = Annotated[Work, needs(Permission.DIRECTORY_WRITE)]
Society = Annotated[int | None, Query(ge=1, le=LARGEST_KEY, description="members of today")]


class MembershipView(View):
    """Where a radiologist belongs; `until` is the first day that it does not hold."""

    id: int
    society_id: int
    since: date | None
    until: date | None


class ReadingRightView(View):
    """For whom a radiologist may read; `until` is the first day that it does not hold."""

    id: int
    site_id: int
    since: date | None
    until: date | None


class RadiologistView(View):
    """A radiologist."""

    id: int
    rpps: str
    family_name: str
    given_name: str
    telephone: str
    centre_id: int | None
    sub_specialties: list[str]
    statute: str
    hourly_cap: int
    disabled_at: datetime | None
    societies: list[MembershipView]
    sites: list[ReadingRightView]


class RadiologistBody(Body):
    """What replaces what is known of a radiologist."""

    rpps: Line
    family_name: Line
    given_name: Line
    telephone: Line
    centre_id: BodyKey | None = None
    sub_specialties: list[Line] = Field(default_factory=list, max_length=20)
    statute: Line = "liberal"
    hourly_cap: Annotated[int, Field(ge=1, le=100)] = 10


class NewRadiologist(RadiologistBody):
    """A radiologist that is new, and member of a society from a day on."""

    society_id: BodyKey
    since: date


class NewMembership(Body):
    """A membership; `until` is the first day that it does not hold."""

    society_id: BodyKey
    since: date
    until: date | None = None


class NewReadingRight(Body):
    """A right to read; `until` is the first day that it does not hold."""

    site_id: BodyKey
    since: date
    until: date | None = None


class Ending(Body):
    """The first day on which it does not hold."""

    until: date


def _view_membership(row: RadiologistSociety) -> MembershipView:
    return MembershipView(
        id=row.id, society_id=row.society_id, since=row.valid.lower, until=row.valid.upper
    )


def _view_right(row: RadiologistSite) -> ReadingRightView:
    return ReadingRightView(
        id=row.id, site_id=row.site_id, since=row.valid.lower, until=row.valid.upper
    )


async def _view(work: Work, rows: Sequence[Radiologist]) -> list[RadiologistView]:
    ids = [row.id for row in rows]
    memberships = await people.load_memberships(work.session, radiologist_ids=ids)
    rights = await people.load_reading_rights(work.session, radiologist_ids=ids)
    return [
        RadiologistView(
            **{name: getattr(row, name) for name in _COLUMNS},
            societies=[_view_membership(each) for each in memberships.get(row.id, ())],
            sites=[_view_right(each) for each in rights.get(row.id, ())],
        )
        for row in rows
    ]


_COLUMNS = tuple(RadiologistView.model_fields.keys() - {"societies", "sites"})


@router.get("")
async def list_radiologists(
    work: Reader, page: WantedPage, society_id: Society = None
) -> Page[RadiologistView]:
    """List the radiologists, or those who belong to a society today."""
    rows = await people.list_radiologists(
        work.session,
        society_id=society_id,
        today=work.today,
        limit=page.fetch,
        after=page.after,
    )
    views = await _view(work, rows)
    return cut(views, page=page, keys=[view.id for view in views])


@router.post("", status_code=201, responses=raises(Conflict))
async def create_radiologist(body: NewRadiologist, work: Writer) -> RadiologistView:
    """Create a radiologist, member of a society."""
    row = await radiologists.create_radiologist(
        work.session,
        actor=work.actor,
        values=body.model_dump(exclude={"society_id", "since"}),
        society_id=body.society_id,
        since=body.since,
    )
    return (await _view(work, [row]))[0]


@router.get("/{radiologist_id}", responses=raises(NotFound))
async def show_radiologist(radiologist_id: Key, work: Reader) -> RadiologistView:
    """Show a radiologist."""
    row = await radiologists.load_radiologist(work.session, radiologist_id=radiologist_id)
    return (await _view(work, [row]))[0]


@router.put("/{radiologist_id}", responses=raises(NotFound, Conflict))
async def change_radiologist(
    radiologist_id: Key, body: RadiologistBody, work: Writer
) -> RadiologistView:
    """Replace what is known of a radiologist, except where they belong and read."""
    row = await radiologists.change_radiologist(
        work.session,
        actor=work.actor,
        radiologist_id=radiologist_id,
        values=body.model_dump(),
        today=work.today,
    )
    return (await _view(work, [row]))[0]


async def _switch(work: Work, radiologist_id: int, disabled_at: datetime | None) -> RadiologistView:
    row = await radiologists.switch_radiologist(
        work.session,
        actor=work.actor,
        radiologist_id=radiologist_id,
        disabled_at=disabled_at,
        today=work.today,
    )
    return (await _view(work, [row]))[0]


@router.post("/{radiologist_id}/disable", responses=raises(NotFound))
async def disable_radiologist(radiologist_id: Key, work: Writer) -> RadiologistView:
    """Disable a radiologist: guards and reports refer to them, so that they are never deleted."""
    return await _switch(work, radiologist_id, work.now)


@router.post("/{radiologist_id}/enable", responses=raises(NotFound))
async def enable_radiologist(radiologist_id: Key, work: Writer) -> RadiologistView:
    """Enable a radiologist again."""
    return await _switch(work, radiologist_id, None)


@router.post("/{radiologist_id}/societies", status_code=201, responses=raises(NotFound, Conflict))
async def add_membership(radiologist_id: Key, body: NewMembership, work: Writer) -> MembershipView:
    """Let a radiologist belong to a society; one at a time."""
    row = await radiologists.add_membership(
        work.session, actor=work.actor, radiologist_id=radiologist_id, **body.model_dump()
    )
    return _view_membership(row)


@router.put("/{radiologist_id}/societies/{row_id}/end", responses=raises(NotFound, Conflict))
async def end_membership(
    radiologist_id: Key, row_id: Key, body: Ending, work: Writer
) -> MembershipView:
    """End a membership."""
    row = await radiologists.end_membership(
        work.session,
        actor=work.actor,
        radiologist_id=radiologist_id,
        row_id=row_id,
        until=body.until,
    )
    return _view_membership(row)


@router.post("/{radiologist_id}/sites", status_code=201, responses=raises(NotFound, Conflict))
async def add_reading_right(
    radiologist_id: Key, body: NewReadingRight, work: Writer
) -> ReadingRightView:
    """Let a radiologist read for a site; its referent society or the group decides."""
    row = await radiologists.add_reading_right(
        work.session, actor=work.actor, radiologist_id=radiologist_id, **body.model_dump()
    )
    return _view_right(row)


@router.put("/{radiologist_id}/sites/{row_id}/end", responses=raises(NotFound, Conflict))
async def end_reading_right(
    radiologist_id: Key, row_id: Key, body: Ending, work: Writer
) -> ReadingRightView:
    """End a right to read."""
    row = await radiologists.end_reading_right(
        work.session,
        actor=work.actor,
        radiologist_id=radiologist_id,
        row_id=row_id,
        until=body.until,
    )
    return _view_right(row)
