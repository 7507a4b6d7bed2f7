"""The holidays of France."""

from datetime import date

import pytest

from app.kit.errors import Invalid
from app.planning.service.holidays import list_holidays

OF_2026 = {
    date(2026, month, day)
    for month, day in (
        (1, 1),
        (4, 6),
        (5, 1),
        (5, 8),
        (5, 14),
        (5, 25),
        (7, 14),
        (8, 15),
        (11, 1),
        (11, 11),
        (12, 25),
    )
}


def test_france_has_eleven_holidays() -> None:
    assert list_holidays(date(2026, 1, 1), date(2026, 12, 30)) == OF_2026


def test_alsace_and_moselle_have_two_more() -> None:
    found = list_holidays(date(2026, 1, 1), date(2026, 12, 30), alsace_moselle=True)

    assert found - OF_2026 == {date(2026, 4, 3), date(2026, 12, 26)}
    assert found >= OF_2026


def test_a_period_over_new_year_knows_both_years() -> None:
    found = list_holidays(date(2026, 12, 28), date(2027, 1, 4))

    assert {date(2026, 12, 25), date(2027, 1, 1)} <= found


@pytest.mark.parametrize("year", (1700, 2150))
def test_years_that_nobody_knows_are_refused_instead_of_having_no_holiday(year: int) -> None:
    with pytest.raises(Invalid, match="holidays are known from"):
        list_holidays(date(year, 1, 1), date(year, 2, 1))
