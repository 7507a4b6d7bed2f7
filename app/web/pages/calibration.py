"""The page of calibration: arrivals, what is asked of the seats, and what came of it."""

from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile

from app import pipeline
from app.directory.domain import Permission
from app.kit.errors import Invalid
from app.planning.domain.calibration.criteria import Criteria
from app.planning.domain.calibration.reads import ReadTime
from app.planning.domain.calibration.task import Trial
from app.planning.service.arrivals import ArrivalsRefused, import_arrivals
from app.planning.service.calibrations import Wanted, ask_for_calibration
from app.web.api.volumes_months import read_name, read_upload
from app.web.pages.calibration_view import load_page
from app.web.pages.door import SentForm, Visit, visit
from app.web.pages.rendering import render_page
from app.web.schemas import LARGEST_KEY

router = APIRouter(prefix="/planning/calibration")

Reader = Annotated[Visit, visit(Permission.PLANNING_READ)]
Writer = Annotated[Visit, visit(Permission.PLANNING_WRITE)]
Importer = Annotated[Visit, visit(Permission.VOLUME_WRITE)]
Minutes = Annotated[float, Form(gt=0, le=1440)]
Percent = Annotated[float, Form(gt=0, lt=100)]
Count = Annotated[float, Form(ge=0, le=1000)]
_YEAR = timedelta(days=365)
_REFUSED = 422
_PATH = "/planning/calibration"


@router.get("")
async def show_calibration(
    guest: Reader, wanted: Annotated[int | None, Query(alias="id", ge=1, le=LARGEST_KEY)] = None
) -> HTMLResponse:
    """Show a calibration, the newest unless another one is wanted."""
    view = await load_page(guest, wanted=wanted)
    return render_page("calibration/page.html", frame=guest.frame, view=view)


@router.post("")
async def ask(
    guest: Writer,
    limit: Minutes = 60,
    read: Minutes = 10,
    target: Percent = 95,
    least: Annotated[int, Form(ge=1, le=50)] = 1,
    cap: Count = 10,
    floor: Count = 2,
) -> Response:
    """Ask for a calibration from all arrivals that are known."""
    criteria = Criteria(
        read=ReadTime(mean=read, sigma=0.6),
        limit_min=limit,
        target=target / 100,
        least_seats=least,
        hourly_cap=cap,
        floor=floor,
    )
    row = await ask_for_calibration(
        guest.session,
        Wanted(criteria=criteria, trial=Trial()),
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return RedirectResponse(f"{_PATH}?id={row.id}", 303)


@router.post("/arrivals")
async def import_file(form: SentForm, guest: Importer) -> Response:
    """Import a file of arrivals whole, or show every fault of it."""
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Invalid("choose a file of arrivals first")
    try:
        await import_arrivals(
            guest.session,
            await read_upload(file),
            filename=read_name(file),
            actor=guest.work.actor,
            now=guest.work.now,
            zone=_zone(guest),
        )
    except ArrivalsRefused as refused:
        view = await load_page(guest, faults=[str(each) for each in refused.faults])
        return render_page("calibration/page.html", frame=guest.frame, view=view, status=_REFUSED)
    return RedirectResponse(_PATH, 303)


@router.post("/measure")
async def measure(guest: Importer) -> Response:
    """Count the arrivals of the last year from our own cases."""
    today = guest.work.now.astimezone(_zone(guest)).date()
    await pipeline.measure_arrivals(
        guest.session,
        since=today - _YEAR,
        until=today,
        zone=_zone(guest),
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return RedirectResponse(_PATH, 303)


def _zone(guest: Visit) -> ZoneInfo:
    return ZoneInfo(guest.work.container.settings.zone)
