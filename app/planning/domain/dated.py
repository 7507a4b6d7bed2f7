"""What holds from a date until another one: since inside, until outside."""

from dataclasses import dataclass
from datetime import date

from app.kit.errors import Conflict, Invalid


class DatesOverlap(Conflict):
    """The same is said of some of these dates already."""


class NoDay(Invalid):
    """What begins must hold for a day at least."""


class EndedAlready(Invalid):
    """What has ended is not made longer."""


@dataclass(frozen=True, slots=True)
class Dates:
    """From a date on, until another one that is left out (`None`: open).

    Raises
    ------
    NoDay
        If it does not end after it begins.
    """

    since: date
    until: date | None = None

    def __post_init__(self) -> None:
        """Refuse what has no day."""
        if self.until is not None and self.until <= self.since:
            raise NoDay(f"this must end after it begins, but {self.until} <= {self.since}")

    def holds_on(self, day: date) -> bool:
        """Tell whether it holds on this date."""
        return self.since <= day and (self.until is None or day < self.until)

    def end(self, on: date) -> "Dates":
        """End it on a date, which is the first that is left out; nothing is made longer.

        Raises
        ------
        NoDay
            If nothing of it would be left.
        EndedAlready
            If it has ended by then.
        """
        if on <= self.since:
            raise NoDay(f"this begins on {self.since} only: delete it, or choose a later end")
        if self.until is not None and self.until < on:
            raise EndedAlready(f"this ends on {self.until} already: write what holds from then on")
        return Dates(self.since, on)
