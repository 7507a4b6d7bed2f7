"""What must be said by telephone, and was."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.service.alarms import site_told
from app.directory.domain import Actor
from app.reports import service as reports
from app.reports.domain.calls import CallMade
from app.reports.events import CallLogged, CriticalFound


async def note_critical(
    session: AsyncSession, case_id: int, *, text: str, actor: Actor, now: datetime
) -> CriticalFound:
    """When a critical finding is noted, people are told to call until it was said back."""
    return await reports.note_critical(session, case_id=case_id, text=text, actor=actor, now=now)


async def log_call(
    session: AsyncSession, case_id: int, *, call: CallMade, actor: Actor, now: datetime
) -> CallLogged:
    """When somebody was reached by telephone, nobody is told to call about it any more."""
    event = await reports.log_call(session, case_id=case_id, call=call, actor=actor, now=now)
    if event.reached:
        await site_told(session, event.case_id)
    return event
