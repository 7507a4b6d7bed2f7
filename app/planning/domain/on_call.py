"""Who is on guard at an instant, as boards and telephones read it."""

from dataclasses import dataclass
from datetime import datetime

from app.kit.interval import Interval
from app.planning.domain.seats import AssignmentReason, GuardLine, SeatKind


@dataclass(frozen=True, slots=True)
class OnCallReader:
    """A radiologist on guard, with how to reach them.

    Parameters
    ----------
    society_id
        Their own on that day; absent when they have left.
    """

    radiologist_id: int
    name: str
    telephone: str
    society_id: int | None
    centre_id: int | None
    centre: str | None
    centre_telephone: str | None


@dataclass(frozen=True, slots=True)
class OnCallSeat:
    """A seat at this instant.

    Parameters
    ----------
    interval
        The seat's own hours.
    society_id, society
        The one that owes the seat.
    reader
        Who holds it; absent when it is uncovered.
    site_id, site
        Where the holder of an on-site seat stands.
    called_at
        Since when they are called there; absent: they are not.
    """

    seat_id: int
    guard_id: int
    planning_id: int
    segment: str
    line: GuardLine
    kind: SeatKind
    interval: Interval
    society_id: int
    society: str
    reason: AssignmentReason
    reader: OnCallReader | None
    site_id: int | None = None
    site: str | None = None
    called_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OnCall:
    """All seats at an instant, by line, kind, then seat; none when nothing is published for it."""

    at: datetime
    seats: tuple[OnCallSeat, ...]

    @property
    def first_line(self) -> tuple[OnCallSeat, ...]:
        """Those who read."""
        return self._select(GuardLine.FIRST, SeatKind.READER)

    @property
    def backup(self) -> tuple[OnCallSeat, ...]:
        """Those who are called when the first line is not enough."""
        return self._select(GuardLine.BACKUP, SeatKind.READER)

    @property
    def on_site(self) -> tuple[OnCallSeat, ...]:
        """Those who stand in a site, by the order of the seats."""
        return self._select(GuardLine.ON_SITE, SeatKind.READER)

    @property
    def coordinators(self) -> tuple[OnCallSeat, ...]:
        """Those who coordinate."""
        return tuple(each for each in self.seats if each.kind is SeatKind.COORDINATOR)

    @property
    def uncovered(self) -> tuple[OnCallSeat, ...]:
        """Seats that nobody holds."""
        return tuple(each for each in self.seats if each.reader is None)

    @property
    def segments(self) -> tuple[str, ...]:
        """The group's segments at this instant; one, unless guards were laid out by hand."""
        lines = (GuardLine.FIRST, GuardLine.BACKUP)
        return tuple(sorted({each.segment for each in self.seats if each.line in lines}))

    def _select(self, line: GuardLine, kind: SeatKind) -> tuple[OnCallSeat, ...]:
        return tuple(each for each in self.seats if (each.line, each.kind) == (line, kind))
