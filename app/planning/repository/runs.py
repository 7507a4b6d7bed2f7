"""Queries on roster runs: ask for one, claim it, tell how far it is, finish it."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import NotFound
from app.planning.domain.runs import RunKind, RunState
from app.planning.models import RosterRun

_QUEUED, _RUNNING, _STOPPING = (
    RunState.QUEUED.value,
    RunState.RUNNING.value,
    RunState.STOPPING.value,
)
_OPEN = (_QUEUED, _RUNNING, _STOPPING)


class NoSuchRun(NotFound):
    """No roster run has this id."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"there is no roster run {run_id}")


async def add_run(
    session: AsyncSession,
    *,
    planning_id: int,
    kind: RunKind,
    request: Mapping[str, object],
    requested_by: int | None,
    now: datetime,
) -> int:
    """Ask for a roster."""
    statement = (
        insert(RosterRun)
        .values(
            planning_id=planning_id,
            kind=kind.value,
            state=_QUEUED,
            request=dict(request),
            requested_at=now,
            requested_by=requested_by,
        )
        .returning(RosterRun.id)
    )
    return (await session.execute(statement)).scalar_one()


async def find_run(session: AsyncSession, run_id: int) -> RosterRun:
    """Find a run as it stands now.

    Raises
    ------
    NoSuchRun
        If there is none.
    """
    found = await session.get(RosterRun, run_id, populate_existing=True)
    if found is None:
        raise NoSuchRun(run_id)
    return found


async def find_open(session: AsyncSession, *, planning_id: int) -> int | None:
    """Find the run of a planning that is not over."""
    query = select(RosterRun.id).where(
        RosterRun.planning_id == planning_id, RosterRun.state.in_(_OPEN)
    )
    return (await session.scalars(query.limit(1))).one_or_none()


async def list_runs(
    session: AsyncSession, *, planning_id: int, limit: int, after: int | None = None
) -> Sequence[RosterRun]:
    """List the runs of a planning by id."""
    query = (
        select(RosterRun)
        .where(RosterRun.planning_id == planning_id, RosterRun.id > (after or 0))
        .order_by(RosterRun.id)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def claim_next(
    session: AsyncSession, *, now: datetime, until: datetime
) -> tuple[RosterRun, str] | None:
    """Claim the oldest run that waits, or whose claim ran out: who held it was killed.

    What another scheduler claims at the same time is skipped.
    """
    chosen = await session.scalar(
        select(RosterRun.id)
        .where(
            or_(
                RosterRun.state == _QUEUED,
                RosterRun.state.in_((_RUNNING, _STOPPING)) & (RosterRun.claimed_until <= now),
            )
        )
        .order_by(RosterRun.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if chosen is None:
        return None
    return await _claim(session, chosen, now=now, until=until)


async def _claim(
    session: AsyncSession, chosen: int, *, now: datetime, until: datetime
) -> tuple[RosterRun, str]:
    token = uuid.uuid4().hex
    attempts = func.coalesce(RosterRun.request["attempts"].as_integer(), 0) + 1
    claimed = await session.scalars(
        update(RosterRun)
        .where(RosterRun.id == chosen)
        .values(
            state=func.coalesce(func.nullif(RosterRun.state, _QUEUED), _RUNNING),
            token=token,
            claimed_until=until,
            started_at=func.coalesce(RosterRun.started_at, now),
            request=func.jsonb_set(
                RosterRun.request,
                ["attempts"],
                func.to_jsonb(attempts),
                type_=RosterRun.request.type,
            ),
        )
        .returning(RosterRun)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return claimed.one(), token


async def renew(
    session: AsyncSession,
    run_id: int,
    *,
    token: str,
    until: datetime,
    progress: Mapping[str, object] | None,
) -> RunState | None:
    """Tell how far a run is, and keep it; return its state, or nothing when it was lost."""
    values: dict[str, Any] = {"claimed_until": until}
    if progress is not None:
        values["progress"] = dict(progress)
    statement = update(RosterRun).where(*_is_mine(run_id, token)).values(**values)
    found = (await session.execute(statement.returning(RosterRun.state))).scalar_one_or_none()
    return None if found is None else RunState(found)


async def hold(session: AsyncSession, run_id: int, *, token: str) -> bool:
    """Let nobody else claim a run until the end of the transaction; tell whether it is ours."""
    query = select(RosterRun.id).where(*_is_mine(run_id, token)).with_for_update()
    return (await session.scalars(query)).one_or_none() is not None


async def ask_to_stop(session: AsyncSession, run_id: int, *, now: datetime) -> RunState:
    """Let a run end with the best it has; one that waits ends without a roster.

    Raises
    ------
    NoSuchRun
        If there is none.
    """
    await session.execute(
        update(RosterRun)
        .where(RosterRun.id == run_id, RosterRun.state == _RUNNING)
        .values(state=_STOPPING)
    )
    await session.execute(
        update(RosterRun)
        .where(RosterRun.id == run_id, RosterRun.state == _QUEUED)
        .values(state=RunState.FAILED.value, error="stopped before it had begun", finished_at=now)
    )
    return RunState((await find_run(session, run_id)).state)


async def finish(
    session: AsyncSession,
    run_id: int,
    *,
    token: str,
    revision_id: int,
    result: Mapping[str, object],
    now: datetime,
) -> bool:
    """Finish a run with its draft; tell whether it was still ours."""
    return await _end(
        session,
        run_id,
        token=token,
        values={
            "state": RunState.DONE.value,
            "revision_id": revision_id,
            "result": dict(result),
            "finished_at": now,
        },
    )


async def fail(
    session: AsyncSession, run_id: int, *, token: str, error: str, now: datetime
) -> bool:
    """End a run without a draft, saying why; tell whether it was still ours."""
    return await _end(
        session,
        run_id,
        token=token,
        values={"state": RunState.FAILED.value, "error": error, "finished_at": now},
    )


async def _end(
    session: AsyncSession, run_id: int, *, token: str, values: Mapping[str, Any]
) -> bool:
    statement = (
        update(RosterRun)
        .where(*_is_mine(run_id, token))
        .values(token=None, claimed_until=None, **values)
        .returning(RosterRun.id)
    )
    return (await session.execute(statement)).one_or_none() is not None


def _is_mine(run_id: int, token: str) -> tuple[ColumnElement[bool], ...]:
    return (
        RosterRun.id == run_id,
        RosterRun.token == token,
        RosterRun.state.in_((_RUNNING, _STOPPING)),
    )


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find when a run waits, or the next claim runs out."""
    due = func.coalesce(RosterRun.claimed_until, RosterRun.requested_at)
    found: datetime | None = await session.scalar(
        select(func.min(due)).where(RosterRun.state.in_(_OPEN))
    )
    return found


async def forget_draft(session: AsyncSession, revision_id: int) -> None:
    """Let runs no longer name a draft that is thrown away."""
    await session.execute(
        update(RosterRun).where(RosterRun.revision_id == revision_id).values(revision_id=None)
    )
