"""Small problems for roster solvers: seats and people in a few words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.kit.interval import Interval
from app.planning.domain.roster.people import Membership, Reader
from app.planning.domain.roster.problem import Limits, Roster, RosterProblem
from app.planning.domain.roster.profile import LIBERAL, Profile
from app.planning.domain.seats import GuardLine, Seat, SeatKind

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 3, 2, tzinfo=PARIS).astimezone(UTC)
OPENING = datetime(2020, 1, 1, tzinfo=UTC)
QUIET = Limits(seconds=20, deterministic=5.0, workers=1, seed=1)
"""One worker and the solver's own time: a seed gives one roster."""


def hours(start: float, end: float) -> Interval:
    """Count hours from a Monday's midnight in winter."""
    return Interval(MONDAY + timedelta(hours=start), MONDAY + timedelta(hours=end))


def seat(number: int, start: float, end: float, **changes: Any) -> Seat:
    """Make a reader's seat of the first line."""
    interval = hours(start, end)
    made = Seat(
        id=number,
        segment="evening",
        line=GuardLine.FIRST,
        kind=SeatKind.READER,
        interval=interval,
        guard=interval,
    )
    return replace(made, **changes)


def reader(number: int, *, society: int = 1, profile: Profile = LIBERAL, **changes: Any) -> Reader:
    """Make a member of a society."""
    made = Reader(id=number, memberships=(Membership(society, OPENING),), profile=profile)
    return replace(made, **changes)


def problem(seats: list[Seat], readers: list[Reader], **changes: Any) -> RosterProblem:
    """Make a problem whose seats all are owed by society 1, unless `owed` says otherwise."""
    made = RosterProblem(
        seats=tuple(seats),
        owed={each.id: 1 for each in seats},
        readers=tuple(readers),
        zone=PARIS,
        now=MONDAY - timedelta(days=30),
    )
    return replace(made, **changes)


def holders(roster: Roster) -> dict[int, int | None]:
    """Say who holds which seat."""
    return {each.seat.id: each.radiologist for each in roster.placements}
