"""Use cases of calibration: ask for one, load what it is worked out from, keep its result."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.notify import WORK, notify
from app.directory.domain import Actor, Permission, require
from app.kit.errors import Invalid
from app.planning.domain.calibration.criteria import Criteria
from app.planning.domain.calibration.task import (
    Brought,
    CalibrationTask,
    Trial,
    read_criteria,
    read_trial,
    write_criteria,
    write_trial,
)
from app.planning.models import Calibration
from app.planning.repository import arrivals
from app.planning.repository import calibrations as repository
from app.planning.service.segments import list_own_holidays, load_calendar

JOB = "calibrations"
"""The job of the scheduler that works calibrations out."""

CLAIMED_FOR = timedelta(minutes=20)
_DAY = timedelta(days=1)
_SHORTEST = timedelta(days=7)
_HORIZON = timedelta(days=365)


class NothingToCalibrate(Invalid):
    """No arrivals are known of the period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a calibration is asked for.

    Parameters
    ----------
    since, until
        The period observed; left out, from the first arrival known to the last.
    """

    since: date | None = None
    until: date | None = None
    criteria: Criteria
    trial: Trial


async def ask_for_calibration(
    session: AsyncSession, wanted: Wanted, *, actor: Actor, now: datetime
) -> Calibration:
    """Ask for a calibration; a scheduler works it out in a process of its own.

    Raises
    ------
    PermissionDenied
        If the actor may not plan for the whole group.
    NothingToCalibrate
        If no arrival is known of the period.
    Invalid
        If the period is shorter than a week.
    """
    require(actor, Permission.PLANNING_WRITE)
    span = await arrivals.find_span(session)
    if span is None:
        raise NothingToCalibrate(
            "no arrival is known: measure them from our own cases, or import a file"
        )
    since, until = wanted.since or span[0], wanted.until or span[1] + _DAY
    if until - since < _SHORTEST:
        raise Invalid(f"from {since} to {until} is less than a week: not every hour is seen")
    if not await arrivals.list_counts(session, since=since, until=until):
        raise NothingToCalibrate(
            f"no arrival is known from {since} to {until}: they are known from {span[0]} to "
            f"{span[1]}"
        )
    row = await repository.add_calibration(
        session,
        period=Range(since, until),
        request={
            "criteria": write_criteria(wanted.criteria),
            "trial": write_trial(wanted.trial),
        },
        user_id=actor.user_id,
        now=now,
    )
    await notify(session, channel=WORK, payload=JOB)
    return row


async def load_task(session: AsyncSession, row: Calibration, *, now: datetime) -> CalibrationTask:
    """Load what a calibration is worked out from: the guards of the year to come."""
    since, until = read_period(row)
    calendar = await load_calendar(session)
    zone = calendar.rules[0].zone if calendar.rules else ZoneInfo("UTC")
    first = now.astimezone(zone).date()
    last = first + _HORIZON
    holidays = await list_own_holidays(session, since - 2 * _DAY, until + _DAY)
    holidays |= await list_own_holidays(session, first - 2 * _DAY, last + _DAY)
    counts = await arrivals.list_counts(session, since=since, until=until)
    return CalibrationTask(
        rules=calendar.rules,
        holidays=holidays,
        since=since,
        until=until,
        first=first,
        last=last,
        societies=tuple(
            Brought(society_id=each, name=name, radiologists=people, counts=counts.get(each, {}))
            for each, name, people in await arrivals.list_members(session, on=first)
        ),
        criteria=read_criteria(row.request["criteria"]),
        trial=read_trial(row.request["trial"]),
    )


def read_period(row: Calibration) -> tuple[date, date]:
    """Read the dates looked at: the first, and the first left out."""
    since, until = row.period.lower, row.period.upper
    if since is None or until is None:
        raise Invalid(f"the period of calibration {row.id} is open: ask for another one")
    return since, until


async def finish_calibration(
    session: AsyncSession, row: Calibration, *, result: dict[str, Any], now: datetime
) -> bool:
    """Keep a result; tell whether the calibration was still ours."""
    return await repository.finish(session, row, result=result, error="", now=now)


async def fail_calibration(
    session: AsyncSession, row: Calibration, *, reason: str, now: datetime
) -> bool:
    """Let a calibration end without a result, and say why."""
    return await repository.finish(session, row, result=None, error=reason, now=now)
