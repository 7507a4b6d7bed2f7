"""What radiologists did and owed in a planning: the fairness that the next one carries on.

What a person owes is their part of what the members of their society held together, by full-time
equivalent and time of membership: the same part that rosters aim at.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from functools import lru_cache

from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of
from app.planning.domain.roster.people import Reader
from app.planning.domain.roster.problem import Counter
from app.planning.domain.roster.weight import weigh
from app.planning.domain.seats import Placement, Seat
from app.planning.domain.sharing.shares import spread_amount
from app.planning.domain.validator.weekends import weekend_of

POINTS = "points"
"""The counter of points; the others are those of `Counter`."""

COUNTERS = (POINTS, *(each.value for each in Counter))

_ONE = 1000
_DAY = timedelta(days=1)
_FRIDAY = 4
_DEEP_NIGHT_ENDS = time(6)
_DEEP_NIGHT = timedelta(hours=3)
_REMEMBERED = 4096
"""More guards than a year has: the seats of one ask the same."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What somebody did of a counter, and their part of what their society held, in thousandths."""

    done: int = 0
    owed: int = 0

    def __add__(self, other: "Balance") -> "Balance":
        """Add what was before, or comes after."""
        return Balance(self.done + other.done, self.owed + other.owed)


@dataclass(frozen=True, slots=True)
class Counted:
    """The seats of a planning, and what they count.

    Parameters
    ----------
    points
        Of each seat, in thousandths.
    special
        Ids of the seats on special days.
    """

    placements: Sequence[Placement]
    points: Mapping[int, int]
    special: Collection[int]
    period: Interval
    zone: tzinfo


Key = tuple[int, str]
"""A radiologist and a counter."""


def balance(counted: Counted, readers: Sequence[Reader]) -> dict[Key, Balance]:
    """Say what each member did and owed of each counter in a planning.

    Somebody who belongs to no society of their own (an outside reader) has no part, and what they
    hold counts for nobody. A seat counts for the society that its holder is a member of when it
    begins, whichever owes it.

    Returns
    -------
    dict
        Every counter of every member of the period; of each society, all that is owed is exactly
        all that was done.
    """
    known = {reader.id: reader for reader in readers}
    done: defaultdict[tuple[int, int, str], int] = defaultdict(int)
    for placement in counted.placements:
        society = _find_society(known.get(placement.radiologist or 0), placement.seat)
        if society is not None and placement.radiologist is not None:
            for counter, worth in _count(placement.seat, counted).items():
                done[society, placement.radiologist, counter] += worth
    found: defaultdict[Key, Balance] = defaultdict(Balance)
    for society in sorted({each for reader in readers for each in _own_societies(reader)}):
        weights = {
            reader.id: weight
            for reader in readers
            if (weight := weigh(reader, society=society, period=counted.period))
        }
        for counter in COUNTERS if weights else ():
            own = {each: done[society, each, counter] for each in weights}
            # Ties go by id, whatever its number of digits.
            parts = spread_amount(
                sum(own.values()), weights={f"{each:020}": weights[each] for each in weights}
            )
            for each in weights:
                found[each, counter] += Balance(own[each], parts[f"{each:020}"])
    return dict(found)


def _own_societies(reader: Reader) -> set[int]:
    return {each.society for each in reader.memberships if not each.outside}


def _find_society(reader: Reader | None, seat: Seat) -> int | None:
    own = [
        each.society
        for each in (() if reader is None else reader.memberships)
        if not each.outside and each.covers(seat.interval.start)
    ]
    return min(own, default=None)


def _count(seat: Seat, counted: Counted) -> dict[str, int]:
    return {
        POINTS: counted.points.get(seat.id, _ONE),
        Counter.NIGHTS.value: _ONE * is_deep_night(seat.interval, zone=counted.zone),
        Counter.WEEKENDS.value: _ONE * begins_in_weekend(seat.interval, zone=counted.zone),
        Counter.SPECIAL.value: _ONE * (seat.id in counted.special),
    }


@lru_cache(_REMEMBERED)
def is_deep_night(held: Interval, *, zone: tzinfo) -> bool:
    """Tell whether at least three hours lie between 00:00 and 06:00 of one date."""
    day = held.start.astimezone(zone).date()
    while day <= held.end.astimezone(zone).date():
        deep = Interval(
            instant_of(datetime.combine(day, time(0)), zone=zone),
            instant_of(datetime.combine(day, _DEEP_NIGHT_ENDS), zone=zone),
        )
        shared = deep.meet(held)
        if shared is not None and shared.duration >= _DEEP_NIGHT:
            return True
        day += _DAY
    return False


@lru_cache(_REMEMBERED)
def begins_in_weekend(held: Interval, *, zone: tzinfo) -> bool:
    """Tell whether it begins from Friday 18:00 up to, but not including, Monday 08:00."""
    day = held.start.astimezone(zone).date()
    friday = day - timedelta(days=(day.weekday() - _FRIDAY) % 7)
    return weekend_of(friday, zone=zone).contains(held.start)
