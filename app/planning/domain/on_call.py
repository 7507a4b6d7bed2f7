"""Who is on guard at an instant, as boards, telephones and dispatch read it."""

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
    def coordinators(self) -> tuple[OnCallSeat, ...]:
        """Those who coordinate."""
        return tuple(each for each in self.seats if each.kind is SeatKind.COORDINATOR)

    @property
    def uncovered(self) -> tuple[OnCallSeat, ...]:
        """Seats that nobody holds."""
        return tuple(each for each in self.seats if each.reader is None)

    @property
    def segments(self) -> tuple[str, ...]:
        """The segments at this instant; one, unless guards were laid out by hand."""
        return tuple(sorted({each.segment for each in self.seats}))

    def _select(self, line: GuardLine, kind: SeatKind) -> tuple[OnCallSeat, ...]:
        return tuple(each for each in self.seats if (each.line, each.kind) == (line, kind))


@dataclass(frozen=True, slots=True)
class PoolReader:
    """Somebody whom dispatch may nominate or call.

    Parameters
    ----------
    society_id
        Their own society on that day.
    owing_society_id
        The society whose seat they hold: another one when they are lent.
    until
        When their seat ends.
    """

    radiologist_id: int
    society_id: int | None
    owing_society_id: int
    centre_id: int | None
    guard_id: int
    seat_id: int
    segment: str
    line: GuardLine
    kind: SeatKind
    until: datetime


def pool_of(on_call: OnCall) -> tuple[PoolReader, ...]:
    """Return those who hold a seat, in the order of the seats."""
    return tuple(
        PoolReader(
            radiologist_id=each.reader.radiologist_id,
            society_id=each.reader.society_id,
            owing_society_id=each.society_id,
            centre_id=each.reader.centre_id,
            guard_id=each.guard_id,
            seat_id=each.seat_id,
            segment=each.segment,
            line=each.line,
            kind=each.kind,
            until=each.interval.end,
        )
        for each in on_call.seats
        if each.reader is not None
    )
