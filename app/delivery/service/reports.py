"""Use cases that send signed reports to their site, in the forms that its node takes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case
from app.db.notify import WORK, notify
from app.delivery.domain.required import Standing, judge
from app.delivery.events import Redelivered
from app.delivery.repository import planning, required
from app.delivery.service import alarms
from app.delivery.service.planning import JOB, ask_again
from app.directory.domain.actor import Actor
from app.kit.errors import Conflict


class NothingToDeliver(Conflict):
    """A case has no signed report, or its site no node that takes one."""


async def plan_report(
    session: AsyncSession, *, case_id: int, version_id: int, now: datetime
) -> int:
    """Ask for a signed version to be sent to the node of the case's site; part of the signature.

    The same for a report, an addendum, a withdrawal and documents that were issued anew; what was
    asked for before is not asked for twice. When nothing can be sent, people are told.

    Returns
    -------
    int
        How many documents the site's node is to get; 0 when it has no node or takes no form.
    """
    case = await cases.lock_case(session, case_id)
    endpoint = await planning.find_report_endpoint(session, case_id)
    documents: Sequence[int] = ()
    if endpoint is not None:
        documents = await planning.list_documents(
            session, version_id=version_id, forms=endpoint.forms
        )
    if endpoint is None or not documents:
        await alarms.tell_no_node(session, case, now=now)
        return 0
    await planning.cancel_superseded(session, case_id=case_id)
    await planning.hasten_reports(session, case_id=case_id, now=now)
    await _add(session, case, documents=documents, endpoint_id=endpoint.id, now=now)
    await alarms.node_found(session, case_id, now=now)
    return len(documents)


async def _add(
    session: AsyncSession,
    case: Case,
    *,
    documents: Sequence[int],
    endpoint_id: int,
    now: datetime,
) -> None:
    alarm_due_at = await alarms.plan_alarm(session, case, now=now)
    for document_id in documents:
        await planning.add_report(
            session,
            case_id=case.id,
            document_id=document_id,
            endpoint_id=endpoint_id,
            alarm_due_at=alarm_due_at,
            now=now,
        )


async def plan_pages(session: AsyncSession, document_ids: Sequence[int], *, now: datetime) -> int:
    """Ask for further pages to be sent where the first page of their form goes.

    A Secondary Capture shows how many pages it has only when it is rendered; call this in the
    transaction that adds them, so that no first page is accepted before the others are asked for.

    Returns
    -------
    int
        How many deliveries there are for them.
    """
    count = 0
    for document_id in document_ids:
        for route, alarm_due_at in await planning.list_page_nodes(session, document_id):
            count += await planning.add_report(
                session,
                case_id=route.case_id,
                document_id=document_id,
                endpoint_id=route.endpoint_id,
                alarm_due_at=alarm_due_at,
                now=now,
            )
    if count:
        await notify(session, channel=WORK, payload=JOB)
    return count


async def redeliver(
    session: AsyncSession, *, case_id: int, actor: Actor, now: datetime
) -> Redelivered:
    """Ask for what the site is missing of a case's last signed version: when its node changed.

    Dead letters are tried again; what is on its way or was accepted is left alone.

    Raises
    ------
    CaseNotFound
        If there is no such case.
    NothingToDeliver
        If it has no signed report or is voided, or its site has no node that takes a report.
    """
    case = await cases.lock_case(session, case_id)
    version = await required.find_last_version(session, case_id)
    if version is None or CaseState(case.state) is CaseState.VOIDED:
        raise NothingToDeliver(f"case {case_id} is {case.state}: it has no report to deliver")
    before = await planning.count_reports(session, case_id)
    if not await plan_report(session, case_id=case_id, version_id=version.id, now=now):
        raise NothingToDeliver(
            f"the site of case {case_id} has no node that takes a form of the report: give it one"
        )
    dead = await planning.list_dead_reports(session, version_id=version.id)
    for delivery_id in dead:
        delivery = await planning.get_delivery(session, delivery_id, lock=True)
        await ask_again(session, delivery, case=case, now=now)
    planned = await planning.count_reports(session, case_id) - before + len(dead)
    await _tell_redelivered(session, case_id, planned=planned, actor=actor, now=now)
    standing = judge(await required.list_postings(session, case_id))
    return Redelivered(
        case_id=case_id,
        planned_count=planned,
        completes_case=standing is Standing.DELIVERED and CaseState(case.state) is CaseState.SIGNED,
    )


async def _tell_redelivered(
    session: AsyncSession, case_id: int, *, planned: int, actor: Actor, now: datetime
) -> None:
    if not planned:
        return
    await cases.add_event(
        session,
        case_id=case_id,
        kind=EventKind.DELIVERY_RESENT,
        now=now,
        by_user_id=actor.user_id,
        detail={"planned": planned},
    )
    await cases.touch(session, case_id)
    await notify(session, channel=WORK, payload=JOB)


async def redeliver_for_site(
    session: AsyncSession, *, site_id: int, actor: Actor, now: datetime
) -> tuple[Redelivered, ...]:
    """Ask for what a site is missing of all its signed cases: its node is new, or takes more.

    While it has no node that takes a report, nothing is asked for.
    """
    done = []
    for case_id in await required.list_signed_cases(session, site_id=site_id):
        try:
            done.append(await redeliver(session, case_id=case_id, actor=actor, now=now))
        except NothingToDeliver:
            continue
    return tuple(done)
