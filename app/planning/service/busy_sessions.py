"""Use cases of sessions elsewhere: look at a file, import it whole or not at all, delete."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor, Permission, require, scope_of
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.interval import Interval
from app.planning.domain.absences import TouchedSeat, find_touched
from app.planning.domain.busy.events import CalendarEvent, list_sessions
from app.planning.domain.busy.session import BusyLine, BusyReading
from app.planning.domain.busy.table import read_busy_table
from app.planning.domain.files.faults import Fault, describe
from app.planning.domain.seats import Placement
from app.planning.repository import assignments
from app.planning.repository import busy_sessions as repository
from app.planning.repository.busy_sessions import Reach
from app.planning.service.planned_for import require_writer_of

LONGEST_WINDOW = timedelta(days=732)
_MOST_NAMED = 5
_LOCK = "sessions elsewhere"


class BusySessionUnknown(NotFound):
    """There is no such session."""


class BusyFileRefused(Invalid):
    """A file of sessions has faults; nothing of it was taken."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        named = "; ".join(describe(each) for each in faults[:_MOST_NAMED])
        more = len(faults) - _MOST_NAMED
        super().__init__(named + (f"; and {more} more" if more > 0 else ""))
        self.faults = tuple(faults)


class NotTheBusyPreview(Conflict):
    """The file is not the one that was looked at."""


@dataclass(frozen=True, slots=True)
class Importing:
    """Who imports into which source, when, and where the wall clock of the group hangs."""

    source: str
    actor: Actor
    now: datetime
    zone: tzinfo

    @property
    def today(self) -> date:
        """The day on that wall."""
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class ReadCalendar:
    """A calendar of one radiologist, as far as it is read.

    Parameters
    ----------
    events
        None when there is any fault.
    window
        Nothing that begins outside of it is taken, nor replaced.
    """

    radiologist: int
    events: Sequence[CalendarEvent]
    faults: Sequence[Fault]
    window: Interval


@dataclass(frozen=True, slots=True)
class BusyPreview:
    """What a file would bring: everything, or nothing when it has a fault.

    Parameters
    ----------
    replaced
        How many sessions of the same source would go.
    touched
        Published seats that their holders would not hold beside these sessions, by start.
    """

    reading: BusyReading
    reach: Reach
    replaced: int
    touched: tuple[TouchedSeat, ...]


async def preview_table(session: AsyncSession, content: bytes, *, by: Importing) -> BusyPreview:
    """Read a table and say what would be imported; nothing is written.

    It stands for all sessions of its source, of everybody of whom the actor writes.

    Raises
    ------
    PermissionDenied
        If the actor does not write of a radiologist whom the table names.
    """
    radiologists = await repository.map_rpps(session)
    reading = read_busy_table(content, radiologists=radiologists, zone=by.zone)
    named = {each.radiologist for each in reading.lines}
    await require_writer_of(session, named, actor=by.actor, today=by.today)
    scope = scope_of(by.actor, Permission.PEOPLE_WRITE)
    reach = Reach(by.source, by.today, scope=scope)
    return await _look(session, reading, reach=reach, now=by.now)


async def preview_calendar(
    session: AsyncSession, calendar: ReadCalendar, *, by: Importing
) -> BusyPreview:
    """Find the sessions of a calendar within its window; nothing is written.

    It stands for the sessions of its source, radiologist and window.

    Raises
    ------
    RadiologistUnknown, PermissionDenied
        As `require_writer_of`.
    Invalid
        If the window is longer than two years.
    """
    await require_writer_of(session, {calendar.radiologist}, actor=by.actor, today=by.today)
    if calendar.window.duration > LONGEST_WINDOW:
        raise Invalid("a window has at most 732 days: choose a shorter one")
    reading = BusyReading.of((), calendar.faults)
    if not calendar.faults:
        # Beside the loop: many repeated events would keep everybody waiting.
        reading = await asyncio.to_thread(
            list_sessions,
            calendar.events,
            radiologist=calendar.radiologist,
            window=calendar.window,
        )
    own = frozenset({calendar.radiologist})
    reach = Reach(by.source, by.today, radiologists=own, window=calendar.window)
    return await _look(session, reading, reach=reach, now=by.now)


