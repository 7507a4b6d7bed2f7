"""Queries on surges, and on what speaks for one."""

from collections.abc import Container, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.priority import Priority
from app.cases.domain.states import UNCLAIMED, CaseState
from app.cases.models import Case
from app.directory.models import Radiologist
from app.dispatch.domain.surge import LOOK_EVERY, WINDOWS, Paced, SurgeCause
from app.dispatch.models import Claim, Surge, SurgeLook
from app.dispatch.repository.presence import find_seen_at
from app.planning.domain.seats import GuardLine, SeatKind
from app.planning.models import Assignment, Calibration, Guard, Seat

_HOUR = timedelta(hours=1)
_STANDING = Surge.ended_at.is_(None)
_ONLY = 1


async def claim_look(session: AsyncSession, *, now: datetime, again_at: datetime) -> bool:
    """Claim the look that is due, and let the next one be; false: none is due."""
    # A clock that was set back must not put off the looks until it has caught up. Another scheduler
    # whose instant is a little earlier than that of the last look is no such clock.
    is_due = or_(SurgeLook.due_at <= now, SurgeLook.due_at > again_at + LOOK_EVERY)
    claimed = await session.scalar(
        upsert(SurgeLook)
        .values(id=_ONLY, due_at=again_at)
        .on_conflict_do_update(
            index_elements=[SurgeLook.id], set_={"due_at": again_at}, where=is_due
        )
        .returning(SurgeLook.id)
    )
    return claimed is not None


async def find_next_look(session: AsyncSession) -> datetime | None:
    """Find when the arrivals are looked at next; nothing: they never were."""
    return await session.scalar(select(SurgeLook.due_at))


async def count_arrivals(
    session: AsyncSession, *, planned: Container[SurgeCause], now: datetime
) -> dict[SurgeCause, int]:
    """Count the cases whose first image came in each window; those set aside do not count.

    Parameters
    ----------
    planned
        Windows whose arrivals are planned for, whatever their priority: there all cases count. In
        the others only those that are not for another day, which are held against the readers.
    """
    counts = [
        func.count()
        .filter(
            Case.first_image_at > now - each.lasts,
            true() if each.cause in planned else Case.priority != Priority.P4.value,
        )
        .label(each.cause.value)
        for each in WINDOWS
    ]
    longest = max(each.lasts for each in WINDOWS)
    row = (
        await session.execute(
            select(*counts).where(
                Case.first_image_at > now - longest,
                Case.first_image_at <= now,
                Case.state != CaseState.VOIDED.value,
            )
        )
    ).one()
    return {each.cause: int(row[number]) for number, each in enumerate(WINDOWS)}


async def list_paced(session: AsyncSession, *, hourly_cap: int, now: datetime) -> list[Paced]:
    """List the readers of the first line with what they have taken in the last hour.

    Parameters
    ----------
    hourly_cap
        The group's, > 0: nobody is to take more in an hour, whatever their own says.
    """
    taken = (
        select(func.count())
        .where(Claim.radiologist_id == Radiologist.id, Claim.claimed_at > now - _HOUR)
        .scalar_subquery()
    )
    rows = await session.execute(
        select(Radiologist.id, taken, func.least(Radiologist.hourly_cap, hourly_cap))
        .where(Radiologist.id.in_(_select_line(GuardLine.FIRST, now=now)))
        .order_by(Radiologist.id)
    )
    return [Paced(claims_last_hour=count, hourly_cap=cap) for _, count, cap in rows]


async def list_backup(session: AsyncSession, *, now: datetime) -> list[int]:
    """List who is on the backup line, and not on the first one too."""
    rows = await session.scalars(
        select(Radiologist.id)
        .where(
            Radiologist.id.in_(_select_line(GuardLine.BACKUP, now=now)),
            Radiologist.id.not_in(_select_line(GuardLine.FIRST, now=now)),
        )
        .order_by(Radiologist.id)
    )
    return list(rows)


def _select_line(line: GuardLine, *, now: datetime) -> Any:  # noqa: ANN401 - a subquery of ids
    return (
        select(Assignment.radiologist_id)
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .where(
            Assignment.in_force,
            Assignment.period.contains(now),
            Assignment.radiologist_id.is_not(None),
            Guard.line == line.value,
            Seat.kind != SeatKind.COORDINATOR.value,
        )
    )


async def find_hours(session: AsyncSession) -> Sequence[dict[str, Any]]:
    """Find how much was brought in each hour of the week, as calibrations saw it; empty: none did.

    The one that looked at the latest arrivals counts, of several the last: a trial on the figures
    of an old year says nothing about tonight.
    """
    found = await session.scalar(
        select(Calibration.result["hours"])
        .where(Calibration.state == "done")
        .order_by(func.upper(Calibration.period).desc(), Calibration.id.desc())
        .limit(1)
    )
    return found or []


async def find_standing(session: AsyncSession) -> Surge | None:
    """Find the surge that is on."""
    query = select(Surge).where(_STANDING).execution_options(populate_existing=True)
    return await session.scalar(query)


async def begin(
    session: AsyncSession, *, causes: Sequence[str], detail: dict[str, Any], now: datetime
) -> int:
    """Write that a surge is on, and give its id."""
    return (
        await session.scalars(
            insert(Surge)
            .values(began_at=now, causes=list(causes), detail=detail)
            .returning(Surge.id)
        )
    ).one()


async def change(session: AsyncSession, surge_id: int, **columns: object) -> None:
    """Change a surge that is on."""
    await session.execute(
        update(Surge)
        .where(Surge.id == surge_id, _STANDING)
        .values(**columns)
        .execution_options(synchronize_session=False)
    )


async def note_call(session: AsyncSession, *, by_user_id: int, now: datetime) -> int | None:
    """Note that the backup line is called in the surge that is on; nothing: none, or it was."""
    return await session.scalar(
        update(Surge)
        .where(_STANDING, Surge.called_at.is_(None))
        .values(called_at=now, called_by=by_user_id)
        .returning(Surge.id)
        .execution_options(synchronize_session=False)
    )


async def list_come(
    session: AsyncSession, radiologist_ids: Sequence[int], *, since: datetime
) -> set[int]:
    """List who of the backup line was called in the surge that is on, and has a page open.

    Parameters
    ----------
    since
        A page counts that was open at this instant or later.
    """
    is_called = select(Surge.id).where(_STANDING, Surge.called_at.is_not(None)).exists()
    rows = await session.scalars(
        select(Radiologist.id).where(
            Radiologist.id.in_(radiologist_ids),
            is_called,
            find_seen_at(Radiologist.id) >= since,
        )
    )
    return set(rows)


async def list_to_widen(session: AsyncSession) -> list[int]:
    """List the cases that nobody has taken, the one that the backup line should see first ahead.

    P4 is not among them: it is never widened.
    """
    rows = await session.scalars(
        select(Case.id)
        .where(
            and_(
                Case.state.in_([each.value for each in UNCLAIMED]),
                Case.signed_due_at.is_not(None),
                Case.priority != Priority.P4.value,
            )
        )
        .order_by(Case.priority, Case.signed_due_at, Case.id)
    )
    return list(rows)
