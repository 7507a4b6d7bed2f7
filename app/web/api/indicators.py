"""Indicators."""

import csv
import io
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.directory.domain import Permission
from app.indicators.queries import load_turnaround
from app.indicators.views import Grouping, Turnaround, TurnaroundFilter
from app.planning.domain.calendar import instant_of
from app.web.dependencies import Work, needs
from app.web.schemas import LARGEST_KEY

router = APIRouter(prefix="/indicators", tags=["indicators"])

Reader = Annotated[Work, needs(Permission.INDICATOR_READ)]
_LONGEST_PERIOD = timedelta(days=366)
_DEFAULT_DAYS = timedelta(days=27)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = (
    "key",
    "label",
    "cases",
    "judged",
    "within_sla",
    "from",
    "to",
    "less_aside",
    "count",
    "median_s",
    "p90_s",
    "p95_s",
    "max_s",
)
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


class TurnaroundQuery(BaseModel):
    """Which cases are counted, and what they are put together by; the page asks the same."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    first: Annotated[
        date | None,
        Field(
            alias="from",
            ge=_FIRST_DAY,
            le=_LAST_DAY,
            description="first day, in the platform's zone",
        ),
    ] = None
    last: Annotated[
        date | None, Field(alias="to", ge=_FIRST_DAY, le=_LAST_DAY, description="last day, inside")
    ] = None
    by: Grouping = Grouping.WHOLE
    site_id: Annotated[int | None, Field(ge=1, le=LARGEST_KEY)] = None
    society_id: Annotated[int | None, Field(ge=1, le=LARGEST_KEY)] = None
    segment: Annotated[str | None, Field(min_length=1, max_length=40)] = None
    priority: Literal["P1", "P2", "P3", "P4"] | None = None

    @model_validator(mode="after")
    def _check_period(self) -> Self:
        if self.first is None or self.last is None:
            return self
        if not timedelta(0) <= self.last - self.first < _LONGEST_PERIOD:
            msg = "the last day is not before the first one, and at most 366 days are counted"
            raise ValueError(msg)
        return self

    def days(self, today: date) -> tuple[date, date]:
        """Return the first and the last day; by default the 28 days that end today."""
        last = self.last or (today if self.first is None else self.first + _DEFAULT_DAYS)
        return self.first or last - _DEFAULT_DAYS, last


async def read_turnaround(work: Work, query: TurnaroundQuery) -> Turnaround:
    """Read what a query asks for, within the caller's scope."""
    zone = work.container.settings.zone
    first, last = query.days(work.today)
    wanted = TurnaroundFilter(
        start=instant_of(_midnight(first), zone=ZoneInfo(zone)),
        end=instant_of(_midnight(last + timedelta(days=1)), zone=ZoneInfo(zone)),
        site_id=query.site_id,
        society_id=query.society_id,
        segment=query.segment,
        priority=query.priority,
    )
    return await load_turnaround(
        work.session,
        scope=work.scope(Permission.INDICATOR_READ),
        wanted=wanted,
        grouping=query.by,
        zone=zone,
        now=work.now,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)


@router.get("/turnaround")
async def show_turnaround(work: Reader, query: Annotated[TurnaroundQuery, Query()]) -> Turnaround:
    """Show how long things took: count, median, P90, P95 (nearest rank) and longest, in seconds."""
    return await read_turnaround(work, query)


@router.get(
    "/turnaround.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export_turnaround(work: Reader, query: Annotated[TurnaroundQuery, Query()]) -> Response:
    """Export the same as comma-separated values (RFC 4180): a line for each group and span."""
    figures = await read_turnaround(work, query)
    headers = {"Content-Disposition": 'attachment; filename="turnaround.csv"'}
    return Response(write_csv(figures), media_type="text/csv", headers=headers)


def write_csv(figures: Turnaround) -> str:
    """Write figures as lines; a name that a spreadsheet would run is made a text by a quote."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(_COLUMNS)
    for group in figures.groups:
        label = f"'{group.label}" if group.label.startswith(_FORMULA) else group.label
        of_group = (group.key, label, group.case_count, group.judged_count, group.within_sla_count)
        for each in group.spans:
            seconds = (each.median_s, each.p90_s, each.p95_s, each.max_s)
            named = (each.start.value, each.end.value, "yes" if each.less_aside else "no")
            writer.writerow((*of_group, *named, each.count, *seconds))
    return target.getvalue()
