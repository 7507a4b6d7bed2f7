"""Two revisions of a planning side by side: what changes, and what that does to fairness."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from app.directory.domain import Permission
from app.planning.domain.diff import SeatChange, Sides, Standing
from app.planning.domain.seats import Placement
from app.planning.domain.sharing.shares import MILLION
from app.planning.models import PlanningRevision
from app.planning.repository import plannings
from app.planning.repository.people import name_radiologists, name_societies
from app.planning.service.drafts_review import Comparison, compare_revisions
from app.web.pages.door import Visit, visit
from app.web.pages.mine_view import name_line
from app.web.pages.rendering import render_page
from app.web.schemas import LARGEST_KEY, Key

router = APIRouter(prefix="/planning/revisions")

Reader = Annotated[Visit, visit(Permission.PLANNING_READ)]
Other = Annotated[int | None, Query(alias="with", ge=1, le=LARGEST_KEY)]
WantedMonth = Annotated[str | None, Query(max_length=7, pattern=r"^20\d\d-\d\d$")]
_MOST_SHOWN = 200
_THOUSAND = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparePage:
    """Two revisions side by side; `before` is absent where there is nothing to compare with.

    Parameters
    ----------
    others
        Those that it can be compared with: what is in force, and the other drafts.
    societies, people
        Names, by id.
    """

    revision: PlanningRevision
    before: PlanningRevision | None
    others: Sequence[PlanningRevision]
    found: Comparison | None
    societies: Mapping[int, str]
    people: Mapping[int, str]
    month: str | None
    most_shown: int = _MOST_SHOWN

    @property
    def standings(self) -> list[tuple[str, Standing, Standing]]:
        """Societies by name, before and after."""
        found = {} if self.found is None else self.found.diff.societies
        rows = ((self.societies[each], *pair) for each, pair in found.items())
        return sorted(rows, key=lambda row: row[0].casefold())

    @property
    def tallies(self) -> list[tuple[str, Sides]]:
        """Radiologists of whom something changes, by name."""
        found = {} if self.found is None else self.found.diff.radiologists
        changed = (
            (self.people[each], sides)
            for each, sides in found.items()
            if sides.before != sides.after
        )
        return sorted(changed, key=lambda row: row[0].casefold())

    def name_holder(self, placement: Placement | None) -> str | None:
        """Name who holds a seat, if anybody does."""
        holder = None if placement is None else placement.radiologist
        return None if holder is None else self.people[holder]

    def name_society(self, placement: Placement | None) -> str | None:
        """Name who owes a seat, if anybody does."""
        return None if placement is None else self.societies[placement.society]


@router.get("/{revision_id}/compare")
async def show_comparison(
    revision_id: Key, guest: Reader, other: Other = None, month: WantedMonth = None
) -> HTMLResponse:
    """Show a revision beside another one; not told which, beside what is in force."""
    revision = await plannings.find_revision(guest.session, revision_id)
    others = await _list_others(guest, revision)
    before = (
        next(iter(others), None)
        if other is None
        else await plannings.find_revision(guest.session, other)
    )
    found = None
    if before is not None:
        found = await compare_revisions(guest.session, before_id=before.id, after_id=revision_id)
    page = ComparePage(
        revision=revision,
        before=before,
        others=others,
        found=found,
        societies={} if found is None else await _name_societies(guest, found),
        people={} if found is None else await _name_people(guest, found),
        month=month,
    )
    return render_page(
        "planning/compare.html",
        frame=guest.frame,
        view=page,
        line_of=name_line,
        million=MILLION,
        thousand=_THOUSAND,
    )


async def _list_others(guest: Visit, revision: PlanningRevision) -> list[PlanningRevision]:
    """List what is in force, then the drafts, without the revision itself."""
    rows = await plannings.list_revisions(guest.session, planning_id=revision.planning_id)
    published = [each for each in rows if each.number is not None]
    in_force = max(published, key=lambda each: each.number or 0, default=None)
    drafts = [each for each in rows if each.number is None]
    first = [] if in_force is None else [in_force]
    return [each for each in (*first, *drafts) if each.id != revision.id]


async def _name_societies(guest: Visit, found: Comparison) -> dict[int, str]:
    changed = {each.society for change in found.diff.seats for each in _sides(change)}
    return await name_societies(guest.session, changed | set(found.diff.societies))


async def _name_people(guest: Visit, found: Comparison) -> dict[int, str]:
    changed = {each.radiologist for change in found.diff.seats for each in _sides(change)}
    ids = {each for each in changed if each is not None} | set(found.diff.radiologists)
    return await name_radiologists(guest.session, ids)


def _sides(change: SeatChange) -> list[Placement]:
    return [each for each in (change.before, change.after) if each is not None]
