"""Weekends: too many of any so many in a row."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo

from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import Seat
from app.planning.domain.validator.stretches import Held
from app.planning.domain.validator.violation import Violation, find
from app.planning.domain.validator.windows import Window, join_windows
from app.planning.domain.validator.words import name_seats

_WEEK = timedelta(days=7)
_FRIDAY = 4
_STARTS, _ENDS = time(18), time(8)


def weekend_of(friday: date, *, zone: tzinfo) -> Interval:
    """Return a weekend: Friday 18:00 to Monday 08:00."""
    return Interval(
        instant_of(datetime.combine(friday, _STARTS), zone=zone),
        instant_of(datetime.combine(friday + timedelta(days=3), _ENDS), zone=zone),
    )


def judge_weekends(held: Held) -> Iterator[Violation]:
    """Find weekends beyond what the statute allows."""
    profile = held.reader.profile
    weekends = _find_weekends(held)
    windows = []
    for first in weekends:
        last = first + (profile.of_weekends - 1) * _WEEK
        fridays = [friday for friday in sorted(weekends) if first <= friday <= last]
        if len(fridays) > profile.most_weekends:
            seats = frozenset(seat for friday in fridays for seat in weekends[friday])
            label = f"{fridays[0]} to {fridays[-1]}"
            windows.append(
                Window(first.toordinal(), fridays[-1].toordinal(), label, len(fridays), seats)
            )
    for window in join_windows(windows):
        text = (
            f"{held.who} would hold seats on {window.amount} of {profile.of_weekends} weekends, "
            f"not {profile.most_weekends}, from {window.label}: "
            f"{name_seats(window.seats, zone=held.zone)}"
        )
        yield find(Rule.WEEKENDS, window.seats, text=text, reader=held.reader)


def _find_weekends(held: Held) -> dict[date, set[Seat]]:
    """Find the Fridays of the weekends that are worked, with their seats."""
    weekends: defaultdict[date, set[Seat]] = defaultdict(set)
    for seat in held.seats:
        for friday in _fridays_of(seat.interval, zone=held.zone):
            weekends[friday].add(seat)
    for work in held.reader.past:
        for friday in _fridays_of(work.interval, zone=held.zone):
            weekends[friday] |= set()
    return dict(weekends)


def _fridays_of(interval: Interval, *, zone: tzinfo) -> Iterator[date]:
    day = interval.start.astimezone(zone).date()
    friday = day - timedelta(days=(day.weekday() - _FRIDAY) % 7)
    while friday <= interval.end.astimezone(zone).date():
        if weekend_of(friday, zone=zone).overlaps(interval):
            yield friday
        friday += _WEEK
