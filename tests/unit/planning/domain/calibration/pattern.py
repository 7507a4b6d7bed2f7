"""A small world for these tests: the segments that a group starts with, and made-up counts."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from app.planning.domain.calibration.arrivals import ArrivalPattern, HourOfWeek, HourRate, learn
from app.planning.domain.calibration.horizon import Horizon
from app.planning.domain.segments import EVERY_DAY, default_rules

PARIS = ZoneInfo("Europe/Paris")
RULES = default_rules(zone=PARIS, valid_from=date(2020, 1, 1))
MAY_DAY = date(2026, 5, 1)
HOLIDAYS = frozenset({date(2026, 1, 1), date(2026, 4, 6), MAY_DAY, date(2026, 12, 25)})
YEAR = Horizon.lay(RULES, first=date(2026, 1, 1), last=date(2027, 1, 1), holidays=HOLIDAYS)
WEEK = Horizon.lay(RULES, first=date(2026, 6, 1), last=date(2026, 6, 8), holidays=frozenset())


def make_counts(
    by_hour: dict[int, int], *, first: date = date(2025, 1, 1), days: int = 365
) -> dict[tuple[date, int], int]:
    """Count the same exams on each day."""
    return {
        (first + timedelta(days=number), hour): exams
        for number in range(days)
        for hour, exams in by_hour.items()
    }


def make_pattern(by_hour: dict[int, int], *, days: int = 365) -> ArrivalPattern:
    """Learn a pattern from the same exams on each day from 1 January 2025, all but the clocks."""
    first = date(2025, 1, 1)
    return learn(
        make_counts(by_hour, first=first, days=days),
        first=first,
        last=first + timedelta(days=days),
        zone=PARIS,
        holidays=frozenset(),
    )


def make_rates(by_hour: dict[int, float], *, hours: float = 10_000) -> ArrivalPattern:
    """Make a pattern seen for so long that its upper rates are its means, but for a hundredth."""
    return ArrivalPattern(
        {
            HourOfWeek(kind, hour): HourRate(round(by_hour.get(hour, 0) * hours), hours)
            for kind in EVERY_DAY
            for hour in range(24)
        }
    )
