"""The model is exact: on small periods every way to give the seats is tried."""

from collections.abc import Iterator
from itertools import accumulate, product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.planning.domain.sharing.columns import Column
from app.planning.domain.sharing.layout import lay_columns
from app.planning.domain.sharing.solve import Solved, can_keep, solve
from app.planning.domain.sharing.table import Table, lay_table
from app.planning.domain.sharing.totals import Bounds
from tests.unit.planning.domain.sharing import EVENING, NIGHT, kind, make_period

Ways = list[tuple[int, ...]]


def list_ways(column: Column) -> Ways:
    """List the ways to serve the places of a column within the bounds of its cells."""
    return [
        way
        for way in product(range(len(column.cells)), repeat=column.seats)
        if all(
            cell.low <= way.count(society) <= cell.high for society, cell in enumerate(column.cells)
        )
    ]


def deviate(column: Column, way: tuple[int, ...]) -> tuple[int, int]:
    """Give the largest deviations from what is owed by then, and from the spread right."""
    owed = spread = 0
    for society, cell in enumerate(column.cells):
        served = [0, *accumulate(int(holder == society) for holder in way)]
        for place in range(1, column.seats + 1):
            got = served[place] * column.unit
            owed = max(owed, abs(cell.exact[place] - got))
            spread = max(spread, abs(cell.spread[place] - got))
    return owed, spread


def try_all(columns: list[Column], bounds: list[Bounds]) -> Iterator[list[tuple[int, int]]]:
    """Give the deviations of each column, for every way to serve all within the totals."""
    for ways in product(*map(list_ways, columns)):
        held = [sum(way.count(society) for way in ways) for society in range(len(bounds))]
        if all(each.low <= count <= each.high for each, count in zip(bounds, held, strict=True)):
            yield [deviate(column, way) for column, way in zip(columns, ways, strict=True)]


def check_that_limits_are_kept(found: Solved, columns: list[Column]) -> None:
    served = [
        tuple(order.served[place][0] for place in range(1, column.seats + 1))
        for column, order in zip(columns, found.orders, strict=True)
    ]
    for column, way, limit in zip(columns, served, found.limits, strict=True):
        assert limit.exact is not None
        owed, spread = deviate(column, way)
        assert (owed <= limit.exact, spread <= limit.spread) == (True, True)


def check_against_every_way(table: Table) -> None:
    columns, bounds = lay_columns(table, held={})
    unit = columns[0].unit
    everything = [
        each for each in try_all(columns, bounds) if all(spread < unit for _, spread in each)
    ]
    below_one = [each for each in everything if all(owed < unit for owed, _ in each)]

    found = solve(columns, bounds=bounds)

    # Some way is always within one guard at every prefix.
    assert everything
    if below_one:
        assert all(limit.exact == unit - 1 for limit in found.limits)
        best = min(max(spread for _, spread in each) for each in below_one)
        assert max(limit.spread for limit in found.limits) == best
        first = min(each[0][1] for each in below_one if all(spread <= best for _, spread in each))
        assert found.limits[0].spread == first
    else:
        best = min(max(owed for owed, _ in each) for each in everything)
        assert max(limit.exact or 0 for limit in found.limits) == best
    check_that_limits_are_kept(found, columns)


@settings(max_examples=60)
@given(
    volumes=st.lists(st.integers(1, 30), min_size=2, max_size=3),
    evenings=st.integers(1, 5),
    nights=st.integers(1, 4),
    opening=st.lists(st.integers(-400_000, 400_000), min_size=2, max_size=2),
)
def test_no_other_way_to_give_the_seats_is_nearer_to_exact(
    volumes: list[int], evenings: int, nights: int, opening: list[int]
) -> None:
    paid = [*opening[: len(volumes) - 1]]
    period = make_period(
        volumes,
        {EVENING: evenings, NIGHT: nights},
        balances={
            (number, EVENING): amount for number, amount in enumerate([*paid, -sum(paid)], start=1)
        },
    )
    table = lay_table(period)
    assume(all(row.entitled >= 0 for of in table.kinds for row in table.rows[of]))

    check_against_every_way(table)


@pytest.mark.parametrize(
    ("volumes", "days", "evenings", "nights"),
    [
        # The totals bind: some kind has to be farther from exact than it were alone.
        ([19, 28], 1, 1, 3),
        ([9, 24, 12, 26], 2, 5, 1),
        ([27, 3, 16, 25], 1, 3, 1),
        ([2, 26, 29, 17], 2, 1, 2),
        ([25, 30, 27], 2, 1, 2),
    ],
)
def test_totals_that_bind_take_no_more_than_they_must(
    volumes: list[int], days: int, evenings: int, nights: int
) -> None:
    counts = {kind("day"): days, EVENING: evenings, NIGHT: nights}

    check_against_every_way(lay_table(make_period(volumes, counts)))


def test_totals_that_nothing_can_keep_are_refused() -> None:
    columns, _ = lay_columns(lay_table(make_period([1, 1], {EVENING: 4})), held={})
    impossible = [Bounds(low=3, high=4, kept=0), Bounds(low=3, high=4, kept=0)]

    assert not can_keep(columns, bounds=impossible)
    with pytest.raises(ValueError, match="no order of the seats keeps the bounds"):
        solve(columns, bounds=impossible)
