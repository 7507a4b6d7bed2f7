"""Use cases of readers and coordinators: see, take, give back and reassign a case."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases import service as case_service
from app.cases.domain.sla import find_step_due
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseAction, CaseState, MoveRefused
from app.cases.domain.timeline import EventKind
from app.cases.models import Case
from app.directory.domain.actor import Actor
from app.dispatch import repository
from app.dispatch.domain.policy import EXPECTED_READ, Circle
from app.dispatch.events import CaseClaimed, CaseNominated, NobodyOnGuard
from app.dispatch.service.nominations import AwaitsImages, keep, nominate, weigh
from app.kit.errors import Conflict, Invalid, NotAllowed


class NotNominated(Conflict):
    """The case is not offered to this reader now."""


async def acknowledge(session: AsyncSession, *, case_id: int, actor: Actor, now: datetime) -> None:
    """Say "I have seen it": the clock of acknowledgement stops, the case stays unclaimed.

    Raises
    ------
    NotNominated
        If the case is not offered to this reader now.
    """
    radiologist_id = _radiologist_of(actor)
    case = await cases.lock_case(session, case_id)
    if radiologist_id not in await repository.list_nominees(session, case_id):
        await repository.refuse_claimed(session, case_id)
        msg = f"case {case_id} is not offered to you now, it is {case.state}"
        raise NotNominated(msg)
    fresh = await repository.acknowledge_nomination(
        session, case_id=case_id, radiologist_id=radiologist_id, now=now
    )
    if fresh:
        await cases.add_event(
            session,
            case_id=case_id,
            kind=EventKind.ACKNOWLEDGED,
            now=now,
            by_user_id=actor.user_id,
            detail={"radiologist": radiologist_id},
        )
        await cases.touch(session, case_id)


async def claim(session: AsyncSession, *, case_id: int, actor: Actor, now: datetime) -> CaseClaimed:
    """Take a case: from now on this reader answers for it.

    A case that is not yet nominated is nominated to the claimer in the same transaction. Claiming
    again what one has claimed changes nothing.

    Raises
    ------
    CaseAlreadyClaimed
        If another was first, naming them.
    AwaitsImages
        If no image has come yet.
    NotAllowed
        If the radiologist may not read for the site.
    """
    radiologist_id = _radiologist_of(actor)
    case = await cases.lock_case(session, case_id)
    if CaseState(case.state) is CaseState.READING:
        if case.reader_id == radiologist_id:
            return CaseClaimed(case_id=case_id, radiologist_id=radiologist_id)
        await repository.refuse_claimed(session, case_id)
    if CaseState(case.state) not in OPEN_FOR_DISPATCH:
        raise MoveRefused(CaseState(case.state), CaseAction.CLAIM)
    await _check_may_claim(session, case, radiologist_id=radiologist_id, now=now)
    if CaseState(case.state) is CaseState.OPEN:
        reason = "taken before it was offered"
        await _nominate_by_hand(session, case_id, actor=actor, reason=reason, now=now)
    await repository.add_claim(session, case_id=case_id, radiologist_id=radiologist_id, now=now)
    await repository.end_nominations(session, case_id=case_id, reason="claimed", now=now)
    await cases.move(
        session,
        case_id,
        action=CaseAction.CLAIM,
        now=now,
        by_user_id=actor.user_id,
        reader_id=radiologist_id,
        dispatch_due_at=None,
        step_due_at=None,
    )
    return CaseClaimed(case_id=case_id, radiologist_id=radiologist_id)


async def _check_may_claim(
    session: AsyncSession, case: Case, *, radiologist_id: int, now: datetime
) -> None:
    if case.first_image_at is None:
        raise AwaitsImages(case.id)
    if radiologist_id in await repository.list_nominees(session, case.id):
        return
    if not await repository.may_read_site(
        session, radiologist_id=radiologist_id, site_id=case.site_id, now=now
    ):
        msg = f"you may not read for site {case.site_id}: ask its society or the coordinator"
        raise NotAllowed(msg)


async def _nominate_by_hand(
    session: AsyncSession,
    case_id: int,
    *,
    actor: Actor,
    reason: str,
    now: datetime,
    dispatch_due_at: datetime | None = None,
    step_due_at: datetime | None = None,
) -> None:
    await cases.move(
        session,
        case_id,
        action=CaseAction.NOMINATE,
        now=now,
        by_user_id=actor.user_id,
        reason=reason,
        dispatch_due_at=dispatch_due_at,
        step_due_at=step_due_at,
    )


async def release(
    session: AsyncSession, *, case_id: int, actor: Actor, reason: str, now: datetime
) -> CaseNominated | NobodyOnGuard | None:
    """Give a case back, with a reason; it is offered to others at once.

    Raises
    ------
    NotAllowed
        If another reader holds it.
    Invalid
        If no reason is given.
    """
    case_service.check_reason(reason)
    case = await cases.lock_case(session, case_id)
    if CaseState(case.state) is not CaseState.READING:
        raise MoveRefused(CaseState(case.state), CaseAction.RELEASE)
    if case.reader_id != _radiologist_of(actor):
        msg = f"case {case_id} is read by somebody else: the coordinator can reassign it"
        raise NotAllowed(msg)
    await _take_back(session, case, CaseAction.RELEASE, actor=actor, reason=reason, now=now)
    return await nominate(session, case_id, cause="released", now=now)


async def reassign(
    session: AsyncSession,
    *,
    case_id: int,
    to_radiologist_id: int,
    actor: Actor,
    reason: str,
    now: datetime,
) -> CaseNominated:
    """Offer a case to a named reader, taking it back from whoever has it; for the coordinator.

    Raises
    ------
    MoveRefused, Invalid
        If the case is no longer open for dispatch, or the reader may not read for the site.
    """
    case_service.check_reason(reason)
    case = await _lock_open(session, case_id, CaseAction.REASSIGN)
    may_read = await repository.may_read_site(
        session, radiologist_id=to_radiologist_id, site_id=case.site_id, now=now
    )
    if not may_read:
        raise Invalid(f"radiologist {to_radiologist_id} may not read for site {case.site_id}")
    sla = await cases.get_sla(session, case_id)
    if case.state == CaseState.READING:
        await _take_back(session, case, CaseAction.REASSIGN, actor=actor, reason=reason, now=now)
    again_at = await _offer_to_one(session, case_id, radiologist_id=to_radiologist_id, now=now)
    # Nobody is waited for without end: the steps count anew, else the others are asked later.
    await _nominate_by_hand(
        session,
        case_id,
        actor=actor,
        reason=reason,
        now=now,
        dispatch_due_at=again_at,
        step_due_at=find_step_due(sla, done=0, nominated_at=now),
    )
    await cases.change(session, case_id, step=0)
    return CaseNominated(case_id=case_id, radiologist_ids=(to_radiologist_id,))


async def _lock_open(session: AsyncSession, case_id: int, action: CaseAction) -> Case:
    case = await cases.lock_case(session, case_id)
    if CaseState(case.state) not in OPEN_FOR_DISPATCH:
        raise MoveRefused(CaseState(case.state), action)
    return case


async def _offer_to_one(
    session: AsyncSession, case_id: int, *, radiologist_id: int, now: datetime
) -> datetime:
    """Offer the case to one reader alone; what the policy would have said is kept beside it.

    Returns
    -------
    datetime
        When it is offered to others: at the end of the reader's guard; for somebody who is not on
        guard, while there is still time to read it before it is due.
    """
    case = await cases.get_case(session, case_id)
    sla = await cases.get_sla(session, case_id)
    weighing = await weigh(
        session, case, sla=sla, circle=Circle.NEAREST, cause="reassigned by hand", now=now
    )
    decision_id = await keep(session, weighing, now=now)
    await repository.end_nominations(session, case_id=case_id, reason="reassigned", now=now)
    await repository.add_nominations(
        session,
        case_id=case_id,
        radiologist_ids=[radiologist_id],
        decision_id=decision_id,
        now=now,
    )
    guards = [each.guard for each in weighing.readers if each.radiologist_id == radiologist_id]
    slack_ends = max(now + EXPECTED_READ, weighing.case.signed_due_at - EXPECTED_READ)
    return max((guard.end for guard in guards), default=slack_ends)


async def _take_back(
    session: AsyncSession,
    case: Case,
    action: CaseAction,
    *,
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    done = "released" if action is CaseAction.RELEASE else "reassigned"
    await repository.end_claim(session, case_id=case.id, reason=done, now=now)
    await cases.move(
        session,
        case.id,
        action=action,
        now=now,
        by_user_id=actor.user_id,
        reason=reason,
        reader_id=None,
        step=0,
    )


def _radiologist_of(actor: Actor) -> int:
    if actor.radiologist_id is None:
        msg = "only a radiologist can do this: your login belongs to none"
        raise NotAllowed(msg)
    return actor.radiologist_id


async def mark_images_seen(
    session: AsyncSession, *, case_id: int, seen_count: int, actor: Actor, now: datetime
) -> None:
    """Say how many of the case's images one has seen; only its reader can.

    Raises
    ------
    NotAllowed
        If the actor does not read the case.
    Invalid
        If the case never had that many.
    """
    case = await cases.lock_case(session, case_id)
    if actor.user_id is None or case.reader_id != _radiologist_of(actor):
        msg = f"only the reader of case {case_id} can say that its images were seen"
        raise NotAllowed(msg)
    await case_service.mark_images_seen(
        session, case_id=case_id, seen_count=seen_count, by_user_id=actor.user_id, now=now
    )


async def let_go(
    session: AsyncSession, *, case_id: int, now: datetime, reason: str = "voided"
) -> None:
    """End every nomination and the claim of a case that was set aside."""
    await repository.end_nominations(session, case_id=case_id, reason=reason, now=now)
    await repository.end_claim(session, case_id=case_id, reason=reason, now=now)
