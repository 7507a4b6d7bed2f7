"""Before and after: guards and nights of societies and radiologists, alone and in the group."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.calibration.comparison import (
    Burden,
    Member,
    compare,
    find_nights,
    measure_emptiness,
)
from app.planning.domain.calibration.criteria import Criteria
from app.planning.domain.calibration.staffing import needs_by_segment
from tests.unit.planning.domain.calibration.pattern import WEEK, YEAR, make_rates

NIGHT: dict[int, float] = {20: 12, 21: 16, 22: 16, 23: 16}
NIGHT |= dict.fromkeys(range(8), 4.5) | dict.fromkeys(range(8, 20), 6.0)
SEATS = {"deep_night": 2, "day": 2, "evening": 4, "weekend": 4}


def make_member(name: str, *, exams: int, radiologists: int = 6) -> Member:
    pattern = make_rates({hour: rate * exams / 1000 for hour, rate in NIGHT.items()})
    needs = needs_by_segment(pattern, horizon=YEAR, criteria=Criteria())
    return Member(name, exams, radiologists, pattern, {each.segment: each.seats for each in needs})


def test_each_society_alone_holds_every_guard_of_the_year() -> None:
    members = [make_member("big", exams=500), make_member("small", exams=20, radiologists=2)]
    result = compare(members, seats=SEATS, pattern=make_rates(NIGHT), horizon=YEAR, floor=2)
    big, small = result.changes

    guards = {name: len(YEAR.of_segment(name)) for name in YEAR.segments}
    assert small.member.seats_alone == dict.fromkeys(YEAR.segments, 1)
    assert small.alone == Burden(Fraction(sum(guards.values())), Fraction(365))
    assert big.alone.guards == sum(
        guards[name] * seats for name, seats in big.member.seats_alone.items()
    )
    assert max(big.member.seats_alone.values()) > 1
    assert result.alone.guards == big.alone.guards + small.alone.guards


def test_the_seats_of_the_group_are_shared_by_volume_without_a_remainder() -> None:
    members = [make_member(str(exams), exams=exams) for exams in (500, 300, 201)]
    result = compare(members, seats=SEATS, pattern=make_rates(NIGHT), horizon=YEAR, floor=2)

    assert result.pooled.deep_nights == 365 * 2
    assert sum(change.pooled.guards for change in result.changes) == result.pooled.guards
    assert sum(change.pooled.deep_nights for change in result.changes) == 730
    assert result.changes[2].pooled.deep_nights == Fraction(730 * 201, 1001)


def test_together_there_are_fewer_guards_and_they_are_less_empty() -> None:
    members = [make_member(str(number), exams=91) for number in range(11)]
    result = compare(members, seats=SEATS, pattern=make_rates(NIGHT), horizon=YEAR, floor=2)

    assert result.pooled.guards < result.alone.guards / 3
    for change in result.changes:
        assert change.pooled.deep_nights < change.alone.deep_nights / 5
        assert result.pooled_emptiness.nothing < change.alone_emptiness.nothing
        assert result.pooled_emptiness.below_floor < change.alone_emptiness.below_floor


def test_a_burden_is_shared_by_people_and_by_nobody_it_is_not() -> None:
    assert Burden(Fraction(10), Fraction(4)).each(8) == Burden(Fraction(5, 4), Fraction(1, 2))
    assert Burden(Fraction(10), Fraction(4)).each(0) is None


def test_a_society_without_volume_has_no_part() -> None:
    result = compare(
        [make_member("a", exams=10), make_member("none", exams=0, radiologists=0)],
        seats=SEATS,
        pattern=make_rates(NIGHT),
        horizon=WEEK,
        floor=2,
    )

    assert result.changes[1].pooled == Burden(Fraction(0), Fraction(0))
    assert result.changes[1].alone_emptiness.nothing > 0.99


def test_nights_are_the_guards_that_cover_three_in_the_morning() -> None:
    assert find_nights(YEAR) == ("deep_night",)


@given(st.floats(0.01, 2), st.integers(1, 4))
def test_an_empty_seat_is_one_without_an_exam(rate: float, seats: int) -> None:
    found = measure_emptiness(
        dict.fromkeys(WEEK.segments, seats),
        pattern=make_rates(dict.fromkeys(range(24), rate)),
        horizon=WEEK,
        floor=0,
    )

    # At one seat: no exam in the guard. The pattern holds rates to a ten-thousandth.
    seen = round(rate * 10_000) / 10_000
    if seats == 1:
        chances = [math.exp(-seen * guard.length) for guard in WEEK.guards]
        assert found.nothing == pytest.approx(sum(chances) / len(chances), rel=1e-6, abs=1e-12)
    assert found.below_floor == 0
    assert 0 <= found.nothing <= 1


def test_a_guard_below_the_floor_has_too_few_exams_for_its_seats() -> None:
    # Half an exam an hour and eight hours: four are expected, a session has sixteen.
    found = measure_emptiness(
        dict.fromkeys(WEEK.segments, 1),
        pattern=make_rates(dict.fromkeys(range(24), 0.5)),
        horizon=WEEK,
        floor=2,
    )

    assert 0.99 < found.below_floor <= 1
