"""Every query on tasks."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import NotFound
from app.tasks.models import Task

_STANDING = Task.settled_at.is_(None)


async def add_task(session: AsyncSession, values: Mapping[str, object]) -> int | None:
    """Insert a task; nothing when one of its kind stands for its subject already."""
    return await session.scalar(
        insert(Task).values(dict(values)).on_conflict_do_nothing().returning(Task.id)
    )


async def refresh_detail(
    session: AsyncSession, *, kind: str, subject: str, detail: Mapping[str, object]
) -> None:
    """Let a standing task say what is so now."""
    await session.execute(
        update(Task)
        .where(Task.kind == kind, Task.subject == subject, _STANDING)
        .values(detail=dict(detail))
        .execution_options(synchronize_session=False)
    )


async def get_task(session: AsyncSession, task_id: int) -> Task:
    """Read a task.

    Raises
    ------
    NotFound
        If there is none.
    """
    task = await session.get(Task, task_id, populate_existing=True)
    if task is None:
        raise NotFound(f"there is no task {task_id} here")
    return task


async def find_standing(session: AsyncSession, *, kind: str, subject: str) -> Task | None:
    """Find the task of a kind that stands for a subject."""
    return await session.scalar(
        select(Task).where(Task.kind == kind, Task.subject == subject, _STANDING)
    )


async def list_standing(session: AsyncSession, *, kind: str) -> Sequence[Task]:
    """List the standing tasks of a kind, oldest first."""
    found = await session.scalars(
        select(Task)
        .where(Task.kind == kind, _STANDING)
        .order_by(Task.raised_at, Task.id)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def find_last_settled(session: AsyncSession, *, kind: str, subject: str) -> datetime | None:
    """Find when a task of a kind was last settled for a subject."""
    return await session.scalar(
        select(func.max(Task.settled_at)).where(Task.kind == kind, Task.subject == subject)
    )


async def list_of_case(session: AsyncSession, case_id: int) -> Sequence[Task]:
    """List all tasks of a case, settled ones too, oldest first."""
    found = await session.scalars(
        select(Task)
        .where(Task.case_id == case_id)
        .order_by(Task.raised_at, Task.id)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def follow(
    session: AsyncSession,
    *,
    from_case_id: int,
    to_case_id: int,
    subjects: Collection[str],
) -> None:
    """Give the standing tasks of one case about some subjects to another."""
    await session.execute(
        update(Task)
        .where(Task.case_id == from_case_id, Task.subject.in_(subjects), _STANDING)
        .values(case_id=to_case_id)
        .execution_options(synchronize_session=False)
    )


async def pass_on(
    session: AsyncSession,
    *,
    case_id: int,
    from_radiologist_id: int,
    to_radiologist_id: int,
    task_id: int | None,
) -> None:
    """Let standing tasks of a case that name one radiologist name another; one of them, or all."""
    query = update(Task).where(
        Task.case_id == case_id, Task.radiologist_id == from_radiologist_id, _STANDING
    )
    if task_id is not None:
        query = query.where(Task.id == task_id)
    await session.execute(
        query.values(radiologist_id=to_radiologist_id).execution_options(synchronize_session=False)
    )


async def settle(
    session: AsyncSession, task_id: int, *, outcome: str, by_user_id: int | None, now: datetime
) -> bool:
    """Settle a standing task; tell whether it stood until now."""
    settled = await session.scalar(
        update(Task)
        .where(Task.id == task_id, _STANDING)
        .values(settled_at=now, settled_by=by_user_id, outcome=outcome, repeat_at=None)
        .returning(Task.id)
        .execution_options(synchronize_session=False)
    )
    return settled is not None


async def lock_due(session: AsyncSession, *, now: datetime, limit: int) -> Sequence[Task]:
    """Lock standing tasks that are to ring again; those that another holds are passed over."""
    found = await session.scalars(
        select(Task)
        .where(_STANDING, Task.repeat_at <= now)
        .order_by(Task.repeat_at, Task.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find when the next task rings again."""
    return await session.scalar(select(func.min(Task.repeat_at)).where(_STANDING))
