"""Use cases of the coordinator: name a reader, leave a case with its reader, open it to others."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases import service as case_service
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseAction, CaseState, MoveRefused
from app.cases.domain.timeline import EventKind
from app.cases.models import Case
from app.directory.domain.actor import Actor
from app.dispatch import repository
from app.dispatch.domain.policy import Circle
from app.dispatch.domain.watch import ClaimAction
from app.dispatch.events import CaseNominated, ClaimOpened
from app.dispatch.models import Claim
from app.dispatch.repository.exam_kinds import write_kind
from app.dispatch.service.clocks import count_anew, countdown_of
from app.dispatch.service.nominations import nominate_by_hand
from app.dispatch.service.on_guard import load_on_guard
from app.dispatch.service.taking import open_to_others, take_away
from app.dispatch.service.watching import turn
from app.dispatch.service.weighing import weigh
from app.kit.errors import Invalid


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
    await _check_may_read(session, case, radiologist_id=to_radiologist_id, now=now)
    if case.state == CaseState.READING:
        await take_away(
            session,
            case,
            action=CaseAction.REASSIGN,
            by_user_id=actor.user_id,
            reason=reason,
            now=now,
        )
    again_at = await _offer_to_one(session, case_id, radiologist_id=to_radiologist_id, now=now)
    # Nobody is waited for without end: the steps count anew, else the others are asked later.
    again = {"step": 0, "dispatch_due_at": again_at}
    await nominate_by_hand(session, case_id, actor=actor, reason=reason, now=now, **again)
    await count_anew(session, case_id, now=now)
    return CaseNominated(case_id=case_id, radiologist_ids=(to_radiologist_id,))


async def _check_may_read(
    session: AsyncSession, case: Case, *, radiologist_id: int, now: datetime
) -> None:
    if not await repository.may_read_site(
        session, radiologist_id=radiologist_id, site_id=case.site_id, now=now
    ):
        raise Invalid(f"radiologist {radiologist_id} may not read for site {case.site_id}")


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
    weighing = weigh(
        case,
        unclaimed=await repository.find_unclaimed(session, case_id),
        on_guard=await load_on_guard(session, case, now=now),
        circle=Circle.NEAREST,
        cause="reassigned by hand",
        now=now,
    )
    decision_id = await repository.add_decision(session, weighing.decided, now=now)
    await repository.end_nominations(session, case_id=case_id, reason="reassigned", now=now)
    await repository.add_nominations(
        session,
        case_id=case_id,
        radiologist_ids=[radiologist_id],
        decision_id=decision_id,
        now=now,
    )
    guards = [each.guard for each in weighing.readers if each.radiologist_id == radiologist_id]
    kept = write_kind(weighing.on_guard.kind)
    await cases.change(session, case_id, expected_read_s=weighing.expected_read_s, **kept)
    countdown = countdown_of(case, expected_read=weighing.expected_read)
    earliest = now + weighing.expected_read
    slack_ends = earliest if countdown is None else max(earliest, countdown.slack_ends_at)
    return max((guard.end for guard in guards), default=slack_ends)


async def leave(
    session: AsyncSession, *, case_id: int, actor: Actor, reason: str, now: datetime
) -> None:
    """Leave a case with its reader, who was asked about it; for the coordinator.

    The reader is asked anew when they give no sign for as long again.

    Raises
    ------
    MoveRefused, ClaimMoveRefused
        If nobody reads the case, or nobody was asked about it.
    Invalid
        If no reason is given.
    """
    case_service.check_reason(reason)
    case, claim = await lock_claimed(session, case_id, CaseAction.DISPOSSESS)
    await turn(session, case, claim, action=ClaimAction.LEAVE, now=now)
    await cases.add_event(
        session,
        case_id=case_id,
        kind=EventKind.CLAIM_LEFT,
        now=now,
        by_user_id=actor.user_id,
        reason=reason,
        detail={"radiologist": claim.radiologist_id},
    )
    await cases.touch(session, case_id)


async def dispossess(
    session: AsyncSession, *, case_id: int, actor: Actor, reason: str, now: datetime
) -> ClaimOpened:
    """Open a claimed case to others, whatever its reader does; for the coordinator.

    Raises
    ------
    MoveRefused
        If nobody reads the case.
    Invalid
        If no reason is given.
    """
    case_service.check_reason(reason)
    case, claim = await lock_claimed(session, case_id, CaseAction.DISPOSSESS)
    return await open_to_others(
        session, case, claim, by_user_id=actor.user_id, reason=reason, now=now
    )


async def lock_claimed(
    session: AsyncSession, case_id: int, action: CaseAction
) -> tuple[Case, Claim]:
    """Lock a case that is being read, and give it with its claim.

    Raises
    ------
    MoveRefused
        If nobody reads the case.
    """
    case = await cases.lock_case(session, case_id)
    claim = await repository.find_standing(session, case_id)
    if CaseState(case.state) is not CaseState.READING or claim is None:
        raise MoveRefused(CaseState(case.state), action)
    return case, claim
