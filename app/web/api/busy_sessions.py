"""Sessions elsewhere: imported, they keep people from seats, and from work too soon after one."""

import asyncio
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, UploadFile
from pydantic import StringConstraints

from app.directory.domain import Permission
from app.kit.errors import Conflict, Invalid, NotFound
from app.planning.domain.busy.session import BusyLine
from app.planning.domain.calendar import instant_of
from app.planning.domain.files.faults import Fault, describe
from app.planning.models import BusySession
from app.planning.repository import busy_sessions as repository
from app.planning.service import busy_sessions
from app.planning.service.busy_sessions import BusyPreview, Importing, ReadCalendar
from app.web.api.absences import TouchedSeatView
from app.web.api.instants import Day, WantedInterval, make_interval
from app.web.api.volumes_months import read_upload, read_zone
from app.web.api.working_times import OfRadiologist
from app.web.busy_calendar import is_calendar, read_calendar
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import LARGEST_KEY, Key, View

router = APIRouter(prefix="/busy-sessions", tags=["planning"])

Reader = Annotated[Work, needs(Permission.PLANNING_READ)]
Writer = Annotated[Work, needs(Permission.PEOPLE_WRITE)]
Source = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]
_USUAL_WINDOW = timedelta(days=366)


class NobodysCalendar(Invalid):
    """A calendar does not say whose it is: whoever sends it must."""


class BusySessionView(View):
    """A session elsewhere; what it is about is never kept."""

    id: int
    radiologist_id: int
    start: datetime
    end: datetime
    source: str
    uid: str
    imported_at: datetime


class BusyFaultView(View):
    """A fault of a file, at a line and a column, both from 1."""

    line: int
    column: int | None
    kind: str
    message: str


class BusyLineView(View):
    """A session of a file as it was understood."""

    line: int
    radiologist_id: int
    start: datetime
    end: datetime
    uid: str


class BusyPreviewView(View):
    """What a file would import: everything, or nothing when there is a fault."""

    digest: str
    """SHA-256; sent with the file again, it is refused when the file is another one."""
    sessions: list[BusyLineView]
    faults: list[BusyFaultView]
    replaced: int
    """How many sessions of the same source go."""
    touched: list[TouchedSeatView]
    """Published seats whose holders have a session meanwhile."""


class BusyImportView(View):
    """What was imported."""

    source: str
    added: int
    replaced: int
    touched: list[TouchedSeatView]


class Removed(View):
    """How many sessions went."""

    removed: int


def _window(
    since: Annotated[Day | None, Form(description="of a calendar: first day; else today")] = None,
    until: Annotated[
        Day | None, Form(description="of a calendar: first day left out; else in a year")
    ] = None,
) -> tuple[date | None, date | None]:
    return since, until


Window = Annotated[tuple[date | None, date | None], Depends(_window)]
OfCalendar = Annotated[
    int | None, Form(ge=1, le=LARGEST_KEY, description="of a calendar: whose it is")
]


async def _look(
    file: UploadFile,
    source: Annotated[Source, Form()],
    work: Writer,
    window: Window,
    radiologist_id: OfCalendar = None,
) -> tuple[BusyPreview, str]:
    """Read a file, a table or a calendar, and say what it would import."""
    content = await read_upload(file)
    return await look_at(content, work=work, source=source, whose=radiologist_id, window=window)


async def look_at(
    content: bytes,
    *,
    work: Work,
    source: str,
    whose: int | None,
    window: tuple[date | None, date | None] = (None, None),
) -> tuple[BusyPreview, str]:
    """Read a table, or a calendar of somebody within a window; return its digest too.

    Parameters
    ----------
    whose
        A radiologist, for a calendar.
    window
        First day, and first day left out; absent: today, and 366 days later.

    Raises
    ------
    NobodysCalendar
        If it is a calendar and nobody's.
    """
    digest = sha256(content).hexdigest()
    zone = read_zone(work)
    by = Importing(source, work.actor, work.now, zone)
    if not is_calendar(content):
        return await busy_sessions.preview_table(work.session, content, by=by), digest
    if whose is None:
        raise NobodysCalendar("say whose calendar it is: radiologist_id")
    # Parsed beside the loop: a large file would keep everybody waiting.
    events, faults = await asyncio.to_thread(read_calendar, content, zone=zone)
    since = window[0] or work.today
    start, end = (
        instant_of(datetime.combine(day, time(0)), zone=zone)
        for day in (since, window[1] or since + _USUAL_WINDOW)
    )
    calendar = ReadCalendar(whose, events, faults, make_interval(start, end))
    return await busy_sessions.preview_calendar(work.session, calendar, by=by), digest


