"""What a roster must solve, and what it found: the contract with whatever solves it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum

from app.planning.domain.roster.people import Reader
from app.planning.domain.seats import KindOfSeat, Placement, Seat


class Objective(StrEnum):
    """What a roster makes as good as it can, in this order; a later one never costs an earlier."""

    COVER = "cover"
    """Seats that nobody holds."""
    LOANS = "loans"
    """Seats held for another society, or beyond what a society was allotted (quota error)."""
    CHANGES = "changes"
    """In a repair: published seats whose holder changes."""
    LARGEST_DEVIATION = "largest_deviation"
    """The largest deviation of one person's points from their part of the society's, in thousandths
    of a point, rounded up."""
    DEVIATION = "deviation"
    """The sum of these deviations, and of those of nights, weekends and special days, in
    thousandths."""
    SPACING = "spacing"
    """Deep nights of one person beyond the first in any five dates in a row."""
    WISHES = "wishes"
    """Wishes not kept, by weight, and soft rules that are paid for, by price."""
    STABILITY = "stability"
    """Seats that differ from the roster that was there before."""


class Counter(StrEnum):
    """What is counted for each person beside points, so that nobody gets all of one sort."""

    NIGHTS = "nights"
    """Seats held for at least three hours between 00:00 and 06:00: deep nights."""
    WEEKENDS = "weekends"
    """Seats that begin from Friday 18:00 to Monday 08:00."""
    SPECIAL = "special"
    """Seats on special days, over five years."""


@dataclass(frozen=True, slots=True)
class GuardDemand:
    """What those in the seats of one guard must have between them.

    Parameters
    ----------
    seats
        Ids of the guard's seats.
    skills
        Each must be had by at least one holder; while a seat is uncovered, it may still be.
    societies
        The least number of societies among the holders; fewer are paid for.
    """

    seats: frozenset[int]
    skills: frozenset[str] = frozenset()
    societies: int = 1


@dataclass(frozen=True, slots=True)
class RosterProblem:
    """Seats to fill, for whom, beside what.

    Parameters
    ----------
    seats
        All seats of the period.
    owed
        By seat id, the society to which sharing gave it. Dates may be exchanged between societies
        within `prefix_bound`, among seats of one kind, weekday class, sort of day and points: what
        sharing proved of each then stays true.
    readers
        Everybody who may hold seats.
    zone
        Where days, nights and weekends begin.
    fixed
        Seats that keep their holder (or nobody): begun, locked by a planner, kept by a repair.
    around
        What is in force before and after the period, for rest and nights.
    points
        Of each seat, in thousandths of a point; a thousand where it is not said.
    special
        Ids of the seats on special days.
    carried
        By radiologist and counter, what they did too many of in earlier periods, in thousandths.
    prefix_bound
        How far a society's seats of one kind may run from `entitled * t / N` after the `t` seats
        begun by any date, of `N` in the period, in millionths of a seat; where sharing ran farther,
        as far as sharing did. Absent: dates stay with the society that owes them.
    entitled
        By society and kind of seat, in millionths: what `prefix_bound` is measured against.
    demands
        By guard.
    published
        By seat id, the holder in force: what a repair changes as little as it can.
    previous
        By seat id, the holder in the roster before this one: a hint, and what stability means.
    now
        Seats that have begun are never changed.
    """

    seats: tuple[Seat, ...]
    owed: Mapping[int, int]
    readers: tuple[Reader, ...]
    zone: tzinfo
    now: datetime
    fixed: Mapping[int, int | None] = field(default_factory=dict[int, int | None])
    around: tuple[Placement, ...] = ()
    points: Mapping[int, int] = field(default_factory=dict[int, int])
    special: frozenset[int] = frozenset()
    carried: Mapping[tuple[int, Counter], int] = field(
        default_factory=dict[tuple[int, Counter], int]
    )
    prefix_bound: int | None = None
    entitled: Mapping[tuple[int, KindOfSeat], int] = field(
        default_factory=dict[tuple[int, KindOfSeat], int]
    )
    demands: tuple[GuardDemand, ...] = ()
    published: Mapping[int, int | None] = field(default_factory=dict[int, int | None])
    previous: Mapping[int, int | None] = field(default_factory=dict[int, int | None])


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, and how, to search.

    Parameters
    ----------
    seconds
        Of the wall, above 0.
    deterministic
        Limit in the solver's own deterministic time, so that with one worker a seed gives one
        roster; absent: only the wall counts.
    workers
        Threads; one for tests.
    """

    seconds: float = 60
    deterministic: float | None = None
    workers: int = 2
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Level:
    """One objective as it was left: best value, proven bound."""

    objective: Objective
    value: int
    bound: int

    @property
    def is_proven(self) -> bool:
        """Is there nothing better?"""
        return self.value <= self.bound

    @property
    def gap(self) -> float:
        """How far the value may be from the best, as a part of the bound (1.0 where it is 0)."""
        if self.is_proven:
            return 0.0
        return 1.0 if self.bound <= 0 else (self.value - self.bound) / self.bound


@dataclass(frozen=True, slots=True)
class Roster:
    """What was found: one placement per seat, and how good each objective is.

    Parameters
    ----------
    placements
        By start, then seat; `radiologist` empty where nobody may. The society is the one that owes
        the seat now; the reason is `loan` where the holder is of another one, `repair` where a
        published seat changes its holder, `roster` where societies exchanged dates, else `quota`.
    levels
        In the order of the objectives; those not reached in time are left out.
    stopped
        Ended by whoever asked, or by the limit, before the last objective.
    """

    placements: tuple[Placement, ...]
    levels: Sequence[Level]
    stopped: bool
