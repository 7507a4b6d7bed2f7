"""Use cases of a report that does not reach its site: somebody is told to call."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.priority import Priority
from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case
from app.db.notify import WORK, notify
from app.delivery.domain.required import HAS_REPORT, Standing, judge
from app.delivery.repository import alarms, required
from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import read_value
from app.dispatch.domain.handover import ItemKind
from app.dispatch.repository.handover import find_taker
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind

JOB = "unaccepted"
"""The payload that wakes the job that tells people."""


async def plan_alarm(session: AsyncSession, case: Case, *, now: datetime) -> datetime:
    """Say until when the site may take to accept a report that is asked for now; wake who tells."""
    await notify(session, channel=WORK, payload=JOB)
    if Priority(case.priority) is Priority.P1:
        wait_s = await read_value(session, SettingKey.UNACCEPTED_P1_S, site_id=case.site_id)
    else:
        wait_s = await read_value(session, SettingKey.UNACCEPTED_S, site_id=case.site_id)
    return now + timedelta(seconds=wait_s)


async def ring_next(session: AsyncSession, *, now: datetime) -> bool:
    """Tell people to call the site of the case whose alarm is due; tell whether there was one.

    The case is locked before its report is judged: one that is accepted at the same moment rings
    before that, and is settled by it, or not at all.
    """
    case_id = await alarms.find_due(session, now=now)
    if case_id is None:
        return False
    case = await cases.lock_case(session, case_id)
    standing = judge(await required.list_postings(session, case_id))
    if await alarms.clear(session, case_id=case_id, until=now) and standing not in HAS_REPORT:
        await _tell_to_call(session, case, standing=standing, now=now)
    return True


async def report_lost(session: AsyncSession, case: Case, *, now: datetime) -> None:
    """Tell people at once when nothing of a report is on its way any more, unless they were told.

    The caller holds the case.
    """
    if await alarms.clear(session, case_id=case.id):
        await _tell_to_call(session, case, standing=Standing.STUCK, now=now)


async def report_reached(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    """Call nobody any more: the site has the report. The caller holds the case."""
    await alarms.clear(session, case_id=case_id)
    await _settle(session, TaskKind.CALL_SITE, case_id, outcome="delivered", now=now)


async def site_told(session: AsyncSession, case_id: int) -> None:
    """Call nobody about what is on its way: a person has told the site. The caller holds the case.

    The task that rings already is settled by the call that is logged.
    """
    await alarms.clear(session, case_id=case_id)


async def forget(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    """Call nobody about a case that was voided."""
    await alarms.clear(session, case_id=case_id)
    for kind in (TaskKind.CALL_SITE, TaskKind.NO_NODE):
        await _settle(session, kind, case_id, outcome="voided", now=now)


async def tell_no_node(session: AsyncSession, case: Case, *, now: datetime) -> None:
    """Tell people that a signed report can go nowhere: the site has no node that takes it."""
    await _raise(session, TaskKind.NO_NODE, case, standing=Standing.STUCK, now=now)


async def node_found(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    """Settle that a report could go nowhere: now it can."""
    await _settle(session, TaskKind.NO_NODE, case_id, outcome="planned", now=now)


async def _tell_to_call(
    session: AsyncSession, case: Case, *, standing: Standing, now: datetime
) -> None:
    if CaseState(case.state) is CaseState.VOIDED:
        return
    await _raise(session, TaskKind.CALL_SITE, case, standing=standing, now=now)
    await cases.add_event(
        session,
        case_id=case.id,
        kind=EventKind.UNACCEPTED,
        now=now,
        by_user_id=None,
        detail={"standing": standing.value},
    )
    await cases.touch(session, case.id)


async def _raise(
    session: AsyncSession, kind: TaskKind, case: Case, *, standing: Standing, now: datetime
) -> None:
    version = await required.find_last_version(session, case.id)
    # Who signed may have gone off guard, and somebody have accepted to watch over it.
    taker_id = await find_taker(session, case_id=case.id, kind=ItemKind.DELIVERY)
    signer_id = None if version is None else version.signed_by
    whom = await alarms.get_whom(session, case.id)
    await tasks.raise_task(
        session,
        kind,
        subject=_name_subject(case.id),
        now=now,
        case_id=case.id,
        site_id=case.site_id,
        radiologist_id=taker_id or signer_id,
        detail={
            "telephone": whom.telephone_emergency,
            "telephone_ct": whom.telephone_ct,
            "endpoint": whom.endpoint_name,
            "standing": standing.value,
            "last_error": await alarms.find_last_error(session, case.id),
        },
    )


async def _settle(
    session: AsyncSession, kind: TaskKind, case_id: int, *, outcome: str, now: datetime
) -> None:
    await tasks.settle_by_itself(
        session, kind, subject=_name_subject(case_id), outcome=outcome, now=now
    )


def _name_subject(case_id: int) -> str:
    return f"delivery-case:{case_id}"
