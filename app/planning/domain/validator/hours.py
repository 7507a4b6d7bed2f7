"""Hours: in any seven days, and on average over rolling weeks, past work included."""

from collections.abc import Iterator
from datetime import timedelta

from app.kit.interval import Interval
from app.planning.domain.roster.profile import Rule
from app.planning.domain.validator.stretches import Held, measure, worked
from app.planning.domain.validator.violation import Violation, find
from app.planning.domain.validator.windows import Window, join_windows
from app.planning.domain.validator.words import name_duration, name_interval, name_seats

_WEEK = timedelta(days=7)


def judge_hours_held(held: Held) -> Iterator[Violation]:
    """Find where somebody works too much, in elapsed time that no change of the clocks moves."""
    profile = held.reader.profile
    weeks = profile.over_weeks
    for window in _find_too_full(held, length=weeks * _WEEK, most=weeks * profile.most_hours):
        text = (
            f"{held.who} would work {name_duration(window.amount / weeks)} a week on average over "
            f"{weeks} weeks, not {name_duration(profile.most_hours)}, from {window.label}: "
            f"{name_seats(window.seats, zone=held.zone)}"
        )
        yield find(Rule.HOURS, window.seats, text=text, reader=held.reader)
    if profile.most_hours_in_7_days is None:
        return
    for window in _find_too_full(held, length=_WEEK, most=profile.most_hours_in_7_days):
        text = (
            f"{held.who} would work {name_duration(window.amount)} in seven days, "
            f"not {name_duration(profile.most_hours_in_7_days)}, from {window.label}: "
            f"{name_seats(window.seats, zone=held.zone)}"
        )
        yield find(Rule.WEEK_HOURS, window.seats, text=text, reader=held.reader)


def _find_too_full(held: Held, *, length: timedelta, most: timedelta) -> list[Window[timedelta]]:
    intervals = worked(held)
    if sum((each.duration for each in intervals), timedelta(0)) <= most:
        return []
    # What a sliding window holds is greatest where it begins with work or ends with it.
    starts = {each.start for each in intervals} | {each.end - length for each in intervals}
    windows = (Interval(start, start + length) for start in starts)
    return join_windows(
        Window(
            first=int(window.start.timestamp()),
            last=int(window.end.timestamp()) - 1,
            label=name_interval(window, zone=held.zone),
            amount=amount,
            seats=frozenset(seat for seat in held.seats if seat.interval.overlaps(window)),
        )
        for window in windows
        if (amount := measure(intervals, within=window)) > most
    )
