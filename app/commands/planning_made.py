"""Plannings made from the command line: laid out, filled by turn or by the solver, published."""

import sys
from collections.abc import Awaitable, Callable, Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.bootstrap import make_roster_computer
from app.db.clock import DatabaseClock
from app.db.session import Sessions, run_unit_of_work
from app.directory.domain import SYSTEM
from app.planning.domain.ports import Progress
from app.planning.domain.roster.problem import Limits
from app.planning.domain.roster.profile import Rule
from app.planning.domain.runs import RunKind, RunRequest
from app.planning.repository import plannings
from app.planning.service import rosters
from app.planning.service.drafts import generate_draft
from app.planning.service.plannings import (
    Period,
    create_planning,
    find_free_period,
    find_planning_id,
)
from app.planning.service.publishing import publish_draft
from app.planning.service.roster import list_roster, summarise
from app.planning.service.segments import lay_default_segments

Result = TypeVar("Result")
Unit = Callable[[AsyncSession, datetime], Awaitable[Result]]
_SEGMENTS_SINCE = timedelta(weeks=1)


class Transact:
    """Does a unit of work: one transaction, one instant."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._clock = DatabaseClock()

    async def __call__(self, work: Unit[Result]) -> Result:
        """Do it, and commit."""

        async def unit(session: AsyncSession) -> Result:
            return await work(session, await self._clock.now(session))

        return await run_unit_of_work(self._sessions, unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """What is to be generated.

    Parameters
    ----------
    first
        Else last week's Monday, or the end of what is planned already.
    if_needed
        Nothing is, when a planning is in force now.
    seconds
        For the solver; absent: seats are filled by turn.
    """

    zone: ZoneInfo
    first: date | None
    weeks: int
    name: str | None
    publish: bool
    if_needed: bool
    seconds: float | None

    async def generate(self, transact: Transact) -> dict[str, object]:
        """Generate it, and tell of the revision: by turn in one transaction, or all in none."""
        if self.seconds is None:
            return await transact(self._by_turn)
        revision, planning_id = await transact(self._lay_out)
        if revision is None:
            revision = await _solve(transact, planning_id, seconds=self.seconds)
            if self.publish:
                await transact(partial(publish_revision, revision=revision))
        return await transact(lambda session, _: describe(session, revision))

    async def _by_turn(self, session: AsyncSession, now: datetime) -> dict[str, object]:
        revision, planning_id = await self._lay_out(session, now)
        if revision is None:
            revision = await generate_draft(session, planning_id=planning_id, actor=SYSTEM, now=now)
            if self.publish:
                await publish_revision(session, now, revision=revision)
        return await describe(session, revision)

    async def _lay_out(self, session: AsyncSession, now: datetime) -> tuple[int | None, int]:
        """Lay out the period; give the revision in force instead, when it is enough."""
        if self.if_needed:
            current = await plannings.find_revision_in_force(session, at=now)
            if current is not None:
                return current, 0
        today = now.astimezone(self.zone).date()
        free = await find_free_period(session, today=today, zone=self.zone)
        start = self.first or free.first
        period = Period(start, start + timedelta(weeks=self.weeks))
        since = period.first - _SEGMENTS_SINCE
        await lay_default_segments(session, zone=self.zone, valid_from=since)
        found = await find_planning_id(session, period)
        if found is None:
            found = await create_planning(session, period, name=self.name, actor=SYSTEM, now=now)
        return None, found


async def _solve(transact: Transact, planning_id: int, *, seconds: float) -> int:
    """Make a draft by the solver, which searches outside any transaction."""
    request = RunRequest(limits=Limits(seconds=seconds))
    prepared = await transact(
        lambda session, now: rosters.prepare(
            session, planning_id=planning_id, kind=RunKind.GENERATE, request=request, now=now
        )
    )
    roster = await make_roster_computer().compute(
        prepared.problem,
        limits=request.limits,
        is_repair=False,
        on_progress=_tell_progress,
        should_stop=lambda: False,
    )
    return await transact(
        lambda session, now: rosters.write_draft(
            session,
            prepared,
            roster,
            planning_id=planning_id,
            request=request,
            requested_by=None,
            now=now,
        )
    )


def _tell_progress(progress: Progress) -> None:
    if sys.stderr.isatty():
        typer.echo(
            f"{progress.seconds:.0f} s: {progress.objective} {progress.best} >= {progress.bound}",
            err=True,
        )


async def publish_revision(
    session: AsyncSession, now: datetime, *, revision: int, accepted: Collection[Rule] = ()
) -> None:
    """Put a draft in force."""
    event = await publish_draft(
        session, revision_id=revision, actor=SYSTEM, now=now, accepted=accepted
    )
    await pipeline.planning_published(session, event)


async def describe(session: AsyncSession, revision_id: int) -> dict[str, object]:
    """Tell what a revision comes to."""
    revision = await plannings.find_revision(session, revision_id)
    summary = summarise(await list_roster(session, revision_id=revision_id))
    return {
        "planning_id": revision.planning_id,
        "revision_id": revision_id,
        "number": revision.number,
        **asdict(summary),
    }
