"""Hours of work have a mean over months, and a greatest number in any seven days."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import timedelta

from ortools.sat.python import cp_model

from app.adapters.solver.frame import Person
from app.adapters.solver.model import PRICE, RosterModel, Span
from app.planning.domain.roster.problem import Objective
from app.planning.domain.roster.profile import Rule

_WEEK = timedelta(days=7)

Window = dict[int, int]
"""By place of the span, the seconds of it that lie inside."""


def apply(model: RosterModel) -> None:
    """Limit the elapsed hours in each stretch of so many weeks, and of seven days.

    An hour that is held in a site and at a distance at once counts twice here: that is stricter
    than the statutes, and never breaks them.
    """
    for person in model.frame.people:
        profile = person.reader.profile
        weeks = profile.over_weeks
        _limit_hours(
            model, person, Rule.HOURS, stretch=weeks * _WEEK, most=weeks * profile.most_hours
        )
        if profile.most_hours_in_7_days is not None:
            most = profile.most_hours_in_7_days
            _limit_hours(model, person, Rule.WEEK_HOURS, stretch=_WEEK, most=most)


def _limit_hours(
    model: RosterModel, person: Person, rule: Rule, *, stretch: timedelta, most: timedelta
) -> None:
    length, limit = int(stretch.total_seconds()), int(most.total_seconds())
    spans = model.spans[person.reader.id]
    for window in _find_windows(spans, length=length):
        sure = sum(seconds for place, seconds in window.items() if spans[place].is_sure)
        weighted = [
            (seat, seconds) for place, seconds in window.items() for seat in spans[place].seats
        ]
        if not weighted or sure + sum(seconds for _, seconds in weighted) <= limit:
            continue
        seats, seconds = [each[0] for each in weighted], [each[1] for each in weighted]
        worked = cp_model.LinearExpr.weighted_sum(seats, seconds)
        # What is sure already may exceed the limit; then nothing is added to it.
        free = max(0, limit - sure)
        if rule in person.reader.profile.soft:
            bought = model.cp.new_bool_var("")
            model.price(Objective.WISHES, bought, PRICE)
            model.cp.add(worked <= free + sum(seconds) * bought)
        else:
            model.cp.add(worked <= free)


def _find_windows(spans: Sequence[Span], *, length: int) -> Iterator[Window]:
    """Find the windows in which the sum of hours may be greatest, less those that others contain.

    The sum is greatest where a window begins with a span or ends with one.
    """
    if not spans or max(span.end for span in spans) - spans[0].start <= length:
        yield {place: span.end - span.start for place, span in enumerate(spans)}
        return
    in_order = [span.start for span in spans]
    longest = max(span.end - span.start for span in spans)
    starts = sorted({*in_order, *(span.end - length for span in spans)})
    before: Window = {}
    for start in starts:
        first = bisect_left(in_order, start - longest)
        window: Window = {}
        for place in range(first, bisect_left(in_order, start + length)):
            span = spans[place]
            seconds = min(span.end, start + length) - max(span.start, start)
            if seconds > 0:
                window[place] = seconds
        if _contains(before, window):
            continue
        if before and not _contains(window, before):
            yield before
        before = window
    yield before


def _contains(other: Window, window: Window) -> bool:
    return all(other.get(place, 0) >= seconds for place, seconds in window.items())
