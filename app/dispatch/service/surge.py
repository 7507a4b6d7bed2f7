"""Use cases of surges: see one, tell the coordinator once, call the backup line, let it end."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.dispatch.domain.presence import GONE_AFTER
from app.dispatch.domain.surge import (
    LOOK_EVERY,
    WINDOWS,
    SurgeCause,
    SurgeMove,
    expect_arrivals,
    find_bound,
    find_causes,
    find_move,
)
from app.dispatch.models import Surge
from app.dispatch.repository import surge as repository
from app.dispatch.service.backup_call import ring
from app.dispatch.service.parameters import read_parameters
from app.kit.errors import Conflict
from app.planning.domain.segments import DayKind
from app.planning.service.segments import list_own_holidays
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind

SUBJECT = "surge"
_DAY = timedelta(days=1)


class NoSurge(Conflict):
    """There is none, or the backup line was called already."""

    def __init__(self) -> None:
        super().__init__("no surge is on in which the backup line is still to be called")


class NobodyToCall(Conflict):
    """No telephone and no mailbox of anybody on the backup line is known."""

    def __init__(self) -> None:
        super().__init__(
            "nobody was called: nobody is on the backup line now whose telephone or mailbox the"
            " directory knows"
        )


async def look_if_due(session: AsyncSession, *, zone: ZoneInfo, now: datetime) -> SurgeMove | None:
    """Look at the arrivals, if a minute has gone by since the last look; else nothing."""
    if not await repository.claim_look(session, now=now, again_at=now + LOOK_EVERY):
        return None
    hourly_cap = (await read_parameters(session)).parameters.hourly_cap
    readers = await repository.list_paced(session, hourly_cap=hourly_cap, now=now)
    expected = await _expect(session, zone=zone, now=now)
    arrivals = await repository.count_arrivals(session, planned=expected, now=now)
    bounds = {
        window.cause: find_bound(window, expected=expected.get(window.cause), readers=readers)
        for window in WINDOWS
    }
    causes = find_causes(arrivals, bounds=bounds, readers=readers)
    standing = await repository.find_standing(session)
    move = find_move(
        stands=standing is not None,
        calm_since=None if standing is None else standing.calm_since,
        causes=causes,
        now=now,
    )
    detail: dict[str, object] = {
        **{each.value: count for each, count in arrivals.items()},
        **{f"{each.value}_bound": bound for each, bound in bounds.items()},
        "causes": [each.value for each in causes],
        "readers": len(readers),
    }
    await _apply(session, move, standing, causes=causes, detail=detail, now=now)
    await _settle_calls(session, now=now)
    return move


async def _expect(
    session: AsyncSession, *, zone: ZoneInfo, now: datetime
) -> dict[SurgeCause, float]:
    """Say how many exams are planned for in each window of which a calibration speaks."""
    hours = await repository.find_hours(session)
    rates = {(DayKind(each["day"]), int(each["hour"])): float(each["rate"]) for each in hours}
    today = now.astimezone(zone).date()
    holidays = await list_own_holidays(session, today - _DAY, today + _DAY) if rates else set()
    expected = {
        window.cause: expect_arrivals(window, now=now, zone=zone, rates=rates, holidays=holidays)
        for window in WINDOWS
    }
    return {cause: count for cause, count in expected.items() if count is not None}


async def _apply(
    session: AsyncSession,
    move: SurgeMove,
    standing: Surge | None,
    *,
    causes: tuple[SurgeCause, ...],
    detail: dict[str, object],
    now: datetime,
) -> None:
    if move is SurgeMove.BEGIN:
        names = [each.value for each in causes]
        await repository.begin(session, causes=names, detail=detail, now=now)
        await tasks.raise_task(session, TaskKind.SURGE, subject=SUBJECT, detail=detail, now=now)
    elif standing is not None and move is SurgeMove.GO_ON:
        known = sorted({*standing.causes, *(each.value for each in causes)})
        await repository.change(session, standing.id, causes=known, detail=detail, calm_since=None)
    elif standing is not None and move is SurgeMove.CALM and standing.calm_since is None:
        await repository.change(session, standing.id, calm_since=now)
    elif standing is not None and move is SurgeMove.END:
        await repository.change(session, standing.id, ended_at=now)
        await tasks.settle_by_itself(
            session, TaskKind.SURGE, subject=SUBJECT, outcome="over", now=now
        )
        for task in await tasks.list_standing(session, TaskKind.CALLED_IN):
            await tasks.settle_by_itself(
                session, TaskKind.CALLED_IN, subject=task.subject, outcome="over", now=now
            )


async def _settle_calls(session: AsyncSession, *, now: datetime) -> None:
    """Ask no longer who has come, and who is no longer on the backup line."""
    called = {
        task.radiologist_id: task.subject
        for task in await tasks.list_standing(session, TaskKind.CALLED_IN)
        if task.radiologist_id is not None
    }
    if not called:
        return
    over = called.keys() - set(await repository.list_backup(session, now=now))
    outcomes = dict.fromkeys(over, "no longer on the backup line")
    outcomes |= dict.fromkeys(await list_come(session, list(called), now=now), "came")
    for radiologist_id, outcome in outcomes.items():
        await tasks.settle_by_itself(
            session, TaskKind.CALLED_IN, subject=called[radiologist_id], outcome=outcome, now=now
        )


async def list_come(
    session: AsyncSession, radiologist_ids: list[int], *, now: datetime
) -> set[int]:
    """List who of the backup line was called in a surge and is there: they read as the first."""
    if not radiologist_ids:
        return set()
    return await repository.list_come(session, radiologist_ids, since=now - GONE_AFTER)


async def call_backup(session: AsyncSession, *, actor: Actor, now: datetime) -> list[int]:
    """Call the backup line by telephone and mail, once a surge; give who is on it.

    Raises
    ------
    NoSurge
        If none is on, or it was called.
    NobodyToCall
        If it has nobody, or no address of them is known; it may be called later.
    """
    if actor.user_id is None or (
        await repository.note_call(session, by_user_id=actor.user_id, now=now) is None
    ):
        raise NoSurge
    called = await repository.list_backup(session, now=now)
    if not await ring(session, called, now=now):
        raise NobodyToCall
    for radiologist_id in called:
        await tasks.raise_task(
            session,
            TaskKind.CALLED_IN,
            subject=f"surge:{radiologist_id}",
            radiologist_id=radiologist_id,
            now=now,
        )
    await tasks.settle_by_itself(
        session, TaskKind.SURGE, subject=SUBJECT, outcome="the backup line was called", now=now
    )
    return called


async def find_next_look(session: AsyncSession) -> datetime | None:
    """Find when the arrivals are looked at next; nothing: at once."""
    return await repository.find_next_look(session)
