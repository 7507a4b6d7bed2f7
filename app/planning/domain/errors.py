"""What the planning refuses, and why."""

from collections.abc import Sequence
from datetime import date, datetime

from app.kit.errors import Conflict, Invalid, NotFound
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


class SeatChanged(Conflict):
    """Somebody changed the seat since the caller looked at it."""

    def __init__(self, *, seat_id: int, radiologist_id: int | None) -> None:
        holder = "nobody" if radiologist_id is None else f"radiologist {radiologist_id}"
        super().__init__(f"seat {seat_id} has changed meanwhile: {holder} holds it; look again")
        self.seat_id = seat_id
        self.radiologist_id = radiologist_id


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
