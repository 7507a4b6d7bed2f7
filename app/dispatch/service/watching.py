"""How claims are watched over: signs of their readers, pauses, and what follows without them."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import CaseState
from app.cases.domain.timeline import EventKind
from app.cases.models import Case
from app.directory.domain.actor import Actor
from app.dispatch import repository
from app.dispatch.domain.watch import (
    ASIDE,
    ClaimAction,
    ClaimStage,
    SignMeans,
    find_stage_due,
    next_stage,
)
from app.dispatch.events import CaseClaimed, ClaimLate, ClaimOpened, ReaderAsked, ReaderSilent
from app.dispatch.models import Claim
from app.dispatch.service.claims import check_one_active, claim
from app.dispatch.service.clocks import expected_of, find_pace
from app.dispatch.service.taking import open_to_others, radiologist_of
from app.kit.errors import Conflict

Watched = ReaderAsked | ReaderSilent | ClaimLate | ClaimOpened

_NOBODY_DECIDED = "no sign of its reader, and nobody decided"
_ASKED = frozenset({ClaimStage.ASKED, ClaimStage.ASIDE_ASKED})


class NotYours(Conflict):
    """The case is not read by this reader now."""


async def turn(
    session: AsyncSession, case: Case, claim: Claim, *, action: ClaimAction, now: datetime
) -> ClaimStage:
    """Move the claim of a locked case, and say when it is looked at again.

    Raises
    ------
    ClaimMoveRefused
        If its stage knows no such move.
    """
    stage = next_stage(ClaimStage(claim.stage), action)
    columns: dict[str, object] = {"stage": stage.value}
    if action not in {ClaimAction.RUN_OUT, ClaimAction.LEAVE}:
        columns["last_sign_at"] = now
    if not (action is ClaimAction.SIGN and stage in ASIDE):
        pace = await find_pace(session, case, expected_read=expected_of(claim))
        columns["due_at"] = find_stage_due(stage, pace=pace, now=now)
    if stage not in ASIDE:
        columns["paused_until"] = None
    elif stage is ClaimStage.ASIDE and "due_at" in columns:
        columns["paused_until"] = columns["due_at"]
    await repository.change_claim(session, claim.id, **columns)
    return stage


async def still_reading(
    session: AsyncSession,
    *,
    case_id: int,
    actor: Actor,
    now: datetime,
    means: SignMeans = SignMeans.KEY,
) -> bool:
    """Give a human sign for a claimed case; tell whether its reader had been asked for one.

    Raises
    ------
    NotYours
        If another reads it, or nobody.
    """
    case, claim = await _lock_own(session, case_id, actor)
    before = ClaimStage(claim.stage)
    stage = await turn(session, case, claim, action=ClaimAction.SIGN, now=now)
    if stage is before:
        return False
    await _tell(session, case_id, EventKind.READER_ANSWERED, claim, now=now, actor=actor, by=means)
    return True


async def take_up_again(
    session: AsyncSession, *, case_id: int, actor: Actor, now: datetime
) -> CaseClaimed | None:
    """Claim anew what was opened to others, when its reader writes on and nobody else has it."""
    case = await cases.lock_case(session, case_id)
    is_open = CaseState(case.state) is CaseState.NOMINATED
    if not is_open or case.was_with_id is None or case.was_with_id != actor.radiologist_id:
        return None
    return await claim(session, case_id=case_id, actor=actor, now=now)


async def put_aside(session: AsyncSession, *, case_id: int, actor: Actor, now: datetime) -> None:
    """Put a claimed case aside, to take a more urgent one; until an instant of its own.

    Raises
    ------
    NotYours, ClaimMoveRefused
        If another reads it, or it is put aside already.
    """
    case, held = await _lock_own(session, case_id, actor)
    await turn(session, case, held, action=ClaimAction.PUT_ASIDE, now=now)
    changed = await repository.find_standing(session, case_id)
    until = changed.paused_until if changed is not None else None
    await _tell(session, case_id, EventKind.PUT_ASIDE, held, now=now, actor=actor, until=until)


async def resume(session: AsyncSession, *, case_id: int, actor: Actor, now: datetime) -> None:
    """Take up again a case that one had put aside.

    Raises
    ------
    NotYours, ClaimMoveRefused
        If another reads it, or it is not put aside.
    AnotherActive
        If they read another now.
    """
    case, held = await _lock_own(session, case_id, actor)
    if repository.is_aside(held):
        await check_one_active(session, held.radiologist_id, but=case_id)
    await turn(session, case, held, action=ClaimAction.RESUME, now=now)
    await _tell(session, case_id, EventKind.RESUMED, held, now=now, actor=actor)


async def _lock_own(session: AsyncSession, case_id: int, actor: Actor) -> tuple[Case, Claim]:
    radiologist_id = radiologist_of(actor)
    case = await cases.lock_case(session, case_id)
    found = await repository.find_standing(session, case_id)
    if found is None:
        raise NotYours(f"nobody reads case {case_id} now, it is {case.state}: claim it first")
    if found.radiologist_id != radiologist_id:
        await repository.refuse_claimed(session, case_id)
    return case, found


async def watch(session: AsyncSession, case_id: int, *, now: datetime) -> tuple[Watched, ...]:
    """Do what is due about the claim of a case: ask its reader, tell the coordinator, open it."""
    case = await cases.lock_case(session, case_id)
    held = await repository.find_standing(session, case_id)
    if held is None or CaseState(case.state) is not CaseState.READING:
        return ()
    found: list[Watched] = []
    if _is_late(case, held, now=now):
        await repository.change_claim(session, held.id, late_told_at=now)
        await _tell(session, case_id, EventKind.LATE, held, now=now)
        found.append(ClaimLate(case_id=case_id, radiologist_id=held.radiologist_id))
    if held.due_at is not None and held.due_at <= now:
        found.append(await _run_out(session, case, held, now=now))
    return tuple(found)


def _is_late(case: Case, held: Claim, *, now: datetime) -> bool:
    due = case.signed_due_at
    return due is not None and due <= now and held.late_told_at is None


async def _run_out(session: AsyncSession, case: Case, held: Claim, *, now: datetime) -> Watched:
    if next_stage(ClaimStage(held.stage), ClaimAction.RUN_OUT) is ClaimStage.OPENED:
        return await open_to_others(
            session, case, held, by_user_id=None, reason=_NOBODY_DECIDED, now=now
        )
    stage = await turn(session, case, held, action=ClaimAction.RUN_OUT, now=now)
    is_asked = stage in _ASKED
    kind = EventKind.READER_ASKED if is_asked else EventKind.READER_SILENT
    await _tell(session, case.id, kind, held, now=now)
    event = ReaderAsked if is_asked else ReaderSilent
    return event(
        case_id=case.id,
        radiologist_id=held.radiologist_id,
        since=held.paused_until or held.last_sign_at,
        is_aside=stage in ASIDE,
    )


async def _tell(
    session: AsyncSession,
    case_id: int,
    kind: EventKind,
    held: Claim,
    *,
    now: datetime,
    actor: Actor | None = None,
    by: SignMeans | None = None,
    until: datetime | None = None,
) -> None:
    """Put it on the timeline; the row of the case on a worklist shows it."""
    detail: dict[str, object] = {"radiologist": held.radiologist_id}
    if by is not None:
        detail["means"] = by.value
    if until is not None:
        detail["until"] = until.isoformat()
    await cases.add_event(
        session,
        case_id=case_id,
        kind=kind,
        now=now,
        by_user_id=None if actor is None else actor.user_id,
        detail=detail,
    )
    await cases.touch(session, case_id)
