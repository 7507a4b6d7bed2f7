"""Texts for people, in their language: the message is its English text, French is a catalogue."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Final

from babel import Locale
from babel.core import negotiate_locale
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LOCALES: Final = ("fr", "en")
_THOUSAND: Final = 1000
_FOLDER = Path(__file__).parents[1] / "locale"


def N_(message: str) -> str:  # noqa: N802 - the name by which gettext's tools find messages
    """Mark a message that is translated where it is shown."""
    return message


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts and formats of one language."""

    locale: Locale
    translations: NullTranslations

    @property
    def language(self) -> str:
        """The tag for `<html lang>`."""
        return self.locale.language

    def gettext(self, message: str, **values: object) -> str:
        """Translate a message, and put values at its `%(name)s`."""
        text = self.translations.gettext(message)
        return text % values if values else text

    def ngettext(self, singular: str, plural: str, number: int, **values: object) -> str:
        """Translate a message whose form depends on a number, and put it at `%(num)d`."""
        return self.translations.ngettext(singular, plural, number) % {"num": number, **values}

    def format_time(self, at: datetime, *, zone: tzinfo, seconds: bool = False) -> str:
        """Write the time of day on the wall of a zone."""
        return format_time(at, "HH:mm:ss" if seconds else "HH:mm", tzinfo=zone, locale=self.locale)

    def format_day(self, at: datetime, *, zone: tzinfo) -> str:
        """Write the day on the wall of a zone, with the year."""
        return format_date(at.astimezone(zone).date(), "medium", locale=self.locale)

    def format_date(self, day: date) -> str:
        """Write a day with its year."""
        return format_date(day, "medium", locale=self.locale)

    def format_short_day(self, day: date) -> str:
        """Write a day of a month that is known: its weekday and number."""
        return format_date(day, "EEE d", locale=self.locale)

    def format_month(self, day: date) -> str:
        """Write the month of a day, with its year."""
        return format_date(day, "LLLL y", locale=self.locale)

    def format_instant(
        self, at: datetime, *, zone: tzinfo, now: datetime | None = None, seconds: bool = False
    ) -> str:
        """Write an instant; without its day when that is today's on the same wall."""
        time = self.format_time(at, zone=zone, seconds=seconds)
        if now is not None and at.astimezone(zone).date() == now.astimezone(zone).date():
            return time
        return f"{self.format_day(at, zone=zone)} {time}"

    def format_duration(self, seconds: float) -> str:
        """Write elapsed time in its two largest units; of a negative one, the sign goes first."""
        sign = "−" if seconds < 0 else ""
        whole = round(abs(seconds))
        minutes, rest_s = divmod(whole, 60)
        hours, rest_min = divmod(minutes, 60)
        days, rest_h = divmod(hours, 24)
        if days:
            return f"{sign}{days} {self.translations.gettext('d')} {rest_h} h"
        if hours:
            return f"{sign}{hours} h {rest_min:02d}"
        return f"{sign}{minutes} min {rest_s:02d} s" if minutes else f"{sign}{rest_s} s"

    def format_size(self, size_bytes: int) -> str:
        """Write a size in its largest decimal unit, with one place behind the point."""
        size, unit = float(size_bytes), self.translations.gettext("B")
        for prefix in "kMGT":
            if size < _THOUSAND:
                break
            size, unit = size / _THOUSAND, prefix + self.translations.gettext("B")
        return f"{format_decimal(size, format='#,##0.#', locale=self.locale)} {unit}"

    def format_rate(self, rate: float) -> str:
        """Write a rate with one place behind the point, or two below one."""
        places = "#,##0.#" if rate >= 1 else "0.##"
        return format_decimal(rate, format=places, locale=self.locale)

    def format_fixed(self, number: float, *, places: int) -> str:
        """Write a number with so many places behind the point, at least one."""
        return format_decimal(number, format=f"#,##0.{'0' * places}", locale=self.locale)

    def format_elapsed(self, elapsed: timedelta) -> str:
        """Write elapsed time in its two largest units."""
        return self.format_duration(elapsed.total_seconds())


@cache
def texts_of(language: str) -> Texts:
    """Read the texts of a language; English needs no catalogue."""
    path = _FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return Texts(Locale(language), NullTranslations())
    compiled = io.BytesIO()
    with path.open("rb") as catalogue:
        write_mo(compiled, read_po(catalogue, locale=language))
    compiled.seek(0)
    return Texts(Locale(language), GNUTranslations(compiled))


def choose_language(wanted: Sequence[str], *, default: str) -> str:
    """Choose the first language we have among those that somebody reads, best first."""
    # It answers in the letters it was asked in: `FR` is no language of ours, `fr` is.
    return (negotiate_locale(wanted, LOCALES, sep="-") or default).lower()


def read_accept_language(header: str) -> list[str]:
    """Read the header of a browser, best language first (RFC 9110 §12.5.4)."""
    weighed: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, parameter = part.strip().partition(";")
        quality = parameter.strip().removeprefix("q=") or "1"
        try:
            weight = float(quality)
        except ValueError:
            continue
        if tag and weight > 0:
            weighed.append((-weight, tag))
    return [tag for _, tag in sorted(weighed, key=lambda each: each[0])]
