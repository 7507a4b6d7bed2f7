"""The turnaround page: how long things took, as a table with small bars."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from pydantic import ValidationError

from app.cases.domain.intervals import SPANS, Milestone, Span
from app.cases.domain.priority import Priority
from app.directory.domain import Permission
from app.directory.repository.organisations import list_sites, list_societies
from app.indicators.views import Grouping, Turnaround
from app.web.api.indicators import TurnaroundQuery, read_turnaround
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import render_page
from app.web.pages.words import SEGMENTS

router = APIRouter()

Reader = Annotated[Visit, visit(Permission.INDICATOR_READ)]
_MOST_CHOICES = 500
READING = Span(Milestone.FIRST_IMAGE, Milestone.SIGNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An option of a filter."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnaroundPage:
    """The figures, and the filters they came from."""

    figures: Turnaround
    query: TurnaroundQuery
    first: date
    last: date
    refused: bool
    sites: tuple[Choice, ...]
    societies: tuple[Choice, ...]
    segments: tuple[Choice, ...]
    groupings: tuple[str, ...] = tuple(each.value for each in Grouping)
    priorities: tuple[Choice, ...] = tuple(
        Choice(value=each.value, label=each.value) for each in Priority
    )
    spans: tuple[Span, ...] = SPANS
    reading: Span = READING

    export: str
    """Where the same figures are as a file."""

    @property
    def longest_s(self) -> float:
        """The longest P90 from first image to signature: the full width of a bar."""
        found = (group.find_span(READING).p90_s or 0 for group in self.figures.groups)
        return max(found, default=0) or 1


@router.get("/turnaround")
async def show_turnaround(guest: Reader) -> HTMLResponse:
    """Show the figures of a period."""
    query, refused = _read_query(guest)
    work = guest.work
    first, last = query.days(work.today)
    scope = work.scope(Permission.DIRECTORY_READ)
    sites = await list_sites(guest.session, scope=scope, limit=_MOST_CHOICES, after=None)
    societies = await list_societies(guest.session, scope=scope, limit=_MOST_CHOICES, after=None)
    page = TurnaroundPage(
        figures=await read_turnaround(work, query),
        query=query,
        first=first,
        last=last,
        refused=refused,
        sites=_sort(Choice(value=str(site.id), label=site.name) for site in sites),
        export="/api/v1/indicators/turnaround.csv?"
        + urlencode(query.model_dump(mode="json", by_alias=True, exclude_none=True)),
        societies=_sort(Choice(value=str(each.id), label=each.name) for each in societies),
        segments=tuple(
            Choice(value=code, label=guest.frame.texts.gettext(label))
            for code, label in SEGMENTS.items()
            if code
        ),
    )
    return render_page(
        "turnaround/page.html", frame=guest.frame, view=page, status=422 if refused else 200
    )


def _read_query(guest: Visit) -> tuple[TurnaroundQuery, bool]:
    """Read the filters; a form sends its empty fields too, and they mean nothing."""
    given = {name: value for name, value in guest.request.query_params.items() if value}
    try:
        return TurnaroundQuery.model_validate(given), False
    except ValidationError:
        return TurnaroundQuery(), True


def _sort(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    return tuple(sorted(choices, key=lambda each: each.label.casefold()))