async def import_sessions(
    session: AsyncSession, preview: BusyPreview, *, now: datetime
) -> BusyPreview:
    """Import what was looked at in this transaction: it replaces what its source had told before.

    Published seats that it touches stay until they are edited; the judge names them.

    Raises
    ------
    BusyFileRefused
        If the file has a fault; nothing was written.
    """
    if preview.reading.faults:
        raise BusyFileRefused(preview.reading.faults)
    await wait_for_lock(session, _LOCK)
    lines, reach = preview.reading.lines, preview.reach
    replaced = await repository.delete_reached(session, reach, lines)
    await repository.add_lines(session, lines, source=reach.source, now=now)
    return BusyPreview(preview.reading, reach, replaced, preview.touched)


def check_digest(digest: str, *, seen: str | None) -> None:
    """Refuse a file that is not the one somebody looked at before.

    Raises
    ------
    NotTheBusyPreview
        If both are known and differ.
    """
    if seen is not None and seen != digest:
        raise NotTheBusyPreview("this file is not the one that was shown: look at it again")


async def delete_busy_session(
    session: AsyncSession, busy_session_id: int, *, actor: Actor, today: date
) -> None:
    """Delete a session.

    Raises
    ------
    BusySessionUnknown, PermissionDenied
        If there is none, or the actor does not write of its radiologist.
    """
    row = await repository.find_busy_session(session, busy_session_id)
    if row is None:
        raise BusySessionUnknown(f"there is no session {busy_session_id}")
    await require_writer_of(session, {row.radiologist_id}, actor=actor, today=today)
    await repository.delete_busy_session(session, busy_session_id)


async def delete_source(
    session: AsyncSession,
    source: str,
    *,
    actor: Actor,
    today: date,
    radiologist_ids: Collection[int] | None = None,
) -> int:
    """Delete all sessions of a source, of those of whom the actor writes; tell how many.

    Parameters
    ----------
    radiologist_ids
        Of these only; absent: of all.

    Raises
    ------
    RadiologistUnknown, PermissionDenied
        As `require_writer_of`; or if the actor writes of nobody.
    """
    scope = scope_of(actor, Permission.PEOPLE_WRITE)
    if scope.is_empty:
        require(actor, Permission.PEOPLE_WRITE)
    own = None if radiologist_ids is None else frozenset(radiologist_ids)
    await require_writer_of(session, own or (), actor=actor, today=today)
    await wait_for_lock(session, _LOCK)
    reach = Reach(source, today, radiologists=own, scope=scope)
    return await repository.delete_reached(session, reach, ())


async def _look(
    session: AsyncSession, reading: BusyReading, *, reach: Reach, now: datetime
) -> BusyPreview:
    lines = reading.lines
    if not lines:
        return BusyPreview(reading, reach, 0, ())
    replaced = await repository.count_reached(session, reach, lines)
    period = Interval(
        min(each.interval.start for each in lines), max(each.interval.end for each in lines)
    )
    named = {each.radiologist for each in lines}
    held = await assignments.list_in_force(session, period=period, ids=named)
    return BusyPreview(reading, reach, replaced, tuple(_find_touched(lines, held, now=now)))


def _find_touched(
    lines: Iterable[BusyLine], held: Collection[Placement], *, now: datetime
) -> list[TouchedSeat]:
    """Find the published seats that sessions touch, each once, by start, then id."""
    of: defaultdict[int | None, list[Placement]] = defaultdict(list)
    for each in held:
        of[each.radiologist].append(each)
    touched = {
        found.seat.id: found
        for line in lines
        for found in find_touched(
            line.interval, radiologist=line.radiologist, placements=of[line.radiologist], now=now
        )
    }
    return sorted(touched.values(), key=lambda each: (each.seat.interval.start, each.seat.id))
