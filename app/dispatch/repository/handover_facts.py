"""What a handover is about: who leaves and when, what they hold, who could take it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Date, Select, and_, case, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import TIMESTAMP, Range
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.cases.domain.states import CaseState
from app.cases.models import Case
from app.directory.models import Radiologist, RadiologistSite, Site
from app.dispatch.domain.handover import STOPS_BEFORE, ItemKind, Taker, Thing
from app.dispatch.models import Claim, Nomination
from app.kit.interval import Interval
from app.planning.domain.seats import GuardLine, SeatKind
from app.planning.models import Assignment, Guard, Seat
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task

_LONGEST = timedelta(days=3)
"""Nobody is on guard without a gap for longer."""
CALLS = (TaskKind.CRITICAL_CALL.value, TaskKind.CALL_SITE.value)

_AT_A_DISTANCE = (
    Assignment.in_force,
    Assignment.radiologist_id.is_not(None),
    Guard.line != GuardLine.ON_SITE.value,
    Guard.cancelled_at.is_(None),
    Seat.closed_at.is_(None),
)


async def find_stints(
    session: AsyncSession, radiologist_ids: Collection[int] | None, *, at: datetime
) -> dict[int, Interval]:
    """Find from when to when each reader is on guard at a distance without a gap around an instant.

    Seats that follow each other count as one: who goes on does not leave.

    Parameters
    ----------
    radiologist_ids
        Whose; nothing: everybody's.
    at
        Aware; who is not on guard then is left out.
    """
    around = Range(at - _LONGEST, at + _LONGEST)
    merged = (
        select(
            Assignment.radiologist_id,
            func.unnest(func.range_agg(Assignment.period)).label("stint"),
        )
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .where(*_AT_A_DISTANCE, Assignment.period.overlaps(around))
        .group_by(Assignment.radiologist_id)
    )
    if radiologist_ids is not None:
        merged = merged.where(Assignment.radiologist_id.in_(list(radiologist_ids)))
    each = merged.subquery()
    starts, ends = func.lower(each.c.stint), func.upper(each.c.stint)
    rows = await session.execute(
        select(each.c.radiologist_id, starts, ends).where(starts <= at, ends > at)
    )
    return {radiologist_id: Interval(start, end) for radiologist_id, start, end in rows}


async def list_leaving(session: AsyncSession, *, now: datetime) -> dict[int, Interval]:
    """List who is on guard now, and goes off guard within 15 minutes."""
    ending = select(Assignment.radiologist_id).where(
        Assignment.in_force,
        Assignment.radiologist_id.is_not(None),
        Assignment.period.contains(now),
        func.upper(Assignment.period) <= now + STOPS_BEFORE,
    )
    ids = [each for each in await session.scalars(ending) if each is not None]
    if not ids:
        return {}
    stints = await find_stints(session, ids, at=now)
    return {who: each for who, each in stints.items() if each.end <= now + STOPS_BEFORE}


async def list_things(session: AsyncSession, radiologist_id: int, *, since: datetime) -> set[Thing]:
    """List what a reader would leave behind.

    Parameters
    ----------
    since
        Reports that were signed, or delivered, before this are no longer theirs to watch; aware.
    """
    found = await session.execute(_select_cases(radiologist_id, since))
    things = {Thing(ItemKind(kind), case_id, site_id) for kind, case_id, site_id in found}
    calls = await session.execute(
        select(Case.id, Case.site_id, Task.id)
        .select_from(Task)
        .join(Case, Case.id == Task.case_id)
        .where(
            Task.radiologist_id == radiologist_id,
            Task.settled_at.is_(None),
            Task.kind.in_(CALLS),
        )
    )
    return things | {
        Thing(ItemKind.CALL, case_id, site_id, task_id) for case_id, site_id, task_id in calls
    }


def _select_cases(radiologist_id: int, since: datetime) -> Select[str, int, int]:
    kinds: tuple[tuple[ItemKind, ColumnElement[bool]], ...] = (
        (ItemKind.CASE, _is_theirs_alone(radiologist_id)),
        (
            ItemKind.CLAIM,
            and_(Case.state == CaseState.READING.value, Case.reader_id == radiologist_id),
        ),
        (
            ItemKind.REQUEST,
            and_(
                Case.state == CaseState.OPEN.value,
                Case.first_image_at.is_(None),
                Case.owner_id == radiologist_id,
            ),
        ),
        (
            ItemKind.DELIVERY,
            and_(
                Case.state.in_([CaseState.SIGNED.value, CaseState.DELIVERED.value]),
                Case.reader_id == radiologist_id,
                Case.state_at >= since,
            ),
        ),
    )
    kind = case(*((condition, each.value) for each, condition in kinds), else_="")
    return select(kind, Case.id, Case.site_id).where(or_(*(each for _, each in kinds)))


def _is_theirs_alone(radiologist_id: int) -> ColumnElement[bool]:
    """Restrict to cases that are offered to this reader, and to nobody else."""
    mine, other = aliased(Nomination), aliased(Nomination)
    offered = select(mine.case_id).where(
        mine.radiologist_id == radiologist_id, mine.ended_at.is_(None)
    )
    to_others = select(other.id).where(
        other.case_id == Case.id, other.ended_at.is_(None), other.radiologist_id != radiologist_id
    )
    return and_(Case.state == CaseState.NOMINATED.value, Case.id.in_(offered), ~to_others.exists())


async def list_takers(session: AsyncSession, *, at: datetime, but: int) -> list[Taker]:
    """List who is on guard at a distance at an instant, by id, with what they have to read now.

    Parameters
    ----------
    at
        The end of the leaving reader's guard; aware.
    but
        Who leaves.
    """
    rows = await session.execute(_select_takers(at).where(Assignment.radiologist_id != but))
    ranks: dict[int, tuple[int, int]] = {}
    for who, rank, load in rows:
        ranks[who] = min(ranks.get(who, (rank, load)), (rank, load))
    stints = await find_stints(session, ranks, at=at)
    sites = await _load_sites(session, ranks, at=at)
    return [
        Taker(
            radiologist_id=who,
            begins_at=stints[who].start,
            rank=rank,
            site_ids=sites.get(who, frozenset()),
            load=load,
        )
        for who, (rank, load) in sorted(ranks.items())
        if who in stints
    ]


def _select_takers(at: datetime) -> Select[int, int, int]:
    rank = case(
        (Seat.kind == SeatKind.COORDINATOR.value, 2),
        (Guard.line == GuardLine.BACKUP.value, 1),
        else_=0,
    )
    read = select(func.count()).where(
        Claim.radiologist_id == Radiologist.id, Claim.ended_at.is_(None)
    )
    offered = select(func.count()).where(
        Nomination.radiologist_id == Radiologist.id, Nomination.ended_at.is_(None)
    )
    return (
        select(Radiologist.id, rank, read.scalar_subquery() + offered.scalar_subquery())
        .select_from(Assignment)
        .join(Seat, Seat.id == Assignment.seat_id)
        .join(Guard, Guard.id == Seat.guard_id)
        .join(Radiologist, Radiologist.id == Assignment.radiologist_id)
        .where(*_AT_A_DISTANCE, Assignment.period.contains(at), Radiologist.disabled_at.is_(None))
    )


async def _load_sites(
    session: AsyncSession, radiologist_ids: Collection[int], *, at: datetime
) -> dict[int, frozenset[int]]:
    """Load for which sites each may read, by the day where the site is."""
    # A bare datetime would be bound without its zone.
    day = cast(func.timezone(Site.zone, literal(at, TIMESTAMP(timezone=True))), Date)
    rows = await session.execute(
        select(RadiologistSite.radiologist_id, func.array_agg(RadiologistSite.site_id))
        .join(Site, Site.id == RadiologistSite.site_id)
        .where(
            RadiologistSite.radiologist_id.in_(list(radiologist_ids)),
            RadiologistSite.valid.contains(day),
        )
        .group_by(RadiologistSite.radiologist_id)
    )
    return {who: frozenset(sites) for who, sites in rows}
