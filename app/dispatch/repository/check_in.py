"""Check-ins: who is to check in, who has, what is due."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.directory.models import Radiologist
from app.dispatch.domain.check_in import OPENS_BEFORE, STANDING, CheckInState
from app.dispatch.models import CheckIn
from app.kit.interval import Interval
from app.planning.domain.seats import GuardLine, SeatKind
from app.planning.models import Assignment, Guard, PlanningRevision, Seat
from app.planning.repository.ranges import to_interval

_STANDING = CheckIn.state.in_(sorted(STANDING))
_AT_A_DISTANCE = (
    Assignment.in_force,
    Assignment.radiologist_id.is_not(None),
    Guard.line != GuardLine.ON_SITE.value,
    Guard.cancelled_at.is_(None),
    Seat.closed_at.is_(None),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A seat at a distance, and who holds it by what is in force.

    Parameters
    ----------
    known_at
        When the revision was published that says so.
    """

    seat_id: int
    radiologist_id: int
    interval: Interval
    known_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInSeat:
    """A check-in with what people call its seat and its reader."""

    check_in: CheckIn
    line: str
    kind: str
    name: str
    telephone: str
    """As it stands in the directory now."""


async def list_unasked(
    session: AsyncSession, *, now: datetime, radiologist_id: int | None = None
) -> list[Held]:
    """List the seats that are held now, or soon, and whose holder has no check-in for them."""
    known = select(CheckIn.id).where(
        CheckIn.seat_id == Assignment.seat_id,
        CheckIn.radiologist_id == Assignment.radiologist_id,
        CheckIn.state != CheckInState.CANCELLED.value,
    )
    query = _select_held(Range(now, now + OPENS_BEFORE, bounds="[]")).where(~known.exists())
    if radiologist_id is not None:
        query = query.where(Assignment.radiologist_id == radiologist_id)
    return await _list_held(session, query)


def _select_held(period: Range[datetime]) -> Select[int, int, Range[datetime], datetime | None]:
    return (
        select(
            Assignment.seat_id,
            func.coalesce(Assignment.radiologist_id, 0),
            Assignment.period,
            PlanningRevision.published_at,
        )
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .join(PlanningRevision, PlanningRevision.id == Assignment.revision_id)
        .where(*_AT_A_DISTANCE, Assignment.period.overlaps(period))
        .order_by(Assignment.seat_id)
    )


async def _list_held(
    session: AsyncSession, query: Select[int, int, Range[datetime], datetime | None]
) -> list[Held]:
    rows = await session.execute(query)
    return [
        Held(
            seat_id=seat_id,
            radiologist_id=radiologist_id,
            interval=(interval := to_interval(period)),
            known_at=known_at or interval.start,
        )
        for seat_id, radiologist_id, period, known_at in rows
    ]


async def find_earlier(session: AsyncSession, held: Held) -> CheckIn | None:
    """Find the check-in that was done for the seat which ends where this one begins."""
    return await session.scalar(
        select(CheckIn).where(
            CheckIn.radiologist_id == held.radiologist_id,
            CheckIn.ends_at == held.interval.start,
            CheckIn.state == CheckInState.DONE.value,
        )
    )


async def add_check_in(session: AsyncSession, values: dict[str, object]) -> int | None:
    """Insert a check-in; nothing when another was first for this seat and holder."""
    return await session.scalar(
        insert(CheckIn).values(values).on_conflict_do_nothing().returning(CheckIn.id)
    )


async def lock_due(session: AsyncSession, *, now: datetime, limit: int) -> Sequence[CheckIn]:
    """Lock check-ins that are not done in time; those that another locks are left to that one."""
    return await _lock(session, CheckIn.next_due_at <= now, limit=limit)


async def lock_overtaken(session: AsyncSession, *, limit: int) -> Sequence[CheckIn]:
    """Lock standing check-ins whose reader no longer holds the seat, or other hours of it."""
    holds = (
        select(Assignment.id)
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .where(
            *_AT_A_DISTANCE,
            Assignment.seat_id == CheckIn.seat_id,
            Assignment.radiologist_id == CheckIn.radiologist_id,
            func.lower(Assignment.period) == CheckIn.starts_at,
            func.upper(Assignment.period) == CheckIn.ends_at,
        )
    )
    return await _lock(session, ~holds.exists(), limit=limit)


