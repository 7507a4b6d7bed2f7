"""When a coordinator lets an unknown title in, the tasks about it are settled."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.directory.domain.addresses import name_caller
from app.directory.models import AdmissionPass
from app.directory.service import admission_passes
from app.tasks import repository as tasks
from app.tasks.domain.kinds import TaskKind

_ABOUT = (TaskKind.ASSOCIATION_REFUSED, TaskKind.UNKNOWN_CALLING)


async def let_in(
    session: AsyncSession,
    *,
    actor: Actor,
    sender_id: int,
    calling_ae_title: str,
    address: str,
    now: datetime,
    hours: int = admission_passes.LONGEST_HOURS,
) -> AdmissionPass:
    """Let a title of a known address in, as `admit_for_hours` says; its tasks are done."""
    given = await admission_passes.admit_for_hours(
        session,
        actor=actor,
        sender_id=sender_id,
        calling_ae_title=calling_ae_title,
        address=address,
        hours=hours,
        now=now,
    )
    subject = name_caller(
        sender_id, calling_ae_title=given.calling_ae_title, address=str(given.address)
    )
    for kind in _ABOUT:
        task = await tasks.find_standing(session, kind=kind.value, subject=subject)
        if task is not None:
            await tasks.settle(
                session,
                task.id,
                outcome=f"admitted for {hours} h",
                by_user_id=given.given_by,
                now=now,
            )
    return given
