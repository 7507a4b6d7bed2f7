"""Nominations and claims: to whom a case is offered, and who has taken it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.errors import constraint_of
from app.directory.models import Radiologist
from app.dispatch.models import Claim, Nomination
from app.kit.errors import Conflict
from app.planning.models import Assignment


class CaseAlreadyClaimed(Conflict):
    """Another reader was first."""

    def __init__(self, *, case_id: int, radiologist_id: int, name: str, at: datetime) -> None:
        super().__init__(f"case {case_id} was taken by {name} at {at.astimezone(UTC):%H:%M:%S} UTC")
        self.case_id = case_id
        self.radiologist_id = radiologist_id
        self.name = name
        self.at = at


async def list_nominees(session: AsyncSession, case_id: int) -> set[int]:
    """List to whom a case is offered now."""
    rows = await session.scalars(
        select(Nomination.radiologist_id).where(
            Nomination.case_id == case_id, Nomination.ended_at.is_(None)
        )
    )
    return set(rows.all())


async def list_left_behind(
    session: AsyncSession, radiologist_ids: Iterable[int], *, now: datetime
) -> list[int]:
    """List the cases offered to one of these readers who holds no seat now, by id."""
    on_guard = (
        select(Assignment.id)
        .where(
            Assignment.radiologist_id == Nomination.radiologist_id,
            Assignment.in_force,
            Assignment.period.contains(now),
        )
        .exists()
    )
    rows = await session.scalars(
        select(Nomination.case_id)
        .distinct()
        .where(
            Nomination.radiologist_id.in_(list(radiologist_ids)),
            Nomination.ended_at.is_(None),
            ~on_guard,
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
    values = [
        {
            "case_id": case_id,
            "radiologist_id": radiologist_id,
            "decision_id": decision_id,
            "nominated_at": now,
        }
        for radiologist_id in radiologist_ids
    ]
    if values:
        await session.execute(insert(Nomination), values)


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


async def add_claim(
    session: AsyncSession, *, case_id: int, radiologist_id: int, now: datetime
) -> None:
    """Write a claim; the database lets only one stand.

    Raises
    ------
    CaseAlreadyClaimed
        If another stands; the session's transaction goes on.
    """
    try:
        async with session.begin_nested():
            await session.execute(
                insert(Claim).values(case_id=case_id, radiologist_id=radiologist_id, claimed_at=now)
            )
    except IntegrityError as error:
        if constraint_of(error) != "uq_claim_standing":
            raise
        await refuse_claimed(session, case_id)
        raise


async def refuse_claimed(session: AsyncSession, case_id: int) -> None:
    """Raise, naming the reader, when a claim stands.

    Raises
    ------
    CaseAlreadyClaimed
        If one does.
    """
    row = (
        await session.execute(
            select(
                Claim.radiologist_id,
                Claim.claimed_at,
                Radiologist.given_name,
                Radiologist.family_name,
            )
            .join(Radiologist, Radiologist.id == Claim.radiologist_id)
            .where(Claim.case_id == case_id, Claim.ended_at.is_(None))
        )
    ).one_or_none()
    if row is not None:
        raise CaseAlreadyClaimed(
            case_id=case_id,
            radiologist_id=row.radiologist_id,
            name=f"Dr {row.given_name} {row.family_name}",
            at=row.claimed_at,
        )


async def end_claim(session: AsyncSession, *, case_id: int, reason: str, now: datetime) -> None:
    """End the claim that stands."""
    await session.execute(
        update(Claim)
        .where(Claim.case_id == case_id, Claim.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason)
    )
