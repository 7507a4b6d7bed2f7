"""Each event of the flow and the use cases it starts, from the first image to the last delivery.

Read from top to bottom, this is the way of a study. Every function runs inside the transaction of
its caller (a request, or a job of the scheduler), which alone commits. What leaves the machine is
written to the outbox here and sent by a job.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import service as cases
from app.cases.domain.priority import Priority
from app.cases.events import CaseOpened, ImagesAdded
from app.db.locks import try_lock, wait_for_lock
from app.db.notify import WORK, notify
from app.delivery import service as delivery
from app.delivery.events import Delivered, GivenUp, Redelivered
from app.directory.domain import Actor
from app.dispatch import service as dispatch
from app.dispatch.events import CaseNominated, NobodyOnGuard
from app.intake.models import Study
from app.kit.errors import NotAllowed
from app.planning.events import PlanningPublished
from app.planning.service.on_call import on_call
from app.reports import service as reports
from app.reports.domain.versions import Means
from app.reports.events import AddendumSigned, DocumentsRendered, ReportSigned
from app.requests import service as requests
from app.requests.domain.decisions import Decision
from app.requests.events import RequestValidated
from app.settings import Settings

DECIDING = "dispatch"
"""The advisory lock of whoever decides: two would both see the same reader idle."""


async def _wake_dispatch(session: AsyncSession) -> None:
    """Let the job of dispatch look again once this transaction is committed."""
    await notify(session, channel=WORK, payload="dispatch")


async def images_arrived(
    session: AsyncSession, study: Study, *, settings: Settings, now: datetime
) -> int | None:
    """When images of a study are indexed, a case opens at the first one, or grows.

    Returns
    -------
    int or None
        The case that opened; it may be offered at once.
    """
    event = await cases.take_news(
        session,
        study,
        now=now,
        ae_title=settings.ae_title,
        dispatch_latest=settings.dispatch_latest,
    )
    match event:
        case CaseOpened():
            await _wake_dispatch(session)
            return event.case_id
        case ImagesAdded():
            await delivery.send_new_images(session, study_id=event.study_id, now=now)
            return None


async def study_completed(session: AsyncSession, study_id: int, *, now: datetime) -> int | None:
    """When a study has been silent long enough, its case is due once all its studies are.

    Returns
    -------
    int or None
        The case that is complete; it may be offered at once.
    """
    event = await cases.note_completeness(session, study_id, now=now)
    if event is None:
        return None
    await _wake_dispatch(session)
    return event.case_id


async def offer_at_once(session: AsyncSession, case_id: int, *, now: datetime) -> None:
    """Offer a case that is due in the transaction that made it so: one look then shows all of it.

    Only one decides at a time: when another does now, it is left to the job of dispatch, which is
    woken in any case.
    """
    if await try_lock(session, DECIDING):
        await case_due(session, case_id, now=now)


async def case_due(session: AsyncSession, case_id: int, *, now: datetime) -> bool:
    """When a case is due, it is offered to readers, or its circle is widened.

    Returns
    -------
    bool
        Whether anybody was nominated.
    """
    offered = await dispatch.nominate_due(session, case_id, now=now)
    if offered is None:
        offered = await dispatch.take_step(session, case_id, now=now)
    return await _case_offered(session, offered, now=now)


async def _case_offered(
    session: AsyncSession, event: CaseNominated | NobodyOnGuard | None, *, now: datetime
) -> bool:
    """When a case is offered, its images go to the centres of those it is offered to."""
    if not isinstance(event, CaseNominated):
        return False
    await delivery.plan_images(
        session, case_id=event.case_id, radiologist_ids=event.radiologist_ids, now=now
    )
    return True


async def acknowledge(session: AsyncSession, case_id: int, *, actor: Actor, now: datetime) -> None:
    """When a nominee has seen a case, the clock of acknowledgement stops."""
    await dispatch.acknowledge(session, case_id=case_id, actor=actor, now=now)


async def claim(session: AsyncSession, case_id: int, *, actor: Actor, now: datetime) -> None:
    """When a reader takes a case, its images go to that reader's centre."""
    event = await dispatch.claim(session, case_id=case_id, actor=actor, now=now)
    await delivery.plan_images(
        session, case_id=case_id, radiologist_ids=[event.radiologist_id], now=now
    )


