"""The on-call sheet: who is on guard in the next days, on paper, for when the platform is down."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import groupby

from app.kit.interval import Interval
from app.planning.domain.on_call import OnCallSeat
from app.planning.domain.seats import GuardLine, SeatKind

SPAN = timedelta(hours=72)
"""How far a sheet reaches."""
_DAY = timedelta(days=1)


class SheetLanguage(StrEnum):
    """The languages of the sheet."""

    FRENCH = "fr"
    ENGLISH = "en"


class SheetLine(StrEnum):
    """In which order somebody is called."""

    FIRST = "first"
    BACKUP = "backup"
    COORDINATOR = "coordinator"
    ON_SITE = "on_site"
    """Whoever stands in a site is called by that site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetSeat:
    """Somebody on guard.

    Parameters
    ----------
    interval
        The seat's own hours, whole, also where the sheet begins later or ends sooner.
    name, telephone
        Of the radiologist; both empty when nobody holds the seat.
    society
        The one that owes the seat.
    site
        Where somebody on site stands; else empty.
    """

    line: SheetLine
    interval: Interval
    name: str
    telephone: str
    society: str
    centre: str
    site: str = ""

    @property
    def is_uncovered(self) -> bool:
        """Does nobody hold it?"""
        return not self.name


@dataclass(frozen=True, slots=True)
class SheetGuard:
    """One guard: its hours, its segment, and who holds its seats, in the order of calling."""

    interval: Interval
    segment: str
    seats: tuple[SheetSeat, ...]


@dataclass(frozen=True, slots=True)
class SheetNumber:
    """A number to call: of a centre."""

    name: str
    telephone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All that stands on a sheet; no patient's data ever does.

    Parameters
    ----------
    made_at
        Aware.
    interval
        What it is good for: it is out of date at the end.
    zone
        Name of the zone in which its times are written.
    published_count
        How many revisions of plannings were published when it was made.
    """

    made_at: datetime
    interval: Interval
    zone: str
    language: SheetLanguage
    guards: tuple[SheetGuard, ...]
    centres: tuple[SheetNumber, ...]
    published_count: int


def lay_out(seats: Iterable[OnCallSeat]) -> tuple[SheetGuard, ...]:
    """Lay seats out by guard, in the order of time; inside a guard in the order of calling.

    Seats with hours of their own stand under these hours, so that nobody is called who has gone.
    """
    laid = sorted(((each.interval, each.segment, _read(each)) for each in seats), key=_rank)
    return tuple(
        SheetGuard(interval=interval, segment=segment, seats=tuple(seat for *_, seat in group))
        for (interval, segment), group in groupby(laid, key=lambda each: each[:2])
    )


def _rank(laid: tuple[Interval, str, SheetSeat]) -> tuple[Interval, str, int, str]:
    interval, segment, seat = laid
    return interval, segment, list(SheetLine).index(seat.line), seat.name


def _read(seat: OnCallSeat) -> SheetSeat:
    reader = seat.reader
    return SheetSeat(
        line=_line_of(seat),
        interval=seat.interval,
        name="" if reader is None else reader.name,
        telephone="" if reader is None else reader.telephone,
        society=seat.society,
        centre="" if reader is None or reader.centre is None else reader.centre,
        site=seat.site or "",
    )


_LINES = {
    GuardLine.FIRST: SheetLine.FIRST,
    GuardLine.BACKUP: SheetLine.BACKUP,
    GuardLine.ON_SITE: SheetLine.ON_SITE,
}


def _line_of(seat: OnCallSeat) -> SheetLine:
    if seat.kind is SeatKind.COORDINATOR:
        return SheetLine.COORDINATOR
    return _LINES[seat.line]


def find_last_hour(now: datetime, *, hour: int, zone: tzinfo) -> datetime:
    """Find the last instant at which it was this hour, where the platform is.

    Parameters
    ----------
    now
        Aware.
    hour
        0 to 23, by the wall clock. Where it does not exist (the clocks go forward), the instant an
        hour after the one before it counts; of two (the clocks go back), the first.

    Returns
    -------
    datetime
        Aware; at most `now`.
    """
    local = now.astimezone(zone)
    at = local.replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
    if at.astimezone(now.tzinfo) > now:
        yesterday = local.date() - _DAY
        at = at.replace(year=yesterday.year, month=yesterday.month, day=yesterday.day)
    return at.astimezone(now.tzinfo)
