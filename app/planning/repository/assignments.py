"""Queries on who holds which seat, in which revision, and on what is in force."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or_replace
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.db.errors import constraint_of
from app.directory.models import Radiologist
from app.kit.interval import Interval
from app.planning.domain.errors import RadiologistBusy
from app.planning.domain.revisions import Word
from app.planning.domain.seats import AssignmentReason, GuardLine, Placement
from app.planning.domain.sharing.rights import CellRight
from app.planning.models import Assignment, Entitlement, Guard, PlanningRevision
from app.planning.models import Seat as SeatRow
from app.planning.repository.people import to_range
from app.planning.repository.plannings import read_seat, select_seats

_OVERLAP = "ex_assignment_one_seat_at_a_time"
_LANES = {GuardLine.ON_SITE: 1}
"""Who stands in a site may read at a distance at the same time, but not stand in two."""
_OF_A_WORD = ("society_id", "radiologist_id", "reason", "period", "lane", "locked")


def _select_placements() -> Select[*tuple[Any, ...]]:
    return (
        select_seats()
        .add_columns(Assignment.society_id, Assignment.radiologist_id, Assignment.reason)
        .join(Assignment, Assignment.seat_id == SeatRow.id)
        .order_by(func.lower(SeatRow.period), SeatRow.id)
    )


async def _list(session: AsyncSession, query: Select[*tuple[Any, ...]]) -> list[Placement]:
    return [
        Placement(
            seat=read_seat(row),
            society=row.society_id,
            radiologist=row.radiologist_id,
            reason=AssignmentReason(row.reason),
        )
        for row in (await session.execute(query)).all()
    ]


async def list_of_revision(session: AsyncSession, revision_id: int) -> list[Placement]:
    """List what a revision itself says, by start, then seat; closed ones are out of drafts."""
    query = (
        _select_placements()
        .join(PlanningRevision, PlanningRevision.id == Assignment.revision_id)
        .where(
            Assignment.revision_id == revision_id,
            or_(SeatRow.closed_at.is_(None), PlanningRevision.number.is_not(None)),
        )
    )
    return await _list(session, query)


async def list_in_force(
    session: AsyncSession,
    *,
    period: Interval | None = None,
    planning_id: int | None = None,
    ids: Collection[int] | None = None,
) -> list[Placement]:
    """List what is in force in a period, in a planning, of some radiologists, by start, seat."""
    query = _select_placements().where(Assignment.in_force)
    if ids is not None:
        query = query.where(Assignment.radiologist_id.in_(ids))
    if period is not None:
        query = query.where(Assignment.period.overlaps(to_range(period)))
    if planning_id is not None:
        query = query.where(Guard.planning_id == planning_id)
    return await _list(session, query)


async def list_in_force_of(session: AsyncSession, *, seat_ids: Collection[int]) -> list[Placement]:
    """List what is in force for some seats, by start, then seat."""
    query = _select_placements().where(Assignment.in_force, Assignment.seat_id.in_(seat_ids))
    return await _list(session, query)


async def list_last_of(session: AsyncSession, seat_ids: Collection[int]) -> list[Placement]:
    """List the last published word on seats, closed ones too, by start, then seat."""
    ranked = (
        select(
            Assignment.id,
            func.row_number()
            .over(partition_by=Assignment.seat_id, order_by=PlanningRevision.number.desc())
            .label("rank"),
        )
        .join(PlanningRevision, PlanningRevision.id == Assignment.revision_id)
        .where(Assignment.seat_id.in_(seat_ids), PlanningRevision.number.is_not(None))
        .subquery()
    )
    query = _select_placements().join(ranked, ranked.c.id == Assignment.id)
    return await _list(session, query.where(ranked.c.rank == 1))


async def list_as_of(session: AsyncSession, revision: PlanningRevision) -> list[Placement]:
    """List the whole planning as it stands by a revision: its own word, else the latest before."""
    before = revision.base_number if revision.number is None else revision.number
    ranked = (
        select(
            Assignment.id,
            func.row_number()
            .over(
                partition_by=Assignment.seat_id,
                order_by=PlanningRevision.number.desc().nulls_first(),
            )
            .label("rank"),
        )
        .join(PlanningRevision, PlanningRevision.id == Assignment.revision_id)
        .where(
            PlanningRevision.planning_id == revision.planning_id,
            or_(PlanningRevision.number <= before, PlanningRevision.id == revision.id),
        )
        .subquery()
    )
    at = revision.published_at
    is_there: ColumnElement[bool] = SeatRow.closed_at.is_(None)
    if at is not None:
        is_there = or_(is_there, SeatRow.closed_at > at)
    query = _select_placements().join(ranked, ranked.c.id == Assignment.id)
    return await _list(session, query.where(ranked.c.rank == 1, is_there))


async def find_in_force(session: AsyncSession, *, seat_id: int) -> Assignment | None:
    """Find the assignment of a seat that is in force."""
    query = select(Assignment).where(Assignment.seat_id == seat_id, Assignment.in_force)
    return (await session.scalars(query)).one_or_none()


def _write(placement: Placement, revision_id: int) -> dict[str, object]:
    return {
        "seat_id": placement.seat.id,
        "revision_id": revision_id,
        "society_id": placement.society,
        "radiologist_id": placement.radiologist,
        "reason": placement.reason.value,
        "period": to_range(placement.seat.interval),
        "lane": _LANES.get(placement.seat.line, 0),
        "locked": False,
    }


async def add_placements(
    session: AsyncSession, *, revision_id: int, placements: Sequence[Placement]
) -> None:
    """Add what a draft proposes."""
    if placements:
        rows = [_write(placement, revision_id) for placement in placements]
        await session.execute(insert(Assignment), rows)


async def propose(
    session: AsyncSession, *, revision_id: int, placement: Placement, locked: bool = False
) -> None:
    """Let a draft propose this for a seat, instead of what it proposed before."""
    values = _write(placement, revision_id) | {"locked": locked}
    statement = insert_or_replace(Assignment).values(values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["seat_id", "revision_id"],
            set_={name: values[name] for name in _OF_A_WORD},
        )
    )


async def withdraw(session: AsyncSession, *, revision_id: int, seat_id: int) -> None:
    """Let a draft say nothing about a seat; the database refuses it for what was published."""
    await session.execute(
        delete(Assignment).where(
            Assignment.revision_id == revision_id, Assignment.seat_id == seat_id
        )
    )


async def find_word(session: AsyncSession, *, seat_id: int, revision_id: int) -> Word | None:
    """Find what a draft itself says of a seat, as it stands now."""
    return await _find_word(
        session, Assignment.seat_id == seat_id, Assignment.revision_id == revision_id
    )


async def find_word_in_force(session: AsyncSession, *, seat_id: int) -> Word | None:
    """Find what is in force for a seat; a lock of the draft that said so is no lock any more."""
    found = await _find_word(session, Assignment.seat_id == seat_id, Assignment.in_force.is_(True))
    return None if found is None else replace(found, locked=False)


async def _find_word(session: AsyncSession, *conditions: ColumnElement[bool]) -> Word | None:
    query = select(
        Assignment.society_id, Assignment.radiologist_id, Assignment.reason, Assignment.locked
    ).where(*conditions)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    return Word(
        society=row.society_id,
        radiologist=row.radiologist_id,
        reason=AssignmentReason(row.reason),
        locked=row.locked,
    )


async def list_locked(session: AsyncSession, revision_id: int) -> set[int]:
    """List the seats that a planner locked in a draft."""
    query = select(Assignment.seat_id).where(
        Assignment.revision_id == revision_id, Assignment.locked
    )
    return set((await session.scalars(query)).all())


async def mark_locked(
    session: AsyncSession, *, revision_id: int, seat_ids: Collection[int]
) -> None:
    """Lock seats of a draft."""
    await session.execute(
        update(Assignment)
        .where(Assignment.revision_id == revision_id, Assignment.seat_id.in_(seat_ids))
        .values(locked=True)
        .execution_options(synchronize_session=False)
    )


async def add_rights(
    session: AsyncSession, *, revision_id: int, rights: Iterable[CellRight]
) -> None:
    """Keep the rights that a draft was made from."""
    rows = [
        {
            "revision_id": revision_id,
            "society_id": right.society,
            "segment_code": right.of.segment,
            "line": right.of.line.value,
            "kind": right.of.kind.value,
            "volume": right.volume,
            "share": right.share,
            "seats_millionths": right.entitled,
            "seats": right.seats,
            "opening_millionths": right.opening,
            "deviation_millionths": right.spread.millionths,
            "deviation_at": right.spread.at,
        }
        for right in rights
    ]
    if rows:
        await session.execute(insert(Entitlement), rows)


async def drop_draft(session: AsyncSession, revision_id: int) -> None:
    """Delete a draft; the database refuses it for what was published."""
    await session.execute(delete(Assignment).where(Assignment.revision_id == revision_id))
    await session.execute(delete(Entitlement).where(Entitlement.revision_id == revision_id))
    await session.execute(
        delete(PlanningRevision).where(
            PlanningRevision.id == revision_id, PlanningRevision.number.is_(None)
        )
    )


async def put_in_force(session: AsyncSession, *, revision_id: int) -> None:
    """Put a revision in force, instead of what was so far for its seats.

    Raises
    ------
    RadiologistBusy
        If somebody would hold two seats at once, naming them; the transaction goes on.
    """
    seats = select(Assignment.seat_id).where(Assignment.revision_id == revision_id)
    change = update(Assignment).execution_options(synchronize_session=False)
    try:
        async with session.begin_nested():
            await session.execute(
                change.where(Assignment.seat_id.in_(seats), Assignment.in_force).values(
                    in_force=False
                )
            )
            closed = select(SeatRow.id).where(SeatRow.closed_at.is_not(None))
            await session.execute(
                change.where(
                    Assignment.revision_id == revision_id, Assignment.seat_id.not_in(closed)
                ).values(in_force=True)
            )
            # The exclusion waits for the end of the transaction; here its answer is wanted.
            await session.execute(text(f"SET CONSTRAINTS {_OVERLAP} IMMEDIATE"))
            await session.execute(text(f"SET CONSTRAINTS {_OVERLAP} DEFERRED"))
    except IntegrityError as error:
        if constraint_of(error) != _OVERLAP:
            raise
        raise RadiologistBusy(await find_clashes(session, revision_id=revision_id)) from error


async def find_clashes(session: AsyncSession, *, revision_id: int) -> list[tuple[int, int, int]]:
    """Find who would hold two seats at once if a revision were in force.

    Returns
    -------
    list
        Radiologist, seat of the revision, other seat.
    """
    other = aliased(Assignment)
    own_seats = select(Assignment.seat_id).where(Assignment.revision_id == revision_id)
    query = (
        select(Radiologist.id, Assignment.seat_id, other.seat_id)
        .join(Assignment, Assignment.radiologist_id == Radiologist.id)
        .join(other, other.radiologist_id == Assignment.radiologist_id)
        .where(
            Assignment.revision_id == revision_id,
            Assignment.period.overlaps(other.period),
            Assignment.lane == other.lane,
            Assignment.seat_id != other.seat_id,
            or_(
                other.revision_id == revision_id,
                other.in_force & other.seat_id.not_in(own_seats),
            ),
        )
        .order_by(Radiologist.id, Assignment.seat_id, other.seat_id)
    )
    return [(row[0], row[1], row[2]) for row in (await session.execute(query)).all()]
