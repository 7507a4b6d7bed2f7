"""Queries on plannings, their revisions, guards and seats."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.errors import constraint_of
from app.kit.interval import Interval
from app.planning.domain.errors import AlreadyPublished, NoSuchPlanning
from app.planning.domain.guards import PlannedGuard
from app.planning.domain.revisions import RevisionKind
from app.planning.domain.roster.problem import GuardDemand
from app.planning.domain.seats import GuardLine, Seat, SeatKind
from app.planning.models import Guard, Planning, PlanningRevision
from app.planning.models import Seat as SeatRow
from app.planning.repository.people import to_interval, to_range

_TAKEN = {"ex_planning_one_per_period", "uq_planning_name"}


async def add_planning(
    session: AsyncSession, *, name: str, period: Interval, now: datetime
) -> int | None:
    """Add a planning; nothing when its period or its name is taken, and the transaction goes on."""
    statement = (
        insert(Planning)
        .values(name=name, period=to_range(period), created_at=now)
        .returning(Planning.id)
    )
    try:
        async with session.begin_nested():
            return (await session.execute(statement)).scalar_one()
    except IntegrityError as error:
        if constraint_of(error) in _TAKEN:
            return None
        raise


async def find_planning(session: AsyncSession, planning_id: int) -> Planning:
    """Find a planning.

    Raises
    ------
    NoSuchPlanning
        If there is none.
    """
    found = await session.get(Planning, planning_id)
    if found is None:
        raise NoSuchPlanning(f"there is no planning {planning_id}")
    return found


async def lock_planning(session: AsyncSession, planning_id: int) -> None:
    """Let nobody else publish in this planning until the end of the transaction."""
    await session.execute(select(Planning.id).where(Planning.id == planning_id).with_for_update())


async def find_planning_of(session: AsyncSession, period: Interval) -> Planning | None:
    """Find the planning of exactly this period."""
    query = select(Planning).where(Planning.period == to_range(period))
    return (await session.scalars(query)).one_or_none()


async def find_revision_in_force(session: AsyncSession, *, at: datetime) -> int | None:
    """Find the last published revision of the planning that contains an instant."""
    query = (
        select(PlanningRevision.id)
        .join(Planning, Planning.id == PlanningRevision.planning_id)
        .where(Planning.period.contains(at), PlanningRevision.number.is_not(None))
        .order_by(PlanningRevision.number.desc())
        .limit(1)
    )
    return (await session.scalars(query)).one_or_none()


async def list_plannings(
    session: AsyncSession, *, limit: int, after: int | None = None
) -> list[Planning]:
    """List plannings by id."""
    query = select(Planning).where(Planning.id > (after or 0)).order_by(Planning.id).limit(limit)
    return list((await session.scalars(query)).all())


async def find_planned_end(session: AsyncSession) -> datetime | None:
    """Find the end of the last period for which guards are laid out."""
    query = select(func.max(func.upper(Planning.period)))
    found: datetime | None = (await session.execute(query)).scalar_one()
    return found


async def add_guards(
    session: AsyncSession, *, planning_id: int, guards: Sequence[PlannedGuard]
) -> None:
    """Add guards and their seats."""
    if not guards:
        return
    rows = [
        {
            "planning_id": planning_id,
            "segment_code": guard.segment,
            "line": guard.line.value,
            "site_id": guard.site,
            "period": to_range(guard.interval),
            "seats_needed": guard.kinds.count(SeatKind.READER),
            "points": guard.points,
            "skills": sorted(guard.skills),
            "least_societies": guard.least_societies,
        }
        for guard in guards
    ]
    statement = insert(Guard).returning(Guard.id, sort_by_parameter_order=True)
    ids = (await session.scalars(statement, rows)).all()
    seats = [
        {
            "guard_id": guard_id,
            "kind": kind.value,
            "ordinal": guard.kinds[:place].count(kind) + 1,
            "period": to_range(guard.interval),
        }
        for guard_id, guard in zip(ids, guards, strict=True)
        for place, kind in enumerate(guard.kinds)
    ]
    await session.execute(insert(SeatRow), seats)


def select_seats() -> Select[*tuple[Any, ...]]:
    """Select the columns that `read_seat` reads."""
    return select(
        SeatRow.id,
        SeatRow.kind,
        SeatRow.period,
        SeatRow.skills,
        SeatRow.opened,
        Guard.segment_code,
        Guard.line,
        Guard.site_id,
        Guard.period.label("guard_period"),
    ).join(Guard, Guard.id == SeatRow.guard_id)


def read_seat(row: Any) -> Seat:  # noqa: ANN401 - a row of whatever columns stand beside
    """Read a seat of the domain from a row of `select_seats`."""
    return Seat(
        id=row.id,
        segment=row.segment_code,
        line=GuardLine(row.line),
        kind=SeatKind(row.kind),
        interval=to_interval(row.period),
        guard=to_interval(row.guard_period),
        site=row.site_id,
        skills=frozenset(row.skills),
        opened=row.opened,
    )


async def list_seats(session: AsyncSession, *, planning_id: int) -> list[Seat]:
    """List the seats of a planning that were not taken out of it, by start, then id."""
    query = (
        select_seats()
        .where(Guard.planning_id == planning_id, SeatRow.closed_at.is_(None))
        .order_by(func.lower(SeatRow.period), SeatRow.id)
    )
    return [read_seat(row) for row in (await session.execute(query)).all()]


async def find_seat(session: AsyncSession, seat_id: int) -> tuple[Seat, int]:
    """Find a seat, and the planning it belongs to.

    Raises
    ------
    NoSuchPlanning
        If there is none.
    """
    query = select_seats().add_columns(Guard.planning_id).where(SeatRow.id == seat_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NoSuchPlanning(f"there is no seat {seat_id}")
    return read_seat(row), row.planning_id


async def list_demands(session: AsyncSession, *, seat_ids: Collection[int]) -> list[GuardDemand]:
    """List what those in the guards of some seats must have between them, by guard."""
    guards = select(SeatRow.guard_id).where(SeatRow.id.in_(seat_ids))
    query = (
        select(Guard.id, Guard.skills, Guard.least_societies, SeatRow.id.label("seat_id"))
        .join(SeatRow, SeatRow.guard_id == Guard.id)
        .where(
            Guard.id.in_(guards),
            or_(func.cardinality(Guard.skills) > 0, Guard.least_societies > 1),
            SeatRow.closed_at.is_(None),
        )
        .order_by(Guard.id, SeatRow.id)
    )
    rows: Sequence[Any] = (await session.execute(query)).all()
    seats: defaultdict[int, set[int]] = defaultdict(set)
    for row in rows:
        seats[row.id].add(row.seat_id)
    wanted = {row.id: (frozenset(row.skills), row.least_societies) for row in rows}
    return [
        GuardDemand(seats=frozenset(seats[guard]), skills=skills, societies=least)
        for guard, (skills, least) in wanted.items()
    ]


async def find_latest_number(session: AsyncSession, planning_id: int) -> int:
    """Find the number of the last published revision; 0 when there is none."""
    query = select(func.max(PlanningRevision.number)).where(
        PlanningRevision.planning_id == planning_id
    )
    return (await session.execute(query)).scalar_one() or 0


async def add_revision(
    session: AsyncSession,
    *,
    planning_id: int,
    base_number: int,
    reason: str,
    created_by: int | None,
    now: datetime,
    kind: RevisionKind = RevisionKind.DRAFT,
    name: str = "",
) -> int:
    """Add a draft, or what will be published at once."""
    statement = (
        insert(PlanningRevision)
        .values(
            planning_id=planning_id,
            base_number=base_number,
            kind=kind.value,
            name=name,
            reason=reason,
            created_by=created_by,
            created_at=now,
        )
        .returning(PlanningRevision.id)
    )
    return (await session.execute(statement)).scalar_one()


async def find_revision(session: AsyncSession, revision_id: int) -> PlanningRevision:
    """Find a revision as it stands now.

    Raises
    ------
    NoSuchPlanning
        If there is none.
    """
    found = await session.get(PlanningRevision, revision_id, populate_existing=True)
    if found is None:
        raise NoSuchPlanning(f"there is no revision {revision_id}")
    return found


async def raise_version(session: AsyncSession, revision_id: int) -> int:
    """Note that a draft has changed, and return its new version.

    Raises
    ------
    AlreadyPublished
        If it is no draft any more.
    """
    statement = (
        update(PlanningRevision)
        .where(PlanningRevision.id == revision_id, PlanningRevision.number.is_(None))
        .values(version=PlanningRevision.version + 1)
        .returning(PlanningRevision.version)
    )
    version: int | None = (await session.execute(statement)).scalar_one_or_none()
    if version is None:
        found = await find_revision(session, revision_id)
        raise AlreadyPublished(number=found.number or 0, at=found.published_at or found.created_at)
    return version


async def raise_versions(session: AsyncSession, *, planning_id: int) -> None:
    """Note that all drafts of a planning have changed: what they speak of did."""
    await session.execute(
        update(PlanningRevision)
        .where(PlanningRevision.planning_id == planning_id, PlanningRevision.number.is_(None))
        .values(version=PlanningRevision.version + 1)
    )


async def rename_draft(session: AsyncSession, revision_id: int, *, name: str) -> None:
    """Call a draft by another name."""
    await session.execute(
        update(PlanningRevision)
        .where(PlanningRevision.id == revision_id, PlanningRevision.number.is_(None))
        .values(name=name)
    )


async def list_revisions(session: AsyncSession, *, planning_id: int) -> list[PlanningRevision]:
    """List the revisions of a planning, drafts too, by id."""
    query = (
        select(PlanningRevision)
        .where(PlanningRevision.planning_id == planning_id)
        .order_by(PlanningRevision.id)
    )
    return list((await session.scalars(query)).all())


async def number_revision(
    session: AsyncSession,
    *,
    revision_id: int,
    number: int,
    published_by: int | None,
    now: datetime,
) -> None:
    """Make a draft the n-th published revision.

    Raises
    ------
    AlreadyPublished
        If it is no draft any more.
    """
    statement = (
        update(PlanningRevision)
        .where(PlanningRevision.id == revision_id, PlanningRevision.number.is_(None))
        .values(number=number, published_at=now, published_by=published_by)
        .returning(PlanningRevision.id)
    )
    if (await session.execute(statement)).one_or_none() is None:
        found = await find_revision(session, revision_id)
        raise AlreadyPublished(number=found.number or 0, at=found.published_at or now)
