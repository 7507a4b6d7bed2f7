"""Dates from which something holds, and how it ends."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.errors import Invalid
from app.planning.domain.dated import Dates

MARCH, APRIL, MAY = date(2027, 3, 1), date(2027, 4, 1), date(2027, 5, 1)


@pytest.mark.parametrize("until", (MARCH, MARCH - timedelta(days=1)))
def test_what_has_no_day_is_refused(until: date) -> None:
    with pytest.raises(Invalid, match="must end after it begins"):
        Dates(MARCH, until)


def test_what_is_open_ends_on_a_date() -> None:
    assert Dates(MARCH).end(APRIL) == Dates(MARCH, APRIL)


def test_ending_it_where_it_ends_changes_nothing() -> None:
    assert Dates(MARCH, APRIL).end(APRIL) == Dates(MARCH, APRIL)


def test_an_end_makes_nothing_longer_and_leaves_a_day() -> None:
    with pytest.raises(Invalid, match="ends on 2027-04-01 already"):
        Dates(MARCH, APRIL).end(MAY)
    with pytest.raises(Invalid, match="delete it"):
        Dates(MARCH, APRIL).end(MARCH)


@given(since=st.dates(), long=st.integers(1, 400), short=st.integers(1, 400))
def test_what_is_left_is_a_part_of_what_held(since: date, long: int, short: int) -> None:
    if since > date(9990, 1, 1):
        return
    until = since + timedelta(days=long)

    if short > long:
        with pytest.raises(Invalid):
            Dates(since, until).end(since + timedelta(days=short))
    else:
        left = Dates(since, until).end(since + timedelta(days=short))
        assert left == Dates(since, since + timedelta(days=short))
