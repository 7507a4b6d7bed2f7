"""Changes at short notice."""

from datetime import timedelta

import pytest

from app.planning.domain.roster.profile import Rule
from tests.factories.placements import MONDAY, broken, hours, place


@pytest.mark.parametrize(("days", "is_late"), ((7, False), (6.99, True), (0.1, True)))
def test_a_published_seat_that_changes_within_a_week_is_found(
    days: float, *, is_late: bool
) -> None:
    seat = place(1, hours(0, 8))
    now = MONDAY - timedelta(days=days)

    late = [(Rule.NOTICE, (1,))] if is_late else []
    assert broken(seat, published={1: 8}, now=now) == late
    assert broken(seat, published={1: None}, now=now) == late
    emptied = place(1, hours(0, 8), radiologist=None)
    assert broken(emptied, published={1: 7}, now=now) == late


def test_what_stays_and_what_was_never_published_needs_no_notice() -> None:
    seat = place(1, hours(0, 8))

    assert broken(seat, published={1: 7}, now=MONDAY) == []
    assert broken(seat, published={2: 8}, now=MONDAY) == []
    assert broken(seat) == []
