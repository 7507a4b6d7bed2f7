"""Nights: too many in a row, too many in 28 days."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta, tzinfo

from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import Seat
from app.planning.domain.validator.stretches import Held, measure, worked
from app.planning.domain.validator.violation import Violation, find
from app.planning.domain.validator.windows import Window, join_windows
from app.planning.domain.validator.words import name_seats

_STARTS, _ENDS = time(21), time(6)
_DAY = timedelta(days=1)
_DAYS = 28


def night_of(day: date, *, zone: tzinfo) -> Interval:
    """Return the night of a date: 21:00 to 06:00 of the next, 8 to 10 hours of elapsed time."""
    return Interval(
        instant_of(datetime.combine(day, _STARTS), zone=zone),
        instant_of(datetime.combine(day + _DAY, _ENDS), zone=zone),
    )


def judge_nights(held: Held) -> Iterator[Violation]:
    """Find nights in a row, and within any 28 dates, beyond what the statute allows."""
    nights = _find_nights(held)
    for rule, windows, words in (
        (
            Rule.CONSECUTIVE_NIGHTS,
            _find_runs(nights, most=held.reader.profile.most_consecutive_nights),
            f"nights in a row, not {held.reader.profile.most_consecutive_nights}",
        ),
        (
            Rule.NIGHTS,
            _find_full(nights, most=held.reader.profile.most_nights_in_28_days),
            f"nights in {_DAYS} days, not {held.reader.profile.most_nights_in_28_days}",
        ),
    ):
        for window in windows:
            text = (
                f"{held.who} would hold {window.amount} {words}, from {window.label}: "
                f"{name_seats(window.seats, zone=held.zone)}"
            )
            yield find(rule, window.seats, text=text, reader=held.reader)


def _find_nights(held: Held) -> dict[date, set[Seat]]:
    """Find the dates whose night is worked for long enough, with the seats that touch it."""
    intervals = worked(held)
    nights: dict[date, set[Seat]] = {}
    for day in sorted(set(_days_of(intervals, zone=held.zone))):
        night = night_of(day, zone=held.zone)
        if measure(intervals, within=night) >= held.reader.profile.night_hours:
            nights[day] = set()
    by_day: defaultdict[date, set[Seat]] = defaultdict(set)
    for seat in held.seats:
        for day in _days_of([seat.interval], zone=held.zone):
            if night_of(day, zone=held.zone).overlaps(seat.interval):
                by_day[day].add(seat)
    return {day: by_day[day] for day in nights}


def _days_of(intervals: Iterable[Interval], *, zone: tzinfo) -> Iterator[date]:
    for each in intervals:
        day = each.start.astimezone(zone).date() - _DAY
        while day <= each.end.astimezone(zone).date():
            yield day
            day += _DAY


def _find_runs(nights: dict[date, set[Seat]], *, most: int | None) -> list[Window[int]]:
    runs: list[list[date]] = []
    for day in sorted(nights):
        if runs and runs[-1][-1] + _DAY == day:
            runs[-1].append(day)
        else:
            runs.append([day])
    return join_windows(
        _make_window(run, nights) for run in runs if most is not None and len(run) > most
    )


def _find_full(nights: dict[date, set[Seat]], *, most: int | None) -> list[Window[int]]:
    windows = (
        [day for day in sorted(nights) if first <= day < first + _DAYS * _DAY] for first in nights
    )
    return join_windows(
        _make_window(days, nights) for days in windows if most is not None and len(days) > most
    )


def _make_window(days: list[date], nights: dict[date, set[Seat]]) -> Window[int]:
    return Window(
        first=days[0].toordinal(),
        last=days[-1].toordinal(),
        label=f"{days[0]} to {days[-1]}",
        amount=len(days),
        seats=frozenset(seat for day in days for seat in nights[day]),
    )
