"""Frozen dataclasses as JSON, by their type hints: what a process tells another of ours.

Intervals of time are written in microseconds, instants as ISO 8601, zones by name, mappings as
pairs, since their keys may be dataclasses.
"""

import types
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

_TICK = timedelta(microseconds=1)
_AS_THEY_ARE = (int, float, str, bool)


def encode(value: Any) -> Any:  # noqa: ANN401 - whatever a dataclass holds
    """Turn a value into what JSON has.

    Raises
    ------
    TypeError
        If there is no form for it.
    """
    if value is None or type(value) in _AS_THEY_ARE:
        return value
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return write(value)
    if is_dataclass(value):
        return [encode(getattr(value, each.name)) for each in fields(value)]
    msg = f"{type(value).__name__} has no form in JSON"
    raise TypeError(msg)


_WRITERS: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (Enum, lambda value: value.value),
    (datetime, datetime.isoformat),
    (timedelta, lambda value: value // _TICK),
    (ZoneInfo, lambda value: value.key),
    (Mapping, lambda value: [[encode(key), encode(each)] for key, each in value.items()]),
    (AbstractSet, lambda value: [encode(each) for each in value]),
    (Sequence, lambda value: [encode(each) for each in value]),
)


def decode(wanted: Any, told: Any) -> Any:  # noqa: ANN401 - what the hint says
    """Read a value of a type from what `encode` made of it.

    Raises
    ------
    TypeError
        If the type has no form in JSON.
    """
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin in {Union, types.UnionType}:
        return _decode_optional(inner, told)
    if origin is not None:
        return _decode_many(origin, inner, told)
    if wanted in _AS_THEY_ARE:
        return told
    read = _READERS.get(wanted)
    if read is None and issubclass(wanted, Enum):
        read = wanted
    return _decode_dataclass(wanted, told) if read is None else read(told)


_READERS: Mapping[type, Callable[[Any], Any]] = {
    datetime: datetime.fromisoformat,
    timedelta: lambda told: told * _TICK,
    tzinfo: ZoneInfo,
    ZoneInfo: ZoneInfo,
}


def _decode_optional(inner: Sequence[Any], told: Any) -> Any:  # noqa: ANN401 - as above
    (only,) = (each for each in inner if each is not type(None))
    return None if told is None else decode(only, told)


def _decode_many(origin: Any, inner: Sequence[Any], told: Any) -> Any:  # noqa: ANN401 - as above
    if issubclass(origin, Mapping):
        key, each = inner
        return {decode(key, one): decode(each, other) for one, other in told}
    if issubclass(origin, tuple) and inner[-1] is not Ellipsis:
        return tuple(decode(each, one) for each, one in zip(inner, told, strict=True))
    many = (decode(inner[0], one) for one in told)
    return frozenset(many) if issubclass(origin, AbstractSet) else tuple(many)


def _decode_dataclass(wanted: Any, told: Any) -> Any:  # noqa: ANN401 - as above
    if not is_dataclass(wanted) or not isinstance(wanted, type):
        msg = f"{wanted} has no form in JSON"
        raise TypeError(msg)
    hints = _hints(wanted)
    return wanted(
        **{
            each.name: decode(hints[each.name], one)
            for each, one in zip(fields(wanted), told, strict=True)
        }
    )


@cache
def _hints(wanted: type) -> dict[str, Any]:
    return get_type_hints(wanted)
