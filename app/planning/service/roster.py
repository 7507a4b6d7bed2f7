"""Use cases of those who read a whole planning: summary, and one row for each seat."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.planning.domain.seats import AssignmentReason, Placement
from app.planning.repository import assignments, people, plannings


@dataclass(frozen=True, slots=True)
class RosterRow:
    """A seat as a revision leaves it, with names; instants are in UTC."""

    seat_id: int
    segment: str
    line: str
    kind: str
    start: datetime
    end: datetime
    society_id: int
    society: str
    radiologist_id: int | None
    radiologist: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class RosterSummary:
    """What a roster comes to.

    Parameters
    ----------
    by_society
        Seats owed, by name of society.
    """

    seats: int
    uncovered: int
    loans: int
    by_society: dict[str, int]


async def list_roster(session: AsyncSession, *, revision_id: int) -> list[RosterRow]:
    """List the whole planning as it stands by a revision, by start, then seat.

    Raises
    ------
    NoSuchPlanning
        If there is no such revision.
    """
    revision = await plannings.find_revision(session, revision_id)
    return await describe_placements(session, await assignments.list_as_of(session, revision))


async def describe_placements(
    session: AsyncSession, placements: Sequence[Placement]
) -> list[RosterRow]:
    """Give placements their names, in their order."""
    societies = await people.name_societies(session, {each.society for each in placements})
    radiologists = await people.name_radiologists(
        session, {each.radiologist for each in placements if each.radiologist is not None}
    )
    return [
        RosterRow(
            seat_id=each.seat.id,
            segment=each.seat.segment,
            line=each.seat.line.value,
            kind=each.seat.kind.value,
            start=each.seat.interval.start,
            end=each.seat.interval.end,
            society_id=each.society,
            society=societies[each.society],
            radiologist_id=each.radiologist,
            radiologist=None if each.radiologist is None else radiologists[each.radiologist],
            reason=each.reason.value,
        )
        for each in placements
    ]


def summarise(rows: Sequence[RosterRow]) -> RosterSummary:
    """Sum a roster up."""
    societies = sorted({each.society for each in rows})
    return RosterSummary(
        seats=len(rows),
        uncovered=sum(each.radiologist_id is None for each in rows),
        loans=sum(
            each.reason == AssignmentReason.LOAN and each.radiologist_id is not None
            for each in rows
        ),
        by_society={name: sum(each.society == name for each in rows) for name in societies},
    )


def write_csv(rows: Sequence[RosterRow]) -> str:
    """Write a roster as comma-separated values (RFC 4180), instants as ISO 8601."""
    target = io.StringIO()
    writer = csv.DictWriter(target, fieldnames=list(RosterRow.__dataclass_fields__))
    writer.writeheader()
    writer.writerows(
        asdict(each) | {"start": each.start.isoformat(), "end": each.end.isoformat()}
        for each in rows
    )
    return target.getvalue()
