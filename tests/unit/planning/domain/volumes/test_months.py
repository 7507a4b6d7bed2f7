"""Months: added, listed, and when each is measured."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.volumes.months import add_months, find_last_measuring, month_of

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("now", "month", "due"),
    [
        ((2026, 12, 1, 2, 59), date(2026, 10, 1), (2026, 11, 8, 3)),
        ((2026, 12, 1, 3, 0), date(2026, 11, 1), (2026, 12, 1, 3)),
        ((2026, 12, 8, 2, 59), date(2026, 11, 1), (2026, 12, 1, 3)),
        ((2026, 12, 8, 3, 0), date(2026, 11, 1), (2026, 12, 8, 3)),
        # In summer four on the wall is two in UTC; over the end of a year.
        ((2026, 7, 1, 2, 0), date(2026, 6, 1), (2026, 7, 1, 2)),
        ((2027, 1, 1, 0, 0), date(2026, 11, 1), (2026, 12, 8, 3)),
    ],
)
def test_a_month_is_measured_on_the_first_and_the_eighth_of_the_next(
    now: tuple[int, ...], month: date, due: tuple[int, ...]
) -> None:
    found = find_last_measuring(datetime(*now, tzinfo=UTC), zone=PARIS)  # type: ignore[misc,arg-type]

    assert found == (month, datetime(*due, tzinfo=UTC))  # type: ignore[misc,arg-type]


@given(st.integers(0, 20 * 366 * 24 * 60))
def test_what_was_due_last_is_over_and_no_older_than_a_month(minutes: int) -> None:
    now = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)

    month, due = find_last_measuring(now, zone=PARIS)

    assert due <= now < due + timedelta(days=25)
    assert add_months(month, 1) == month_of(due.astimezone(PARIS).date())


@given(st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.integers(-200, 200))
def test_months_are_added_and_taken_away(day: date, count: int) -> None:
    month = month_of(day)

    assert add_months(add_months(month, count), -count) == month
