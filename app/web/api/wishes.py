"""Wishes: when radiologists would like, or not like, to be on guard."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from app.directory.domain import Permission, scope_of
from app.kit.errors import NotFound
from app.kit.interval import Interval
from app.planning.domain.roster.people import Wish, WishKind
from app.planning.models import RadiologistWish
from app.planning.repository import wishes as repository
from app.planning.service import wishes
from app.planning.service.oneself import beyond_oneself
from app.web.api.instants import At, WantedInterval, make_interval
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import LARGEST_KEY, Body, BodyKey, Key, View

router = APIRouter(prefix="/wishes", tags=["planning"])

Writer = Annotated[Work, needs(Permission.ABSENCE_WRITE)]


class WishView(View):
    """A wish; `weight` 1 to 3, 3 the strongest."""

    id: int
    radiologist_id: int
    kind: WishKind
    start: datetime
    end: datetime
    weight: int


class WishBody(Body):
    """A wish that is new."""

    radiologist_id: BodyKey
    kind: WishKind
    start: At
    end: At
    weight: int = Field(default=1, ge=1, le=3)

    def read(self) -> Wish:
        """Read it as the domain does."""
        return Wish(self.kind, make_interval(self.start, self.end), self.weight)


class StretchView(View):
    """A stretch of time."""

    start: datetime
    end: datetime


class WishConflictsView(View):
    """What a wish would meet: seats held, absences, wishes of the opposite kind."""

    seats: list[int]
    absences: list[StretchView]
    wishes: list[StretchView]


def _view(row: RadiologistWish) -> WishView:
    return WishView.model_validate(
        {
            "id": row.id,
            "radiologist_id": row.radiologist_id,
            "kind": row.kind,
            "start": row.period.lower,
            "end": row.period.upper,
            "weight": row.weight,
        }
    )


def _stretch(interval: Interval) -> StretchView:
    return StretchView(start=interval.start, end=interval.end)


@router.get("")
async def list_wishes(
    work: Writer,
    page: WantedPage,
    period: WantedInterval,
    radiologist_id: Annotated[int | None, Query(ge=1, le=LARGEST_KEY)] = None,
) -> Page[WishView]:
    """List one's own wishes, and those of the people for whom one plans."""
    rows = await repository.list_wishes(
        work.session,
        limit=page.fetch,
        after=page.after,
        scope=scope_of(beyond_oneself(work.actor), Permission.ABSENCE_WRITE),
        own=work.actor.radiologist_id,
        period=period,
        radiologist_id=radiologist_id,
    )
    return cut([_view(row) for row in rows], page=page, keys=[row.id for row in rows])


@router.post("", status_code=201, responses=raises(NotFound))
async def create_wish(body: WishBody, work: Writer) -> WishView:
    """Note a wish: it is weighed when a roster is made, and moves nothing that is published."""
    row = await wishes.add_wish(
        work.session,
        body.read(),
        radiologist_id=body.radiologist_id,
        actor=work.actor,
        now=work.now,
        today=work.today,
    )
    return _view(row)


@router.post("/check", responses=raises(NotFound))
async def check_wish(body: WishBody, work: Writer) -> WishConflictsView:
    """Tell what a wish would meet, before it is saved."""
    met = await wishes.check_wish(
        work.session,
        body.read(),
        radiologist_id=body.radiologist_id,
        actor=work.actor,
        today=work.today,
    )
    return WishConflictsView(
        seats=[seat.id for seat in met.seats],
        absences=[_stretch(each) for each in met.absences],
        wishes=[_stretch(each.interval) for each in met.wishes],
    )


@router.delete("/{wish_id}", status_code=204, responses=raises(NotFound))
async def delete_wish(wish_id: Key, work: Writer) -> None:
    """Delete a wish."""
    await wishes.delete_wish(work.session, wish_id, actor=work.actor, today=work.today)
