"""Use cases of a case that nobody takes: its hospital is told to use its fallback."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases import service as case_service
from app.cases.domain.timeline import EventKind
from app.delivery.domain.notices import Notice
from app.delivery.repository import alarms, letters
from app.delivery.service.letters import plan_notice
from app.directory.service.sites import load_site
from app.tasks.domain.kinds import TaskKind


async def tell_hospital(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    """Tell a hospital to use its fallback: on its page, by mail, and by the coordinator's call."""
    case = await cases.get_case(session, case_id)
    site = await load_site(session, site_id=case.site_id)
    whom = await alarms.get_whom(session, case_id)
    await case_service.raise_case_task(
        session,
        TaskKind.USE_FALLBACK,
        case_id=case_id,
        detail={"telephone": whom.telephone_emergency, "telephone_ct": whom.telephone_ct},
        now=now,
    )
    by_mail = await plan_notice(
        session, case_id=case_id, notice=Notice.FALLBACK, address=site.email, now=now
    )
    await cases.add_event(
        session,
        case_id=case_id,
        kind=EventKind.HOSPITAL_TOLD,
        now=now,
        by_user_id=None,
        detail={"mail": by_mail},
    )
    await cases.touch(session, case_id)


async def hospital_needs_no_fallback(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    """Tell a hospital that was told to use its fallback that a reader has the case after all."""
    stood = await case_service.settle_case_task(
        session, TaskKind.USE_FALLBACK, case_id=case_id, outcome="claimed", now=now
    )
    last = await letters.find_last_notice(session, case_id)
    if not stood and last is not Notice.FALLBACK:
        return
    case = await cases.get_case(session, case_id)
    site = await load_site(session, site_id=case.site_id)
    await plan_notice(session, case_id=case_id, notice=Notice.TAKEN, address=site.email, now=now)
