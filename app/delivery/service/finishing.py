"""Use cases of tries that are over: keep them by their tokens, and decide what follows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case
from app.delivery.domain.outcomes import OF_THE_NODE, Outcome
from app.delivery.domain.required import HAS_REPORT, Standing, judge
from app.delivery.domain.retry import NextStep, RetryDecision, decide
from app.delivery.domain.shipment import Kind, Summary, Tried, summarise
from app.delivery.events import Delivered, GivenUp
from app.delivery.models import Delivery
from app.delivery.repository import finishing, outbox, required
from app.delivery.service import alarms, measuring, tries
from app.delivery.service.sending import list_cases, note_accepted
from app.delivery.service.tries import Ended


async def finish(
    session: AsyncSession, tried: Sequence[Tried], *, now: datetime
) -> list[Delivered | GivenUp]:
    """Keep tries with the status that the peer gave, and decide what follows.

    What lost its claim is passed over; what was not begun waits as before.

    Returns
    -------
    list
        What is settled; nothing of what is tried again.
    """
    # The cases first: of two documents delivered at once, the second sees the first.
    held_cases = await outbox.lock_cases(session, [each.shipment.delivery_id for each in tried])
    held = await outbox.lock_claimed(session, [each.shipment for each in tried])
    mine = [each for each in tried if each.shipment.delivery_id in held]
    begun = [each for each in mine if each.results is not None]
    if len(begun) < len(mine):
        left = {each.shipment.delivery_id for each in mine if each.results is None}
        await outbox.let_go(session, left)
    if not begun:
        return []
    await note_accepted(session, begun, held=held)
    ended = await _decide_all(session, begun, held=held, now=now)
    await tries.end_tries(session, ended, now=now)
    await measuring.note_transfers(session, begun, now=now)
    await cases.touch_all(session, list_cases(each.delivery for each in ended))
    await _tell_nodes(session, ended, now=now)
    return await _settle(session, ended, held_cases=held_cases, now=now)


async def _decide_all(
    session: AsyncSession, begun: Sequence[Tried], *, held: Mapping[int, Delivery], now: datetime
) -> list[Ended]:
    """Decide what follows each; images go on when some came meanwhile, or their try gave way."""
    summaries = [summarise(each.results or ()) for each in begun]
    sent = [
        each.shipment.delivery_id
        for each, summary in zip(begun, summaries, strict=True)
        if each.shipment.kind is Kind.IMAGES and summary.outcome is Outcome.ACCEPTED
    ]
    behind = await outbox.find_with_unsent(session, sent) if sent else set[int]()
    ended = []
    for each, summary in zip(begun, summaries, strict=True):
        delivery = held[each.shipment.delivery_id]
        is_short = each.shipment.is_cut_short(len(each.results or ()), outcome=summary.outcome)
        goes_on = is_short or delivery.id in behind
        decision = None if goes_on else await _decide(session, delivery, summary=summary, now=now)
        ended.append(Ended(delivery, each.shipment, summary, decision))
    return ended


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


async def _tell_nodes(session: AsyncSession, ended: Sequence[Ended], *, now: datetime) -> None:
    """Let what waits for the same nodes go on waiting, or go."""
    last = {
        each.delivery.endpoint_id: (each.summary.outcome, each.decision.step)
        for each in ended
        if each.decision is not None and each.delivery.endpoint_id is not None
    }
    back = [node for node, (outcome, _) in last.items() if outcome not in OF_THE_NODE]
    if back:
        await finishing.end_absences(session, back, now=now)
    for node, (outcome, step) in last.items():
        if outcome in OF_THE_NODE and step is NextStep.RETRY:
            await finishing.share_absence(session, node, now=now)


async def _settle(
    session: AsyncSession,
    ended: Sequence[Ended],
    *,
    held_cases: Mapping[int, Case],
    now: datetime,
) -> list[Delivered | GivenUp]:
    await _tell_forwarded(session, ended, now=now)
    settled: list[Delivered | GivenUp] = []
    for each in ended:
        if each.decision is None or each.decision.step is NextStep.RETRY:
            continue
        case_id = each.delivery.case_id or 0
        # It may have moved with its study while its first case was waited for.
        case = held_cases.get(case_id) or await cases.lock_case(session, case_id)
        if each.decision.step is NextStep.DONE:
            settled.append(await _arrive(session, each.delivery, case=case, now=now))
        else:
            settled.append(await _give_up(session, each, case=case, now=now))
    return _complete_once(settled)


def _complete_once(settled: Sequence[Delivered | GivenUp]) -> list[Delivered | GivenUp]:
    """Let the last event of a case alone say that it is complete: the case moves once."""
    last = {each.case_id: each.delivery_id for each in settled if each.completes_case}
    return [
        replace(each, completes_case=last.get(each.case_id) == each.delivery_id) for each in settled
    ]


async def _tell_forwarded(session: AsyncSession, ended: Sequence[Ended], *, now: datetime) -> None:
    """Put on the timelines that images are where they are to be read."""
    forwarded = [
        (each.delivery.case_id, _name(each.delivery))
        for each in ended
        if each.decision is not None
        and each.decision.step is NextStep.DONE
        and each.delivery.case_id is not None
        and Kind(each.delivery.kind) is Kind.IMAGES
        and not each.delivery.is_prior
    ]
    await cases.add_events(session, forwarded, kind=EventKind.IMAGES_FORWARDED, now=now)


async def _arrive(
    session: AsyncSession, delivery: Delivery, *, case: Case, now: datetime
) -> Delivered:
    kind = Kind(delivery.kind)
    completes_case = False
    if kind is Kind.REPORT:
        told = [(case.id, _name(delivery))]
        await cases.add_events(session, told, kind=EventKind.REPORT_DELIVERED, now=now)
        completes_case = await _judge_report(session, case, now=now)
    return Delivered(
        case_id=case.id, delivery_id=delivery.id, kind=kind, completes_case=completes_case
    )


async def _give_up(session: AsyncSession, ended: Ended, *, case: Case, now: datetime) -> GivenUp:
    delivery = ended.delivery
    await cases.add_event(
        session,
        case_id=case.id,
        kind=EventKind.DELIVERY_DEAD,
        now=now,
        by_user_id=None,
        reason=tries.describe(ended.summary),
        detail=_name(delivery),
    )
    kind = Kind(delivery.kind)
    completes_case = kind is Kind.REPORT and await _judge_report(session, case, now=now)
    return GivenUp(
        case_id=case.id, delivery_id=delivery.id, kind=kind, completes_case=completes_case
    )


def _name(delivery: Delivery) -> dict[str, int | None]:
    return {"delivery": delivery.id, "endpoint": delivery.endpoint_id}


async def _judge_report(session: AsyncSession, case: Case, *, now: datetime) -> bool:
    """Call the site, or call it no more, and tell whether a signed case is delivered."""
    standing = judge(await required.list_postings(session, case.id))
    if standing in HAS_REPORT:
        await alarms.report_reached(session, case.id, now=now)
    elif standing is Standing.STUCK:
        await alarms.report_lost(session, case, now=now)
    return standing is Standing.DELIVERED and CaseState(case.state) is CaseState.SIGNED
