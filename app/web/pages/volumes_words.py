"""Figures and files of volumes, in the words of the reader's language."""

from collections.abc import Mapping
from types import MappingProxyType

from babel.numbers import get_decimal_symbol

from app.web.pages.texts import N_, Texts

SEPARATORS: Mapping[str, str] = MappingProxyType(
    {";": N_("semicolons"), ",": N_("commas"), "\t": N_("tabs")}
)


def write_thousandths(number: int, *, texts: Texts) -> str:
    """Write thousandths as a decimal number, without the zeros behind."""
    return _write(number, places=3, texts=texts).rstrip("0").rstrip(_point(texts))


def write_percent(millionths: int, *, texts: Texts) -> str:
    """Write millionths as per cent, exactly: all four places."""
    return f"{_write(millionths, places=4, texts=texts)} %"


def _write(number: int, *, places: int, texts: Texts) -> str:
    whole, part = divmod(number, 10**places)
    return f"{whole}{_point(texts)}{part:0{places}}"


def _point(texts: Texts) -> str:
    return get_decimal_symbol(texts.locale)
