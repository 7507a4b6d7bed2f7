"""Use cases of a try: claim in a short transaction, send outside any, finish by the token."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case
from app.db.notify import WORK, notify
from app.delivery.domain.outcomes import OF_THE_NODE, Outcome
from app.delivery.domain.ports import SendResult
from app.delivery.domain.required import HAS_REPORT, Standing, judge
from app.delivery.domain.retry import NextStep, RetryDecision, decide
from app.delivery.domain.shipment import Kind, Shipment, Summary, summarise
from app.delivery.events import Delivered, GivenUp
from app.delivery.models import Delivery, route_of
from app.delivery.repository import due, outbox, planning, required
from app.delivery.repository.rewriting import find_rewriting
from app.delivery.service import alarms, measuring, tries
from app.delivery.service.planning import JOB

LEASE = timedelta(seconds=60)
"""How long a claim holds without a sign of life; then another may take it."""


async def claim_next(session: AsyncSession, *, now: datetime) -> Shipment | None:
    """Claim the most urgent delivery that is due, with all that is needed to send it."""
    claimed = await due.claim_next(session, now=now, until=now + LEASE)
    if claimed is None:
        return None
    delivery, token = claimed
    route = route_of(delivery)
    rewriting = None
    if delivery.document_id is not None:
        items = [await outbox.get_document_item(session, delivery.document_id)]
    else:
        items = await outbox.list_unsent_items(session, delivery)
    if delivery.study_id is not None:
        rewriting = await find_rewriting(
            session, study_id=delivery.study_id, endpoint_id=route.endpoint_id
        )
    return Shipment(
        delivery_id=delivery.id,
        token=token,
        claimed_at=now,
        case_id=route.case_id,
        kind=Kind(delivery.kind),
        destination=await outbox.get_destination(session, route.endpoint_id),
        items=tuple(items),
        rewriting=rewriting,
    )


async def wake_rendered(session: AsyncSession) -> None:
    """Wake who sends: documents that were waited for are rendered."""
    await notify(session, channel=WORK, payload=JOB)


async def note_progress(
    session: AsyncSession, shipment: Shipment, *, results: Sequence[SendResult], now: datetime
) -> bool:
    """Keep what was accepted so far, and hold the claim for longer; an open page of the case sees.

    Returns
    -------
    bool
        False when the claim is lost: stop sending, another has taken over.
    """
    case = await _lock_case(session, shipment)
    delivery = await outbox.lock_claim(
        session, delivery_id=shipment.delivery_id, token=shipment.token
    )
    if delivery is None:
        return False
    if await _note_accepted(session, delivery, shipment=shipment, results=results):
        await cases.touch(session, case.id)
    await outbox.renew(session, delivery, until=now + LEASE)
    return True


async def must_give_way(session: AsyncSession, shipment: Shipment, *, now: datetime) -> bool:
    """Tell whether something more urgent waits for the node: this is then sent on after it."""
    return await due.is_outranked(session, shipment.delivery_id, now=now)


async def finish(
    session: AsyncSession, shipment: Shipment, *, results: Sequence[SendResult], now: datetime
) -> Delivered | GivenUp | None:
    """Keep a try with the status that the peer gave, and decide what follows.

    Parameters
    ----------
    results
        One for each item of the shipment, in the same order; fewer when it gave way.

    Returns
    -------
    Delivered, GivenUp or None
        Nothing when it is tried again, or the claim is lost: then nothing is kept.
    """
    # The case first: of two documents delivered at once, the second sees the first.
    case = await _lock_case(session, shipment)
    delivery = await outbox.lock_claim(
        session, delivery_id=shipment.delivery_id, token=shipment.token
    )
    if delivery is None:
        return None
    await _note_accepted(session, delivery, shipment=shipment, results=results)
    summary = summarise(tuple(results))
    decision = await _decide(session, delivery, summary=summary, now=now)
    await tries.keep_try(session, delivery, claim=shipment, summary=summary, now=now)
    await measuring.note_transfer(session, delivery, shipment=shipment, results=results, now=now)
    await cases.touch(session, case.id)
    if await _goes_on(session, delivery, shipment, tried=len(results), outcome=summary.outcome):
        await tries.go_on(session, delivery, now=now)
        return None
    await tries.end_claim(session, delivery, summary=summary, decision=decision, now=now)
    await _tell_node(session, delivery, summary=summary, decision=decision, now=now)
    match decision.step:
        case NextStep.RETRY:
            return None
        case NextStep.GIVE_UP:
            return await _give_up(session, delivery, case=case, summary=summary, now=now)
        case NextStep.DONE:
            return await _arrive(session, delivery, case=case, now=now)


async def _lock_case(session: AsyncSession, shipment: Shipment) -> Case:
    """Lock the case of what is being sent: images go with their study when cases are joined."""
    known = await planning.get_delivery(session, shipment.delivery_id)
    return await cases.lock_case(session, known.case_id or shipment.case_id)


async def _decide(
    session: AsyncSession, delivery: Delivery, *, summary: Summary, now: datetime
) -> RetryDecision:
    is_report = Kind(delivery.kind) is Kind.REPORT
    return decide(
        delivery.tries + 1,
        outcome=summary.outcome,
        since=delivery.asked_at,
        now=now,
        has_other_form=is_report and await required.has_other_form(session, delivery),
    )


async def _tell_node(
    session: AsyncSession,
    delivery: Delivery,
    *,
    summary: Summary,
    decision: RetryDecision,
    now: datetime,
) -> None:
    """Let what waits for the same node go on waiting, or go."""
    if decision.step is NextStep.RETRY and summary.outcome in OF_THE_NODE:
        await outbox.share_absence(session, delivery, now=now)
    elif summary.outcome not in OF_THE_NODE:
        await outbox.end_absence(session, delivery, now=now)


async def _note_accepted(
    session: AsyncSession,
    delivery: Delivery,
    *,
    shipment: Shipment,
    results: Sequence[SendResult],
) -> bool:
    """Keep which images were accepted; tell whether there are more than before."""
    accepted = [
        item.instance_id
        for item, result in zip(shipment.items, results, strict=False)
        if result.outcome is Outcome.ACCEPTED and item.instance_id is not None
    ]
    is_new = await outbox.note_accepted(session, delivery, instance_ids=accepted)
    if is_new:
        await measuring.note_stock(session, delivery)
    return is_new


async def _goes_on(
    session: AsyncSession,
    delivery: Delivery,
    shipment: Shipment,
    *,
    tried: int,
    outcome: Outcome,
) -> bool:
    """Tell whether there are more images to send: some came meanwhile, or the try gave way."""
    if shipment.is_cut_short(tried, outcome=outcome):
        return True
    is_images = delivery.kind == Kind.IMAGES.value
    is_done = outcome is Outcome.ACCEPTED
    return is_images and is_done and await outbox.has_unsent(session, delivery)


async def _arrive(
    session: AsyncSession, delivery: Delivery, *, case: Case, now: datetime
) -> Delivered:
    kind = Kind(delivery.kind)
    is_report = kind is Kind.REPORT
    if not delivery.is_prior:
        await cases.add_event(
            session,
            case_id=case.id,
            kind=EventKind.REPORT_DELIVERED if is_report else EventKind.IMAGES_FORWARDED,
            now=now,
            by_user_id=None,
            detail={"delivery": delivery.id, "endpoint": delivery.endpoint_id},
        )
    completes_case = is_report and await _judge_report(session, case, now=now)
    return Delivered(
        case_id=case.id, delivery_id=delivery.id, kind=kind, completes_case=completes_case
    )


async def _give_up(
    session: AsyncSession, delivery: Delivery, *, case: Case, summary: Summary, now: datetime
) -> GivenUp:
    await cases.add_event(
        session,
        case_id=case.id,
        kind=EventKind.DELIVERY_DEAD,
        now=now,
        by_user_id=None,
        reason=tries.describe(summary),
        detail={"delivery": delivery.id, "endpoint": delivery.endpoint_id},
    )
    kind = Kind(delivery.kind)
    completes_case = kind is Kind.REPORT and await _judge_report(session, case, now=now)
    return GivenUp(
        case_id=case.id, delivery_id=delivery.id, kind=kind, completes_case=completes_case
    )


async def _judge_report(session: AsyncSession, case: Case, *, now: datetime) -> bool:
    """Call the site, or call it no more, and tell whether a signed case is delivered."""
    standing = judge(await required.list_postings(session, case.id))
    if standing in HAS_REPORT:
        await alarms.report_reached(session, case.id, now=now)
    elif standing is Standing.STUCK:
        await alarms.report_lost(session, case, now=now)
    return standing is Standing.DELIVERED and CaseState(case.state) is CaseState.SIGNED
