"""Rosters of the published format: each rule is told where it is broken, and the cost is the sum.

The model is held against every roster there is, judged by the checks, where these are few.
"""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters.solver.engine import Engine, Outcome, Task
from app.planning.domain.roster.problem import Limits
from benchmarks._curtois_checks import Row, count_cost, find_broken
from benchmarks._curtois_file import Cover, Instance, Kind, Request, Worker
from benchmarks._curtois_model import CurtoisModel
from benchmarks.curtois import check

EARLY = Kind("E", 60, frozenset())
LATE = Kind("L", 100, frozenset({"E"}))
ANNE = Worker(
    name="A",
    most_of={"E": 3, "L": 2},
    most_minutes=400,
    least_minutes=100,
    most_in_a_row=3,
    least_in_a_row=2,
    least_off_in_a_row=2,
    most_weekends=1,
    days_off=frozenset({0}),
)
FORTNIGHT = Instance(days=14, kinds=(EARLY, LATE), workers=(ANNE,), requests=(), covers=())


def make_row(letters: str) -> Row:
    """Make a row of letters, `-` for a day off."""
    return [None if letter == "-" else letter for letter in letters]


@pytest.mark.parametrize(
    ("letters", "told"),
    [
        ("-EE--LL-------", []),
        ("-EE--EE-------", ["A: 4 of E, at most 3"]),
        ("-E------------", ["A: 1 days in a row from day 1, at least 2", "A: 60 minutes, not 1"]),
        ("E-------------", ["A: 60 minutes, not 100 to 400", "A: works on day 0, a day off"]),
        ("-LE-----------", ["A: E on day 2 follows L"]),
        ("-EL-LL--------", ["A: 3 of L, at most 2", "A: 1 days in a row from day 3, at least 2"]),
        ("-EELL---------", ["A: 4 days in a row from day 1, at most 3"]),
        ("-----EE---EE--", ["A: 4 of E, at most 3"]),
        ("-----EE----EL-", ["A: 2 weekends, at most 1"]),
        ("------------EL", []),
        ("-----------E-E", ["A: 1 days in a row from day 11", "A: 1 days in a row from day 12"]),
    ],
)
def test_each_rule_is_told_where_it_is_broken(letters: str, told: list[str]) -> None:
    broken = sorted(find_broken(FORTNIGHT, {"A": make_row(letters)}))

    assert len(broken) == len(told)
    for one, expected in zip(broken, sorted(told), strict=True):
        assert one.startswith(expected)


def test_the_cost_is_of_requests_not_met_and_of_cover_under_and_over() -> None:
    instance = replace(
        FORTNIGHT,
        requests=(Request("A", 1, "E", 2, is_on=True), Request("A", 1, "E", 3, is_on=False)),
        covers=(Cover(1, "E", 0, 100, 7), Cover(2, "E", 2, 100, 7), Cover(3, "L", 0, 100, 7)),
    )

    assert count_cost(instance, {"A": make_row("-EE-----------")}) == 3 + 7 + 100
    assert count_cost(instance, {"A": make_row("--------------")}) == 2 + 200


@st.composite
def make_instances(draw: st.DrawFn) -> Instance:
    """Draw one person, and days that hold a weekend: every row can be tried."""
    days = 8
    worker = Worker(
        name="A",
        most_of={"E": draw(st.integers(1, 5)), "L": 2},
        most_minutes=draw(st.integers(200, 500)),
        least_minutes=draw(st.integers(0, 260)),
        most_in_a_row=draw(st.integers(1, 5)),
        least_in_a_row=draw(st.integers(1, 3)),
        least_off_in_a_row=draw(st.integers(1, 3)),
        most_weekends=draw(st.integers(0, 1)),
        days_off=draw(st.frozensets(st.integers(0, 7), max_size=1)),
    )
    requests = st.builds(
        Request,
        *(st.just("A"), st.integers(0, days - 1), st.sampled_from("EL"), st.integers(1, 9)),
        is_on=st.booleans(),
    )
    asked = draw(st.lists(requests, max_size=6))
    covers = [
        Cover(day, kind, draw(st.integers(0, 2)), 10, 1) for day in range(days) for kind in "EL"
    ]
    return Instance(days, (EARLY, LATE), (worker,), tuple(asked), tuple(covers))


@settings(max_examples=10, deadline=None)
@given(instance=make_instances())
def test_the_model_finds_the_least_cost_of_all_rows_that_break_nothing(instance: Instance) -> None:
    rosters: list[dict[str, Row]] = [
        {"A": row} for row in product([None, "E", "L"], repeat=instance.days)
    ]
    costs = [count_cost(instance, each) for each in rosters if not any(find_broken(instance, each))]
    model = CurtoisModel(instance)
    outcome = Engine(Limits(workers=1)).run(model.cp, Task(model.cost, is_tight=True))

    if outcome is not None:
        check(model, outcome)
    assert (outcome and outcome.value) == min(costs, default=None)


def test_a_roster_that_breaks_a_rule_or_costs_otherwise_is_an_error() -> None:
    model = CurtoisModel(replace(FORTNIGHT, covers=(Cover(3, "E", 1, 10, 1),)))
    found = Engine(Limits(workers=1)).run(model.cp, Task(model.cost))
    assert found is not None

    check(model, found)
    with pytest.raises(ValueError, match="costs 0, not 1 as told"):
        check(model, replace(found, value=1))
    nothing = Outcome(10, 0, [0] * len(found.solution))
    with pytest.raises(ValueError, match="A: 0 minutes, not 100 to 400"):
        check(model, nothing)
