"""Use case of guards that are cancelled: their seats end, and their holders are told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.kit.errors import Invalid
from app.kit.interval import Interval
from app.planning.domain.revisions import RevisionKind
from app.planning.domain.roster.profile import IMPOSSIBLE, Rule
from app.planning.domain.seats import Placement
from app.planning.events import PlanningPublished
from app.planning.repository import assignments, seats
from app.planning.repository.seats import GuardFacts, SeatFacts
from app.planning.service.judging import find_zone
from app.planning.service.publishing import publish_change
from app.planning.service.seats import close_all, hold_guard
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind


async def cancel_guard(
    session: AsyncSession, *, guard_id: int, reason: str, actor: Actor, now: datetime
) -> PlanningPublished | None:
    """Cancel a guard: its seats end, and the account gives back what they were worth.

    Seats that have begun end now, and count for what was held.

    Raises
    ------
    NoSuchPlanning
        If there is no such guard.
    PermissionDenied
        If the actor may not publish for the whole group.
    GuardCancelled
        If it was cancelled before.
    Invalid
        If it is over, or without a reason.
    """
    require(actor, Permission.PLANNING_PUBLISH)
    if not reason.strip():
        raise Invalid("say why the guard is cancelled: its holders are told")
    guard = await hold_guard(session, guard_id)
    if guard.interval.end <= now:
        raise Invalid(f"guard {guard_id} was over at {guard.interval.end}; what was, stays")
    facts = [
        each for each in await seats.list_facts(session, guard_id=guard_id) if not each.is_closed
    ]
    for begun in (each for each in facts if each.seat.interval.contains(now)):
        if begun.seat.interval.start < now:
            ended = Interval(begun.seat.interval.start, now)
            await _end_now(session, begun, interval=ended, actor=actor, now=now)
    coming = [each for each in facts if each.seat.interval.start >= now]
    await _tell_holders(session, guard, facts, reason=reason, now=now)
    await seats.cancel_guard(session, guard_id, reason=reason, by=actor.user_id, now=now)
    return await close_all(session, coming, reason=reason, actor=actor, now=now)


async def _tell_holders(
    session: AsyncSession,
    guard: GuardFacts,
    facts: Sequence[SeatFacts],
    *,
    reason: str,
    now: datetime,
) -> None:
    """Raise a task for each of those whose guard it was."""
    held = await assignments.list_in_force_of(session, seat_ids={each.seat.id for each in facts})
    start = guard.interval.start.astimezone(await find_zone(session))
    owing = {each.radiologist: each.society for each in held if each.radiologist is not None}
    for radiologist, society in sorted(owing.items()):
        await tasks.raise_task_of_society(
            session,
            TaskKind.GUARD_CANCELLED,
            subject=f"guard:{guard.id}:{radiologist}",
            radiologist_id=radiologist,
            society_id=society,
            now=now,
            detail={
                "segment": guard.segment,
                "start": f"{start:%Y-%m-%d %H:%M}",
                "reason": reason,
            },
        )


async def _end_now(
    session: AsyncSession, facts: SeatFacts, *, interval: Interval, actor: Actor, now: datetime
) -> None:
    """End a seat that is being held, for whoever has found that the actor may."""
    await seats.set_hours(session, facts.seat.id, interval=interval)
    current = await assignments.find_word_in_force(session, seat_id=facts.seat.id)
    if current is not None:
        seat = replace(facts.seat, interval=interval)
        await publish_change(
            session,
            planning_id=facts.planning_id,
            placements=[Placement(seat, current.society, current.radiologist, current.reason)],
            kind=RevisionKind.EDIT,
            actor=actor,
            now=now,
            reason="the guard was cancelled",
            accepted=frozenset(Rule) - IMPOSSIBLE,
        )
