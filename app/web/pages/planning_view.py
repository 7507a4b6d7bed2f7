"""What the page of a month shows: chips by day and segment, and bars beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.planning.domain.months import Load, Month
from app.planning.domain.seats import AssignmentReason, GuardLine, Placement, SeatKind
from app.planning.models import Entitlement, PlanningRevision
from app.planning.service.months import MonthShown

HUES = 12
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A seat in a cell.

    Parameters
    ----------
    hue
        Of the society that owes it, from 0.
    hours
        Its own, where they are not those of the guard.
    """

    seat_id: int
    line: str
    holder: str | None
    brief_name: str
    society: str
    hue: int
    hours: tuple[datetime, datetime] | None
    is_loan: bool
    is_locked: bool
    is_backup: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DayShown:
    """A day, and its chips by segment."""

    day: date
    is_rest_day: bool
    is_holiday: bool
    cells: tuple[tuple[Chip, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SocietyShown:
    """What a society owes in the month, and what it was entitled to in the planning.

    Parameters
    ----------
    entitled, allotted
        In seats of the whole planning, exact and whole.
    share
        Of all volumes, in percent.
    """

    id: int
    name: str
    hue: int
    load: Load
    share: float | None
    entitled: float | None
    allotted: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonShown:
    """What a radiologist holds in the month."""

    id: int
    name: str
    hue: int
    load: Load


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningPage:
    """A month of what is in force, or of a draft."""

    month: Month
    today: date
    segments: tuple[str, ...]
    days: tuple[DayShown, ...]
    societies: tuple[SocietyShown, ...]
    people: tuple[PersonShown, ...]
    drafts: tuple[PlanningRevision, ...]
    revision: PlanningRevision | None
    published_number: int
    planning_id: int | None
    planning_name: str | None
    uncovered: int
    may_write: bool
    may_publish: bool
    chosen_society: int | None

    @property
    def is_draft(self) -> bool:
        """Is a draft shown, which can still be changed?"""
        return self.revision is not None and self.revision.number is None

    @property
    def quarter(self) -> tuple[date, date]:
        """Three months from this one: its first and last day."""
        return self.month.first, self.month.next.next.next.first - timedelta(days=1)

    @property
    def most_seats(self) -> int:
        """The most that a society owes: the full width of its bar."""
        return max((each.load.seats for each in self.societies), default=0) or 1

    @property
    def most_held(self) -> int:
        """The most that a radiologist holds."""
        return max((each.load.seats for each in self.people), default=0) or 1


def make_page(
    shown: MonthShown,
    *,
    today: date,
    may_write: bool,
    may_publish: bool,
    chosen_society: int | None,
) -> PlanningPage:
    """Lay out a month for the page."""
    names = dict(sorted(shown.societies.items(), key=lambda each: each[1].casefold()))
    hues = {society: place % HUES for place, society in enumerate(names)}
    first = shown.rows[0].cells if shown.rows else ()
    return PlanningPage(
        month=shown.month,
        today=today,
        segments=tuple(each.segment for each in first),
        days=tuple(
            DayShown(
                day=row.day,
                is_rest_day=row.is_rest_day,
                is_holiday=row.day in shown.holidays,
                cells=tuple(
                    tuple(_chip(each, shown=shown, hues=hues) for each in cell.placements)
                    for cell in row.cells
                ),
            )
            for row in shown.rows
        ),
        societies=tuple(_society(shown, each, hue=hues[each]) for each in names),
        people=_people(shown, hues=hues),
        drafts=tuple(each for each in shown.revisions if each.number is None),
        revision=shown.revision,
        published_number=max((each.number or 0 for each in shown.revisions), default=0),
        planning_id=None if shown.planning is None else shown.planning.id,
        planning_name=None if shown.planning is None else shown.planning.name,
        uncovered=sum(each.radiologist is None for each in shown.placements),
        may_write=may_write,
        may_publish=may_publish,
        chosen_society=chosen_society if chosen_society in names else None,
    )


def _chip(placement: Placement, *, shown: MonthShown, hues: Mapping[int, int]) -> Chip:
    seat = placement.seat
    line = seat.line.value if seat.kind is SeatKind.READER else "coordinator"
    own_hours = seat.interval != seat.guard
    holder = placement.radiologist
    return Chip(
        seat_id=seat.id,
        line=line,
        holder=None if holder is None else shown.radiologists[holder].removeprefix("Dr "),
        brief_name="" if holder is None else shown.brief_names[holder],
        society=shown.societies[placement.society],
        hue=hues[placement.society],
        hours=(seat.interval.start, seat.interval.end) if own_hours else None,
        is_loan=placement.reason is AssignmentReason.LOAN and placement.radiologist is not None,
        is_locked=seat.id in shown.locked,
        is_backup=seat.line is GuardLine.BACKUP,
    )


def _society(shown: MonthShown, society_id: int, *, hue: int) -> SocietyShown:
    rights: Sequence[Entitlement] = shown.rights.get(society_id, ())
    return SocietyShown(
        id=society_id,
        name=shown.societies[society_id],
        hue=hue,
        load=shown.owed.get(society_id, Load()),
        share=rights[0].share * 100 / _MILLION if rights else None,
        entitled=sum(each.seats_millionths for each in rights) / _MILLION if rights else None,
        allotted=sum(each.seats for each in rights) if rights else None,
    )


def _people(shown: MonthShown, *, hues: Mapping[int, int]) -> tuple[PersonShown, ...]:
    people = (
        PersonShown(
            id=person,
            name=shown.radiologists[person],
            hue=hues.get(shown.owners.get(person, 0), 0),
            load=load,
        )
        for person, load in shown.held.items()
    )
    return tuple(sorted(people, key=lambda each: (each.hue, -each.load.seats, each.name)))
