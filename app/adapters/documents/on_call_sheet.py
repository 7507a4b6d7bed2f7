"""The on-call sheet as a PDF, set by typst from a template of ours."""

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typst

from app.adapters.documents.charset import clean_line
from app.planning.domain.on_call_sheet import Sheet, SheetGuard, SheetLanguage, SheetLine, SheetSeat

_TEMPLATE = Path(__file__).with_name("on_call_sheet.typ")
_FRENCH_NUMBER = re.compile(r"0\d{9}")


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    purpose: str
    made: str
    until: str
    page: str
    nobody: str
    centres: str


_WORDS = {
    SheetLanguage.FRENCH: _Words(
        title="Feuille d'astreinte",
        purpose="À garder à portée de main. Si la plateforme ne répond pas : appeler la première "
        "ligne, puis le renfort, puis la coordination.",
        made="Établie le",
        until="Valable jusqu'au",
        page="Page",
        nobody="personne",
        centres="Centres de lecture",
    ),
    SheetLanguage.ENGLISH: _Words(
        title="On-call sheet",
        purpose="Keep it at hand. When the platform does not answer: call the first line, then the "
        "backup, then the coordination.",
        made="Made",
        until="Valid until",
        page="Page",
        nobody="nobody",
        centres="Reading centres",
    ),
}
_LINES = {
    SheetLanguage.FRENCH: {
        SheetLine.FIRST: "1re ligne",
        SheetLine.BACKUP: "renfort",
        SheetLine.COORDINATOR: "coordination",
        SheetLine.ON_SITE: "sur site",
    },
    SheetLanguage.ENGLISH: {
        SheetLine.FIRST: "first line",
        SheetLine.BACKUP: "backup",
        SheetLine.COORDINATOR: "coordination",
        SheetLine.ON_SITE: "on site",
    },
}
_SEGMENTS = {
    SheetLanguage.FRENCH: {
        "day": "jour",
        "evening": "soirée",
        "deep_night": "nuit profonde",
        "weekend": "week-end",
    },
    SheetLanguage.ENGLISH: {
        "day": "day",
        "evening": "evening",
        "deep_night": "deep night",
        "weekend": "weekend",
    },
}
_DAYS = {
    SheetLanguage.FRENCH: ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
    SheetLanguage.ENGLISH: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_DATES = {SheetLanguage.FRENCH: "%d/%m", SheetLanguage.ENGLISH: "%d %b"}


class TypstSheetRenderer:
    """Renders the on-call sheet by typst."""

    def render_sheet(self, sheet: Sheet) -> bytes:
        """Make a PDF: A4, the fonts that typst carries, the sheet's own clock."""
        return typst.compile(
            _TEMPLATE,
            root=_TEMPLATE.parent,
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"page": json.dumps(_describe(sheet))},
            timestamp=int(sheet.made_at.timestamp()),
        )


def _describe(sheet: Sheet) -> dict[str, object]:
    """Say everything that is on the sheet as plain data."""
    return {
        "words": asdict(_WORDS[sheet.language]),
        "language": sheet.language.value,
        "created": list(sheet.made_at.astimezone(UTC).timetuple()[:6]),
        "made": _moment(sheet.made_at, sheet=sheet),
        "until": _moment(sheet.interval.end, sheet=sheet),
        "guards": [_describe_guard(each, sheet=sheet) for each in sheet.guards],
        "centres": [
            {"name": clean_line(each.name), "telephone": _telephone(each.telephone)}
            for each in sheet.centres
        ],
    }


def _describe_guard(guard: SheetGuard, *, sheet: Sheet) -> dict[str, object]:
    start, end = guard.interval.start, guard.interval.end
    zone = ZoneInfo(sheet.zone)
    same_day = start.astimezone(zone).date() == end.astimezone(zone).date()
    until = end.astimezone(zone).strftime("%H:%M") if same_day else _moment(end, sheet=sheet)
    return {
        "hours": f"{_moment(start, sheet=sheet)} – {until}",
        "segment": _SEGMENTS[sheet.language].get(guard.segment, clean_line(guard.segment)),
        "seats": [_describe_seat(each, language=sheet.language) for each in guard.seats],
    }


def _describe_seat(seat: SheetSeat, *, language: SheetLanguage) -> dict[str, str]:
    line = _LINES[language][seat.line]
    return {
        "line": f"{line}, {clean_line(seat.site)}" if seat.site else line,
        "name": clean_line(seat.name),
        "telephone": _telephone(seat.telephone),
        "society": clean_line(seat.society),
        "centre": clean_line(seat.centre),
    }


def _moment(at: datetime, *, sheet: Sheet) -> str:
    local = at.astimezone(ZoneInfo(sheet.zone))
    day = _DAYS[sheet.language][local.weekday()]
    return f"{day} {local.strftime(_DATES[sheet.language])} {local.strftime('%H:%M')}"


def _telephone(number: str) -> str:
    """Write a French number in pairs; any other as it stands."""
    digits = re.sub(r"[^\d+]", "", number)
    plain = f"0{digits[3:]}" if digits.startswith("+33") else digits
    if not _FRENCH_NUMBER.fullmatch(plain):
        return clean_line(number)
    return " ".join(plain[at : at + 2] for at in range(0, len(plain), 2))
