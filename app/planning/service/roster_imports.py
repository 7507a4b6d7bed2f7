"""Use case: read a roster from a file into a draft, whole or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, require
from app.kit.errors import Invalid
from app.kit.interval import Interval
from app.planning.domain.files.faults import LineFault
from app.planning.domain.revisions import RevisionKind
from app.planning.domain.roster_lines import ReadSeat, SaidSeat
from app.planning.domain.roster_table import RosterReading, read_roster
from app.planning.domain.seats import AssignmentReason, Placement, Seat
from app.planning.domain.validator import Violation
from app.planning.repository import assignments, plannings, volumes_monthly
from app.planning.repository.names import list_named
from app.planning.repository.people import list_readers
from app.planning.service.drafts import add_draft
from app.planning.service.judging import find_zone, judge_revision
from app.planning.service.roster import describe_placements

_MOST_NAMED = 5
_KEPT = {
    each.value: each
    for each in (AssignmentReason.QUOTA, AssignmentReason.ROSTER, AssignmentReason.REPAIR)
}
"""What a file may say of a seat that nobody owed before; the rest is an edit, or a loan."""


class RosterRefused(Invalid):
    """A file of a roster has faults; nothing of it was taken."""

    def __init__(self, faults: tuple[LineFault, ...]) -> None:
        named = "; ".join(str(each) for each in faults[:_MOST_NAMED])
        more = len(faults) - _MOST_NAMED
        super().__init__(named + (f"; and {more} more" if more > 0 else ""))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class ImportedRoster:
    """The draft that a file became.

    Parameters
    ----------
    lines
        How many lines were read.
    changed
        Seats of which the draft says something else than what is in force.
    violations
        The rules that it breaks.
    """

    revision_id: int
    lines: int
    changed: tuple[int, ...]
    violations: tuple[Violation, ...]


async def import_roster(
    session: AsyncSession,
    content: bytes,
    *,
    planning_id: int,
    name: str,
    actor: Actor,
    now: datetime,
) -> ImportedRoster:
    """Read a file of this name into a draft of what it changes, on what is in force.

    Raises
    ------
    PermissionDenied, NoSuchPlanning
        If the actor may not plan for the whole group, or there is no such planning.
    RosterRefused
        If the file has a fault; nothing was written.
    """
    require(actor, Permission.PLANNING_WRITE)
    await plannings.find_planning(session, planning_id)
    await plannings.lock_planning(session, planning_id)
    seats = {each.id: each for each in await plannings.list_seats(session, planning_id=planning_id)}
    said = await _list_said(session, seats, planning_id=planning_id, now=now)
    found = await _read(session, content, said=said)
    revision_id = await add_draft(
        session,
        planning_id=planning_id,
        reason="imported from a file",
        actor=actor,
        now=now,
        kind=RevisionKind.IMPORT,
        name=name,
    )
    placements = await _place(session, found.changes, seats=seats)
    await assignments.add_placements(session, revision_id=revision_id, placements=placements)
    changed = tuple(each.seat for each in found.changes)
    violations = tuple(await judge_revision(session, revision_id, now=now))
    return ImportedRoster(revision_id, found.lines, changed, violations)


async def _read(
    session: AsyncSession, content: bytes, *, said: Mapping[int, SaidSeat]
) -> RosterReading:
    societies = await volumes_monthly.list_all_societies(session)
    names = {each.short_name: each.id for each in societies}
    names |= {each.name: each.id for each in societies}
    people = await list_named(session)
    found = read_roster(content, said=said, people=people, societies=names)
    if found.faults:
        raise RosterRefused(found.faults)
    return found


async def _list_said(
    session: AsyncSession, seats: Mapping[int, Seat], *, planning_id: int, now: datetime
) -> dict[int, SaidSeat]:
    in_force = await assignments.list_in_force(session, planning_id=planning_id)
    rows = {each.seat_id: each for each in await describe_placements(session, in_force)}
    said = {}
    for seat in seats.values():
        cells = {
            "segment": seat.segment,
            "line": seat.line.value,
            "kind": seat.kind.value,
            "start": seat.interval.start.isoformat(),
            "end": seat.interval.end.isoformat(),
        }
        row = rows.get(seat.id)
        if row is not None:
            cells |= {"society_id": str(row.society_id), "society": row.society}
        said[seat.id] = SaidSeat(
            cells=cells,
            society=None if row is None else row.society_id,
            radiologist=None if row is None else row.radiologist_id,
            name="" if row is None else row.radiologist or "",
            is_over=row is not None and seat.interval.end <= now,
        )
    return said


async def _place(
    session: AsyncSession, changes: Sequence[ReadSeat], *, seats: Mapping[int, Seat]
) -> list[Placement]:
    if not changes:
        return []
    own = [seats[each.seat].interval for each in changes]
    readers = {
        each.id: each
        for each in await list_readers(
            session,
            period=Interval(min(own).start, max(each.end for each in own)),
            zone=await find_zone(session),
            ids={each.radiologist for each in changes if each.radiologist is not None},
        )
    }
    placements = []
    for each in changes:
        seat = seats[each.seat]
        holder = None if each.radiologist is None else readers.get(each.radiologist)
        is_lent = holder is not None and not holder.is_member(each.society, at=seat.interval.start)
        reason = _KEPT.get(each.reason, AssignmentReason.EDIT)
        if is_lent:
            reason = AssignmentReason.LOAN
        placements.append(Placement(seat, each.society, each.radiologist, reason))
    return placements
