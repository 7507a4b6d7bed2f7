"""Use case of gaps: say once of each seat ahead that nobody holds it, until somebody does."""

from datetime import datetime, timedelta, tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.repository import gaps
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind

LOOK_AHEAD = timedelta(days=60)


async def tell_gaps(session: AsyncSession, *, now: datetime, zone: tzinfo) -> int:
    """Raise a task for each gap that was not known; settle those that are filled, or past.

    Parameters
    ----------
    zone
        In which the task says when the seat begins.

    Returns
    -------
    int
        How many were new.
    """
    for seat_id in await gaps.close_filled(session, now=now):
        await tasks.settle_by_itself(
            session, TaskKind.GAP, subject=f"seat:{seat_id}", outcome="filled", now=now
        )
    found = 0
    for seat in await gaps.list_uncovered(session, now=now, until=now + LOOK_AHEAD):
        if not await gaps.add_gap(session, seat_id=seat.seat_id, now=now):
            continue
        found += 1
        await tasks.raise_task_of_society(
            session,
            TaskKind.GAP,
            subject=f"seat:{seat.seat_id}",
            now=now,
            society_id=seat.society_id,
            detail={
                "seat": seat.seat_id,
                "segment": seat.segment,
                "start": f"{seat.start.astimezone(zone):%Y-%m-%d %H:%M}",
            },
        )
    return found
