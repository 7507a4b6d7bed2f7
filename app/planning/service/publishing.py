"""Use cases of publishing: a draft comes into force, a seat changes hands."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor, Permission, require
from app.kit.errors import Invalid
from app.planning.domain.diff import find_rewritten
from app.planning.domain.errors import (
    DraftChanged,
    DraftIsStale,
    NoSuchPlanning,
    RulesBroken,
    SeatChanged,
    SeatsOver,
)
from app.planning.domain.revisions import RevisionKind
from app.planning.domain.roster.profile import IMPOSSIBLE, Rule
from app.planning.domain.seats import Placement, Seat
from app.planning.domain.validator import Severity, Violation
from app.planning.events import PlanningPublished
from app.planning.models import PlanningRevision
from app.planning.repository import assignments, plannings
from app.planning.service.drafts import add_draft, lock_draft
from app.planning.service.judging import judge_revision, place
from app.planning.service.ledger import post_publication
from app.planning.service.points import carry_points

LOCK = "publications"
"""Held by whoever publishes: two who gave one person two seats in two plannings would else wait for
each other at the exclusion constraint until the database ends one of them."""


async def publish_draft(
    session: AsyncSession,
    *,
    revision_id: int,
    actor: Actor,
    now: datetime,
    accepted: Collection[Rule] = (),
    looked_at: int | None = None,
    reason: str | None = None,
) -> PlanningPublished:
    """Put a draft in force as the planning's next revision.

    What is impossible is never published, what is hard only by who accepts it and says why; what is
    soft is for `review_draft` to tell.

    Parameters
    ----------
    accepted
        Rules that may be broken, with a reason; the draft's own, without one.
    looked_at
        The version that the caller has seen; without it, whatever it is now.

    Raises
    ------
    PermissionDenied, NoSuchPlanning
        If the actor may not publish for the whole group, or there is no such revision.
    AlreadyPublished, DraftIsStale, DraftChanged, SeatsOver
        If it is none any more, made before another was published, or changed; or rewrites the past.
    RulesBroken, RadiologistBusy, Invalid
        If it breaks what was not accepted, or what is accepted cannot be.
    """
    require(actor, Permission.PLANNING_PUBLISH)
    now += await wait_for_lock(session, LOCK)
    revision = await lock_draft(session, revision_id)
    if looked_at is not None and revision.version != looked_at:
        raise DraftChanged(looked_at=looked_at, version=revision.version)
    if reason:
        revision.reason = reason
        await session.flush()
    return await _publish(session, revision, actor=actor, now=now, accepted=accepted)


async def publish_change(
    session: AsyncSession,
    *,
    planning_id: int,
    placements: Sequence[Placement],
    kind: RevisionKind,
    actor: Actor,
    now: datetime,
    reason: str = "",
    accepted: Collection[Rule] = (),
) -> PlanningPublished:
    """Publish a few changed seats at once, as a small revision of its own.

    For whoever has found that the actor may, and holds the publications (`hold_publications`), so
    that what they looked at is still so.

    Raises
    ------
    RulesBroken, RadiologistBusy, Invalid
        As `publish_draft`.
    """
    revision_id = await add_draft(
        session, planning_id=planning_id, reason=reason, actor=actor, now=now, kind=kind
    )
    await assignments.add_placements(session, revision_id=revision_id, placements=placements)
    revision = await plannings.find_revision(session, revision_id)
    return await _publish(session, revision, actor=actor, now=now, accepted=accepted)


async def hold_publications(session: AsyncSession, planning_id: int) -> timedelta:
    """Let nobody else publish until the end of the transaction, nor change this planning.

    Returns
    -------
    timedelta
        How long another one published: an instant read before is so much older now.
    """
    waited = await wait_for_lock(session, LOCK)
    await plannings.lock_planning(session, planning_id)
    return waited


async def _publish(
    session: AsyncSession,
    revision: PlanningRevision,
    *,
    actor: Actor,
    now: datetime,
    accepted: Collection[Rule],
) -> PlanningPublished:
    latest = await plannings.find_latest_number(session, revision.planning_id)
    if revision.base_number != latest:
        raise DraftIsStale(base=revision.base_number, latest=latest)
    _check_accepted(accepted, reason=revision.reason)
    if refused := find_refused(await judge_revision(session, revision.id), accepted=accepted):
        raise RulesBroken(refused)
    before = await assignments.list_in_force(session, planning_id=revision.planning_id)
    own = await assignments.list_of_revision(session, revision.id)
    if over := find_rewritten(own, before=before, now=now):
        raise SeatsOver(over)
    await plannings.number_revision(
        session, revision_id=revision.id, number=latest + 1, published_by=actor.user_id, now=now
    )
    await assignments.put_in_force(session, revision_id=revision.id)
    await post_publication(session, await plannings.find_revision(session, revision.id), now=now)
    await carry_points(session, revision.planning_id, now=now)
    changed, concerned = compare_holders(own, {each.seat.id: each.radiologist for each in before})
    return PlanningPublished(
        planning_id=revision.planning_id,
        revision_id=revision.id,
        number=latest + 1,
        at=now,
        seat_ids=frozenset(each.seat.id for each in own),
        radiologist_ids=concerned,
        concerns_now=any(each.seat.interval.contains(now) for each in changed),
    )


def find_refused(found: Iterable[Violation], *, accepted: Collection[Rule]) -> list[Violation]:
    """Leave out what is soft or accepted, and what the database judges.

    Two seats at once are for the database, which also sees what others publish meanwhile.
    """
    return [
        each
        for each in found
        if each.rule is not Rule.OVERLAP
        and each.severity is not Severity.SOFT
        and each.rule not in accepted
    ]


def compare_holders(
    own: Sequence[Placement], before: Mapping[int, int | None]
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
    NoSuchPlanning, PermissionDenied
        If there is no such seat or radiologist, or not for the actor; or it is not published.
    SeatChanged, Invalid
        If somebody else holds it meanwhile, or it is over; the others as `publish_draft`.
    """
    seat, planning_id = await plannings.find_seat(session, seat_id)
    now += await hold_publications(session, planning_id)
    seat, _ = await plannings.find_seat(session, seat_id)
    society_id = await _check_seat(session, seat, seen=seen, actor=actor, now=now)
    holder = await place(session, seat=seat, society_id=society_id, radiologist_id=radiologist_id)
    return await publish_change(
        session,
        planning_id=planning_id,
        placements=[holder],
        kind=RevisionKind.EDIT,
        actor=actor,
        now=now,
        reason=reason,
        accepted=accepted,
    )


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
    never = sorted(IMPOSSIBLE & set(accepted))
    if never:
        raise Invalid(f"nobody may accept {', '.join(never)}")
    if accepted and not reason:
        raise Invalid("a revision that breaks rules must say why in its reason")
