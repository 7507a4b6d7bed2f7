"""Proves every minute that no open case is forgotten, and tells the outside that we live."""

from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.notify import WORK, notify
from app.dispatch.domain.ports import Heartbeat
from app.dispatch.service import auditor
from app.dispatch.service.auditor import Audited
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)
_LOCK = "audit"


async def run(bench: Bench) -> None:
    """Audit once, if it is due, unless another scheduler does; then say that we live."""
    audited = await bench.transact_alone(_LOCK, _audit)
    if audited is None:
        return
    for case_id, faults in audited.faults.items():
        _log.error("case_forgotten", case=case_id, faults=[each.value for each in faults])
    if bench.heartbeat is None:
        return
    if audited.is_well:
        await _say_that_we_live(bench, bench.heartbeat)
    else:
        # Silence calls people from outside: what was found stands, or nobody is heard.
        _log.error("heartbeat_withheld", forgotten=len(audited.faults))


async def _audit(session: AsyncSession, now: datetime) -> Audited | None:
    audited = await auditor.audit_due(session, now=now)
    if audited is not None and audited.faults:
        await notify(session, channel=WORK, payload="dispatch")
    return audited


async def _say_that_we_live(bench: Bench, heartbeat: Heartbeat) -> None:
    """Say it outside of any transaction."""
    failure = await heartbeat.beat()
    if failure is not None:
        _log.warning("heartbeat_failed", reason=failure)
    await bench.transact(
        lambda session, now: auditor.note_heartbeat(session, failure=failure, now=now)
    )


JOB = Job(name="audit", run=run, find_next_due=auditor.find_next_audit)
