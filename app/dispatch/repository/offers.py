"""Nominations: to whom a case is offered."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.arrays import keys_named
from app.db.clock import NOW
from app.dispatch.models import Nomination
from app.dispatch.repository.readers import is_called_to_site
from app.planning.domain.seats import GuardLine
from app.planning.models import Assignment, Guard, Seat


async def list_nominees(session: AsyncSession, case_id: int) -> set[int]:
    """List to whom a case is offered now."""
    return set(await session.scalars(_NOMINEES, {"case_id": case_id}))


_NOMINEES = select(Nomination.radiologist_id).where(
    Nomination.case_id == bindparam("case_id", type_=BigInteger), Nomination.ended_at.is_(None)
)


async def list_left_behind(
    session: AsyncSession, radiologist_ids: Iterable[int], *, now: datetime
) -> list[int]:
    """List the cases offered to one of these readers who does not read now, by id.

    They hold no seat at a distance, or are called to the site where they hold one.
    """
    on_guard = (
        select(Assignment.id)
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .where(
            Assignment.radiologist_id == Nomination.radiologist_id,
            Assignment.in_force,
            Assignment.period.contains(now),
            Guard.line != GuardLine.ON_SITE.value,
        )
        .exists()
    )
    is_called = is_called_to_site(Nomination.radiologist_id, now)
    rows = await session.scalars(
        select(Nomination.case_id)
        .distinct()
        .where(
            Nomination.radiologist_id.in_(list(radiologist_ids)),
            Nomination.ended_at.is_(None),
            or_(~on_guard, is_called),
        )
        .order_by(Nomination.case_id)
    )
    return list(rows)


async def add_nominations(
    session: AsyncSession,
    *,
    case_id: int,
    radiologist_ids: Iterable[int],
    decision_id: int,
    now: datetime,
) -> None:
    """Offer a case to readers."""
    of = {"case_id": case_id, "decision_id": decision_id, "now": now}
    await session.execute(_ADD, of | {"radiologist_ids": list(radiologist_ids)})


_ADD = (
    insert(Nomination)
    .from_select(
        ["case_id", "radiologist_id", "decision_id", "nominated_at"],
        select(
            bindparam("case_id", type_=BigInteger),
            func.unnest(keys_named("radiologist_ids")),
            bindparam("decision_id", type_=BigInteger),
            NOW,
        ),
    )
    # One row for each key of the array: no bulk insert of rows by the session.
    .execution_options(dml_strategy="raw")
)


async def end_nominations(
    session: AsyncSession,
    *,
    case_id: int,
    reason: str,
    now: datetime,
    keep: Iterable[int] = (),
) -> None:
    """Take a case back from those to whom it is offered, but for some."""
    await session.execute(
        update(Nomination)
        .where(
            Nomination.case_id == case_id,
            Nomination.ended_at.is_(None),
            Nomination.radiologist_id.not_in(list(keep)),
        )
        .values(ended_at=now, end_reason=reason)
    )


async def acknowledge_nomination(
    session: AsyncSession, *, case_id: int, radiologist_id: int, now: datetime
) -> bool:
    """Note that a nominated reader has seen it; false when it was not new."""
    found = await session.scalar(
        update(Nomination)
        .where(
            Nomination.case_id == case_id,
            Nomination.radiologist_id == radiologist_id,
            Nomination.ended_at.is_(None),
            Nomination.acknowledged_at.is_(None),
        )
        .values(acknowledged_at=now)
        .returning(Nomination.id)
    )
    return found is not None
