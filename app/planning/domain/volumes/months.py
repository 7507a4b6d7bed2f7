"""Months, which volumes are counted by."""

from collections.abc import Iterator
from datetime import date, datetime, time, tzinfo

from app.planning.domain.calendar import instant_of

MONTHS_COUNTED = 12
_MONTHS = 12
_MEASURED_ON = (1, 8)
"""Days of the month after: at once, and again for what was decided or sent again late."""
_MEASURED_AT = time(4)
"""On the wall: nobody imports volumes then, and the night is quiet."""


def month_of(day: date) -> date:
    """Return the first day of its month."""
    return day.replace(day=1)


def add_months(month: date, count: int) -> date:
    """Return the first day of the month that comes so many later, or earlier when negative."""
    number = month.year * _MONTHS + month.month - 1 + count
    return date(number // _MONTHS, number % _MONTHS + 1, 1)


def list_months(since: date, until: date) -> list[date]:
    """List the months from that of `since` up to, but not including, that of `until`."""
    months, month = [], month_of(since)
    while month < month_of(until):
        months.append(month)
        month = add_months(month, 1)
    return months


def twelve_months_before(day: date) -> tuple[date, date]:
    """Return the last twelve whole months that were over on a date: first day, and end excluded."""
    until = month_of(day)
    return add_months(until, -MONTHS_COUNTED), until


def find_last_measuring(now: datetime, *, zone: tzinfo) -> tuple[date, datetime]:
    """Find the month that was to be measured last, and when.

    Each month is measured on the first of the next one and again on the eighth, at four by the
    clock of the zone.

    Parameters
    ----------
    now
        Aware.
    """
    return max(
        (each for each in _list_measurings(now, zone=zone) if each[1] <= now),
        key=lambda each: each[1],
    )


def _list_measurings(now: datetime, *, zone: tzinfo) -> Iterator[tuple[date, datetime]]:
    this_month = month_of(now.astimezone(zone).date())
    for month in (add_months(this_month, -1), this_month):
        for day in _MEASURED_ON:
            due = datetime.combine(month.replace(day=day), _MEASURED_AT)
            yield add_months(month, -1), instant_of(due, zone=zone)
