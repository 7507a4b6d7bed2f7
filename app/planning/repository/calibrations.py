"""Queries on calibrations: asked for, claimed by a scheduler, finished."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import NotFound
from app.planning.models import Calibration

_QUEUED, _RUNNING = "queued", "running"


class NoSuchCalibration(NotFound):
    """No calibration has this id."""


async def add_calibration(
    session: AsyncSession,
    *,
    period: Range[date],
    request: dict[str, Any],
    user_id: int | None,
    now: datetime,
) -> Calibration:
    """Add a calibration that a scheduler will work out."""
    row = Calibration(
        state=_QUEUED, period=period, request=request, requested_at=now, requested_by=user_id
    )
    session.add(row)
    await session.flush()
    return row


async def find_calibration(session: AsyncSession, calibration_id: int) -> Calibration:
    """Find a calibration.

    Raises
    ------
    NoSuchCalibration
        If there is none.
    """
    row = await session.get(Calibration, calibration_id)
    if row is None:
        raise NoSuchCalibration(f"there is no calibration {calibration_id}")
    return row


async def list_calibrations(
    session: AsyncSession, *, limit: int, after: int | None = None
) -> list[Calibration]:
    """List calibrations, the newest first; `after` is the id of the last one seen."""
    query = select(Calibration).order_by(Calibration.id.desc()).limit(limit)
    if after is not None:
        query = query.where(Calibration.id < after)
    return list((await session.scalars(query)).all())


async def claim_next(
    session: AsyncSession, *, now: datetime, lasts: timedelta
) -> Calibration | None:
    """Claim the oldest calibration that nobody works out; its token says that it is ours.

    Parameters
    ----------
    lasts
        After so long without an end it may be claimed again: its process is gone.
    """
    query = (
        select(Calibration.id)
        .where(
            or_(
                Calibration.state == _QUEUED,
                (Calibration.state == _RUNNING) & (Calibration.claimed_until <= now),
            )
        )
        .order_by(Calibration.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = await session.scalar(query)
    if found is None:
        return None
    claimed = (
        update(Calibration)
        .where(Calibration.id == found)
        .values(state=_RUNNING, token=uuid.uuid4().hex, claimed_until=now + lasts)
        .returning(Calibration)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(claimed)).one()


async def finish(
    session: AsyncSession,
    calibration: Calibration,
    *,
    result: dict[str, Any] | None,
    error: str,
    now: datetime,
) -> bool:
    """End a calibration that is still ours, and tell whether it was."""
    ended = (
        update(Calibration)
        .where(
            Calibration.id == calibration.id,
            Calibration.token == calibration.token,
            Calibration.state == _RUNNING,
        )
        .values(
            state="failed" if result is None else "done",
            result=result,
            error=error,
            finished_at=now,
            token=None,
            claimed_until=None,
        )
        .returning(Calibration.id)
    )
    return await session.scalar(ended) is not None


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find when the first claim that did not end may be taken over."""
    query = (
        select(Calibration.claimed_until)
        .where(Calibration.state == _RUNNING)
        .order_by(Calibration.claimed_until)
        .limit(1)
    )
    return await session.scalar(query)