async def release(
    session: AsyncSession, case_id: int, *, actor: Actor, reason: str, now: datetime
) -> None:
    """When a reader gives a case back, it is offered to others at once."""
    event = await dispatch.release(session, case_id=case_id, actor=actor, reason=reason, now=now)
    await _case_offered(session, event, now=now)
    await _wake_dispatch(session)


async def reassign(
    session: AsyncSession,
    case_id: int,
    *,
    to_radiologist_id: int,
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    """When the coordinator gives a case to a reader, it is offered to that one alone."""
    event = await dispatch.reassign(
        session,
        case_id=case_id,
        to_radiologist_id=to_radiologist_id,
        actor=actor,
        reason=reason,
        now=now,
    )
    await _case_offered(session, event, now=now)
    await _wake_dispatch(session)


async def change_priority(
    session: AsyncSession,
    case_id: int,
    *,
    priority: Priority,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """When a case becomes more urgent, it may be due at once."""
    event = await cases.change_priority(
        session,
        case_id=case_id,
        priority=priority,
        reason=reason,
        by_user_id=_user_of(actor),
        now=now,
    )
    if event is not None:
        await _wake_dispatch(session)


async def mark_images_seen(
    session: AsyncSession, case_id: int, *, seen_count: int, actor: Actor, now: datetime
) -> None:
    """When the reader has seen late images, they no longer stand in the way of a signature."""
    await dispatch.mark_images_seen(
        session, case_id=case_id, seen_count=seen_count, actor=actor, now=now
    )


async def void(
    session: AsyncSession, case_id: int, *, actor: Actor, reason: str, now: datetime
) -> None:
    """When a case is set aside, nobody is asked to read it and nothing more leaves for it."""
    await cases.void(session, case_id=case_id, reason=reason, by_user_id=_user_of(actor), now=now)
    await dispatch.let_go(session, case_id=case_id, now=now)
    await delivery.cancel_for_case(session, case_id=case_id, now=now)


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
    event = await reports.sign(
        session,
        case_id=case_id,
        base=base,
        instance_count=instance_count,
        actor=actor,
        now=now,
    )
    await _version_signed(session, event, now=now)


async def add_addendum(
    session: AsyncSession, case_id: int, *, base: int, text: str, actor: Actor, now: datetime
) -> None:
    """When an addendum is signed, it goes where the report went."""
    event = await reports.write_addendum(
        session, case_id=case_id, base=base, text=text, actor=actor, now=now
    )
    await _version_signed(session, event, now=now)


async def _version_signed(
    session: AsyncSession, event: ReportSigned | AddendumSigned, *, now: datetime
) -> None:
    await delivery.plan_report(session, case_id=event.case_id, version_id=event.version_id, now=now)
    await notify(session, channel=WORK, payload="documents")


async def documents_rendered(session: AsyncSession, _event: DocumentsRendered) -> None:
    """When documents are rendered, what waits for them in the outbox can go."""
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


def _user_of(actor: Actor) -> int:
    if actor.user_id is None:
        msg = "this is done by a person, never by the platform itself"
        raise NotAllowed(msg)
    return actor.user_id


async def planning_published(session: AsyncSession, event: PlanningPublished) -> None:
    """When those on guard change, what was offered to who left is offered to others at once."""
    if event.concerns_now:
        # While nobody decides: else each could wait for a case that the other holds.
        await wait_for_lock(session, DECIDING)
        await dispatch.look_again(session, event.radiologist_ids, now=event.at)
        await _wake_dispatch(session)


async def decide_request(
    session: AsyncSession,
    request_id: int,
    *,
    decision: Decision,
    version: int,
    actor: Actor,
    now: datetime,
) -> None:
    """When a radiologist on guard wants the exam, its images will be theirs, and are waited for."""
    seats = (await on_call(session, now)).seats
    readers = {seat.reader.radiologist_id for seat in seats if seat.reader is not None}
    event = await requests.decide(
        session,
        request_id,
        decision=decision,
        version=version,
        actor=actor,
        on_guard=actor.radiologist_id in readers,
        now=now,
    )
    if isinstance(event, RequestValidated):
        await notify(session, channel=WORK, payload="requests")


async def cancel_request(
    session: AsyncSession, request_id: int, *, reason: str, actor: Actor, now: datetime
) -> None:
    """When the site no longer wants an exam whose images have not come, nobody waits for it."""
    await requests.cancel(session, request_id, reason=reason, actor=actor, now=now)
