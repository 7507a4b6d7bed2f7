"""Special days and classes of days: what is counted beside the kinds."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.planning.domain.sharing.model import share_period
from app.planning.domain.sharing.period import Period, WeekdayClass
from app.planning.domain.sharing.rights import Sharing
from app.planning.domain.sharing.shares import MILLION
from tests.unit.planning.domain.sharing import (
    EVENING,
    MONDAY,
    NIGHT,
    SATURDAY_SUNDAY,
    closing,
    is_rounded,
    kind,
    make_members,
    make_period,
    make_seats,
    totals,
)

CHRISTMAS = {date(2026, 12, 24): "christmas", date(2026, 12, 25): "christmas"}
WINTER = CHRISTMAS | {date(2026, 12, 31): "new_year", date(2027, 1, 1): "new_year"}


def share_winter(
    volumes: list[int], *, special_balances: dict[tuple[int, str], int] | None = None
) -> Sharing:
    start = date(2026, 12, 1)
    seats = [
        *make_seats(EVENING, 90, start=start, a_day=2, special=WINTER),
        *make_seats(NIGHT, 45, first=101, start=start, special=WINTER),
        *make_seats(kind("weekend"), 26, first=201, start=start, on=SATURDAY_SUNDAY, a_day=2),
    ]
    return share_period(
        Period(
            start=start,
            members=make_members(volumes),
            seats=seats,
            special_balances=special_balances or {},
        )
    )


@pytest.mark.parametrize("others", [[6], [3, 3], [1] * 6, [4, 1, 1], [3, 2, 1], [2, 2, 1, 1]])
def test_a_seventh_of_the_nights_of_a_year_has_seven_or_eight_saturdays(others: list[int]) -> None:
    sharing = share_period(make_period([1, *others], {NIGHT: 7 * 52}))

    first = {right.days: right.seats for right in sharing.classes if right.society == 1}
    assert sum(first.values()) == 52
    assert first[WeekdayClass.SATURDAY] in {7, 8}
    assert first[WeekdayClass.SUNDAY] in {7, 8}
    assert first[WeekdayClass.FRIDAY] in {7, 8}
    assert first[WeekdayClass.MONDAY_TO_THURSDAY] in {29, 30}
    assert all(is_rounded(right.entitled, right.seats) for right in sharing.classes)
    assert max(cell.spread.millionths for cell in sharing.cells) < MILLION
    assert sharing.class_gap == max(abs(right.closing) for right in sharing.classes) < MILLION


def share_four_weeks(start: date, *, before: Sharing | None) -> Sharing:
    return share_period(
        Period(
            start=start,
            members=make_members([3, 2, 1, 1]),
            seats=make_seats(NIGHT, 28, start=start),
            balances=closing(before) if before else {},
            class_balances={
                (each.society, each.of, each.days): each.closing
                for each in (before.classes if before else ())
            },
        )
    )


def test_classes_of_days_come_level_over_months_that_carry_them_on() -> None:
    sharing = None
    saturdays: Counter[int] = Counter()
    for number in range(12):
        sharing = share_four_weeks(MONDAY + timedelta(days=28 * number), before=sharing)
        for right in sharing.classes:
            if right.days == WeekdayClass.SATURDAY:
                saturdays[right.society] += right.seats

    # 48 Saturdays by sevenths: 20.6, 13.7, 6.9 and 6.9.
    assert saturdays == {1: pytest.approx(20.6, abs=1), 2: pytest.approx(13.7, abs=1)} | {
        3: pytest.approx(6.9, abs=1),
        4: pytest.approx(6.9, abs=1),
    }


@settings(max_examples=15)
@given(st.lists(st.integers(1, 100), min_size=2, max_size=8))
def test_special_days_are_rounded_and_nothing_before_them_gives_way(volumes: list[int]) -> None:
    sharing = share_winter(volumes)

    assert all(is_rounded(right.entitled, right.seats) for right in sharing.special)
    assert all(is_rounded(cell.entitled, cell.seats) for cell in sharing.cells)
    assert all(is_rounded(*total) for total in totals(sharing).values())


def test_who_had_christmas_before_does_not_have_it_again() -> None:
    # Six seats of Christmas; the first society had three more than its half in the years before.
    sharing = share_winter(
        [1, 1], special_balances={(1, "christmas"): -3_000_000, (2, "christmas"): 3_000_000}
    )

    christmas = {
        right.society: right.seats for right in sharing.special if right.day == "christmas"
    }
    new_year = {right.society: right.seats for right in sharing.special if right.day == "new_year"}
    assert christmas == {1: 0, 2: 6}
    assert new_year == {1: 3, 2: 3}
    assert sharing.largest_excess < MILLION


def test_special_days_go_round_over_the_years() -> None:
    balances: dict[tuple[int, str], int] = {}
    served: Counter[int] = Counter()
    for _ in range(5):
        sharing = share_winter([1] * 5, special_balances=balances)
        balances = {(right.society, right.day): right.closing for right in sharing.special}
        for right in sharing.special:
            served[right.society] += right.seats

    assert set(served.values()) == {12}


def test_a_gap_that_no_exchange_can_close_is_told() -> None:
    # One society is owed both seats of a kind of which it has a right to one.
    seats = make_seats(EVENING, 2, start=date(2026, 12, 24), special=CHRISTMAS)
    period = Period(
        start=date(2026, 12, 24),
        members=make_members([1, 1]),
        seats=seats,
        special_balances={(1, "christmas"): MILLION, (2, "christmas"): -MILLION},
    )

    sharing = share_period(period)

    assert sorted(sharing.owed.values()) == [1, 2]
    assert sharing.special_gap == MILLION
