"""What the planning refuses, and why."""

from collections.abc import Sequence
from datetime import date, datetime

from app.kit.errors import Conflict, Invalid, NotFound, Unavailable
from app.planning.domain.seats import Seat
from app.planning.domain.typed_name import Named
from app.planning.domain.validator import Violation

_MOST_NAMED = 5


class NoSuchPlanning(NotFound):
    """No planning, revision or seat has this id."""


class SegmentsDoNotFit(Invalid):
    """The rules of the segments do not give every instant exactly one segment."""

    def __init__(self, flaw: str) -> None:
        super().__init__(f"the segments must cut every week exactly, but {flaw}")
        self.flaw = flaw


class SegmentsInUse(Conflict):
    """Guards were already laid out by the rules that a change would take away."""

    def __init__(self, *, on: date, planned_until: date) -> None:
        super().__init__(
            f"the segments cannot change on {on}: guards are laid out until {planned_until}; "
            f"choose that date or a later one"
        )
        self.planned_until = planned_until


class PlanningOverlaps(Conflict):
    """Another planning has guards in this period, or bears this name."""

    def __init__(self, *, name: str, first: date, last: date) -> None:
        super().__init__(
            f"planning {name!r} from {first} to {last} meets another one: "
            f"list the plannings, then choose a free period and a new name"
        )


class NothingToShare(Invalid):
    """A draft needs volumes, and there are none."""


class AlreadyPublished(Conflict):
    """A revision is published once, and never changed afterwards."""

    def __init__(self, *, number: int, at: datetime) -> None:
        super().__init__(
            f"this draft was published as revision {number} at {at:%Y-%m-%d %H:%M} UTC; "
            f"change it by a draft or an edit of its own"
        )
        self.number = number


class DraftIsStale(Conflict):
    """Another revision was published since the draft was made."""

    def __init__(self, *, base: int, latest: int) -> None:
        super().__init__(
            f"the draft was made from revision {base}, but revision {latest} is in force: "
            f"make a new draft"
        )
        self.latest = latest


class DraftChanged(Conflict):
    """Somebody changed the draft since the caller looked at it."""

    def __init__(self, *, looked_at: int, version: int) -> None:
        super().__init__(
            f"the draft has changed meanwhile: it is at version {version}, and version "
            f"{looked_at} was looked at; look again"
        )
        self.looked_at = looked_at
        self.version = version


class NothingToUndo(Conflict):
    """There is no change of the draft to undo, or to do again."""


class NameNotClear(Invalid):
    """What was typed names nobody, or several."""

    def __init__(self, text: str, candidates: Sequence[Named]) -> None:
        named = "; ".join(
            f"{each.family_name} {each.given_name}, RPPS {each.rpps}"
            for each in candidates[:_MOST_NAMED]
        )
        more = len(candidates) - _MOST_NAMED
        found = named + (f"; and {more} more" if more > 0 else "")
        super().__init__(
            f"{text!r} may be {found}: type the given name too, or the RPPS number"
            if candidates
            else f"{text!r} is no radiologist: type a family name, or an RPPS number"
        )
        self.candidates = tuple(candidates)


class RunUnderWay(Conflict):
    """A roster of this planning is being computed."""

    def __init__(self, run_id: int) -> None:
        super().__init__(f"roster run {run_id} of this planning is under way: stop it, or wait")
        self.run_id = run_id


class RosterFailed(Unavailable):
    """No roster could be computed."""


class SeatChanged(Conflict):
    """Somebody changed the seat since the caller looked at it."""

    def __init__(self, *, seat_id: int, radiologist_id: int | None) -> None:
        holder = "nobody" if radiologist_id is None else f"radiologist {radiologist_id}"
        super().__init__(f"seat {seat_id} has changed meanwhile: {holder} holds it; look again")
        self.seat_id = seat_id
        self.radiologist_id = radiologist_id


class SeatsOver(Conflict):
    """The draft would say of guards that are over that somebody else held them."""

    def __init__(self, seats: Sequence[Seat]) -> None:
        named = ", ".join(f"{each.id} (until {each.interval.end})" for each in seats[:_MOST_NAMED])
        more = len(seats) - _MOST_NAMED
        super().__init__(
            f"what was, stays; seats that are over would change their holder: {named}"
            + (f" and {more} more" if more > 0 else "")
            + "; undo these changes in the draft, or make another draft"
        )
        self.seats = tuple(seats)


class RadiologistBusy(Conflict):
    """A radiologist would hold two seats at once in what is in force."""

    def __init__(self, clashes: Sequence[tuple[int, int, int]]) -> None:
        named = "; ".join(
            f"radiologist {radiologist} on seats {seat} and {other}"
            for radiologist, seat, other in clashes[:_MOST_NAMED]
        )
        super().__init__(f"nobody can be in two guards at once: {named}")
        self.clashes = tuple(clashes)


class RulesBroken(Invalid):
    """The revision breaks rules that nobody has accepted."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        named = "; ".join(each.message for each in violations[:_MOST_NAMED])
        more = len(violations) - _MOST_NAMED
        super().__init__(named + (f"; and {more} more" if more > 0 else ""))
        self.violations = tuple(violations)
