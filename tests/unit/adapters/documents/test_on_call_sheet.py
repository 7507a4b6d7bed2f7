"""The printed on-call sheet: two sheets of A4 at most, the same bytes for the same people."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.documents.on_call_sheet import TypstSheetRenderer
from app.kit.interval import Interval
from app.planning.domain.on_call_sheet import (
    SPAN,
    Sheet,
    SheetGuard,
    SheetLanguage,
    SheetLine,
    SheetNumber,
    SheetSeat,
)

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
SIX_HOURS = timedelta(hours=6)


def _make_guard(start: datetime) -> SheetGuard:
    interval = Interval(start, start + SIX_HOURS)
    lines = [SheetLine.FIRST] * 6 + [SheetLine.BACKUP, SheetLine.COORDINATOR]
    seats = tuple(
        SheetSeat(
            line=line,
            interval=interval,
            name=f"Dr Jean-Baptiste de Saint-Exemple{number}",
            telephone="+33600000000",
            society="Imagerie du Périgord",
            centre="Centre de Bergerac",
        )
        for number, line in enumerate(lines)
    )
    return SheetGuard(interval, "evening", seats)


def _make_sheet(*, language: SheetLanguage = SheetLanguage.FRENCH) -> Sheet:
    return Sheet(
        made_at=NOW,
        interval=Interval(NOW, NOW + SPAN),
        zone="Europe/Paris",
        language=language,
        guards=tuple(_make_guard(NOW + number * SIX_HOURS) for number in range(12)),
        centres=tuple(SheetNumber(f"Centre {number}", "+33500000000") for number in range(11)),
        published_count=1,
    )


def _count_pages(pdf: bytes) -> int:
    """Count the pages of A4."""
    return len(re.findall(rb"/MediaBox ?\[0 0 595\.2756 841\.8898\]", pdf))


@pytest.mark.parametrize("language", list(SheetLanguage))
def test_three_days_of_a_large_group_fit_on_two_sheets_of_paper(language: SheetLanguage) -> None:
    pdf = TypstSheetRenderer().render_sheet(_make_sheet(language=language))

    assert pdf.startswith(b"%PDF-")
    assert _count_pages(pdf) == 2


def test_the_same_sheet_is_the_same_bytes_and_another_person_is_not() -> None:
    renderer = TypstSheetRenderer()
    sheet = _make_sheet()
    guard = sheet.guards[0]
    uncovered = replace(guard.seats[0], name="", telephone="", centre="")
    changed = replace(guard, seats=(uncovered, *guard.seats[1:]))

    same = renderer.render_sheet(sheet)

    assert renderer.render_sheet(sheet) == same
    assert renderer.render_sheet(replace(sheet, guards=(changed, *sheet.guards[1:]))) != same


def test_what_people_type_is_text_and_never_markup() -> None:
    sheet = _make_sheet()
    hostile = SheetNumber('#panic("x") *bold* $1$', "#read(sys.inputs)")

    assert TypstSheetRenderer().render_sheet(replace(sheet, centres=(hostile,)))
