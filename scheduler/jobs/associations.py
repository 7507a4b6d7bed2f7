"""Tells the coordinator of associations that were refused, or let in though something was odd."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.apart import succeeds
from app.directory.domain.addresses import is_inside, name_caller
from app.directory.models import Sender, Site
from app.directory.repository.senders import list_enabled
from app.intake.domain.arrival import UNKNOWN_CALLING
from app.intake.models import Association
from app.intake.repository import odd_associations
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from scheduler.job import Bench, Job, name_no_instant
from scheduler.jobs import certificates
from scheduler.jobs.certificates import describe_sites

_log = structlog.get_logger(__name__)
_BATCH = 100


async def run(bench: Bench) -> None:
    """Look at each odd association once, and at the certificates that were to be renewed."""
    # What could not be told waits for the next run.
    failed: set[UUID] = set()
    while await bench.transact(lambda session, now: _tell_batch(session, now, failed)):
        pass
    await bench.transact(certificates.settle_renewed)


async def _tell_batch(session: AsyncSession, now: datetime, failed: set[UUID]) -> bool:
    odd = await odd_associations.lock_untold(session, limit=_BATCH, without=failed)
    senders = await list_enabled(session) if odd else []
    for association in odd:
        await _tell_apart(session, association, senders=senders, failed=failed, now=now)
    return len(odd) == _BATCH


async def _tell_apart(
    session: AsyncSession,
    association: Association,
    *,
    senders: Sequence[tuple[Sender, Site]],
    failed: set[UUID],
    now: datetime,
) -> None:
    association_id = association.id

    async def tell() -> None:
        await _tell(session, association, senders=senders, now=now)
        association.told_at = now
        await session.flush()

    if not await succeeds(session, tell):
        failed.add(association_id)


async def _tell(
    session: AsyncSession,
    association: Association,
    *,
    senders: Sequence[tuple[Sender, Site]],
    now: datetime,
) -> None:
    """Raise the task; there is none when a person let it in, or when nobody knows the address.

    The internet is noisy: whoever calls from an address that no sender has stays in the log only.
    """
    await certificates.tell_expired(session, association, senders=senders, now=now)
    about = _find_senders(association, senders=senders)
    if not about or (association.outcome != "refused" and association.mark != UNKNOWN_CALLING):
        return
    refused = association.outcome == "refused"
    first, _ = about[0]
    sites = {site.id: site for _, site in about}
    address = str(association.address)
    await tasks.raise_task(
        session,
        TaskKind.ASSOCIATION_REFUSED if refused else TaskKind.UNKNOWN_CALLING,
        subject=name_caller(
            first.id, calling_ae_title=association.calling_ae_title, address=address
        ),
        # An address of several sites concerns all of them: the whole group sees it.
        site_id=first.site_id if len(sites) == 1 else None,
        detail={
            "association": str(association.id),
            "sender": first.id,
            "calling": association.calling_ae_title,
            "called": association.called_ae_title,
            "address": address,
            "reason": association.reason if refused else association.mark,
            **({"certificate": name} if (name := association.certificate_name) else {}),
            **describe_sites(sites.values()),
        },
        now=now,
    )


def _find_senders(
    association: Association, *, senders: Sequence[tuple[Sender, Site]]
) -> list[tuple[Sender, Site]]:
    if association.sender_id is not None:
        return [pair for pair in senders if pair[0].id == association.sender_id]
    address, name = str(association.address), association.certificate_name
    if name is not None and (holders := certificates.find_holders(name, senders=senders)):
        return holders
    return [pair for pair in senders if _may_call_from(pair[0], address)]


def _may_call_from(sender: Sender, address: str) -> bool:
    try:
        return is_inside(address, networks=sender.addresses)
    except ValueError as error:
        # As in the gateways' snapshot: one that cannot be read must not hide the others.
        _log.error("sender_left_out", sender_id=sender.id, reason=str(error))
        return False


# The index wakes it: nothing here has a deadline.
JOB = Job(name="associations", run=run, find_next_due=name_no_instant)
