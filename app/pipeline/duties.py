"""What somebody must do, and has done."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import service as cases
from app.directory.domain import Actor, Role
from app.pipeline.reading import user_of
from app.tasks import service as tasks


async def settle_task(
    session: AsyncSession, task_id: int, *, outcome: str, actor: Actor, now: datetime
) -> None:
    """When a person has done what a task asks for, it is settled, and its case says so.

    The caller has checked that the task is one that the actor sees.
    """
    task = await tasks.settle_by_word(
        session,
        task_id,
        outcome=outcome,
        by_user_id=user_of(actor),
        is_radiologist=actor.radiologist_id is not None,
        is_site=all(grant.role is Role.SITE for grant in actor.grants),
        now=now,
    )
    await cases.note_settled(session, task, outcome=outcome, by_user_id=user_of(actor), now=now)
