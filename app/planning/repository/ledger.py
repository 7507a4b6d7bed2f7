"""Queries on the account between societies: its entries, and what is agreed between two of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Scope
from app.directory.models import Society
from app.planning.domain.seats import GuardLine, KindOfSeat, SeatKind
from app.planning.domain.sharing.ledger import Entry, EntryKind, Posting
from app.planning.domain.sharing.period import Cession, Member
from app.planning.models import Cession as CessionRow
from app.planning.models import Entitlement, LedgerEntry, PlanningRevision


@dataclass(frozen=True, slots=True)
class Source:
    """What entries are written for.

    Parameters
    ----------
    on
        The date from which they count.
    cause
        Once for all that balance each other.
    """

    on: date
    cause: str
    planning_id: int
    revision_id: int | None
    seat_id: int | None = None
    written_by: int | None = None


def _read_kind(row: Any) -> KindOfSeat:  # noqa: ANN401 - a row of one of three tables
    return KindOfSeat(row.segment_code, GuardLine(row.line), SeatKind(row.kind))


def _read(row: LedgerEntry) -> Entry:
    return Entry(
        number=row.id,
        entry=EntryKind(row.entry),
        society=row.society_id,
        of=_read_kind(row),
        millionths=row.millionths,
        on=row.on,
        cause=row.cause,
        counter=row.counter,
    )


async def list_entries(
    session: AsyncSession,
    *,
    before: date | None = None,
    without_planning: int | None = None,
    known_to: int | None = None,
) -> list[Entry]:
    """List entries in their order: those that count before a date, those of other plannings.

    Parameters
    ----------
    known_to
        Only what stood when this revision was published: corrections come later, of guards before
        it too.
    """
    query = select(LedgerEntry).order_by(LedgerEntry.id)
    if before is not None:
        query = query.where(LedgerEntry.on < before)
    if without_planning is not None:
        query = query.where(LedgerEntry.planning_id.is_distinct_from(without_planning))
    if known_to is not None:
        query = query.where(_stood_for(known_to))
    return [_read(row) for row in (await session.scalars(query)).all()]


def _stood_for(revision_id: int) -> ColumnElement[bool]:
    # Publications follow each other: what was posted before has smaller ids. One that posted
    # nothing, since all stood, is placed by its time.
    first = (
        select(func.min(LedgerEntry.id).label("id"))
        .where(LedgerEntry.revision_id == revision_id)
        .scalar_subquery()
    )
    published_at = (
        select(PlanningRevision.published_at)
        .where(PlanningRevision.id == revision_id)
        .scalar_subquery()
    )
    return or_(
        LedgerEntry.id < first, and_(first.is_(None), LedgerEntry.written_at <= published_at)
    )


async def list_rows(
    session: AsyncSession,
    *,
    scope: Scope,
    limit: int,
    after: int | None = None,
    society_id: int | None = None,
    planning_id: int | None = None,
) -> Sequence[LedgerEntry]:
    """List entries in scope by id: of a society, of a planning."""
    query = select(LedgerEntry).where(LedgerEntry.id > (after or 0))
    if not scope.everything:
        query = query.where(LedgerEntry.society_id.in_(scope.society_ids))
    if society_id is not None:
        query = query.where(LedgerEntry.society_id == society_id)
    if planning_id is not None:
        query = query.where(LedgerEntry.planning_id == planning_id)
    return (await session.scalars(query.order_by(LedgerEntry.id).limit(limit))).all()


async def list_of_planning(session: AsyncSession, planning_id: int) -> list[Entry]:
    """List what was posted for a planning as a whole."""
    query = select(LedgerEntry).where(
        LedgerEntry.planning_id == planning_id, LedgerEntry.seat_id.is_(None)
    )
    return [_read(row) for row in (await session.scalars(query.order_by(LedgerEntry.id))).all()]


async def list_of_society(
    session: AsyncSession, *, planning_id: int, society_id: int
) -> list[Entry]:
    """List all that a planning put on the account of a society: as a whole, then seat by seat."""
    query = (
        select(LedgerEntry)
        .where(LedgerEntry.planning_id == planning_id, LedgerEntry.society_id == society_id)
        .order_by(LedgerEntry.seat_id.is_not(None), LedgerEntry.on, LedgerEntry.id)
    )
    return [_read(row) for row in (await session.scalars(query)).all()]


async def list_of_seats(session: AsyncSession, seat_ids: Collection[int]) -> dict[int, list[Entry]]:
    """List what was posted for seats, by seat id."""
    query = select(LedgerEntry).where(LedgerEntry.seat_id.in_(seat_ids)).order_by(LedgerEntry.id)
    found: dict[int, list[Entry]] = {}
    for row in (await session.scalars(query)).all():
        if row.seat_id is not None:
            found.setdefault(row.seat_id, []).append(_read(row))
    return found


async def add_postings(
    session: AsyncSession, postings: Iterable[Posting], *, source: Source, now: datetime
) -> None:
    """Add entries; the database refuses to change or delete any."""
    rows = [
        {
            "society_id": each.society,
            "segment_code": each.of.segment,
            "line": each.of.line.value,
            "kind": each.of.kind.value,
            "counter": each.counter,
            "entry": each.entry.value,
            "millionths": each.millionths,
            "on": source.on,
            "planning_id": source.planning_id,
            "revision_id": source.revision_id,
            "seat_id": source.seat_id,
            "cause": source.cause,
            "written_at": now,
            "written_by": source.written_by,
        }
        for each in postings
        if each.millionths
    ]
    if rows:
        await session.execute(insert(LedgerEntry), rows)


async def list_cessions(session: AsyncSession, *, on: date) -> list[Cession]:
    """List what societies cede or exchange in a period that begins on a date."""
    query = (
        select(CessionRow)
        .where(CessionRow.valid.contains(on), CessionRow.withdrawn_at.is_(None))
        .order_by(CessionRow.id)
    )
    return [
        Cession(
            giver=row.giver_id,
            taker=row.taker_id,
            of=_read_kind(row),
            seats=row.seats,
            returned=None
            if row.returned_segment is None
            else KindOfSeat(row.returned_segment, GuardLine(row.line), SeatKind(row.kind)),
            returned_seats=row.returned_seats or 0,
        )
        for row in (await session.scalars(query)).all()
    ]


async def list_rights_of(session: AsyncSession, revision_id: int) -> list[Entitlement]:
    """List the rights that a draft was made from, by kind, then society."""
    query = (
        select(Entitlement)
        .where(Entitlement.revision_id == revision_id)
        .order_by(
            Entitlement.segment_code, Entitlement.line, Entitlement.kind, Entitlement.society_id
        )
    )
    return list((await session.scalars(query)).all())


async def drop_rights(session: AsyncSession, revision_id: int) -> None:
    """Forget the rights that a draft was made from, for newer ones."""
    await session.execute(delete(Entitlement).where(Entitlement.revision_id == revision_id))


async def name_snapshot(session: AsyncSession, revision_id: int, *, snapshot_id: int) -> None:
    """Say from which frozen volumes the rights of a revision were made."""
    await session.execute(
        update(Entitlement)
        .where(Entitlement.revision_id == revision_id)
        .values(snapshot_id=snapshot_id)
    )


async def list_shares(
    session: AsyncSession, *, planning_id: int
) -> dict[KindOfSeat, dict[int, int]]:
    """List the shares, in millionths by society, of the last sharing that was published."""
    last = (
        select(func.max(PlanningRevision.number))
        .join(Entitlement, Entitlement.revision_id == PlanningRevision.id)
        .where(PlanningRevision.planning_id == planning_id)
        .scalar_subquery()
    )
    query = (
        select(Entitlement)
        .join(PlanningRevision, PlanningRevision.id == Entitlement.revision_id)
        .where(PlanningRevision.planning_id == planning_id, PlanningRevision.number == last)
    )
    found: dict[KindOfSeat, dict[int, int]] = {}
    for row in (await session.scalars(query)).all():
        found.setdefault(_read_kind(row), {})[row.society_id] = row.share
    return found


async def keep_members(
    session: AsyncSession, volumes: Mapping[int, int], *, on: date
) -> dict[int, int]:
    """Keep the volumes of societies that are members on a date."""
    query = select(Society.id).where(
        Society.id.in_(volumes),
        Society.joined_on <= on,
        or_(Society.left_on.is_(None), Society.left_on > on),
    )
    return {each: volumes[each] for each in sorted((await session.scalars(query)).all())}


async def list_members(
    session: AsyncSession, *, volumes: dict[int, int], until: date
) -> list[Member]:
    """Make members of societies with their volumes, and when they leave before a date."""
    query = select(Society.id, Society.name, Society.left_on).where(Society.id.in_(volumes))
    return [
        Member(
            row.id,
            row.name,
            volumes[row.id],
            left=row.left_on if row.left_on is not None and row.left_on < until else None,
        )
        for row in (await session.execute(query.order_by(Society.id))).all()
    ]
