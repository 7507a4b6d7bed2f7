"""What is shared: the societies, the dated seats and the accounts of one period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from app.planning.domain.seats import KindOfSeat


class WeekdayClass(StrEnum):
    """Days of the week that weigh alike."""

    MONDAY_TO_THURSDAY = "monday_to_thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_LATE_DAYS = {4: WeekdayClass.FRIDAY, 5: WeekdayClass.SATURDAY, 6: WeekdayClass.SUNDAY}


@dataclass(frozen=True, slots=True)
class Member:
    """A society that takes part.

    Parameters
    ----------
    name
        By which ties are settled.
    volume
        What it brought in the reference period, in any unit that is the same for all; >= 0.
    joined, left
        First day as a member, and first day no longer; absent: before and after the period. From
        such a day on the shares are those of the members that remain.
    """

    id: int
    name: str
    volume: int
    joined: date | None = None
    left: date | None = None

    def is_member(self, day: date) -> bool:
        """Is it a member on this day?"""
        return (self.joined is None or self.joined <= day) and (
            self.left is None or day < self.left
        )


@dataclass(frozen=True, slots=True)
class SharedSeat:
    """A seat of the period.

    Parameters
    ----------
    starts_at
        Aware; the order of the prefixes, ties by id.
    on
        The local day by which it is counted.
    special
        Code of the special day that it belongs to.
    holder
        The society that keeps it, whatever the sharing says: it is published, or agreed.
    outside
        Opened to an outside reader or to a hospital radiologist: taken before sharing.
    """

    id: int
    of: KindOfSeat
    starts_at: datetime
    on: date
    special: str | None = None
    holder: int | None = None
    outside: bool = False

    @property
    def weekday_class(self) -> WeekdayClass:
        """The class of its day."""
        return _LATE_DAYS.get(self.on.weekday(), WeekdayClass.MONDAY_TO_THURSDAY)


@dataclass(frozen=True, slots=True)
class Cession:
    """Seats of a kind that a society gives to another one, for nothing or for another kind.

    Parameters
    ----------
    seats
        In each period that begins within the dates; > 0.
    start, end
        First day, and first day no longer; absent: open.
    returned, returned_seats
        An exchange: what the taker gives back.
    """

    giver: int
    taker: int
    of: KindOfSeat
    seats: int
    start: date | None = None
    end: date | None = None
    returned: KindOfSeat | None = None
    returned_seats: int = 0

    def is_in_force(self, day: date) -> bool:
        """Is it in force for a period that begins on this day?"""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


@dataclass(frozen=True, slots=True)
class Period:
    """All that the sharing of a period depends on.

    Parameters
    ----------
    start
        First local day; says which cessions are in force.
    balances
        Millionths that a society is owed of a kind (negative: that it owes) before the period; the
        sum over the societies of each kind is zero.
    special_balances
        The same of a special day, over the years that its counter looks back.
    class_balances
        The same of a class of days of a kind; absent: the balance of the kind, in proportion.
    """

    start: date
    members: Sequence[Member]
    seats: Sequence[SharedSeat]
    balances: Mapping[tuple[int, KindOfSeat], int] = field(default_factory=dict)
    cessions: Sequence[Cession] = ()
    special_balances: Mapping[tuple[int, str], int] = field(default_factory=dict)
    class_balances: Mapping[tuple[int, KindOfSeat, WeekdayClass], int] = field(default_factory=dict)
