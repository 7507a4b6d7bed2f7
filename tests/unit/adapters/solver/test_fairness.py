"""How fair people can be at best: found at once, the same as by trying everything."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import ceil

from hypothesis import given
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from app.adapters.solver.fairness import Contest, Standing, find_least_largest, find_least_sum
from app.adapters.solver.frame import Person
from tests.factories.rosters import reader

SEAT = cp_model.CpModel().new_bool_var("")


@st.composite
def contests(draw: st.DrawFn) -> Contest:
    worth = draw(st.sampled_from((500, 1000)))
    standings = tuple(
        Standing(
            person=Person(reader(number), societies={}, sure=()),
            weight=draw(st.sampled_from((3, 4, 5))),
            carried=draw(st.sampled_from((-1000, -250, 0, 250, 1000))),
            settled=0,
            rows=((SEAT, worth),),
        )
        for number in range(draw(st.integers(1, 3)))
    )
    return Contest(1, standings, together=worth * draw(st.integers(0, 6)))


@given(contest=contests(), settled=st.sampled_from((0, 1000)))
def test_the_least_deviations_are_those_of_the_best_of_all_ways_to_give_out_seats(
    contest: Contest, settled: int
) -> None:
    first = contest.standings[0]
    begun = replace(first, settled=settled, carried=first.carried + settled)
    contest = replace(
        contest,
        standings=(begun, *contest.standings[1:]),
        together=contest.together + settled,
    )

    ways = list(_deviate(contest))
    assert find_least_sum(contest) == min(map(sum, ways))
    assert find_least_largest(contest) == min(map(max, ways))


def _deviate(contest: Contest) -> Iterator[list[int]]:
    """List everybody's deviation, for every way to give out the seats that are not settled."""
    seats = contest.free // contest.step
    carried = sum(each.carried for each in contest.standings)
    total = sum(each.weight for each in contest.standings)
    for own in product(range(seats + 1), repeat=len(contest.standings)):
        if sum(own) == seats:
            together = carried + seats * contest.step
            yield [
                ceil(abs((got * contest.step + each.carried) - _part(together, each.weight, total)))
                for got, each in zip(own, contest.standings, strict=True)
            ]


def _part(together: int, weight: int, total: int) -> Fraction:
    return Fraction(together * weight, total)
