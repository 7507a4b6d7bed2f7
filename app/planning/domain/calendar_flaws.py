"""Find the first instant at which rules do not do what their calendar promises.

Rules of guards must give every instant exactly one segment. Rules of hours only classify: they may
leave instants out, and different hours may meet, but the same hours never count an instant twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import combinations, pairwise, zip_longest

from app.planning.domain.calendar import Occurrence, instant_of, midnight_of, occurrences
from app.planning.domain.segments import DayKind, SegmentRule

_DAY = timedelta(days=1)
_CHECKED_WEEKS = 55
_DAYS_OF_WEEK = 7
_BRIEF = timedelta(weeks=2)


def find_flaw(rules: Sequence[SegmentRule]) -> str | None:
    """Find the first instant that the rules of guards leave without a segment, or give to two.

    Looked at are, from each date at which a rule begins or ends: 55 weeks, so that both changes of
    the clocks are among them; the days around that date, with every pattern of holidays; and the
    rules that then stand, with every pattern of holidays. A guard begins on a day or on the day
    before, and a bridge day looks at both its neighbours: patterns of two days in a row, with
    bridge days of four, are all there are.

    Parameters
    ----------
    rules
        All rules of a calendar, past and to come.

    Returns
    -------
    str or None
        What is wrong, with the instant in UTC and the segments concerned; `None` if every instant
        looked at has exactly one segment.
    """
    if not rules:
        return "there is no segment at all"
    turns = _turns(rules)
    for turn, next_turn in zip_longest(turns, turns[1:]):
        flaw = _flaw_after(rules, turn) or _flaw_between(rules, turn, next_turn)
        if flaw is not None:
            return flaw
    return None


def find_doubled(rules: Sequence[SegmentRule]) -> str | None:
    """Find the first instant that the rules of hours count twice as the same hours.

    Looked at are the same weeks and patterns of holidays as by `find_flaw`.

    Returns
    -------
    str or None
        Which hours, and the instant in UTC from which two rules of theirs both stand.
    """
    for code in sorted({rule.segment for rule in rules}):
        own = [rule for rule in rules if rule.segment == code]
        for turn in _turns(own):
            standing = [rule for rule in own if rule.is_valid(turn)]
            monday = _monday(turn)
            layouts = [_lay(own, turn - 2 * _DAY, monday + timedelta(weeks=_CHECKED_WEEKS), set())]
            layouts += [found for found, _ in _patterned(standing, monday)]
            for found in layouts:
                flaw = next(_find_overlaps(found, begin=None), None)
                if flaw is not None:
                    return flaw
    return None


def _turns(rules: Iterable[SegmentRule]) -> list[date]:
    begun = {rule.valid_from for rule in rules}
    return sorted(begun | {rule.valid_until for rule in rules if rule.valid_until is not None})


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _width(rules: Iterable[SegmentRule]) -> int:
    return 4 if any(DayKind.BRIDGE in rule.days for rule in rules) else 2


def _subsets(days: Sequence[date]) -> Iterator[frozenset[date]]:
    for size in range(len(days) + 1):
        yield from map(frozenset, combinations(days, size))


def _lay(
    rules: Sequence[SegmentRule], first: date, last: date, holidays: AbstractSet[date]
) -> list[Occurrence]:
    return occurrences(rules, first=first, last=last, holidays=holidays)


def _flaw_after(rules: Sequence[SegmentRule], turn: date) -> str | None:
    opening = min(rule.valid_from for rule in rules)
    first, last = max(opening, turn - 2 * _DAY), _monday(turn) + timedelta(weeks=_CHECKED_WEEKS)
    # A guard that began the day before the first reaches into it: the first date is not judged.
    return _first_flaw(_lay(rules, first, last, set()), first=first + _DAY, last=last)


def _flaw_between(rules: Sequence[SegmentRule], turn: date, next_turn: date | None) -> str | None:
    if next_turn is None or next_turn - turn > _BRIEF:
        return _flaw_around(rules, turn) or _flaw_of_standing(rules, turn)
    # Rules that stand for some days only, such as the first hours of a new set, are no week.
    days = ((turn + number * _DAY) for number in range((next_turn - turn).days))
    return next((flaw for day in days if (flaw := _flaw_around(rules, day)) is not None), None)


def _flaw_around(rules: Sequence[SegmentRule], day: date) -> str | None:
    if day == min(rule.valid_from for rule in rules):
        return None
    before = _width(rules) // 2
    days = [day + number * _DAY for number in range(-before, before)]
    for holidays in _subsets(days):
        found = _lay(rules, day - 2 * _DAY, day + 2 * _DAY, holidays)
        flaw = _first_flaw(found, first=day, last=day + _DAY)
        if flaw is not None:
            return _when(flaw, holidays)
    return None


def _flaw_of_standing(rules: Sequence[SegmentRule], turn: date) -> str | None:
    standing = [rule for rule in rules if rule.is_valid(turn)]
    if not standing:
        return f"no segment covers {_midnight(turn, rules)}: all rules end before {turn}"
    for found, holidays in _patterned(standing, _monday(turn)):
        first = _monday(min(holidays))
        flaw = _first_flaw(found, first=first, last=first + timedelta(weeks=2))
        if flaw is not None:
            return _when(flaw, holidays)
    return None


def _patterned(
    standing: Sequence[SegmentRule], monday: date
) -> Iterator[tuple[list[Occurrence], frozenset[date]]]:
    """Lay out two weeks of each pattern of holidays, by rules without dates."""
    timeless = [replace(rule, valid_from=date.min, valid_until=None) for rule in standing]
    width = _width(standing)
    later = range(1, width)
    shapes = [(0, *offsets) for size in range(width) for offsets in combinations(later, size)]
    for weekday in range(_DAYS_OF_WEEK):
        for shape in shapes:
            holidays = frozenset(monday + timedelta(days=weekday + offset) for offset in shape)
            yield (
                _lay(timeless, monday - _DAY, monday + timedelta(weeks=2), holidays),
                holidays,
            )
            monday += timedelta(weeks=2)


def _when(flaw: str, holidays: AbstractSet[date]) -> str:
    if not holidays:
        return flaw
    named = " and ".join(day.isoformat() for day in sorted(holidays))
    return f"{flaw} (when {named} {'is a holiday' if len(holidays) == 1 else 'are holidays'})"


def _midnight(day: date, rules: Sequence[SegmentRule]) -> str:
    wall = datetime.combine(day, datetime.min.time())
    return instant_of(wall, zone=rules[0].zone).isoformat()


def _first_flaw(found: Sequence[Occurrence], *, first: date, last: date) -> str | None:
    if not found:
        return f"no rule begins from {first} to {last}"
    begin, end = (midnight_of(day, zone=found[0].rule.zone) for day in (first, last))
    inside = [each for each in found if begin < each.interval.end and each.interval.start < end]
    if not inside or inside[0].interval.start > begin:
        return f"no segment covers {begin.isoformat()}"
    for one, next_one in pairwise(inside):
        if one.interval.end < next_one.interval.start:
            return (
                f"no segment covers {one.interval.end.isoformat()}: {one.segment} ends there and "
                f"{next_one.segment} begins only at {next_one.interval.start.isoformat()}"
            )
        overlap = next(_find_overlaps((one, next_one), begin=begin), None)
        if overlap is not None:
            return overlap
    if inside[-1].interval.end < end:
        return f"no segment covers {inside[-1].interval.end.isoformat()}"
    return None


def _find_overlaps(found: Iterable[Occurrence], *, begin: datetime | None) -> Iterator[str]:
    for one, next_one in pairwise(found):
        start = next_one.interval.start
        if start < one.interval.end:
            at = start if begin is None else max(begin, start)
            yield f"{one.segment} and {next_one.segment} both cover {at.isoformat()}"
