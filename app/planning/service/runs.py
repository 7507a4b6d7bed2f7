"""Use cases of roster runs: ask, stop, claim, prepare, finish."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.notify import WORK, notify
from app.directory.domain import Actor, Permission, require
from app.kit.errors import Invalid
from app.planning.domain.errors import NoSuchPlanning, RunUnderWay
from app.planning.domain.roster.problem import Roster
from app.planning.domain.runs import (
    MOST_ATTEMPTS,
    RunKind,
    RunRequest,
    RunState,
    write_result,
)
from app.planning.models import RosterRun
from app.planning.repository import plannings, runs
from app.planning.service import rosters
from app.planning.service.drafts import lock_draft

JOB = "rosters"
CLAIM = timedelta(minutes=1)
"""For so long a run is kept without a sign of life."""


async def ask_for_run(
    session: AsyncSession,
    *,
    planning_id: int,
    kind: RunKind,
    request: RunRequest,
    actor: Actor,
    now: datetime,
) -> int:
    """Ask for a roster of a planning; a scheduler computes it, and a draft comes of it.

    Raises
    ------
    PermissionDenied, NoSuchPlanning
        If the actor may not plan for the whole group; or there is no such planning or draft.
    RunUnderWay, Invalid
        If one of the planning is being computed, or there is nothing to repair.
    """
    require(actor, Permission.PLANNING_WRITE)
    await plannings.find_planning(session, planning_id)
    await plannings.lock_planning(session, planning_id)
    open_run = await runs.find_open(session, planning_id=planning_id)
    if open_run is not None:
        raise RunUnderWay(open_run)
    if kind is RunKind.REPAIR and not await plannings.find_latest_number(session, planning_id):
        raise Invalid(f"planning {planning_id} is not published: there is nothing to repair")
    if request.draft is not None:
        revision = await lock_draft(session, request.draft)
        if revision.planning_id != planning_id:
            raise NoSuchPlanning(f"planning {planning_id} has no draft {request.draft}")
    run_id = await runs.add_run(
        session,
        planning_id=planning_id,
        kind=kind,
        request=request.write(),
        requested_by=actor.user_id,
        now=now,
    )
    await notify(session, channel=WORK, payload=JOB)
    return run_id


async def stop_run(session: AsyncSession, run_id: int, *, actor: Actor, now: datetime) -> RunState:
    """Let a run end with the best roster it has; one that waits ends without any.

    Raises
    ------
    PermissionDenied
        If the actor may not plan for the whole group.
    NoSuchRun
        If there is none.
    """
    require(actor, Permission.PLANNING_WRITE)
    return await runs.ask_to_stop(session, run_id, now=now)


async def claim_run(session: AsyncSession, *, now: datetime) -> tuple[RosterRun, str] | None:
    """Claim the next run; one over which several schedulers died is given up instead."""
    while True:
        claimed = await runs.claim_next(session, now=now, until=now + CLAIM)
        if claimed is None:
            return None
        run, token = claimed
        if run.request["attempts"] <= MOST_ATTEMPTS:
            return run, token
        error = (
            f"given up: {MOST_ATTEMPTS} schedulers ended while they computed it; "
            f"ask for fewer seconds, or look at the scheduler's log"
        )
        await runs.fail(session, run.id, token=token, error=error, now=now)


async def prepare_run(session: AsyncSession, run: RosterRun, *, now: datetime) -> rosters.Prepared:
    """Put together what the solver has to know for a run.

    Raises
    ------
    NoSuchPlanning, NothingToShare
        As `rosters.prepare`.
    """
    return await rosters.prepare(
        session,
        planning_id=run.planning_id,
        kind=RunKind(run.kind),
        request=RunRequest.read(run.request),
        now=now,
    )


async def finish_run(
    session: AsyncSession,
    run: RosterRun,
    *,
    token: str,
    prepared: rosters.Prepared,
    roster: Roster,
    now: datetime,
) -> int | None:
    """Write the draft of a run, and return it; nothing is written for a run that was lost."""
    if not await runs.hold(session, run.id, token=token):
        return None
    revision_id = await rosters.write_draft(
        session,
        prepared,
        roster,
        planning_id=run.planning_id,
        request=RunRequest.read(run.request),
        requested_by=run.requested_by,
        now=now,
    )
    began = run.started_at or now
    await runs.finish(
        session,
        run.id,
        token=token,
        revision_id=revision_id,
        result=write_result(roster, seconds=(now - began).total_seconds()),
        now=now,
    )
    return revision_id
