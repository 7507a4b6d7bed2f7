"""Read the rule of a repeated event (RFC 5545 §3.3.10)."""

import re
from datetime import date, datetime, time, tzinfo

from icalendar.prop import vRecur

from app.planning.domain.busy.recurrence import Frequency, Recurrence

_KNOWN = frozenset(
    {
        "FREQ",
        "INTERVAL",
        "COUNT",
        "UNTIL",
        "BYDAY",
        "BYMONTHDAY",
        "BYMONTH",
        "BYSETPOS",
        "WKST",
    }
)
_WEEKDAYS = {name: number for number, name in enumerate(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))}
_DAY = re.compile(r"(?P<nth>[+-]?\d{1,2})?(?P<name>[A-Z]{2})", re.ASCII)
_HIGHEST_NTH, _LAST_MONTH_DAY, _LAST_POSITION, _LAST_MONTH = 53, 31, 366, 12
_HIGHEST = 100_000


class UnknownRule(Exception):
    """A rule that is not understood.

    Parameters
    ----------
    part
        Of the rule, as it is written.
    """

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


def read_rule(text: str, *, zone: tzinfo) -> Recurrence:
    """Read a rule.

    Parameters
    ----------
    zone
        Where the clock of the event hangs: an UNTIL in UTC is read there.

    Raises
    ------
    UnknownRule
        If a part of it is not understood.
    """
    try:
        parts = vRecur.from_ical(text)
    except ValueError as error:
        raise UnknownRule(text) from error
    if unknown := sorted(set(parts) - _KNOWN):
        raise UnknownRule(unknown[0])
    frequency = _read_frequency(parts)
    rule = Recurrence(
        frequency,
        interval=_read_one(parts, "INTERVAL") or 1,
        count=_read_one(parts, "COUNT"),
        until=_read_until(parts, zone=zone),
        by_day=frozenset(_read_day(each) for each in parts.get("BYDAY", ())),
        by_month_day=_read_numbers(parts, "BYMONTHDAY", highest=_LAST_MONTH_DAY),
        by_month=_read_numbers(parts, "BYMONTH", highest=_LAST_MONTH),
        by_set_pos=_read_numbers(parts, "BYSETPOS", highest=_LAST_POSITION),
        week_start=_read_day(parts.get("WKST", ["MO"])[0])[0],
    )
    _check(rule)
    return rule


def _check(rule: Recurrence) -> None:
    """Refuse what RFC 5545 does not let stand together."""
    is_short = rule.frequency in {Frequency.DAILY, Frequency.WEEKLY}
    if is_short and any(nth for _, nth in rule.by_day):
        raise UnknownRule("BYDAY")
    if rule.frequency is Frequency.WEEKLY and rule.by_month_day:
        raise UnknownRule("BYMONTHDAY")


def _read_frequency(parts: vRecur) -> Frequency:
    (name, *more) = (str(each).upper() for each in parts.get("FREQ", ["none"]))
    if more or name not in set(Frequency):
        raise UnknownRule(f"FREQ={name}")
    return Frequency(name)


def _read_one(parts: vRecur, name: str) -> int | None:
    if name not in parts:
        return None
    (number, *more) = (int(each) for each in parts[name])
    if more or not 1 <= number <= _HIGHEST:
        raise UnknownRule(name)
    return number


def _read_until(parts: vRecur, *, zone: tzinfo) -> datetime | None:
    if "UNTIL" not in parts:
        return None
    found = parts["UNTIL"][0]
    if isinstance(found, datetime):
        try:
            return found.astimezone(zone).replace(tzinfo=None) if found.tzinfo else found
        except OverflowError as error:
            raise UnknownRule("UNTIL") from error
    if isinstance(found, date):
        return datetime.combine(found, time.max)
    raise UnknownRule("UNTIL")


def _read_numbers(parts: vRecur, name: str, *, highest: int) -> frozenset[int]:
    try:
        numbers = frozenset(int(str(each)) for each in parts.get(name, ()))
    except ValueError as error:
        raise UnknownRule(name) from error
    if any(not 1 <= abs(each) <= highest for each in numbers):
        raise UnknownRule(name)
    return numbers


def _read_day(text: object) -> tuple[int, int]:
    found = _DAY.fullmatch(str(text).upper())
    if found is None or found["name"] not in _WEEKDAYS:
        raise UnknownRule("BYDAY")
    nth = int(found["nth"] or 0)
    if abs(nth) > _HIGHEST_NTH:
        raise UnknownRule("BYDAY")
    return _WEEKDAYS[found["name"]], nth
