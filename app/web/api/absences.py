"""Absences: when a radiologist cannot be on guard."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from app.directory.domain import Permission
from app.kit.errors import NotFound
from app.planning.domain.absences import AbsenceKind, TouchedSeat
from app.planning.models import Absence
from app.planning.repository import absences as repository
from app.planning.service import absences
from app.web.api.instants import At, WantedInterval, make_interval
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import LARGEST_KEY, Body, BodyKey, Key, View

router = APIRouter(prefix="/absences", tags=["planning"])

Reader = Annotated[Work, needs(Permission.PLANNING_READ)]
Writer = Annotated[Work, needs(Permission.ABSENCE_WRITE)]
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]


class AbsenceView(View):
    """An absence; why, and of which kind, is only told to those who may write it."""

    id: int
    radiologist_id: int
    start: datetime
    end: datetime
    kind: AbsenceKind | None
    reason: str | None
    clashes: list[int]
    """Seats in force that the radiologist holds meanwhile."""


class AbsenceBody(Body):
    """An absence that is new, or what replaces one."""

    radiologist_id: BodyKey
    start: At
    end: At
    kind: AbsenceKind = AbsenceKind.OTHER
    reason: Reason = ""

    def read(self) -> absences.Told:
        """Read it as the use case does."""
        return absences.Told(
            radiologist_id=self.radiologist_id,
            period=make_interval(self.start, self.end),
            kind=self.kind,
            reason=self.reason,
        )


class TouchedSeatView(View):
    """A published seat that an absence would touch, and from when to when."""

    seat_id: int
    segment: str
    society_id: int
    start: datetime
    end: datetime
    touched_from: datetime
    touched_until: datetime
    has_begun: bool

    @classmethod
    def of(cls, touched: TouchedSeat) -> Self:
        """Show a seat."""
        return cls(
            seat_id=touched.seat.id,
            segment=touched.seat.segment,
            society_id=touched.society,
            start=touched.seat.interval.start,
            end=touched.seat.interval.end,
            touched_from=touched.shared.start,
            touched_until=touched.shared.end,
            has_begun=touched.has_begun,
        )


async def _view(work: Work, rows: Sequence[Absence]) -> list[AbsenceView]:
    people = {row.radiologist_id for row in rows}
    societies = await repository.map_societies(work.session, people, on=work.today)
    clashes = await repository.map_clashes(work.session, [row.id for row in rows])
    return [
        _view_one(
            row,
            clashes=clashes.get(row.id, []),
            is_told=absences.may_write(
                work.actor,
                radiologist_id=row.radiologist_id,
                society_id=societies.get(row.radiologist_id),
            ),
        )
        for row in rows
    ]


def _view_one(row: Absence, *, clashes: list[int], is_told: bool) -> AbsenceView:
    return AbsenceView.model_validate(
        {
            "id": row.id,
            "radiologist_id": row.radiologist_id,
            "start": row.period.lower,
            "end": row.period.upper,
            "kind": row.kind if is_told else None,
            "reason": row.reason if is_told else None,
            "clashes": clashes,
        }
    )


async def _put(work: Work, body: AbsenceBody, *, absence_id: int | None = None) -> AbsenceView:
    row = await absences.put_absence(
        work.session,
        body.read(),
        actor=work.actor,
        now=work.now,
        today=work.today,
        absence_id=absence_id,
    )
    return (await _view(work, [row]))[0]


@router.get("")
async def list_absences(
    work: Reader,
    page: WantedPage,
    period: WantedInterval,
    radiologist_id: Annotated[int | None, Query(ge=1, le=LARGEST_KEY)] = None,
) -> Page[AbsenceView]:
    """List absences: of a radiologist, in a period."""
    rows = await repository.list_absences(
        work.session,
        limit=page.fetch,
        after=page.after,
        period=period,
        radiologist_id=radiologist_id,
    )
    views = await _view(work, rows)
    return cut(views, page=page, keys=[view.id for view in views])


@router.post("", status_code=201, responses=raises(NotFound))
async def create_absence(body: AbsenceBody, work: Writer) -> AbsenceView:
    """Note an absence; seats held meanwhile are named, and stay until they are edited."""
    return await _put(work, body)


@router.post("/check", responses=raises(NotFound))
async def check_absence(body: AbsenceBody, work: Writer) -> list[TouchedSeatView]:
    """Tell which published seats an absence would touch, before it is saved."""
    found = await absences.check_absence(
        work.session, body.read(), actor=work.actor, now=work.now, today=work.today
    )
    return [TouchedSeatView.of(each) for each in found]


@router.put("/{absence_id}", responses=raises(NotFound))
async def change_absence(absence_id: Key, body: AbsenceBody, work: Writer) -> AbsenceView:
    """Change an absence."""
    return await _put(work, body, absence_id=absence_id)


@router.delete("/{absence_id}", status_code=204, responses=raises(NotFound))
async def delete_absence(absence_id: Key, work: Writer) -> None:
    """Delete an absence."""
    await absences.delete_absence(work.session, absence_id, actor=work.actor, today=work.today)
