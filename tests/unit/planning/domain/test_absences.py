"""What an absence or a wish would meet."""

from datetime import timedelta

import pytest

from app.planning.domain.absences import find_touched, find_wish_conflicts
from app.planning.domain.roster.people import Wish, WishKind
from tests.factories.placements import MONDAY, hours, make_reader, place


def test_an_absence_touches_the_seats_of_its_radiologist_by_start() -> None:
    placements = [
        place(4, hours(30, 38)),
        place(3, hours(0, 8)),
        place(5, hours(0, 8), radiologist=8),
        place(6, hours(40, 48)),
        place(7, hours(2, 8), radiologist=None),
    ]

    found = find_touched(hours(4, 32), radiologist=7, placements=placements, now=MONDAY)

    assert [(each.seat.id, each.shared, each.society) for each in found] == [
        (3, hours(4, 8), 1),
        (4, hours(30, 32), 1),
    ]


@pytest.mark.parametrize(("start", "end", "is_touched"), ((8, 9, False), (7.9, 9, True)))
def test_an_absence_that_begins_where_the_seat_ends_touches_nothing(
    start: float, end: float, *, is_touched: bool
) -> None:
    found = find_touched(
        hours(start, end), radiologist=7, placements=[place(1, hours(0, 8))], now=MONDAY
    )

    assert bool(found) is is_touched


@pytest.mark.parametrize(("now_h", "told"), ((-1, [False]), (0, [True]), (7.9, [True]), (8, [])))
def test_what_is_over_is_left_out_and_what_has_begun_is_said_to(
    now_h: float, told: list[bool]
) -> None:
    found = find_touched(
        hours(-24, 24),
        radiologist=7,
        placements=[place(1, hours(0, 8))],
        now=MONDAY + timedelta(hours=now_h),
    )

    assert [each.has_begun for each in found] == told


def test_who_would_avoid_a_time_is_told_of_the_seats_they_hold_in_it() -> None:
    wish = Wish(WishKind.AVOID, hours(0, 24))
    placements = [
        place(2, hours(20, 28)),
        place(1, hours(-4, 1)),
        place(3, hours(24, 30)),
        place(4, hours(4, 6), radiologist=8),
    ]
    away = make_reader(absences=(hours(4, 5),))

    found = find_wish_conflicts(wish, reader=away, placements=placements)

    assert [each.id for each in found.seats] == [1, 2]
    assert found.absences == ()


def test_who_would_like_a_time_is_told_of_their_absences_and_opposite_wishes() -> None:
    wish = Wish(WishKind.PREFER, hours(0, 24))
    avoid, same, later = (
        Wish(WishKind.AVOID, hours(20, 30)),
        Wish(WishKind.PREFER, hours(0, 24), weight=3),
        Wish(WishKind.AVOID, hours(24, 30)),
    )
    reader = make_reader(absences=(hours(23, 30), hours(-5, 1)), wishes=(same, avoid, later))

    found = find_wish_conflicts(wish, reader=reader, placements=[place(1, hours(0, 8))])

    assert found.seats == ()
    assert found.absences == (hours(-5, 1), hours(23, 30))
    assert found.wishes == (avoid,)
    assert not found.is_empty


def test_a_wish_may_meet_nothing() -> None:
    wish = Wish(WishKind.PREFER, hours(0, 24))

    assert find_wish_conflicts(wish, reader=make_reader(), placements=[]).is_empty
