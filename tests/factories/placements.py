"""Seats of one week and who holds them, for judges of rosters."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of
from app.planning.domain.roster.people import Membership, Reader
from app.planning.domain.roster.profile import Profile, Rule
from app.planning.domain.seats import AssignmentReason, GuardLine, Placement, Seat, SeatKind
from app.planning.domain.validator import judge

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 3, 23, tzinfo=UTC)
OPENING = datetime(2020, 1, 1, tzinfo=UTC)
UNLIMITED = Profile(
    "unlimited",
    most_hours=timedelta(hours=168),
    most_consecutive_nights=None,
    most_nights_in_28_days=None,
    most_weekends=4,
)
"""The daily rest and the longest duty, and nothing else."""


def hours(start: float, end: float) -> Interval:
    """Return elapsed hours since Monday 00:00 UTC (Paris is one hour ahead until Sunday)."""
    return Interval(MONDAY + timedelta(hours=start), MONDAY + timedelta(hours=end))


def on_wall(day: date, start: time, end: time) -> Interval:
    """Return a stretch on the wall in Paris; an end at or before the start is on the next day."""
    last = day if end > start else day + timedelta(days=1)
    return Interval(
        instant_of(datetime.combine(day, start), zone=PARIS),
        instant_of(datetime.combine(last, end), zone=PARIS),
    )


def make_reader(radiologist: int = 7, **changes: Any) -> Reader:
    """Return a member of society 1 since long ago, without limits but the rest."""
    given: dict[str, Any] = {
        "memberships": (Membership(1, OPENING),),
        "profile": UNLIMITED,
    }
    return Reader(id=radiologist, **(given | changes))


def place(
    seat_id: int,
    interval: Interval,
    *,
    radiologist: int | None = 7,
    society: int = 1,
    reason: AssignmentReason = AssignmentReason.EDIT,
    **seat: Any,
) -> Placement:
    """Put somebody on an evening seat of the first line."""
    given: dict[str, Any] = {
        "segment": "evening",
        "line": GuardLine.FIRST,
        "kind": SeatKind.READER,
        "guard": interval,
    }
    return Placement(
        seat=Seat(id=seat_id, interval=interval, **(given | seat)),
        society=society,
        radiologist=radiologist,
        reason=reason,
    )


def broken(
    *placements: Placement, reader: Reader | None = None, **around: Any
) -> list[tuple[Rule, tuple[int, ...]]]:
    """Judge what one reader holds, and return rules with seats."""
    found = judge(placements, readers=[reader or make_reader()], **({"zone": PARIS} | around))
    return [(each.rule, each.seats) for each in found]
