"""Shares: computed from twelve months, frozen with who and when, held against people."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from app.directory.domain import Permission
from app.kit.errors import NotFound
from app.planning.domain.special_days import SpecialDay
from app.planning.models import VolumeSnapshot
from app.planning.repository import snapshots as repository
from app.planning.service import snapshots as service
from app.planning.service.special_days import count_special_seats
from app.web.api.instants import Day
from app.web.api.volumes_months import read_zone
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Body, Key, View

router = APIRouter(prefix="/volumes", tags=["planning"])

Reader = Annotated[Work, needs(Permission.VOLUME_READ)]
Writer = Annotated[Work, needs(Permission.VOLUME_WRITE)]
Until = Annotated[
    Day | None, Query(description="first day of the month after the last that counts; else this")
]


class ShareView(View):
    """What a society brought, with its part of the common pot, and its share of all."""

    society_id: int
    exams: int
    weighted: int
    """In thousandths of an exam."""
    common: int
    """Of `weighted`, what comes from the common pot."""
    tests: int
    resends: int
    priors: int
    refusals: int
    share: int
    """Of what all societies brought by themselves, in millionths."""


class SharesView(View):
    """Shares as they would be frozen now."""

    since: date
    until: date
    shares: list[ShareView]
    missing: dict[int, list[date]]
    """Months of which nothing is known, by society."""


class SnapshotView(View):
    """Volumes and shares as they were frozen."""

    id: int
    since: date
    until: date
    frozen_at: datetime
    frozen_by: int | None
    note: str
    shares: list[ShareView]


class SnapshotBody(Body):
    """Which months to freeze, and why."""

    until: Day | None = None
    note: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class ShortageView(View):
    """A society whose people cannot hold its share, whatever the roster."""

    society_id: int
    segment: str | None
    """Absent: all segments together."""
    owed: int
    most: int
    people: int


class SpecialDaysView(View):
    """Seats that were held on special days over five years, by society and by radiologist."""

    since: date
    until: date
    societies: dict[SpecialDay, dict[int, int]]
    radiologists: dict[SpecialDay, dict[int, int]]


@router.get("/shares")
async def compute_shares(work: Reader, until: Until = None) -> SharesView:
    """Compute the shares of one's societies from the twelve months before a date."""
    found = await service.compute(work.session, today=work.today, until=until)
    scope = work.scope(Permission.VOLUME_READ)
    own = [each for each in found.shares if scope.covers(society_id=each.society)]
    return SharesView(
        since=found.reference.since,
        until=found.reference.until,
        shares=[
            ShareView(society_id=each.society, **{n: getattr(each, n) for n in _COLUMNS})
            for each in own
        ],
        missing={
            each.society: list(each.missing)
            for each in found.reference.societies
            if each.society is not None and each.missing and scope.covers(society_id=each.society)
        },
    )


_COLUMNS = tuple(ShareView.model_fields.keys() - {"society_id"})


@router.get("/shortages")
async def find_shortages(work: Reader, until: Until = None) -> list[ShortageView]:
    """Find one's societies whose people cannot hold their share of the next thirteen weeks."""
    found = await service.compute(work.session, today=work.today, until=until)
    scope = work.scope(Permission.VOLUME_READ)
    short = await service.warn_of_shortages(
        work.session,
        {each.society: each.share for each in found.shares},
        first=work.today,
        zone=read_zone(work),
    )
    return [
        ShortageView(
            society_id=each.society,
            segment=each.segment,
            owed=each.owed,
            most=each.most,
            people=each.people,
        )
        for each in short
        if scope.covers(society_id=each.society)
    ]


@router.post("/snapshots", status_code=201)
async def freeze(body: SnapshotBody, work: Writer) -> SnapshotView:
    """Freeze the volumes and shares of twelve months; they are never changed."""
    row = await service.freeze(
        work.session,
        actor=work.actor,
        now=work.now,
        zone=read_zone(work),
        until=body.until,
        note=body.note,
    )
    return await _view(work, row)


@router.get("/snapshots")
async def list_snapshots(work: Reader, page: WantedPage) -> Page[SnapshotView]:
    """List snapshots, the newest first, each with the shares of one's societies."""
    rows = await repository.list_snapshots(work.session, limit=page.fetch, after=page.after)
    views = [await _view(work, row) for row, _ in rows]
    return cut(views, page=page, keys=[each.id for each in views])


@router.get("/snapshots/{snapshot_id}", responses=raises(NotFound))
async def read_snapshot(snapshot_id: Key, work: Reader) -> SnapshotView:
    """Read a snapshot with the shares of one's societies."""
    row = await repository.find_snapshot(work.session, snapshot_id)
    if row is None:
        raise NotFound(f"there is no snapshot {snapshot_id}")
    return await _view(work, row)


async def _view(work: Work, row: VolumeSnapshot) -> SnapshotView:
    shares = await repository.list_shares(
        work.session, snapshot_id=row.id, scope=work.scope(Permission.VOLUME_READ)
    )
    return SnapshotView.model_validate(
        {
            "id": row.id,
            "since": row.period.lower,
            "until": row.period.upper,
            "frozen_at": row.frozen_at,
            "frozen_by": row.frozen_by,
            "note": row.note,
            "shares": [ShareView.model_validate(each) for each in shares],
        }
    )


@router.get("/special-days")
async def count_special_days(
    work: Annotated[Work, needs(Permission.PLANNING_READ)],
    until: Annotated[Day | None, Query(description="first day not counted; else today")] = None,
) -> SpecialDaysView:
    """Count the seats held at Christmas, New Year, 1 May and 15 August over five years."""
    found = await count_special_seats(work.session, until=until or work.today, zone=read_zone(work))
    return SpecialDaysView(
        since=found.since,
        until=found.until,
        societies={day: dict(sorted(counts.items())) for day, counts in found.societies.items()},
        radiologists={
            day: dict(sorted(counts.items())) for day, counts in found.radiologists.items()
        },
    )