Looked = Annotated[tuple[BusyPreview, str], Depends(_look, scope="function")]


def _view(row: BusySession) -> BusySessionView:
    # A session has both ends.
    return BusySessionView.model_validate(
        {
            "id": row.id,
            "radiologist_id": row.radiologist_id,
            "start": row.period.lower,
            "end": row.period.upper,
            "source": row.source,
            "uid": row.uid,
            "imported_at": row.imported_at,
        }
    )


def _view_line(each: BusyLine) -> BusyLineView:
    return BusyLineView(
        line=each.number,
        radiologist_id=each.radiologist,
        start=each.interval.start,
        end=each.interval.end,
        uid=each.uid,
    )


def _view_fault(each: Fault) -> BusyFaultView:
    return BusyFaultView(
        line=each.line, column=each.column, kind=each.kind.value, message=describe(each)
    )


@router.get("")
async def list_busy_sessions(
    work: Reader,
    page: WantedPage,
    period: WantedInterval,
    source: Annotated[Source | None, Query()] = None,
    radiologist_id: OfRadiologist = None,
) -> Page[BusySessionView]:
    """List one's own sessions elsewhere, and those of the people of whom one writes."""
    rows = await repository.list_busy_sessions(
        work.session,
        limit=page.fetch,
        scope=work.scope(Permission.PEOPLE_WRITE),
        own=work.actor.radiologist_id,
        after=page.after,
        period=period,
        source=source,
        radiologist_id=radiologist_id,
    )
    return cut([_view(row) for row in rows], page=page, keys=[row.id for row in rows])


@router.post("/imports/preview", responses=raises(NotFound))
async def preview_import(looked: Looked) -> BusyPreviewView:
    """Say what a file would import, or every fault of it by line and column; write nothing.

    A table (CSV) has the columns rpps, start, end and perhaps uid; a calendar (iCalendar) is that
    of one radiologist, and its repeated events are taken one by one within a window.
    """
    found, digest = looked
    return BusyPreviewView(
        digest=digest,
        sessions=[_view_line(each) for each in found.reading.lines],
        faults=[_view_fault(each) for each in found.reading.faults],
        replaced=found.replaced,
        touched=[TouchedSeatView.of(each) for each in found.touched],
    )


@router.post("/imports", status_code=201, responses=raises(NotFound, Conflict))
async def add_import(
    looked: Looked,
    work: Writer,
    digest: Annotated[str | None, Form(pattern=r"^[0-9a-f]{64}$")] = None,
) -> BusyImportView:
    """Import a file whole, instead of what its source told before; with a fault nothing is taken.

    Published seats that it touches are told, and stay until they are edited.
    """
    preview, own_digest = looked
    busy_sessions.check_digest(own_digest, seen=digest)
    done = await busy_sessions.import_sessions(work.session, preview, now=work.now)
    return BusyImportView(
        source=done.reach.source,
        added=len(done.reading.lines),
        replaced=done.replaced,
        touched=[TouchedSeatView.of(each) for each in done.touched],
    )


@router.delete("")
async def delete_source(source: Annotated[Source, Query()], work: Writer) -> Removed:
    """Delete all sessions of a source, of the people of whom one writes."""
    removed = await busy_sessions.delete_source(
        work.session, source, actor=work.actor, today=work.today
    )
    return Removed(removed=removed)


@router.delete("/{busy_session_id}", status_code=204, responses=raises(NotFound))
async def delete_busy_session(busy_session_id: Key, work: Writer) -> None:
    """Delete a session."""
    await busy_sessions.delete_busy_session(
        work.session, busy_session_id, actor=work.actor, today=work.today
    )
