"""Dates and instants as callers send them, within the years that every zone can show."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AwareDatetime, Field

from app.kit.errors import Invalid
from app.kit.interval import Interval

_FIRST, _LAST = date(2000, 1, 1), date(2100, 1, 1)

Day = Annotated[date, Field(ge=_FIRST, lt=_LAST)]
"""A day where the group is."""

At = Annotated[
    AwareDatetime,
    Field(
        ge=datetime(_FIRST.year, 1, 1, tzinfo=UTC),
        lt=datetime(_LAST.year, 1, 1, tzinfo=UTC),
    ),
]
"""An instant, with its offset."""


def make_interval(start: datetime, end: datetime) -> Interval:
    """Make an interval of what a caller sent.

    Raises
    ------
    Invalid
        If it does not end after it starts.
    """
    if end <= start:
        raise Invalid("a period must end after it starts")
    return Interval(start, end)


def _read_interval(
    since: Annotated[At | None, Query(description="what ends after this instant")] = None,
    until: Annotated[At | None, Query(description="what begins before this instant")] = None,
) -> Interval | None:
    if since is None and until is None:
        return None
    if since is None or until is None:
        raise Invalid("name both ends of the period: since and until")
    return make_interval(since, until)


WantedInterval = Annotated[Interval | None, Depends(_read_interval)]
"""The period that a list is limited to, or all of it."""
