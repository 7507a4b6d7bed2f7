"""From a first result to a report that has arrived."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import service as cases
from app.db.notify import WORK, notify
from app.delivery import service as delivery
from app.delivery.events import Delivered, GivenUp, Redelivered
from app.directory.domain import Actor
from app.pipeline.reading import note_text, take_up_again
from app.pipeline.watching import claim_ended
from app.reports import service as reports
from app.reports.domain.versions import Means
from app.reports.events import (
    AddendumSigned,
    DocumentsReissued,
    DocumentsRendered,
    ReportSigned,
    ReportWithdrawn,
)
from app.tasks.domain.kinds import TaskKind


async def give_preliminary(
    session: AsyncSession,
    case_id: int,
    *,
    text: str,
    told_to: str,
    means: Means,
    actor: Actor,
    now: datetime,
) -> None:
    """When a first result was told before the report, the clock of the first result stops."""
    await reports.give_preliminary(
        session,
        case_id=case_id,
        text=text,
        told_to=told_to,
        means=means,
        actor=actor,
        now=now,
    )
    await note_text(session, case_id, actor=actor, now=now)


async def sign_report(
    session: AsyncSession,
    case_id: int,
    *,
    base: int,
    instance_count: int,
    actor: Actor,
    now: datetime,
) -> None:
    """When a report is signed, its documents are rendered and sent to the site."""
    await take_up_again(session, case_id, actor=actor, now=now)
    event = await reports.sign(
        session,
        case_id=case_id,
        base=base,
        instance_count=instance_count,
        actor=actor,
        now=now,
    )
    await _version_signed(session, event, now=now)
    await claim_ended(session, case_id, outcome="signed", now=now)
    # One that replaces a withdrawn report was signed with the late images seen.
    await cases.settle_case_task(
        session, TaskKind.LATE_IMAGES, case_id=case_id, outcome="new report signed", now=now
    )


async def add_addendum(
    session: AsyncSession, case_id: int, *, base: int, text: str, actor: Actor, now: datetime
) -> None:
    """When an addendum is signed, it goes where the report went; late images are answered."""
    event = await reports.write_addendum(
        session, case_id=case_id, base=base, text=text, actor=actor, now=now
    )
    await _version_signed(session, event, now=now)
    await cases.settle_case_task(
        session, TaskKind.LATE_IMAGES, case_id=case_id, outcome="addendum signed", now=now
    )


async def withdraw_report(
    session: AsyncSession, case_id: int, *, base: int, reason: str, actor: Actor, now: datetime
) -> None:
    """When a report is withdrawn, its withdrawal goes where the report went."""
    event = await reports.withdraw(
        session, case_id=case_id, base=base, reason=reason, actor=actor, now=now
    )
    await _version_signed(session, event, now=now)


async def reissue_report(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    """When an identity is settled after the signature, the site gets the documents under it."""
    event = await reports.reissue(session, case_id=case_id, now=now)
    if event is not None:
        await _version_signed(session, event, now=now)


async def _version_signed(
    session: AsyncSession,
    event: ReportSigned | AddendumSigned | ReportWithdrawn | DocumentsReissued,
    *,
    now: datetime,
) -> None:
    await delivery.plan_report(session, case_id=event.case_id, version_id=event.version_id, now=now)
    await notify(session, channel=WORK, payload="documents")


async def documents_rendered(
    session: AsyncSession, event: DocumentsRendered, *, now: datetime
) -> None:
    """When documents are rendered, what waits for them can go, and all pages with the first."""
    await delivery.plan_pages(session, event.added_document_ids, now=now)
    await delivery.wake_rendered(session)


async def delivery_settled(
    session: AsyncSession, event: Delivered | GivenUp | Redelivered, *, now: datetime
) -> None:
    """When a site has all that it needs of a signed case, the case is delivered."""
    if event.completes_case:
        await cases.mark_delivered(session, case_id=event.case_id, now=now)


async def redeliver(session: AsyncSession, case_id: int, *, actor: Actor, now: datetime) -> int:
    """When somebody asks for what a site is missing of a report, it is sent, or already there.

    Returns
    -------
    int
        How many deliveries were asked for.
    """
    event = await delivery.redeliver(session, case_id=case_id, actor=actor, now=now)
    await delivery_settled(session, event, now=now)
    return event.planned_count


async def site_node_changed(
    session: AsyncSession, site_id: int, *, actor: Actor, now: datetime
) -> None:
    """When a site gets a node, or its node takes other forms, its signed cases need not wait."""
    for event in await delivery.redeliver_for_site(session, site_id=site_id, actor=actor, now=now):
        await delivery_settled(session, event, now=now)
