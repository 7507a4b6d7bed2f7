"""Every query on nominations, claims, decisions, and on who could read."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case
from app.db.errors import constraint_of
from app.directory.models import Centre, Radiologist, RadiologistSite, Site
from app.dispatch.domain.policy import CaseToRead, Decision, Line, Reader, Ring
from app.dispatch.models import Claim, Nomination
from app.dispatch.models import Decision as DecisionRow
from app.kit.errors import Conflict
from app.kit.interval import Interval
from app.planning.models import Assignment, Guard, Seat

_HOUR = timedelta(hours=1)


class CaseAlreadyClaimed(Conflict):
    """Another reader was first."""

    def __init__(self, *, case_id: int, radiologist_id: int, name: str, at: datetime) -> None:
        super().__init__(f"case {case_id} was taken by {name} at {at.astimezone(UTC):%H:%M:%S} UTC")
        self.case_id = case_id
        self.radiologist_id = radiologist_id
        self.name = name
        self.at = at


async def list_readers(session: AsyncSession, *, case: Case, now: datetime) -> list[Reader]:
    """List everybody who holds a seat at an instant, with what a decision about a case needs."""
    rows = (await session.execute(_readers_query(case, now))).all()
    return [
        Reader(
            radiologist_id=row.radiologist_id,
            line=Line.COORDINATOR if row.kind == "coordinator" else Line(row.line),
            guard=Interval(row.period.lower, row.period.upper),
            ring=Ring(row.ring),
            may_read_site=row.may_read_site,
            claims=row.claims,
            nominations=row.nominations,
            claims_last_hour=row.claims_last_hour,
            hourly_cap=row.hourly_cap,
            has_declined=row.has_declined,
        )
        for row in rows
    ]


def _readers_query(of_case: Case, now: datetime) -> Select[Any]:
    site = select(Site.society_id, Site.territory).where(Site.id == of_case.site_id).subquery()
    same_territory = (
        select(Site.id)
        .where(
            Site.society_id == Assignment.society_id,
            Site.territory == site.c.territory,
            Site.territory != "",
        )
        .exists()
    )
    ring = case(
        (Assignment.society_id == site.c.society_id, Ring.REFERENT.value),
        (same_territory, Ring.TERRITORY.value),
        else_=Ring.GCS.value,
    )
    today = now.astimezone(UTC).date()
    may_read = (
        select(RadiologistSite.id)
        .where(
            RadiologistSite.radiologist_id == Radiologist.id,
            RadiologistSite.site_id == of_case.site_id,
            RadiologistSite.valid.contains(today),
        )
        .exists()
    )
    claims = select(func.count()).where(Claim.radiologist_id == Radiologist.id)
    nominations = select(func.count()).where(
        Nomination.radiologist_id == Radiologist.id,
        Nomination.ended_at.is_(None),
        Nomination.case_id != of_case.id,
    )
    declined = (
        select(Claim.id)
        .where(
            Claim.radiologist_id == Radiologist.id,
            Claim.case_id == of_case.id,
            Claim.end_reason == "released",
        )
        .exists()
    )
    return (
        select(
            Assignment.radiologist_id,
            Seat.kind,
            Guard.line,
            Seat.period,
            ring.label("ring"),
            may_read.label("may_read_site"),
            claims.where(Claim.ended_at.is_(None)).scalar_subquery().label("claims"),
            nominations.scalar_subquery().label("nominations"),
            claims.where(Claim.claimed_at > now - _HOUR)
            .scalar_subquery()
            .label("claims_last_hour"),
            Radiologist.hourly_cap,
            declined.label("has_declined"),
        )
        .select_from(Assignment)
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .join(Radiologist, Radiologist.id == Assignment.radiologist_id)
        .join(site, site.c.society_id.is_not(None))
        .where(Assignment.in_force, Assignment.period.contains(now))
        .order_by(Assignment.radiologist_id, Seat.id)
    )


async def add_decision(
    session: AsyncSession,
    *,
    case: CaseToRead,
    readers: Iterable[Reader],
    decision: Decision,
    cause: str,
    next_deadline: datetime | None,
    now: datetime,
) -> int:
    """Keep a decision with all that went into it, so that it can be replayed."""
    added = await session.execute(
        insert(DecisionRow)
        .values(
            case_id=case.case_id,
            at=now,
            cause=cause,
            rule_version=decision.rule_version,
            inputs={
                "case": _plain(asdict(case)),
                "circle": decision.circle.value,
                "readers": [_plain(asdict(reader)) for reader in readers],
            },
            ranking={
                "nominees": list(decision.nominees),
                "readers": [_plain(asdict(each)) for each in decision.ranking[:10]],
            },
            exclusions={
                "readers": [_plain(asdict(each)) for each in decision.excluded],
                "dropped_filters": list(decision.dropped_filters),
            },
            next_deadline=next_deadline,
        )
        .returning(DecisionRow.id)
    )
    return added.scalar_one()


def _plain(values: object) -> object:
    """Write instants as ISO 8601, for JSON."""
    if isinstance(values, dict):
        return {name: _plain(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [_plain(value) for value in values]
    return values.isoformat() if isinstance(values, datetime) else values


async def list_decisions(session: AsyncSession, case_id: int) -> Sequence[DecisionRow]:
    """List what was decided about a case, oldest first."""
    rows = await session.scalars(
        select(DecisionRow).where(DecisionRow.case_id == case_id).order_by(DecisionRow.id)
    )
    return rows.all()


async def list_nominees(session: AsyncSession, case_id: int) -> set[int]:
    """List to whom a case is offered now."""
    rows = await session.scalars(
        select(Nomination.radiologist_id).where(
            Nomination.case_id == case_id, Nomination.ended_at.is_(None)
        )
    )
    return set(rows.all())


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


async def may_read_site(
    session: AsyncSession, *, radiologist_id: int, site_id: int, now: datetime
) -> bool:
    """May this radiologist read for this site today?"""
    found = await session.scalar(
        select(RadiologistSite.id)
        .where(
            RadiologistSite.radiologist_id == radiologist_id,
            RadiologistSite.site_id == site_id,
            RadiologistSite.valid.contains(now.astimezone(UTC).date()),
        )
        .limit(1)
    )
    return found is not None


async def find_endpoints(
    session: AsyncSession, radiologist_ids: Iterable[int]
) -> dict[int, int | None]:
    """Find the node of the centre where each radiologist reads; none when the centre has none."""
    rows = await session.execute(
        select(Radiologist.id, Centre.endpoint_id)
        .outerjoin(Centre, Centre.id == Radiologist.centre_id)
        .where(Radiologist.id.in_(list(radiologist_ids)))
    )
    return {row.id: row.endpoint_id for row in rows}
