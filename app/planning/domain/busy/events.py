"""Events of a calendar, and the sessions that they are within a window."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from app.kit.interval import Interval
from app.planning.domain.busy.recurrence import Recurrence, repeat
from app.planning.domain.busy.session import (
    MOST_SESSIONS,
    BusyLine,
    BusyReading,
    check_hours,
    is_uid,
    name_by_hours,
    write_instant,
)
from app.planning.domain.calendar import instant_of
from app.planning.domain.files.faults import Fault, FaultKind, cut_short

_DAY = timedelta(days=1)
_COUNTED_AT_MOST = timedelta(days=3653)


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """An event as a calendar tells it; what it is about is not read.

    Parameters
    ----------
    line
        Where it begins in the file.
    uid
        Empty where it has none.
    start
        Wall time, naive.
    zone
        Where its clock hangs.
    length
        How long it lasts, above 0: elapsed time, or days of the wall for one of whole days.
    whole_days
        It begins and ends at midnight.
    rule
        How it is repeated, if it is.
    added
        Instants at which it takes place too.
    left_out
        Instants at which it does not take place.
    instead_of
        The instant of the repeated event of this UID that it stands for, if it does.
    is_busy
        Whether it keeps anybody from anything: not one that is cancelled or transparent.
    """

    line: int
    uid: str
    start: datetime
    zone: tzinfo
    length: timedelta
    whole_days: bool = False
    rule: Recurrence | None = None
    added: tuple[datetime, ...] = ()
    left_out: frozenset[datetime] = frozenset()
    instead_of: datetime | None = None
    is_busy: bool = True


def list_sessions(
    events: Sequence[CalendarEvent], *, radiologist: int, window: Interval
) -> BusyReading:
    """List the sessions that begin in a window, by start; repeated events one by one.

    Parameters
    ----------
    radiologist
        Whose calendar it is.
    window
        Nothing that begins outside of it is listed.
    """
    moved = _map_moved(events)
    lines: list[BusyLine] = []
    faults: list[Fault] = []
    for each in events:
        own = moved.get(each.uid, ()) if each.instead_of is None else ()
        found = _read(each, radiologist=radiologist, window=window, moved=own)
        if isinstance(found, Fault):
            faults.append(found)
        else:
            lines += found
        if len(lines) > MOST_SESSIONS:
            faults.append(Fault(each.line, None, FaultKind.TOO_MANY_SESSIONS))
            break
    faults += _find_twice(lines)
    if not lines and not faults:
        faults.append(Fault(1, None, FaultKind.NO_EVENT))
    return BusyReading.of(sorted(lines, key=lambda each: (each.interval, each.uid)), faults)


def _map_moved(events: Iterable[CalendarEvent]) -> dict[str, set[datetime]]:
    """Map UIDs to the instants of repeated events for which others stand."""
    moved: defaultdict[str, set[datetime]] = defaultdict(set)
    for each in events:
        if each.instead_of is not None:
            moved[each.uid].add(each.instead_of)
    return dict(moved)


def _read(
    event: CalendarEvent, *, radiologist: int, window: Interval, moved: Collection[datetime]
) -> list[BusyLine] | Fault:
    """List what an event is in the window, or say what is wrong with it."""
    fault = _check(event, window=window)
    if fault is not None or not event.is_busy:
        return fault or []
    is_one_of_many = event.rule is not None or bool(event.added) or event.instead_of is not None
    lines: list[BusyLine] = []
    for at, wall in _begins(event, window=window, moved=moved):
        end = instant_of(wall + event.length, zone=event.zone) if event.whole_days else None
        interval = check_hours(at, end or at + event.length)
        if isinstance(interval, FaultKind):
            return Fault(event.line, None, interval, f"{wall}")
        uid = event.uid or name_by_hours(interval)
        if is_one_of_many:
            uid = f"{uid}/{write_instant(event.instead_of or at)}"
        lines.append(BusyLine(event.line, radiologist, interval, uid))
    return lines


def _check(event: CalendarEvent, *, window: Interval) -> Fault | None:
    if event.uid and not is_uid(event.uid):
        return Fault(event.line, None, FaultKind.BAD_UID, cut_short(event.uid))
    counted = event.rule is not None and event.rule.count is not None
    if counted and window.start - event.start.replace(tzinfo=UTC) > _COUNTED_AT_MOST:
        return Fault(event.line, None, FaultKind.COUNTED_TOO_LONG)
    return None


def _begins(
    event: CalendarEvent, *, window: Interval, moved: Collection[datetime]
) -> list[tuple[datetime, datetime]]:
    """List when an event takes place in a window: instant and wall time, by time, each once."""
    added = (each.astimezone(event.zone).replace(tzinfo=None) for each in event.added)
    walls = {event.start, *added}
    if event.rule is not None:
        # A day more on both sides: the window is one of instants, days are those of the wall.
        days = (window.start.date() - _DAY, window.end.date() + 2 * _DAY)
        walls |= set(repeat(event.rule, first=event.start, window=days))
    instants = {instant_of(wall, zone=event.zone): wall for wall in walls}
    return [
        (at, wall)
        for at, wall in sorted(instants.items())
        if window.contains(at) and at not in event.left_out and at not in moved
    ]


def _find_twice(lines: Iterable[BusyLine]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for each in lines:
        if first.setdefault(each.uid, each.number) != each.number:
            yield Fault(each.number, None, FaultKind.UID_TWICE, str(first[each.uid]))
