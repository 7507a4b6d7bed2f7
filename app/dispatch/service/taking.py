"""How a case leaves its reader: given back, or taken by somebody who says why, never silently."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import CaseAction
from app.cases.models import Case
from app.directory.domain.actor import Actor
from app.dispatch import repository
from app.dispatch.domain.watch import ClaimAction, ClaimStage, next_stage
from app.dispatch.events import ClaimOpened
from app.dispatch.models import Claim
from app.kit.errors import NotAllowed

_ENDS: Mapping[CaseAction, str] = MappingProxyType(
    {
        CaseAction.RELEASE: "released",
        CaseAction.REASSIGN: "reassigned",
        CaseAction.DISPOSSESS: "opened",
        CaseAction.FAIL_OVER: "failed over",
    }
)
"""What ends the claim, and why the case is offered anew, in words that rows keep."""


async def take_away(
    session: AsyncSession,
    case: Case,
    *,
    action: CaseAction,
    by_user_id: int | None,
    reason: str,
    now: datetime,
    stage: ClaimStage | None = None,
    **columns: object,
) -> None:
    """Take a locked case from its reader; it is due to be offered now, and its draft stays.

    Parameters
    ----------
    action, by_user_id
        `RELEASE`, `REASSIGN`, `DISPOSSESS` or `FAIL_OVER`, and who does it; nothing: the platform.
    stage
        Where the claim ends; nothing: where it stood.

    Raises
    ------
    MoveRefused
        If nobody reads the case.
    """
    await repository.end_claim(session, case_id=case.id, reason=_ENDS[action], now=now, stage=stage)
    await cases.move(
        session,
        case.id,
        action=action,
        now=now,
        by_user_id=by_user_id,
        reason=reason,
        reader_id=None,
        step=0,
        dispatch_due_at=now,
        dispatch_cause=_ENDS[action],
        **columns,
    )


async def open_to_others(
    session: AsyncSession,
    case: Case,
    claim: Claim,
    *,
    by_user_id: int | None,
    reason: str,
    now: datetime,
) -> ClaimOpened:
    """Open a claimed case to others: the page says with whom it was, and since when.

    Who had it takes it up again with one key, as long as nobody else has.

    Raises
    ------
    ClaimMoveRefused
        If it was opened before.
    """
    action = ClaimAction.RUN_OUT if by_user_id is None else ClaimAction.OPEN
    await take_away(
        session,
        case,
        action=CaseAction.DISPOSSESS,
        by_user_id=by_user_id,
        reason=reason,
        now=now,
        stage=next_stage(ClaimStage(claim.stage), action),
        was_with_id=claim.radiologist_id,
        was_with_since=claim.claimed_at,
    )
    return ClaimOpened(case_id=case.id, radiologist_id=claim.radiologist_id)


def radiologist_of(actor: Actor) -> int:
    """Give the radiologist who acts.

    Raises
    ------
    NotAllowed
        If the login belongs to none.
    """
    if actor.radiologist_id is None:
        msg = "only a radiologist can do this: your login belongs to none"
        raise NotAllowed(msg)
    return actor.radiologist_id
