"""Calibrations: how many seats each segment needs, and the arrivals that say so."""

from datetime import date, datetime
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from fastapi import APIRouter, UploadFile
from pydantic import Field, model_validator

from app import pipeline
from app.directory.domain import Permission
from app.kit.errors import Invalid, NotFound
from app.planning.domain.calibration.task import read_criteria, read_trial
from app.planning.domain.files.source_text import MOST_BYTES
from app.planning.models import Calibration
from app.planning.repository import calibrations as repository
from app.planning.service.arrivals import import_arrivals
from app.planning.service.calibrations import Wanted, ask_for_calibration, read_period
from app.web.api.instants import Day
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Body, Key, View

router = APIRouter(tags=["planning"])

Reader = Annotated[Work, needs(Permission.PLANNING_READ)]
Writer = Annotated[Work, needs(Permission.PLANNING_WRITE)]
VolumeWriter = Annotated[Work, needs(Permission.VOLUME_WRITE)]

_LONGEST_NAME = 200
Minutes = Annotated[float, Field(gt=0, le=7 * 24 * 60)]
Share = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[float, Field(gt=0, le=1000)]
Weight = Annotated[float, Field(ge=0, le=1000)]
Seats = Annotated[int, Field(ge=1, le=50)]


class CriteriaBody(Body):
    """What is asked of the seats; what is left out has its usual value."""

    read_min: Minutes = 10
    """Mean read."""
    read_sigma: Annotated[float, Field(gt=0, le=3)] = 0.6
    """Standard deviation of the logarithm of a read."""
    limit_min: Minutes = 60
    target: Share = 0.95
    quantile: Share = 0.9
    least_seats: Seats = 1
    least_by_segment: Annotated[dict[str, Seats], Field(max_length=50)] = Field(
        default_factory=dict
    )
    hourly_cap: Count = 10
    mean_cap: Count = 6
    floor: Weight = 2


class TrialBody(Body):
    """How it is tried on simulated years."""

    mix: Annotated[list[Weight], Field(min_length=4, max_length=4)] = Field(
        default_factory=lambda: [5.0, 35.0, 45.0, 15.0]
    )
    """Weights of P1 to P4."""
    limits_min: Annotated[list[Minutes], Field(min_length=4, max_length=4)] = Field(
        default_factory=lambda: [30.0, 60.0, 240.0, 1440.0]
    )
    years: Annotated[int, Field(ge=2, le=20)] = 3
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1


class CalibrationBody(Body):
    """What a calibration is asked for; without dates, all arrivals that are known."""

    since: Day | None = None
    until: Day | None = None
    criteria: CriteriaBody = Field(default_factory=CriteriaBody)
    trial: TrialBody = Field(default_factory=TrialBody)

    @model_validator(mode="after")
    def check_order(self) -> Self:
        """Refuse a period that ends before it begins."""
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise ValueError("a period must end after it begins")
        return self


class CalibrationView(View):
    """A calibration: queued, running, done with its result, or failed with its reason."""

    id: int
    state: str
    since: date
    until: date
    request: dict[str, Any]
    result: dict[str, Any] | None
    error: str
    requested_at: datetime
    requested_by: int | None
    finished_at: datetime | None


class MeasureBody(Body):
    """Days that are over: the first, and the first left out."""

    since: Day
    until: Day


class MeasuredView(View):
    """How many exams were counted."""

    exams: int


class ArrivalImportView(View):
    """A file of arrivals that was imported whole."""

    id: int
    filename: str
    row_count: int
    imported_at: datetime
    imported_by: int | None


def _view(row: Calibration) -> CalibrationView:
    since, until = read_period(row)
    names = CalibrationView.model_fields.keys() - {"since", "until"}
    values = {name: getattr(row, name) for name in names}
    return CalibrationView.model_validate(values | {"since": since, "until": until})


@router.post("/calibrations", status_code=202)
async def add_calibration(body: CalibrationBody, work: Writer) -> CalibrationView:
    """Ask how many seats each segment needs; the answer comes when its state is `done`."""
    wanted = Wanted(
        since=body.since,
        until=body.until,
        criteria=read_criteria(body.criteria.model_dump()),
        trial=read_trial(body.trial.model_dump()),
    )
    return _view(await ask_for_calibration(work.session, wanted, actor=work.actor, now=work.now))


@router.get("/calibrations")
async def list_calibrations(work: Reader, page: WantedPage) -> Page[CalibrationView]:
    """List calibrations, the newest first."""
    rows = await repository.list_calibrations(work.session, limit=page.fetch, after=page.after)
    return cut([_view(row) for row in rows], page=page, keys=[row.id for row in rows])


@router.get("/calibrations/{calibration_id}", responses=raises(NotFound))
async def show_calibration(calibration_id: Key, work: Reader) -> CalibrationView:
    """Show a calibration."""
    return _view(await repository.find_calibration(work.session, calibration_id))


@router.post("/arrivals/measure")
async def measure_arrivals(body: MeasureBody, work: VolumeWriter) -> MeasuredView:
    """Count from our own cases when exams arrived, instead of what was counted before."""
    exams = await pipeline.measure_arrivals(
        work.session,
        since=body.since,
        until=body.until,
        zone=ZoneInfo(work.container.settings.zone),
        actor=work.actor,
        now=work.now,
    )
    return MeasuredView(exams=exams)


@router.post("/arrivals/imports", status_code=201, responses=raises(Invalid))
async def add_arrival_import(file: UploadFile, work: VolumeWriter) -> ArrivalImportView:
    """Import a file of arrivals whole; with a fault nothing of it is taken."""
    name = "".join(each for each in file.filename or "" if each.isprintable())
    row = await import_arrivals(
        work.session,
        await file.read(MOST_BYTES + 1),
        filename=name[:_LONGEST_NAME] or "-",
        actor=work.actor,
        now=work.now,
        zone=ZoneInfo(work.container.settings.zone),
    )
    return ArrivalImportView.model_validate(row)
