"""What the page of calibration shows: the chosen one, the others, what is known of arrivals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from babel.dates import format_date

from app.directory.domain import Permission
from app.planning.models import Calibration
from app.planning.repository import arrivals
from app.planning.repository import calibrations as repository
from app.planning.service.calibrations import read_period
from app.web.pages import words
from app.web.pages.calibration_words import (
    BOUNDS,
    DAYS,
    SESSIONS,
    STATES,
    write_figure,
    write_share,
)
from app.web.pages.door import Visit
from app.web.pages.texts import Texts

_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HourRow:
    """An hour of the day, with the seats that it needs on each kind of day."""

    hour: int
    seats: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationPage:
    """Calibrations, the newest first; the result of the chosen one, as it was kept."""

    texts: Texts
    rows: Sequence[Calibration]
    chosen: Calibration | None
    span: tuple[date, date] | None
    may_ask: bool
    may_import: bool
    may_measure: bool
    faults: Sequence[str] = ()
    days: Mapping[str, str] = field(default_factory=lambda: DAYS)

    @property
    def result(self) -> Mapping[str, Any] | None:
        """What was worked out; nothing yet, or nothing at all."""
        return None if self.chosen is None else self.chosen.result

    @property
    def is_open(self) -> bool:
        """Is the chosen one still to come?"""
        return self.chosen is not None and self.chosen.state in {"queued", "running"}

    @property
    def hours(self) -> list[HourRow]:
        """The hours of the day, as they were worked out."""
        found = (self.result or {}).get("hours", ())
        return [
            HourRow(hour=hour, seats={each["day"]: each for each in found if each["hour"] == hour})
            for hour in range(24)
        ]

    @property
    def day_names(self) -> list[str]:
        """The kinds of day, in words."""
        return [self.day(code) for code in self.days]

    def write_date(self, day: date) -> str:
        """Write a date."""
        return format_date(day, "medium", locale=self.texts.locale)

    def period(self, row: Calibration) -> tuple[date, date]:
        """Give the first and the last date that a calibration looked at."""
        since, until = read_period(row)
        return since, until - timedelta(days=1)

    def segment(self, code: str) -> str:
        """Name a segment."""
        return words.name(code, words.SEGMENTS, texts=self.texts)

    def state(self, code: str) -> str:
        """Name a state."""
        return words.name(code, STATES, texts=self.texts)

    def bound(self, code: str) -> str:
        """Name what asks for seats."""
        return words.name(code, BOUNDS, texts=self.texts)

    def session(self, code: str) -> str:
        """Name what a guard is to its readers."""
        return words.name(code, SESSIONS, texts=self.texts)

    def day(self, code: str) -> str:
        """Name a kind of day."""
        return words.name(code, DAYS, texts=self.texts)

    def figure(self, number: float | None, places: int = 1) -> str:
        """Write a number."""
        return write_figure(number, texts=self.texts, places=places)

    def share(self, share: float) -> str:
        """Write a share in percent."""
        return write_share(share, texts=self.texts)


async def load_page(
    guest: Visit, *, wanted: int | None = None, faults: Sequence[str] = ()
) -> CalibrationPage:
    """Load the page; without a wanted one, the newest is shown."""
    rows = await repository.list_calibrations(guest.session, limit=_MOST)
    chosen = (
        await repository.find_calibration(guest.session, wanted)
        if wanted is not None
        else next(iter(rows), None)
    )
    return CalibrationPage(
        texts=guest.frame.texts,
        rows=rows,
        chosen=chosen,
        span=await arrivals.find_span(guest.session),
        may_ask=guest.work.scope(Permission.PLANNING_WRITE).everything,
        may_import=guest.frame.may(Permission.VOLUME_WRITE),
        may_measure=guest.work.scope(Permission.VOLUME_WRITE).everything,
        faults=faults,
    )
