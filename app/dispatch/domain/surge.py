"""When more comes than those on guard can read: seen early, so that the backup line is called."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from app.planning.domain.calibration.tails import count_quantile
from app.planning.domain.segments import DayKind, kind_of

LOOK_EVERY = timedelta(minutes=1)
CALM_FOR = timedelta(minutes=15)
"""A surge is over when nothing has spoken for it for so long: it comes in waves."""
FEWEST = 4
"""So many arrivals are never too many for one who is there, however quiet the hour is as a rule."""
_MINUTE = timedelta(minutes=1)
_MINUTES_OF_HOUR = 60

Rates = Mapping[tuple[DayKind, int], float]
"""Exams an hour that are planned for, by kind of day and hour on the wall."""


class SurgeCause(StrEnum):
    """What speaks for a surge."""

    QUARTER = "quarter"
    """The arrivals of the last 15 minutes."""
    HOUR = "hour"
    """The arrivals of the last 60 minutes."""
    ALL_CAPPED = "all_capped"
    """Everybody on guard has taken as many cases in the last hour as they are to."""


class SurgeMove(StrEnum):
    """What a look at the arrivals comes to."""

    NOTHING = "nothing"
    BEGIN = "begin"
    GO_ON = "go_on"
    CALM = "calm"
    """Nothing speaks for it any more, for the time being."""
    END = "end"


@dataclass(frozen=True, slots=True)
class Window:
    """A time up to now in which arrivals are counted.

    Parameters
    ----------
    lasts
        > 0.
    quantile
        So often an ordinary window stays at its bound or below; in (0, 1). A short one is looked
        at more often as if anew, and asks for more.
    """

    cause: SurgeCause
    lasts: timedelta
    quantile: float


WINDOWS = (
    Window(SurgeCause.QUARTER, timedelta(minutes=15), 0.999),
    Window(SurgeCause.HOUR, timedelta(minutes=60), 0.99),
)


@dataclass(frozen=True, slots=True)
class Paced:
    """A reader of the first line: how many cases they took in the last hour, and may take in one.

    Parameters
    ----------
    claims_last_hour
        >= 0.
    hourly_cap
        > 0.
    """

    claims_last_hour: int
    hourly_cap: int

    @property
    def is_capped(self) -> bool:
        """Have they taken as many as they are to?"""
        return self.claims_last_hour >= self.hourly_cap


def expect_arrivals(
    window: Window, *, now: datetime, zone: tzinfo, rates: Rates, holidays: AbstractSet[date]
) -> float | None:
    """Say how many exams are planned for in a window; nothing when an hour of it was not seen.

    Parameters
    ----------
    now
        The end of the window, aware.
    zone
        Of the wall; minutes are laid out on the line of time, so that a night of 25 hours is one.
    holidays
        Of the days around it. A holiday of which nothing is known is a Sunday.
    """
    expected = 0.0
    for minute in range(window.lasts // _MINUTE):
        wall = (now - window.lasts + minute * _MINUTE).astimezone(zone)
        kind = kind_of(wall.date(), holidays=holidays)
        rate = rates.get((kind, wall.hour))
        if rate is None and kind is DayKind.HOLIDAY:
            rate = rates.get((DayKind.SUNDAY, wall.hour))
        if rate is None:
            return None
        expected += rate / _MINUTES_OF_HOUR
    return expected


def find_bound(window: Window, *, expected: float | None, readers: Iterable[Paced]) -> int:
    """Find the largest number of arrivals in a window that is no surge, >= `FEWEST`.

    Parameters
    ----------
    expected
        As `expect_arrivals`: the rate planned for already holds that some days are busier, so that
        the count is Poisson. Nothing, where no calibration speaks of the hour: then what those on
        guard may take in that time is the bound.
    """
    if expected is not None:
        return max(FEWEST, count_quantile(window.quantile, mean=expected, spread=0))
    hours = window.lasts / timedelta(hours=1)
    return max(FEWEST, round(sum(each.hourly_cap for each in readers) * hours))


def find_causes(
    arrivals: Mapping[SurgeCause, int],
    *,
    bounds: Mapping[SurgeCause, int],
    readers: Iterable[Paced],
) -> tuple[SurgeCause, ...]:
    """Say what speaks for a surge now, in the order of `SurgeCause`.

    Nobody on guard is no surge: there nothing can be capped, and others are told of it.
    """
    paced = list(readers)
    causes = [cause for cause in bounds if arrivals.get(cause, 0) > bounds[cause]]
    if paced and all(each.is_capped for each in paced):
        causes.append(SurgeCause.ALL_CAPPED)
    return tuple(cause for cause in SurgeCause if cause in causes)


def find_move(
    *, stands: bool, calm_since: datetime | None, causes: tuple[SurgeCause, ...], now: datetime
) -> SurgeMove:
    """Say what a look comes to.

    Parameters
    ----------
    stands
        Whether a surge is on.
    calm_since
        Since when nothing has spoken for it, aware; nothing: something did at the last look.
    """
    if not stands:
        return SurgeMove.BEGIN if causes else SurgeMove.NOTHING
    if causes:
        return SurgeMove.GO_ON
    is_over = calm_since is not None and now - calm_since >= CALM_FOR
    return SurgeMove.END if is_over else SurgeMove.CALM
