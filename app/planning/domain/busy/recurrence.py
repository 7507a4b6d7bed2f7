"""On which days an event is repeated: the rules of RFC 5545 §3.3.10 that calendars of work have.

Daily, weekly, monthly and yearly rules with INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYMONTH,
BYSETPOS and WKST; the time of day is always that of the first one.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

_DAY = timedelta(days=1)
_WEEK = 7
_MONTHS = 12


class Frequency(StrEnum):
    """What a rule steps by."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule.

    Parameters
    ----------
    interval
        Steps from one period to the next, at least 1.
    count
        How many there are in all, the first one with them; `None`: no end by number.
    until
        The last wall time that may be one, naive; `None`: no end by time.
    by_day
        Weekdays, 0 Monday, each with which one of the month or year (-1 the last); 0: every one.
    by_month_day
        1 to 31, or -1 the last to -31.
    by_month
        1 to 12.
    by_set_pos
        Which ones of a period's: 1 the first, -1 the last.
    week_start
        0 Monday.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    by_day: frozenset[tuple[int, int]] = frozenset()
    by_month_day: frozenset[int] = frozenset()
    by_month: frozenset[int] = frozenset()
    by_set_pos: frozenset[int] = frozenset()
    week_start: int = 0


def repeat(rule: Recurrence, *, first: datetime, window: tuple[date, date]) -> list[datetime]:
    """List the wall times of an event in a window of days, by time.

    Parameters
    ----------
    first
        Wall time of the first one, naive.
    window
        The first day, and the first that is left out, of the same wall.

    Notes
    -----
    Without COUNT nothing before the window is looked at; with it every day since the first one is:
    callers bound how long ago that was.
    """
    since, until = window
    days = _list_days(_complete(rule, first.date()), first=first.date(), window=window)
    found: list[datetime] = []
    for number, day in enumerate(days, start=1):
        at = datetime.combine(day, first.time())
        if rule.count is not None and number > rule.count:
            break
        if day >= until or (rule.until is not None and at > rule.until):
            break
        if day >= since:
            found.append(at)
    return found


def _complete(rule: Recurrence, first: date) -> Recurrence:
    """Let a rule say what it leaves to its first day."""
    if rule.by_day or rule.by_month_day:
        return rule
    match rule.frequency:
        case Frequency.DAILY:
            return rule
        case Frequency.WEEKLY:
            return replace(rule, by_day=frozenset({(first.weekday(), 0)}))
        case Frequency.MONTHLY:
            return replace(rule, by_month_day=frozenset({first.day}))
        case Frequency.YEARLY:
            months = rule.by_month or frozenset({first.month})
            return replace(rule, by_month=months, by_month_day=frozenset({first.day}))


def _list_days(rule: Recurrence, *, first: date, window: tuple[date, date]) -> Iterator[date]:
    """List the days of a rule from its first one to the end of the window, in order."""
    since, until = window
    start = first if rule.count is not None else max(first, since)
    # The period in which the first day stands is number 0; those of the rule are its multiples.
    number = _period_of(rule, start, first=first) // rule.interval * rule.interval
    while (period := _days_of(rule, number, first=first)) and period[0] < until:
        fitting = [day for day in period if _fits(rule, day)]
        if rule.by_set_pos:
            fitting = _pick(fitting, rule.by_set_pos)
        yield from (day for day in fitting if day >= first)
        number += rule.interval


def _period_of(rule: Recurrence, day: date, *, first: date) -> int:
    """Tell in which period a day stands, counted from that of the first day."""
    match rule.frequency:
        case Frequency.DAILY:
            return (day - first).days
        case Frequency.WEEKLY:
            return (day - _begin_week(rule, first)).days // _WEEK
        case Frequency.MONTHLY:
            return (day.year - first.year) * _MONTHS + day.month - first.month
        case Frequency.YEARLY:
            return day.year - first.year


def _days_of(rule: Recurrence, number: int, *, first: date) -> list[date]:
    """List the days of a period; none where the calendar of this world ends."""
    try:
        match rule.frequency:
            case Frequency.DAILY:
                return [first + number * _DAY]
            case Frequency.WEEKLY:
                monday = _begin_week(rule, first) + number * _WEEK * _DAY
                return [monday + n * _DAY for n in range(_WEEK)]
            case Frequency.MONTHLY:
                year, month = divmod(first.year * _MONTHS + first.month - 1 + number, _MONTHS)
                return _days_of_month(year, month + 1)
            case Frequency.YEARLY:
                months = sorted(rule.by_month) or range(1, _MONTHS + 1)
                return [
                    day for month in months for day in _days_of_month(first.year + number, month)
                ]
    except (OverflowError, ValueError):
        return []


def _days_of_month(year: int, month: int) -> list[date]:
    return [date(year, month, 1 + n) for n in range(monthrange(year, month)[1])]


def _begin_week(rule: Recurrence, day: date) -> date:
    return day - (day.weekday() - rule.week_start) % _WEEK * _DAY


def _fits(rule: Recurrence, day: date) -> bool:
    if rule.by_month and day.month not in rule.by_month:
        return False
    if rule.by_month_day:
        length = monthrange(day.year, day.month)[1]
        if not rule.by_month_day & {day.day, day.day - length - 1}:
            return False
    return not rule.by_day or any(
        day.weekday() == weekday and (nth == 0 or nth in _which(rule, day))
        for weekday, nth in rule.by_day
    )


def _which(rule: Recurrence, day: date) -> tuple[int, int]:
    """Tell which one of its weekday a day is, from the begin and from the end."""
    if rule.frequency is Frequency.YEARLY and not rule.by_month:
        begin, end = date(day.year, 1, 1), date(day.year, 12, 31)
    else:
        begin = day.replace(day=1)
        end = day.replace(day=monthrange(day.year, day.month)[1])
    return (day - begin).days // _WEEK + 1, -((end - day).days // _WEEK + 1)


def _pick(days: list[date], positions: frozenset[int]) -> list[date]:
    chosen = {n - 1 if n > 0 else len(days) + n for n in positions}
    return [day for n, day in enumerate(days) if n in chosen]
