"""Revisions looked at before they are published: review, and two of them side by side."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query

from app.directory.domain import Permission
from app.kit.errors import NotFound
from app.planning.domain.coverage import Hole, Lack
from app.planning.domain.diff import SeatChange
from app.planning.service.drafts_review import Comparison, compare_revisions, review_draft
from app.web.api.revisions import ViolationView, find_revision_of, view_violations
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import LARGEST_KEY, Key, View

router = APIRouter(prefix="/plannings/{planning_id}/revisions/{revision_id}", tags=["planning"])

Reader = Annotated[Work, needs(Permission.PLANNING_READ)]
Other = Annotated[int, Query(ge=1, le=LARGEST_KEY, description="the revision to compare with")]


class ConcernedView(View):
    """Somebody who gains or loses seats, and how long ahead they would be told."""

    radiologist: int
    gains: list[int]
    loses: list[int]
    first_at: datetime
    days_ahead: int


class HoleView(View):
    """A stretch in which nobody is there."""

    start: datetime
    end: datetime
    lack: Lack
    site: int | None

    @classmethod
    def of(cls, hole: Hole) -> Self:
        """Show a hole."""
        return cls(start=hole.interval.start, end=hole.interval.end, lack=hole.lack, site=hole.site)


class ReviewView(View):
    """What a planner should know before they publish; `version` is what they then have seen."""

    version: int
    is_stale: bool
    over: list[int]
    """Seats that are over and of which the draft says something else: none may be published."""
    concerned: list[ConcernedView]
    violations: list[ViolationView]
    holes: list[HoleView]


class ChangeView(View):
    """A seat that two revisions do not give to the same."""

    seat_id: int
    start: datetime
    society_before: int | None
    society_after: int | None
    radiologist_before: int | None
    radiologist_after: int | None

    @classmethod
    def of(cls, change: SeatChange) -> Self:
        """Show a change."""
        before, after = change.before, change.after
        return cls(
            seat_id=change.seat.id,
            start=change.seat.interval.start,
            society_before=None if before is None else before.society,
            society_after=None if after is None else after.society,
            radiologist_before=None if before is None else before.radiologist,
            radiologist_after=None if after is None else after.radiologist,
        )


class StandingView(View):
    """A society by a revision; deviations from its right in millionths of a seat."""

    owed: int
    deviation: int | None
    uncovered: int
    borrowed: int


class TallyView(View):
    """What a radiologist holds by a revision; points in thousandths."""

    seats: int
    points: int


class DiffView(View):
    """Two revisions side by side; each pair is before, then after."""

    changes: list[ChangeView]
    societies: dict[int, tuple[StandingView, StandingView]]
    radiologists: dict[int, tuple[TallyView, TallyView]]
    uncovered: tuple[int, int]
    loans: tuple[int, int]
    violations: tuple[list[ViolationView], list[ViolationView]]

    @classmethod
    def of(cls, found: Comparison) -> Self:
        """Show a comparison."""
        before, after = found.violations
        return cls(
            changes=[ChangeView.of(each) for each in found.diff.seats],
            societies={
                society: (StandingView.model_validate(one), StandingView.model_validate(other))
                for society, (one, other) in found.diff.societies.items()
            },
            radiologists={
                person: (
                    TallyView.model_validate(sides.before),
                    TallyView.model_validate(sides.after),
                )
                for person, sides in found.diff.radiologists.items()
            },
            uncovered=found.uncovered,
            loans=found.loans,
            violations=(view_violations(before), view_violations(after)),
        )


@router.get("/review", responses=raises(NotFound))
async def show_review(planning_id: Key, revision_id: Key, work: Reader) -> ReviewView:
    """Say who is concerned by a draft, what it breaks, and when nobody would be there."""
    await find_revision_of(work, planning_id, revision_id)
    found = await review_draft(work.session, revision_id, now=work.now)
    return ReviewView(
        version=found.version,
        is_stale=found.is_stale,
        over=[each.id for each in found.over],
        concerned=[ConcernedView.model_validate(each) for each in found.concerned],
        violations=view_violations(found.violations),
        holes=[HoleView.of(each) for each in found.holes],
    )


@router.get("/diff", responses=raises(NotFound))
async def show_diff(planning_id: Key, revision_id: Key, work: Reader, to: Other) -> DiffView:
    """Compare the whole planning as this revision leaves it with how another one would."""
    await find_revision_of(work, planning_id, revision_id)
    await find_revision_of(work, planning_id, to)
    return DiffView.of(await compare_revisions(work.session, before_id=revision_id, after_id=to))
