"""From the database to a roster problem, and from a roster to a draft."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.interval import Interval
from app.planning.domain.revisions import RevisionKind
from app.planning.domain.roster.people import Reader
from app.planning.domain.roster.problem import Roster, RosterProblem
from app.planning.domain.runs import RunKind, RunRequest
from app.planning.domain.seats import KindOfSeat, Placement, Seat
from app.planning.domain.sharing.rights import Sharing
from app.planning.domain.sharing.shares import MILLION
from app.planning.repository import assignments, people, plannings
from app.planning.repository.points import map_carried
from app.planning.repository.seats import list_facts
from app.planning.service.drafts_sharing import (
    Brought,
    add_unshared,
    find_brought,
    keep_rights,
    share_seats,
)
from app.planning.service.judging import find_zone, look_around
from app.planning.service.ledger_periods import lay_seat
from app.planning.service.points import count_points

PREFIX_BOUND = MILLION
"""Dates are exchanged between societies while each stays within one guard of its right."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A problem, and what its answer has to be written with.

    Parameters
    ----------
    base_number
        The last published revision when it was prepared.
    sharing, brought
        Absent for a repair: whose the seats are stays as it is.
    locked
        Seats that the planner locked.
    by_hand
        What the draft before said of seats that no society owes: it stays said.
    """

    problem: RosterProblem
    base_number: int
    sharing: Sharing | None
    brought: Brought | None
    locked: frozenset[int]
    by_hand: tuple[Placement, ...] = ()


async def prepare(
    session: AsyncSession,
    *,
    planning_id: int,
    kind: RunKind,
    request: RunRequest,
    now: datetime,
) -> Prepared:
    """Put together what a solver has to know; `NothingToShare` where there is no volume."""
    base = await _find_base(session, planning_id=planning_id, request=request)
    whole = people.to_interval((await plannings.find_planning(session, planning_id)).period)
    seats = await plannings.list_seats(session, planning_id=planning_id)
    in_force = await assignments.list_in_force(session, planning_id=planning_id)
    sharing: Sharing | None = None
    brought: Brought | None = None
    owed = {each.seat.id: each.society for each in in_force}
    if kind is RunKind.GENERATE:
        brought = await find_brought(session, reference=None, at=whole.start)
        sharing = await share_seats(
            session, seats, planning_id=planning_id, brought=brought, now=now
        )
        owed = await add_unshared(session, sharing.owed, planning_id=planning_id)
    own = [seat for seat in seats if seat.id in owed and not seat.opened]
    by_hand = await _list_by_hand(session, request, own)
    before = await _list_before(session, request, in_force)
    locked = await _list_locked(session, request, own)
    problem = await _describe(session, own, owed=owed, whole=whole, before=before, now=now)
    held = {each.seat.id: each.radiologist for each in in_force}
    problem = replace(
        problem,
        around=_stand_beside(problem.around, by_hand),
        fixed=_fix(own, held=held, before=before, locked=locked, now=now),
        published=held if kind is RunKind.REPAIR else {},
        entitled=_entitle(sharing),
        prefix_bound=None if sharing is None else PREFIX_BOUND,
        readers=tuple(_send_away(each, request, problem, held) for each in problem.readers),
    )
    return Prepared(problem, base, sharing, brought, locked, by_hand)


async def _find_base(session: AsyncSession, *, planning_id: int, request: RunRequest) -> int:
    """Find what is in force before anything else is read: a later one makes the answer stale.

    `NoSuchPlanning` where the draft to start from was thrown away: its locks are lost.
    """
    if request.draft is not None:
        await plannings.find_revision(session, request.draft)
    return await plannings.find_latest_number(session, planning_id)


async def _describe(
    session: AsyncSession,
    own: Sequence[Seat],
    *,
    owed: Mapping[int, int],
    whole: Interval,
    before: Mapping[int, int | None],
    now: datetime,
) -> RosterProblem:
    zone = await find_zone(session)
    ids = {seat.id for seat in own}
    facts = await list_facts(session, seat_ids=ids)
    found = await people.list_readers(session, period=whole, zone=zone)
    # Guests are put into opened seats by hand; what else they hold, they may keep.
    readers = [each for each in found if not each.is_guest or each.id in before.values()]
    around = await assignments.list_in_force(session, period=look_around(own, period=whole))
    return RosterProblem(
        seats=tuple(own),
        owed={each: owed[each] for each in sorted(ids)},
        readers=tuple(readers),
        zone=zone,
        now=now,
        around=tuple(each for each in around if each.seat.id not in ids),
        points=count_points(facts),
        special=frozenset(seat.id for seat in own if lay_seat(seat, zone=zone).special),
        carried=await map_carried(session, [each.id for each in readers], before=whole.start),
        demands=tuple(await plannings.list_demands(session, seat_ids=ids)),
        previous=dict(before),
    )


async def _list_before(
    session: AsyncSession, request: RunRequest, in_force: Sequence[Placement]
) -> dict[int, int | None]:
    """List who holds, or was proposed for, each seat before the run."""
    found = {each.seat.id: each.radiologist for each in in_force}
    if request.draft is not None:
        proposed = await assignments.list_of_revision(session, request.draft)
        found |= {each.seat.id: each.radiologist for each in proposed}
    return found


async def _list_by_hand(
    session: AsyncSession, request: RunRequest, own: Sequence[Seat]
) -> tuple[Placement, ...]:
    """List what a draft says of seats that are not to be filled: opened ones, added ones."""
    if request.draft is None:
        return ()
    ids = {seat.id for seat in own}
    proposed = await assignments.list_of_revision(session, request.draft)
    return tuple(each for each in proposed if each.seat.id not in ids)


def _stand_beside(
    around: Sequence[Placement], by_hand: Sequence[Placement]
) -> tuple[Placement, ...]:
    said = {each.seat.id for each in by_hand}
    return (*(each for each in around if each.seat.id not in said), *by_hand)


async def _list_locked(
    session: AsyncSession, request: RunRequest, own: Sequence[Seat]
) -> frozenset[int]:
    if request.draft is None:
        return frozenset()
    locked = await assignments.list_locked(session, request.draft)
    return frozenset(seat.id for seat in own if seat.id in locked)


def _fix(
    own: Sequence[Seat],
    *,
    held: Mapping[int, int | None],
    before: Mapping[int, int | None],
    locked: Collection[int],
    now: datetime,
) -> dict[int, int | None]:
    """Say which seats keep their holder: those that have begun, and those that are locked."""
    begun = {seat.id: held.get(seat.id) for seat in own if seat.interval.start <= now}
    return {each: before.get(each) for each in locked} | begun


def _entitle(sharing: Sharing | None) -> dict[tuple[int, KindOfSeat], int]:
    cells = () if sharing is None else sharing.cells
    return {(each.society, each.of): each.entitled for each in cells}


def _send_away(
    reader: Reader,
    request: RunRequest,
    problem: RosterProblem,
    held: Mapping[int, int | None],
) -> Reader:
    """Let who cannot come be absent: for the seats that they gave back, or for all that follow."""
    ends = [seat.interval.end for seat in problem.seats if seat.interval.end > problem.now]
    away = [
        seat.interval
        for seat in problem.seats
        if seat.id in request.freed and held.get(seat.id) == reader.id
    ]
    if reader.id in request.away and ends:
        away.append(Interval(problem.now, max(ends)))
    return replace(reader, absences=(*reader.absences, *away)) if away else reader


async def write_draft(
    session: AsyncSession,
    prepared: Prepared,
    roster: Roster,
    *,
    planning_id: int,
    request: RunRequest,
    requested_by: int | None,
    now: datetime,
) -> int:
    """Write a roster as a draft, on the revision that was in force when it was prepared.

    A repair says only what it changes. Seats that were closed meanwhile are left out when the draft
    is read.
    """
    problem = prepared.problem
    is_repair = prepared.sharing is None
    placements = [
        each
        for each in roster.placements
        if each.seat.interval.start > problem.now
        and not (is_repair and problem.published.get(each.seat.id) == each.radiologist)
    ]
    placements += prepared.by_hand
    revision_id = await plannings.add_revision(
        session,
        planning_id=planning_id,
        base_number=prepared.base_number,
        reason=request.reason,
        created_by=requested_by,
        now=now,
        kind=RevisionKind.REPAIR if is_repair else RevisionKind.DRAFT,
        name=request.name,
    )
    await assignments.add_placements(session, revision_id=revision_id, placements=placements)
    await assignments.mark_locked(session, revision_id=revision_id, seat_ids=prepared.locked)
    if prepared.sharing is not None and prepared.brought is not None:
        await keep_rights(session, revision_id, sharing=prepared.sharing, brought=prepared.brought)
    return revision_id
