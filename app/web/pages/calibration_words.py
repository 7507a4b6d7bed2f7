"""Words and figures of calibrations, in the reader's language."""

from collections.abc import Mapping
from types import MappingProxyType

from babel.numbers import format_decimal

from app.web.pages.texts import N_, Texts

STATES: Mapping[str, str] = MappingProxyType(
    {
        "queued": N_("waits to be worked out"),
        "running": N_("is being worked out"),
        "done": N_("worked out"),
        "failed": N_("not worked out"),
    }
)

BOUNDS: Mapping[str, str] = MappingProxyType(
    {
        "wait": N_("by the limit of time"),
        "ceiling": N_("by what a reader can do"),
        "safety": N_("by safety"),
    }
)

SESSIONS: Mapping[str, str] = MappingProxyType(
    {
        "too_full": N_("too full: above the ceiling"),
        "real": N_("a real session"),
        "too_empty": N_("too empty: below the floor"),
    }
)

DAYS: Mapping[str, str] = MappingProxyType(
    {
        "monday": N_("Monday"),
        "tuesday": N_("Tuesday"),
        "wednesday": N_("Wednesday"),
        "thursday": N_("Thursday"),
        "friday": N_("Friday"),
        "saturday": N_("Saturday"),
        "sunday": N_("Sunday"),
        "holiday": N_("Holiday"),
    }
)


def write_figure(number: float | None, *, texts: Texts, places: int = 1) -> str:
    """Write a number with at most so many places behind the point; a dash where there is none."""
    if number is None:
        return "–"
    pattern = "#,##0." + "#" * places if places else "#,##0"
    return format_decimal(number, format=pattern, locale=texts.locale)


def write_share(share: float, *, texts: Texts) -> str:
    """Write a share in percent, with one place behind the point."""
    return f"{write_figure(share * 100, texts=texts)} %"
