"""Use cases before publishing: what a draft changes and breaks, and when nobody would be there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.interval import Interval
from app.planning.domain.coverage import Hole, find_holes
from app.planning.domain.diff import Diff, compare, find_rewritten
from app.planning.domain.errors import NoSuchPlanning
from app.planning.domain.seats import GuardLine, KindOfSeat, Placement, Seat, SeatKind
from app.planning.domain.validator import Violation
from app.planning.models import PlanningRevision
from app.planning.repository import assignments, ledger, people, plannings
from app.planning.repository.rights import list_rights, list_sites
from app.planning.repository.seats import list_facts
from app.planning.service.judging import find_zone, judge_placements, judge_revision


@dataclass(frozen=True, slots=True)
class Concerned:
    """Somebody who gains or loses seats.

    Parameters
    ----------
    gains, loses
        Ids of seats, by start.
    first_at
        When the first of them begins.
    days_ahead
        Whole days of elapsed time from now to then; 0 for what begins within a day or has begun.
    """

    radiologist: int
    gains: tuple[int, ...]
    loses: tuple[int, ...]
    first_at: datetime
    days_ahead: int


@dataclass(frozen=True, slots=True)
class Review:
    """What a planner should know before they publish a draft.

    Parameters
    ----------
    version
        Of the draft: to publish this and nothing else, say it.
    is_stale
        Another revision was published since the draft was made: it cannot be published.
    over
        Seats that are over and of which the draft says something else: it cannot be published.
    holes
        From now on, in the planning as the draft leaves it.
    """

    version: int
    is_stale: bool
    over: tuple[Seat, ...]
    concerned: tuple[Concerned, ...]
    violations: tuple[Violation, ...]
    holes: tuple[Hole, ...]


async def review_draft(session: AsyncSession, revision_id: int, *, now: datetime) -> Review:
    """Say who is concerned by a draft, what it breaks, and where nobody would be there.

    Raises
    ------
    NoSuchPlanning
        If there is no such revision.
    """
    revision = await plannings.find_revision(session, revision_id)
    own = await assignments.list_of_revision(session, revision_id)
    before = await assignments.list_in_force(session, planning_id=revision.planning_id)
    latest = await plannings.find_latest_number(session, revision.planning_id)
    is_draft = revision.number is None
    return Review(
        version=revision.version,
        is_stale=is_draft and revision.base_number != latest,
        over=tuple(find_rewritten(own, before=before, now=now)) if is_draft else (),
        concerned=tuple(_find_concerned(own, before, now=now)),
        violations=tuple(await judge_revision(session, revision_id, now=now)),
        holes=tuple(await find_open_holes(session, revision, now=now)),
    )


def _find_concerned(
    own: Sequence[Placement], before: Sequence[Placement], *, now: datetime
) -> list[Concerned]:
    old = {each.seat.id: each.radiologist for each in before}
    changed = [each for each in own if old.get(each.seat.id) != each.radiologist]
    people_ids = {each.radiologist for each in changed} | {
        old.get(each.seat.id) for each in changed
    }
    found = []
    for radiologist in sorted(each for each in people_ids if each is not None):
        gains = [each.seat for each in changed if each.radiologist == radiologist]
        loses = [each.seat for each in changed if old.get(each.seat.id) == radiologist]
        first_at = min(seat.interval.start for seat in (*gains, *loses))
        found.append(
            Concerned(
                radiologist=radiologist,
                gains=tuple(seat.id for seat in gains),
                loses=tuple(seat.id for seat in loses),
                first_at=first_at,
                days_ahead=max(0, (first_at - now).days),
            )
        )
    return sorted(found, key=lambda each: (each.first_at, each.radiologist))


async def find_open_holes(
    session: AsyncSession, revision: PlanningRevision, *, now: datetime
) -> list[Hole]:
    """Find when, from now on, somebody would be missing in the planning as a revision leaves it."""
    whole = people.to_interval(
        (await plannings.find_planning(session, revision.planning_id)).period
    )
    if whole.end <= now:
        return []
    period = Interval(max(whole.start, now), whole.end)
    said = {each.seat.id: each for each in await assignments.list_as_of(session, revision)}
    # The last guard of the planning before reaches into this one.
    for each in await assignments.list_in_force(session, period=period):
        said.setdefault(each.seat.id, each)
    zone = await find_zone(session)
    return find_holes(
        period,
        said.values(),
        sites=await list_sites(session),
        rights=await list_rights(session, zone=zone),
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two revisions of one planning side by side; before is the first."""

    diff: Diff
    uncovered: tuple[int, int]
    loans: tuple[int, int]
    violations: tuple[list[Violation], list[Violation]]


async def compare_revisions(session: AsyncSession, *, before_id: int, after_id: int) -> Comparison:
    """Compare the whole planning as two revisions leave it, drafts or published.

    Raises
    ------
    NoSuchPlanning
        If there is no such revision, or they are not of one planning.
    """
    one = await plannings.find_revision(session, before_id)
    other = await plannings.find_revision(session, after_id)
    if one.planning_id != other.planning_id:
        raise NoSuchPlanning(f"revisions {before_id} and {after_id} are not of one planning")
    before = await assignments.list_as_of(session, one)
    after = await assignments.list_as_of(session, other)
    facts = await list_facts(session, planning_id=one.planning_id)
    rights = await ledger.list_rights_of(session, after_id) or await ledger.list_rights_of(
        session, before_id
    )
    return Comparison(
        diff=compare(
            before,
            after,
            points={each.seat.id: each.points for each in facts},
            entitled={
                (
                    row.society_id,
                    KindOfSeat(row.segment_code, GuardLine(row.line), SeatKind(row.kind)),
                ): row.seats_millionths
                for row in rights
            },
        ),
        uncovered=(_count_uncovered(before), _count_uncovered(after)),
        loans=(_count_loans(before), _count_loans(after)),
        violations=(
            await judge_placements(session, before),
            await judge_placements(session, after),
        ),
    )


def _count_uncovered(placements: Sequence[Placement]) -> int:
    return sum(each.radiologist is None for each in placements)


def _count_loans(placements: Sequence[Placement]) -> int:
    return sum(each.reason == "loan" and each.radiologist is not None for each in placements)
