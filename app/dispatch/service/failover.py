"""Use cases of failover: a centre is down, its readers are called, it is back."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases.domain.states import CaseAction, CaseState
from app.directory.domain import Actor
from app.directory.domain.setting_keys import SettingKey
from app.directory.models import Centre
from app.directory.service.settings_history import read_value
from app.dispatch.domain.failover import Rules
from app.dispatch.domain.failover_moves import (
    CAUSES,
    CentreAction,
    CentreState,
    CheckAction,
    CheckState,
    DownCause,
    next_centre_state,
    next_check_state,
)
from app.dispatch.events import CasesToOffer
from app.dispatch.models import CentreDown
from app.dispatch.repository import failover as repository
from app.dispatch.repository.failover import Held
from app.dispatch.service.presence import tell_pages
from app.dispatch.service.taking import take_away
from app.kit.errors import Conflict, NotAllowed
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind

_BACK = "the centre is back"


class RuleOff(Conflict):
    """The rule is switched off by which the coordinator says that a centre is down."""


async def read_rules(session: AsyncSession) -> Rules:
    """Read which rules are on."""
    return Rules(
        by_silence=bool(await read_value(session, SettingKey.FAILOVER_BY_SILENCE)),
        by_node=bool(await read_value(session, SettingKey.FAILOVER_BY_NODE)),
        by_coordinator=bool(await read_value(session, SettingKey.FAILOVER_BY_COORDINATOR)),
    )


# ------------------------------------------------------------------------------------- down, back


async def say_down(
    session: AsyncSession, *, centre_id: int, actor: Actor, now: datetime
) -> CasesToOffer:
    """Say that a centre is down, as the coordinator does; only their word then ends it.

    Raises
    ------
    NotFound
        If there is no such centre.
    RuleOff
        If the group does not want this.
    """
    user_id = _user_of(actor)
    if not (await read_rules(session)).by_coordinator:
        raise RuleOff("coordinators do not say that a centre is down here: see the settings")
    centre = await repository.lock_centre(session, centre_id)
    standing = await repository.find_down(session, centre_id)
    next_centre_state(_state_of(standing), CentreAction.SAY_DOWN)
    if standing is None:
        return await take_down(
            session, centre, action=CentreAction.SAY_DOWN, by_user_id=user_id, now=now
        )
    await repository.change_down(
        session, standing.id, cause=DownCause.COORDINATOR.value, begun_by=user_id
    )
    await tell_pages(session)
    return CasesToOffer(case_ids=(), cause="centre is down")


async def take_down(
    session: AsyncSession,
    centre: Centre,
    *,
    action: CentreAction,
    by_user_id: int | None,
    now: datetime,
) -> CasesToOffer:
    """Take from a centre that is up what is offered to it, and ask about what it has claimed.

    The caller holds the centre.

    Returns
    -------
    CasesToOffer
        What is to be due at once, in the same transaction.
    """
    down_id = await repository.add_down(
        session, centre_id=centre.id, cause=CAUSES[action], by_user_id=by_user_id, now=now
    )
    offered = await repository.list_offered(session, centre.id)
    await repository.add_taken(session, down_id=down_id, case_ids=offered, now=now)
    for held in await repository.list_held(session, centre.id):
        await _ask_for(session, held, centre=centre, down_id=down_id, now=now)
    await tell_pages(session)
    return CasesToOffer(case_ids=tuple(offered), cause="centre is down")


async def _ask_for(
    session: AsyncSession, held: Held, *, centre: Centre, down_id: int, now: datetime
) -> None:
    """Let the coordinator call a reader who has claimed cases."""
    check_id = await repository.add_check(
        session, down_id=down_id, radiologist_id=held.radiologist_id, now=now
    )
    await tasks.raise_task(
        session,
        TaskKind.CALL_READER,
        subject=subject_of_check(check_id),
        detail={
            "check": check_id,
            "reader": held.name,
            "telephone": f"{held.telephone} / {centre.telephone}",
            "centre": centre.name,
            "cases": len(held.case_ids),
        },
        now=now,
    )


async def say_up(
    session: AsyncSession, *, centre_id: int, actor: Actor, now: datetime
) -> CasesToOffer:
    """Say that a centre is back, as the coordinator does, whatever it was down for.

    Raises
    ------
    NotFound
        If there is no such centre.
    CentreMoveRefused
        If it is not down.
    """
    user_id = _user_of(actor)
    await repository.lock_centre(session, centre_id)
    standing = await repository.find_down(session, centre_id)
    next_centre_state(_state_of(standing), CentreAction.SAY_BACK)
    assert standing is not None  # noqa: S101 - the table lets nobody come back who is up
    return await bring_back(session, standing, by_user_id=user_id, now=now)


async def bring_back(
    session: AsyncSession, standing: CentreDown, *, by_user_id: int | None, now: datetime
) -> CasesToOffer:
    """End what holds a centre down: nobody is called any more.

    What was taken from it and nobody has claimed since is to be decided anew. The caller holds the
    centre.
    """
    await repository.change_down(session, standing.id, ended_at=now, ended_by=by_user_id)
    for check in await repository.list_checks(session, down_id=standing.id):
        state = next_check_state(CheckState(check.state), CheckAction.CANCEL)
        await repository.settle_check(session, check.id, state=state, by_user_id=None, now=now)
        await tasks.settle_by_itself(
            session,
            TaskKind.CALL_READER,
            subject=subject_of_check(check.id),
            outcome=_BACK,
            now=now,
        )
    unclaimed = await repository.list_unclaimed(session, standing.id)
    await tell_pages(session)
    return CasesToOffer(case_ids=tuple(unclaimed), cause="centre is back")


def _state_of(standing: CentreDown | None) -> CentreState:
    return CentreState.UP if standing is None else CentreState.DOWN


# --------------------------------------------------------------------------------------- the call


async def answer_check(
    session: AsyncSession,
    *,
    check_id: int,
    action: CheckAction,
    actor: Actor,
    now: datetime,
) -> CasesToOffer:
    """Write what came of the call to a reader: they read on, or their cases go to others.

    Raises
    ------
    NotFound
        If there is no such call.
    CheckAnswered
        If it was answered before, or the centre came back.
    """
    user_id = _user_of(actor)
    check, down = await repository.lock_check(session, check_id)
    state = next_check_state(CheckState(check.state), action)
    await repository.settle_check(session, check_id, state=state, by_user_id=user_id, now=now)
    subject = subject_of_check(check_id)
    task = await tasks.find_standing(session, TaskKind.CALL_READER, subject=subject)
    if task is not None:
        await tasks.settle(session, task.id, outcome=action.value, by_user_id=user_id, now=now)
    case_ids: list[int] = []
    if action is CheckAction.FAIL_OVER:
        case_ids = await _fail_over(session, check.radiologist_id, by_user_id=user_id, now=now)
        await repository.add_taken(session, down_id=down.id, case_ids=case_ids, now=now)
    await tell_pages(session)
    return CasesToOffer(case_ids=tuple(case_ids), cause="failed over")


async def _fail_over(
    session: AsyncSession, radiologist_id: int, *, by_user_id: int, now: datetime
) -> list[int]:
    """Take every case back that a reader has claimed; their drafts stay."""
    taken = []
    for case_id in await repository.list_claimed(session, radiologist_id):
        case = await cases.lock_case(session, case_id)
        # Signed or given back meanwhile, while we waited for it.
        if CaseState(case.state) is not CaseState.READING or case.reader_id != radiologist_id:
            continue
        await take_away(
            session,
            case,
            action=CaseAction.FAIL_OVER,
            by_user_id=by_user_id,
            reason="the reader's centre is down",
            now=now,
        )
        taken.append(case_id)
    return taken


def subject_of_check(check_id: int) -> str:
    """Name a call to a reader as the subject of a task."""
    return f"check:{check_id}"


def _user_of(actor: Actor) -> int:
    if actor.user_id is None:
        msg = "this is said by a person, never by the platform itself"
        raise NotAllowed(msg)
    return actor.user_id
