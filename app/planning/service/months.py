"""Use case of those who read a month of a planning: what is in force, or a draft of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.interval import Interval
from app.planning.domain.months import DayRow, Load, Month, lay_month, weigh
from app.planning.domain.seats import Placement
from app.planning.models import Entitlement, Planning, PlanningRevision
from app.planning.repository import absences, assignments, months, people, plannings
from app.planning.service.holidays import list_holidays


@dataclass(frozen=True, slots=True)
class MonthShown:
    """A month with names, and what each society and radiologist holds in it.

    Parameters
    ----------
    planning
        The one that the draft is of, or the one in which the month begins.
    revisions
        Of that planning: drafts and published, by id.
    revision
        What is shown; absent: what is in force.
    locked
        Seats whose holder a planner wants to keep.
    rights
        By society, what the planning's shown or last published revision was made from.
    """

    month: Month
    rows: Sequence[DayRow]
    placements: Sequence[Placement]
    planning: Planning | None
    revisions: Sequence[PlanningRevision]
    revision: PlanningRevision | None
    locked: frozenset[int]
    societies: Mapping[int, str]
    radiologists: Mapping[int, str]
    brief_names: Mapping[int, str]
    owners: Mapping[int, int]
    owed: Mapping[int, Load]
    held: Mapping[int, Load]
    rights: Mapping[int, Sequence[Entitlement]]
    holidays: frozenset[date]


async def load_month(
    session: AsyncSession, month: Month, *, revision_id: int | None, zone: tzinfo
) -> MonthShown:
    """Load a month as it is in force, or as a revision would leave it.

    Raises
    ------
    NoSuchPlanning
        If there is no such revision.
    """
    period = month.measure(zone=zone)
    planning, revision, found = await _find(session, period, revision_id=revision_id)
    placements = [each for each in found if period.contains(each.seat.guard.start)]
    holidays = list_holidays(period.start.date(), period.end.date())
    held_by = {each.radiologist for each in placements if each.radiologist is not None}
    owners = await absences.map_societies(session, held_by, on=month.first)
    owed, held = weigh(placements, zone=zone, holidays=holidays, owners=owners)
    return MonthShown(
        month=month,
        rows=lay_month(placements, month=month, zone=zone, holidays=holidays),
        placements=placements,
        planning=planning,
        revisions=[]
        if planning is None
        else await plannings.list_revisions(session, planning_id=planning.id),
        revision=revision,
        locked=frozenset()
        if revision is None
        else frozenset(await assignments.list_locked(session, revision.id)),
        societies=await people.name_societies(session, {*owed, *owners.values()}),
        radiologists=await people.name_radiologists(session, held_by),
        brief_names=await months.name_briefly(session, held_by),
        owners=owners,
        owed=owed,
        held=held,
        rights=await _list_rights(session, planning=planning, revision=revision),
        holidays=holidays,
    )


async def _find(
    session: AsyncSession, period: Interval, *, revision_id: int | None
) -> tuple[Planning | None, PlanningRevision | None, list[Placement]]:
    """Find the planning of a month, the revision that is asked for, and what it says."""
    if revision_id is None:
        planning = await months.find_planning_in(session, period)
        return planning, None, await assignments.list_in_force(session, period=period)
    revision = await plannings.find_revision(session, revision_id)
    planning = await plannings.find_planning(session, revision.planning_id)
    return planning, revision, await assignments.list_as_of(session, revision)


async def _list_rights(
    session: AsyncSession, *, planning: Planning | None, revision: PlanningRevision | None
) -> dict[int, list[Entitlement]]:
    if planning is None:
        return {}
    found = await months.list_latest_rights(
        session, planning_id=planning.id, revision_id=None if revision is None else revision.id
    )
    rights: dict[int, list[Entitlement]] = {}
    for each in found:
        rights.setdefault(each.society_id, []).append(each)
    return rights
