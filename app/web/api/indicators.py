"""Indicators."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
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
    """Show how long things took: count, median and P90 (nearest rank) of each span, in seconds."""
    return await read_turnaround(work, query)
