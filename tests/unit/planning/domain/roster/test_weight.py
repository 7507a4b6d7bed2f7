"""What part of their society's work somebody owes."""

from datetime import timedelta

from app.planning.domain.roster.people import Membership
from app.planning.domain.roster.weight import LONG_LEAVE_DAYS, weigh
from tests.factories.placements import MONDAY, OPENING, hours, make_reader

WEEKS = hours(0, 24 * 56)
DAY_S = 24 * 3600


def test_a_full_time_throughout_weighs_its_seconds_and_half_a_time_half_of_it() -> None:
    assert weigh(make_reader(), society=1, period=WEEKS) == 1000 * 56 * DAY_S
    assert weigh(make_reader(fte=500), society=1, period=WEEKS) == 500 * 56 * DAY_S


def test_only_the_time_as_a_member_of_that_society_weighs() -> None:
    change = MONDAY + timedelta(days=14)
    moved = make_reader(memberships=(Membership(1, OPENING, change), Membership(2, change)))

    assert weigh(moved, society=1, period=WEEKS) == 1000 * 14 * DAY_S
    assert weigh(moved, society=2, period=WEEKS) == 1000 * 42 * DAY_S
    assert weigh(moved, society=3, period=WEEKS) == 0


def test_an_outside_reader_owes_nothing() -> None:
    outside = make_reader(memberships=(Membership(1, OPENING, outside=True),))

    assert weigh(outside, society=1, period=WEEKS) == 0


def test_a_long_leave_is_taken_off_and_a_holiday_is_not() -> None:
    holiday = make_reader(absences=(hours(0, 24 * LONG_LEAVE_DAYS - 1),))
    leave = make_reader(absences=(hours(0, 24 * LONG_LEAVE_DAYS),))
    away = make_reader(absences=(hours(-24, 24 * 100),))

    assert weigh(holiday, society=1, period=WEEKS) == 1000 * 56 * DAY_S
    assert weigh(leave, society=1, period=WEEKS) == 1000 * 28 * DAY_S
    assert weigh(away, society=1, period=WEEKS) == 1000
