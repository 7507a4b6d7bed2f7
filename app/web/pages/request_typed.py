"""A request as it was typed into the form, and what it says."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

from starlette.datastructures import FormData

from app.requests.domain.content import (
    Pregnancy,
    RequestContent,
    RequestPriority,
    Sex,
    check_content,
)
from app.requests.domain.faults import ContentRefused, Fault

NAMES = tuple(each.name for each in fields(RequestContent))
_DATE_FORMS = ("%Y-%m-%d", "%d/%m/%Y")
_LONGEST_NUMBER = 9
_Code = TypeVar("_Code", bound=StrEnum)


def read_typed(form: FormData) -> dict[str, str]:
    """Take what was typed into the fields that were sent."""
    found = {name: form.get(name) for name in NAMES}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def write_typed(content: RequestContent) -> dict[str, str]:
    """Write a request as its form would hold it."""
    values = asdict(content)
    typed = {name: "" if value is None else str(value) for name, value in values.items()}
    typed["patient_informed"] = "yes" if content.patient_informed else "no"
    return typed


def check_typed(typed: Mapping[str, str], *, today: date) -> RequestContent:
    """Read what was typed.

    Raises
    ------
    ContentRefused
        With every field that breaks its rule.
    """
    content, unread = _parse(typed)
    try:
        checked = check_content(content, today=today)
    except ContentRefused as refused:
        raise ContentRefused((*unread, *refused.faults)) from None
    if unread:
        raise ContentRefused(unread)
    return checked


def _parse(typed: Mapping[str, str]) -> tuple[RequestContent, tuple[Fault, ...]]:
    birth_date = _read_date(typed.get("birth_date", ""))
    expected_count = _read_number(typed.get("expected_count", ""))
    priority = _read_code(RequestPriority, typed.get("priority", ""))
    texts: dict[str, Any] = {name: typed.get(name, "") for name in _TEXTS}
    content = RequestContent(
        **texts,
        birth_date=birth_date if isinstance(birth_date, date) else None,
        sex=_read_code(Sex, typed.get("sex", "")) or Sex.UNKNOWN,
        priority=priority or RequestPriority.P2,
        pregnancy=_read_code(Pregnancy, typed.get("pregnancy", "")) or Pregnancy.UNKNOWN,
        patient_informed=typed.get("patient_informed") == "yes",
        expected_count=expected_count if isinstance(expected_count, int) else None,
    )
    return content, tuple(_find_unread(typed, birth_date, expected_count, priority))


_TEXTS = frozenset(NAMES) - {
    "birth_date",
    "sex",
    "priority",
    "pregnancy",
    "patient_informed",
    "expected_count",
}


def _find_unread(
    typed: Mapping[str, str],
    birth_date: date | Fault | None,
    expected_count: int | Fault | None,
    priority: RequestPriority | None,
) -> Iterator[Fault]:
    if isinstance(birth_date, Fault):
        yield birth_date
    if isinstance(expected_count, Fault):
        yield expected_count
    if priority is None:
        yield Fault("priority", "this is needed")
    if typed.get("patient_informed") not in {"yes", "no"}:
        yield Fault("patient_informed", "this is needed")


def _read_date(text: str) -> date | Fault | None:
    if not text.strip():
        return None
    for form in _DATE_FORMS:
        try:
            # No instant: a date of birth has no zone.
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007
        except ValueError:
            continue
    return Fault("birth_date", "a date such as 24/12/1950")


def _read_number(text: str) -> int | Fault | None:
    plain = text.strip()
    if not plain:
        return None
    if plain.isascii() and plain.isdecimal() and len(plain) <= _LONGEST_NUMBER:
        return int(plain)
    return Fault("expected_count", "a whole number from 1 to 100000")


def _read_code(codes: type[_Code], text: str) -> _Code | None:
    return next((each for each in codes if each.value == text), None)
