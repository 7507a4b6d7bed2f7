"""What societies cede to each other, or exchange, of their guards."""

from datetime import date, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import Field

from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.planning.domain.seats import GuardLine, KindOfSeat, SeatKind
from app.planning.models import Cession
from app.planning.repository import cessions as repository
from app.planning.service import cessions
from app.web.api.instants import Day
from app.web.api.ledger import OfSociety
from app.web.api.segments import SegmentCode
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Body, BodyKey, Key, Line, View

router = APIRouter(prefix="/cessions", tags=["planning"])

Reader = Annotated[Work, needs(Permission.VOLUME_READ)]
Writer = Annotated[Work, needs(Permission.PLANNING_WRITE)]
Seats = Annotated[int, Field(ge=0, le=1000, description="in each period that begins meanwhile")]


class CessionView(View):
    """Seats of a kind that a society gives to another, for nothing or for another kind."""

    id: int
    giver_id: int
    taker_id: int
    segment_code: str
    line: str
    kind: str
    seats: int
    returned_segment: str | None
    returned_seats: int | None
    since: date | None
    until: date | None
    note: str
    agreed_at: datetime
    agreed_by: int | None
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, row: Cession) -> Self:
        """Show a row."""
        names = cls.model_fields.keys() - {"since", "until"}
        told = {name: getattr(row, name) for name in names}
        return cls(**told, since=row.valid.lower, until=row.valid.upper)


class CessionBody(Body):
    """What two societies agree on; `until` is the first day on which it holds no longer."""

    giver_id: BodyKey
    taker_id: BodyKey
    segment_code: SegmentCode
    line: GuardLine = GuardLine.FIRST
    kind: SeatKind = SeatKind.READER
    seats: Seats
    returned_segment: SegmentCode | None = None
    returned_seats: Seats | None = None
    since: Day
    until: Day | None = None
    note: Line | None = None


class WithdrawBody(Body):
    """From when on periods that begin are shared without it."""

    since: Day


class WithdrawnView(View):
    """The withdrawn cession, and the one that holds for the periods before the date."""

    withdrawn: CessionView
    left: CessionView | None


@router.get("")
async def list_cessions(
    work: Reader,
    page: WantedPage,
    society_id: OfSociety = None,
    on: Annotated[
        Day | None, Query(description="in force for a period that begins on this date")
    ] = None,
) -> Page[CessionView]:
    """List cessions that the caller may see: of a society, in force on a date."""
    rows = await repository.list_cessions(
        work.session,
        scope=work.scope(Permission.VOLUME_READ),
        limit=page.fetch,
        after=page.after,
        society_id=society_id,
        on=on,
    )
    return cut([CessionView.of(row) for row in rows], page=page, keys=[row.id for row in rows])


@router.post("", status_code=201, responses=raises(NotFound, Conflict))
async def post_cession(body: CessionBody, work: Writer) -> CessionView:
    """Agree that a society cedes seats to another one, or exchanges them for another kind."""
    agreed = cessions.Agreed(
        giver=body.giver_id,
        taker=body.taker_id,
        of=KindOfSeat(body.segment_code, body.line, body.kind),
        seats=body.seats,
        start=body.since,
        end=body.until,
        returned=body.returned_segment,
        returned_seats=body.returned_seats,
        note=body.note or "",
    )
    row = await cessions.agree_cession(work.session, agreed, actor=work.actor, now=work.now)
    return CessionView.of(row)


@router.post("/{cession_id}/withdraw", responses=raises(NotFound, Conflict))
async def post_withdraw(cession_id: Key, body: WithdrawBody, work: Writer) -> WithdrawnView:
    """Withdraw a cession from a date on; what was shared by it stays."""
    row, left = await cessions.withdraw_cession(
        work.session, cession_id, since=body.since, actor=work.actor, now=work.now
    )
    return WithdrawnView(
        withdrawn=CessionView.of(row), left=None if left is None else CessionView.of(left)
    )
