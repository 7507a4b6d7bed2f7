"""Volumes of months: measured from our own cases, or imported from a file."""

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query, UploadFile
from starlette.datastructures import UploadFile as SentFile

from app import pipeline
from app.directory.domain import Permission
from app.kit.errors import Conflict, Invalid
from app.planning.domain.files.faults import Fault, describe
from app.planning.domain.files.source_text import MOST_BYTES
from app.planning.domain.volumes.months import list_months, twelve_months_before
from app.planning.domain.volumes.table import Line as TableLine
from app.planning.models import VolumeImport
from app.planning.repository import volumes_monthly as repository
from app.planning.service.volumes_imported import import_table, preview_table
from app.web.api.instants import Day
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, View

router = APIRouter(prefix="/volumes", tags=["planning"])

Reader = Annotated[Work, needs(Permission.VOLUME_READ)]
Writer = Annotated[Work, needs(Permission.VOLUME_WRITE)]
Digest = Annotated[str | None, Form(pattern=r"^[0-9a-f]{64}$")]
_MOST_MONTHS = 120
_MOST_IMPORTS = 50
_LONGEST_NAME = 200


class MonthView(View):
    """What a society brought in a month; without a society it is the common pot."""

    society_id: int | None
    month: date
    source: str
    exams: int
    weighted: int
    """In thousandths of an exam."""
    tests: int
    resends: int
    priors: int
    refusals: int
    read_count: int
    read_for_others: int


class MonthsBody(Body):
    """Whole months that are over: the first day of the first, and of the first left out."""

    since: Day
    until: Day


class MeasuredView(View):
    """How much was measured, and how many exams came while the group was not on guard."""

    months: list[MonthView]
    outside: dict[date, int]


class FaultView(View):
    """A fault of a file, at a line and a column, both from 1."""

    line: int
    column: int | None
    kind: str
    message: str


class LineView(View):
    """A line of a file as it was understood; without a society it is the common pot."""

    line: int
    society_id: int | None
    month: date
    exams: int
    weighted: int
    tests: int
    resends: int
    priors: int
    refusals: int


class PreviewView(View):
    """What a file would import: everything, or nothing when there is a fault."""

    digest: str
    """SHA-256; sent with the file again, it is refused when the file is another one."""
    encoding: str
    separator: str
    byte_order_mark: bool
    decimal_comma: bool
    lines: list[LineView]
    faults: list[FaultView]


class ImportView(View):
    """A file that was imported whole."""

    id: int
    filename: str
    row_count: int
    imported_at: datetime
    imported_by: int | None


def read_zone(work: Work) -> ZoneInfo:
    """Read where the group's wall clock hangs."""
    return ZoneInfo(work.container.settings.zone)


async def read_upload(file: SentFile) -> bytes:
    """Read a file, and a byte more than is taken at most: what reads it says that it is too large.

    Parsing comes after, so that a large file costs no more than its transfer.
    """
    return await file.read(MOST_BYTES + 1)


def read_name(file: SentFile) -> str:
    """Read the name of a file as one line that may be shown."""
    name = "".join(each for each in file.filename or "" if each.isprintable())
    return name[:_LONGEST_NAME] or "-"


@router.get("/months")
async def list_monthly(
    work: Reader,
    since: Annotated[Day | None, Query(description="first month; else twelve before now")] = None,
    until: Annotated[Day | None, Query(description="first month left out; else this one")] = None,
) -> list[MonthView]:
    """List the months of one's societies, and of the common pot."""
    twelve = twelve_months_before(work.today)
    first, last = since or twelve[0], until or twelve[1]
    if len(list_months(first, last)) > _MOST_MONTHS:
        raise Invalid(f"ask for {_MOST_MONTHS} months at most")
    rows = await repository.list_months(
        work.session, since=first, until=last, scope=work.scope(Permission.VOLUME_READ)
    )
    return [MonthView.model_validate(row) for row in rows]


@router.post("/measure")
async def measure(body: MonthsBody, work: Writer) -> MeasuredView:
    """Count what our own cases brought inside the segments, instead of what was counted before."""
    measured = await pipeline.measure_volumes(
        work.session,
        since=body.since,
        until=body.until,
        zone=read_zone(work),
        actor=work.actor,
        now=work.now,
    )
    rows = await repository.list_months(
        work.session,
        since=body.since,
        until=body.until,
        scope=work.scope(Permission.VOLUME_READ),
    )
    months = [MonthView.model_validate(row) for row in rows if row.source == "measured"]
    return MeasuredView(months=months, outside=dict(measured.outside))


@router.post("/imports/preview")
async def preview_import(file: UploadFile, work: Writer) -> PreviewView:
    """Say what a file would import, or every fault of it by line and column; write nothing."""
    found = await preview_table(
        work.session,
        await read_upload(file),
        actor=work.actor,
        now=work.now,
        zone=read_zone(work),
    )
    source = found.reading.source
    return PreviewView(
        digest=found.digest,
        encoding=source.encoding,
        separator=source.separator,
        byte_order_mark=source.byte_order_mark,
        decimal_comma=found.reading.decimal_comma,
        lines=[_view_line(each) for each in found.reading.lines],
        faults=[_view_fault(each) for each in found.reading.faults],
    )


def _view_line(each: TableLine) -> LineView:
    count = each.count
    return LineView(
        line=each.number,
        society_id=count.society,
        month=count.month,
        exams=count.exams,
        weighted=count.weighted,
        tests=count.tests,
        resends=count.resends,
        priors=count.priors,
        refusals=count.refusals,
    )


def _view_fault(each: Fault) -> FaultView:
    return FaultView(
        line=each.line, column=each.column, kind=each.kind.value, message=describe(each)
    )


@router.post("/imports", status_code=201, responses=raises(Conflict))
async def add_import(file: UploadFile, work: Writer, digest: Digest = None) -> ImportView:
    """Import a file whole; with a fault nothing of it is taken."""
    row = await import_table(
        work.session,
        await read_upload(file),
        filename=read_name(file),
        actor=work.actor,
        now=work.now,
        zone=read_zone(work),
        digest=digest,
    )
    return _view_import(row)


@router.get("/imports")
async def list_imports(work: Reader) -> list[ImportView]:
    """List the last files that gave months of one's societies, or that one sent, newest first."""
    rows = await repository.list_imports(
        work.session,
        scope=work.scope(Permission.VOLUME_READ),
        user_id=work.actor.user_id,
        limit=_MOST_IMPORTS,
    )
    return [_view_import(row) for row in rows]


def _view_import(row: VolumeImport) -> ImportView:
    return ImportView.model_validate(row)
