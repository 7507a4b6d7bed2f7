"""Use cases of seats with their own hours: add, close, other hours."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.kit.errors import Conflict, Invalid
from app.kit.interval import Interval
from app.planning.domain.revisions import RevisionKind
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import AssignmentReason, Placement, SeatKind
from app.planning.events import PlanningPublished
from app.planning.repository import assignments, plannings, seats
from app.planning.repository.seats import GuardFacts, SeatFacts
from app.planning.service.drafts import add_draft
from app.planning.service.judging import place
from app.planning.service.ledger import post_seats
from app.planning.service.points import carry_points
from app.planning.service.publishing import hold_publications, publish_change


class GuardCancelled(Conflict):
    """The guard was cancelled: its seats are no more."""

    def __init__(self, guard_id: int) -> None:
        super().__init__(f"guard {guard_id} is cancelled; lay out another one")
        self.guard_id = guard_id


class SeatClosed(Conflict):
    """The seat was taken out of its guard."""

    def __init__(self, seat_id: int) -> None:
        super().__init__(f"seat {seat_id} was closed; add another one")
        self.seat_id = seat_id


@dataclass(frozen=True, slots=True)
class NewSeat:
    """A reinforcement or a relief.

    Parameters
    ----------
    interval
        Its own hours, inside the guard's.
    society
        The one that owes it.
    radiologist
        Who holds it; absent: nobody yet.
    skills
        Sub-specialties that its holder must have.
    """

    interval: Interval
    society: int
    radiologist: int | None = None
    kind: SeatKind = SeatKind.READER
    skills: frozenset[str] = frozenset()


async def add_seat(
    session: AsyncSession,
    new: NewSeat,
    *,
    guard_id: int,
    actor: Actor,
    now: datetime,
    reason: str = "",
    accepted: Collection[Rule] = (),
) -> tuple[int, PlanningPublished | None]:
    """Add a seat to a guard; where the planning is published, the seat is in force at once.

    Returns the seat's id, and what was published; nothing before the planning is.

    Raises
    ------
    NoSuchPlanning, PermissionDenied, GuardCancelled, Invalid, RulesBroken, RadiologistBusy
        If the actor may not publish for the society, the hours are outside the guard or over, as
        the names say, and as `publish_draft`.
    """
    require(actor, Permission.PLANNING_PUBLISH, society_id=new.society)
    guard = await hold_guard(session, guard_id)
    _check_hours(new.interval, guard=guard.interval, now=now)
    seat_id = await _insert(session, new, guard=guard, actor=actor, now=now)
    if not await plannings.find_latest_number(session, guard.planning_id):
        return seat_id, None
    seat, _ = await plannings.find_seat(session, seat_id)
    holder = new.radiologist
    placement = await place(session, seat=seat, society_id=new.society, radiologist_id=holder)
    event = await publish_change(
        session,
        planning_id=guard.planning_id,
        placements=[placement],
        kind=RevisionKind.EDIT,
        actor=actor,
        now=now,
        reason=reason or "a seat was added",
        accepted=accepted,
    )
    return seat_id, event


async def _insert(
    session: AsyncSession, new: NewSeat, *, guard: GuardFacts, actor: Actor, now: datetime
) -> int:
    seat_id = await seats.add_seat(
        session,
        guard_id=guard.id,
        kind=new.kind,
        interval=new.interval,
        skills=new.skills,
        added_by=actor.user_id,
        now=now,
    )
    await plannings.raise_versions(session, planning_id=guard.planning_id)
    return seat_id


async def change_hours(
    session: AsyncSession,
    *,
    seat_id: int,
    interval: Interval,
    actor: Actor,
    now: datetime,
    reason: str = "",
    accepted: Collection[Rule] = (),
) -> PlanningPublished | None:
    """Give a seat other hours inside its guard; its holder keeps it, with credit for these hours.

    Raises `SeatClosed` if it was taken out of its guard, `Invalid` if it has begun and would begin
    at another time; else as `add_seat`.
    """
    facts = await _hold_seat(session, seat_id, actor=actor)
    if facts.seat.interval.end <= now:
        raise Invalid(f"seat {seat_id} was over at {facts.seat.interval.end}; what was, stays")
    _check_hours(interval, guard=facts.seat.guard, now=now)
    if facts.seat.interval.start <= now and interval.start != facts.seat.interval.start:
        raise Invalid(
            f"seat {seat_id} has begun at {facts.seat.interval.start}: only its end moves"
        )
    await seats.set_hours(session, seat_id, interval=interval)
    await plannings.raise_versions(session, planning_id=facts.planning_id)
    current = await assignments.find_word_in_force(session, seat_id=seat_id)
    if current is None:
        return None
    seat = replace(facts.seat, interval=interval)
    return await publish_change(
        session,
        planning_id=facts.planning_id,
        placements=[Placement(seat, current.society, current.radiologist, current.reason)],
        kind=RevisionKind.EDIT,
        actor=actor,
        now=now,
        reason=reason or "a seat has other hours",
        accepted=accepted,
    )


async def close_seat(
    session: AsyncSession, *, seat_id: int, reason: str, actor: Actor, now: datetime
) -> PlanningPublished | None:
    """Take a seat that has not begun out of its guard; one that has is ended by other hours.

    Raises
    ------
    NoSuchPlanning, PermissionDenied, GuardCancelled, SeatClosed
        As `change_hours`.
    Invalid
        If it has begun.
    """
    facts = await _hold_seat(session, seat_id, actor=actor)
    if facts.seat.interval.start <= now:
        raise Invalid(
            f"seat {seat_id} has begun at {facts.seat.interval.start}: change its hours, so that "
            f"it ends"
        )
    return await close_all(session, [facts], reason=reason, actor=actor, now=now)


async def close_all(
    session: AsyncSession,
    facts: Sequence[SeatFacts],
    *,
    reason: str,
    actor: Actor,
    now: datetime,
) -> PlanningPublished | None:
    """Close seats of one planning: by a revision that leaves them empty, where they were held.

    For whoever has found that the actor may, and holds the publications.
    """
    seat_ids = {each.seat.id for each in facts}
    held = await assignments.list_in_force_of(session, seat_ids=seat_ids)
    for planning_id in {each.planning_id for each in facts}:
        await plannings.raise_versions(session, planning_id=planning_id)
    if not held:
        await seats.close_seats(session, seat_ids, now=now)
        return None
    return await _close_held(session, held, facts=facts, reason=reason, actor=actor, now=now)


async def _close_held(
    session: AsyncSession,
    held: Sequence[Placement],
    *,
    facts: Sequence[SeatFacts],
    reason: str,
    actor: Actor,
    now: datetime,
) -> PlanningPublished:
    seat_ids = {each.seat.id for each in facts}
    planning_id = facts[0].planning_id
    number = await plannings.find_latest_number(session, planning_id) + 1
    revision_id = await add_draft(
        session,
        planning_id=planning_id,
        reason=reason,
        actor=actor,
        now=now,
        kind=RevisionKind.EDIT,
    )
    emptied = [Placement(each.seat, each.society, None, AssignmentReason.EDIT) for each in held]
    await assignments.add_placements(session, revision_id=revision_id, placements=emptied)
    await plannings.number_revision(
        session, revision_id=revision_id, number=number, published_by=actor.user_id, now=now
    )
    await seats.close_seats(session, seat_ids, now=now)
    revision = await plannings.find_revision(session, revision_id)
    await post_seats(session, revision, seat_ids=seat_ids, now=now)
    await carry_points(session, planning_id, now=now)
    return PlanningPublished(
        planning_id=planning_id,
        revision_id=revision_id,
        number=number,
        at=now,
        seat_ids=frozenset(seat_ids),
        radiologist_ids=frozenset(
            each.radiologist for each in held if each.radiologist is not None
        ),
        concerns_now=any(each.seat.interval.contains(now) for each in held),
    )


async def hold_guard(session: AsyncSession, guard_id: int) -> GuardFacts:
    """Find a guard that nobody else changes or publishes until the end of the transaction.

    Raises
    ------
    NoSuchPlanning
        If there is none.
    GuardCancelled
        If it was cancelled.
    """
    guard = await seats.find_guard(session, guard_id)
    await hold_publications(session, guard.planning_id)
    guard = await seats.find_guard(session, guard_id)
    if guard.is_cancelled:
        raise GuardCancelled(guard_id)
    return guard


async def _hold_seat(session: AsyncSession, seat_id: int, *, actor: Actor) -> SeatFacts:
    facts = await seats.find_facts(session, seat_id)
    await hold_guard(session, facts.guard_id)
    facts = await seats.find_facts(session, seat_id)
    if facts.is_closed:
        raise SeatClosed(seat_id)
    current = await assignments.find_word_in_force(session, seat_id=seat_id)
    society_id = None if current is None else current.society
    require(actor, Permission.PLANNING_PUBLISH, society_id=society_id)
    return facts


def _check_hours(interval: Interval, *, guard: Interval, now: datetime) -> None:
    if interval.start < guard.start or guard.end < interval.end:
        raise Invalid(
            f"hours from {interval.start} to {interval.end} are outside the guard, which lasts "
            f"from {guard.start} to {guard.end}"
        )
    if interval.end <= now:
        raise Invalid(f"hours that end at {interval.end} are over")