async def _lock(
    session: AsyncSession, wanted: ColumnElement[bool], *, limit: int
) -> Sequence[CheckIn]:
    found = await session.scalars(
        select(CheckIn)
        .where(_STANDING, wanted)
        .order_by(CheckIn.next_due_at, CheckIn.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def lock_own(
    session: AsyncSession, *, radiologist_id: int, now: datetime
) -> Sequence[CheckIn]:
    """Lock the check-ins of a reader whose hours are not over, cancelled ones left out."""
    found = await session.scalars(
        select(CheckIn)
        .where(
            CheckIn.radiologist_id == radiologist_id,
            CheckIn.ends_at > now,
            or_(_STANDING, CheckIn.state == CheckInState.DONE.value),
        )
        .order_by(CheckIn.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def change(session: AsyncSession, check_in_id: int, **columns: object) -> None:
    """Change a check-in that the caller has locked."""
    await session.execute(
        update(CheckIn)
        .where(CheckIn.id == check_in_id)
        .values(**columns)
        .execution_options(synchronize_session=False)
    )


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find when the next standing check-in must be looked at."""
    return await session.scalar(select(func.min(CheckIn.next_due_at)).where(_STANDING))


async def list_check_ins(
    session: AsyncSession, *, now: datetime, radiologist_id: int | None = None
) -> list[CheckInSeat]:
    """List the check-ins of the hours that run now, or begin soon: by line, then seat."""
    query = (
        select(CheckIn, Guard.line, Seat.kind, Radiologist)
        .join(Seat, Seat.id == CheckIn.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .join(Radiologist, Radiologist.id == CheckIn.radiologist_id)
        .where(CheckIn.ends_at > now, CheckIn.state != CheckInState.CANCELLED.value)
        .order_by(CheckIn.starts_at, Guard.line.desc(), Seat.kind.desc(), CheckIn.id)
        .execution_options(populate_existing=True)
    )
    if radiologist_id is not None:
        query = query.where(CheckIn.radiologist_id == radiologist_id)
    return [
        CheckInSeat(
            check_in=check_in,
            line=line,
            kind=kind,
            name=f"Dr {reader.given_name} {reader.family_name}",
            telephone=reader.telephone,
        )
        for check_in, line, kind, reader in await session.execute(query)
    ]


async def find_coordinator(
    session: AsyncSession, *, now: datetime, other_than: Collection[int] = ()
) -> int | None:
    """Find who coordinates now; the smallest id of several."""
    return await session.scalar(
        select(Assignment.radiologist_id)
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .where(
            *_AT_A_DISTANCE,
            Seat.kind == SeatKind.COORDINATOR.value,
            Assignment.period.contains(now),
            Assignment.radiologist_id.not_in(list(other_than)),
        )
        .order_by(Assignment.radiologist_id)
        .limit(1)
    )


async def find_outgoing(session: AsyncSession, check_in: CheckIn) -> int | None:
    """Find whom somebody relieves: of the same line and kind, until the instant they begin.

    Who had the seat of the same number comes first, then the smallest number.
    """
    mine, my_guard = aliased(Seat), aliased(Guard)
    return await session.scalar(
        select(Assignment.radiologist_id)
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .join(mine, mine.id == check_in.seat_id)
        .join(my_guard, my_guard.id == mine.guard_id)
        .where(
            *_AT_A_DISTANCE,
            func.upper(Assignment.period) == check_in.starts_at,
            Assignment.period.overlaps(
                Range(check_in.starts_at - OPENS_BEFORE, check_in.starts_at)
            ),
            Guard.line == my_guard.line,
            Seat.kind == mine.kind,
            Assignment.radiologist_id != check_in.radiologist_id,
        )
        .order_by((Seat.ordinal != mine.ordinal), Seat.ordinal, Seat.id)
        .limit(1)
    )
