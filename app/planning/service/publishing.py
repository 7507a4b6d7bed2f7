"""Use cases of publishing: a draft comes into force, a seat changes hands."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor, Permission, require
from app.kit.errors import Invalid
from app.planning.domain.errors import DraftIsStale, NoSuchPlanning, RulesBroken, SeatChanged
from app.planning.domain.seats import Placement, Seat
from app.planning.domain.validator import Rule
from app.planning.events import PlanningPublished
from app.planning.repository import assignments, plannings
from app.planning.service.drafts import add_draft, judge_revision, lock_draft, place

LOCK = "publications"
"""Held by whoever publishes: two who gave one person two seats in two plannings would else wait for
each other at the exclusion constraint until the database ends one of them."""

ACCEPTABLE = frozenset({Rule.REST, Rule.ABSENCE})
"""What a planner may knowingly accept, saying why; nobody can be in two guards at once."""


async def publish_draft(
    session: AsyncSession,
    *,
    revision_id: int,
    actor: Actor,
    now: datetime,
    accepted: Collection[Rule] = (),
) -> PlanningPublished:
    """Put a draft in force as the planning's next revision.

    Parameters
    ----------
    accepted
        Rules that may be broken; the draft must then say why in its reason.

    Raises
    ------
    PermissionDenied
        If the actor may not publish for the whole group.
    NoSuchPlanning
        If there is no such revision.
    AlreadyPublished
        If it is no draft any more.
    DraftIsStale
        If another revision was published since the draft was made.
    RulesBroken
        If it breaks rules that were not accepted.
    RadiologistBusy
        If somebody would be in two guards at once.
    Invalid
        If what is accepted cannot be, or without a reason.
    """
    require(actor, Permission.PLANNING_PUBLISH)
    await wait_for_lock(session, LOCK)
    return await _publish(session, revision_id=revision_id, actor=actor, now=now, accepted=accepted)


async def _publish(
    session: AsyncSession,
    *,
    revision_id: int,
    actor: Actor,
    now: datetime,
    accepted: Collection[Rule],
) -> PlanningPublished:
    revision = await lock_draft(session, revision_id)
    latest = await plannings.find_latest_number(session, revision.planning_id)
    if revision.base_number != latest:
        raise DraftIsStale(base=revision.base_number, latest=latest)
    _check_accepted(accepted, reason=revision.reason)
    violations = [
        each
        for each in await judge_revision(session, revision_id)
        # Two seats at once are for the database, which also sees what others publish meanwhile.
        if each.rule is not Rule.OVERLAP and each.rule not in accepted
    ]
    if violations:
        raise RulesBroken(violations)
    before = await assignments.list_in_force(session, planning_id=revision.planning_id)
    await plannings.number_revision(
        session, revision_id=revision_id, number=latest + 1, published_by=actor.user_id, now=now
    )
    await assignments.put_in_force(session, revision_id=revision_id)
    own = await assignments.list_of_revision(session, revision_id)
    changed, concerned = _compare(own, {each.seat.id: each.radiologist for each in before})
    return PlanningPublished(
        planning_id=revision.planning_id,
        revision_id=revision_id,
        number=latest + 1,
        at=now,
        seat_ids=frozenset(each.seat.id for each in own),
        radiologist_ids=concerned,
        concerns_now=any(each.seat.interval.contains(now) for each in changed),
    )


def _compare(
    own: list[Placement], before: Mapping[int, int | None]
) -> tuple[list[Placement], frozenset[int]]:
    """Return the placements that change something, and who gains or loses a seat by them."""
    changed = [each for each in own if before.get(each.seat.id) != each.radiologist]
    holders = {each.radiologist for each in changed} | {
        before.get(each.seat.id) for each in changed
    }
    return changed, frozenset(each for each in holders if each is not None)


async def assign_seat(
    session: AsyncSession,
    *,
    seat_id: int,
    radiologist_id: int | None,
    seen: int | None,
    actor: Actor,
    now: datetime,
    reason: str = "",
    accepted: Collection[Rule] = (),
) -> PlanningPublished:
    """Give a seat in force to another radiologist, or to nobody: a small revision of its own.

    Parameters
    ----------
    seen
        Who held the seat when the caller looked at it (`None`: nobody).

    Raises
    ------
    NoSuchPlanning
        If there is no such seat or radiologist, or the seat is not yet published.
    PermissionDenied
        If the actor may not publish for the society that owes the seat.
    SeatChanged
        If somebody else holds the seat meanwhile.
    Invalid
        If the seat is over; the others as `publish_draft`.
    """
    await wait_for_lock(session, LOCK)
    seat, planning_id = await plannings.find_seat(session, seat_id)
    await plannings.lock_planning(session, planning_id)
    society_id = await _check_seat(session, seat, seen=seen, actor=actor, now=now)
    holder = await place(session, seat=seat, society_id=society_id, radiologist_id=radiologist_id)
    revision_id = await add_draft(
        session, planning_id=planning_id, reason=reason, actor=actor, now=now
    )
    await assignments.add_placements(session, revision_id=revision_id, placements=[holder])
    return await _publish(session, revision_id=revision_id, actor=actor, now=now, accepted=accepted)


async def _check_seat(
    session: AsyncSession, seat: Seat, *, seen: int | None, actor: Actor, now: datetime
) -> int:
    """Refuse a seat that the actor may not change now; return the society that owes it."""
    current = await assignments.find_in_force(session, seat_id=seat.id)
    if current is None:
        raise NoSuchPlanning(f"seat {seat.id} is not published yet: edit its draft")
    require(actor, Permission.PLANNING_PUBLISH, society_id=current.society_id)
    if current.radiologist_id != seen:
        raise SeatChanged(seat_id=seat.id, radiologist_id=current.radiologist_id)
    if seat.interval.end <= now:
        raise Invalid(f"seat {seat.id} was over at {seat.interval.end}; what was, stays")
    return current.society_id


def _check_accepted(accepted: Collection[Rule], *, reason: str) -> None:
    never = sorted(set(accepted) - ACCEPTABLE)
    if never:
        raise Invalid(f"nobody may accept {', '.join(never)}")
    if accepted and not reason:
        raise Invalid("a revision that breaks rules must say why in its reason")
