"""The guarantees of a sharing: columns, cells, totals, prefixes; on any volumes and sizes."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.planning.domain.seats import KindOfSeat
from app.planning.domain.sharing.model import share_period
from app.planning.domain.sharing.period import Period
from app.planning.domain.sharing.shares import MILLION
from tests.unit.planning.domain.sharing import (
    EVENING,
    MONDAY,
    NIGHT,
    closing,
    is_rounded,
    kind,
    make_members,
    make_period,
    some_counts,
    some_volumes,
    totals,
)


@settings(max_examples=40)
@given(some_volumes, some_counts)
def test_every_seat_is_given_once_and_every_column_sums_to_nothing(
    volumes: list[int], counts: dict[KindOfSeat, int]
) -> None:
    period = make_period(volumes, counts)

    sharing = share_period(period)

    assert set(sharing.owed) == {seat.id for seat in period.seats}
    for of, count in counts.items():
        cells = [cell for cell in sharing.cells if cell.of == of]
        assert sum(cell.seats for cell in cells) == count
        assert sum(cell.entitled for cell in cells) == count * MILLION
        assert sum(cell.closing for cell in cells) == 0


@settings(max_examples=40)
@given(some_volumes, some_counts)
def test_cells_totals_and_prefixes_are_less_than_one_guard_from_exact(
    volumes: list[int], counts: dict[KindOfSeat, int]
) -> None:
    sharing = share_period(make_period(volumes, counts))

    assert all(is_rounded(cell.entitled, cell.seats) for cell in sharing.cells)
    assert all(is_rounded(*total) for total in totals(sharing).values())
    assert all(cell.spread.millionths < MILLION for cell in sharing.cells)
    # Nothing is carried over yet: what is owed by then is the same line.
    assert all(cell.owed == cell.spread for cell in sharing.cells)


@settings(max_examples=30)
@given(
    st.lists(some_volumes, min_size=2, max_size=6),
    st.lists(some_counts, min_size=6, max_size=6),
)
def test_whatever_comes_and_goes_cells_and_totals_stay_exact_while_nobody_owes_more_than_its_right(
    volumes: list[list[int]], counts: list[dict[KindOfSeat, int]]
) -> None:
    balances: dict[tuple[int, KindOfSeat], int] = {}
    for brought, seats in zip(volumes, counts, strict=False):
        # A society that leaves stays with a volume of nothing until its account is level.
        period = make_period([*brought, *[0] * (11 - len(brought))], seats, balances=balances)

        sharing = share_period(period)

        balances = balances | closing(sharing)
        for of in {kind_ for _, kind_ in balances}:
            assert sum(left for (_, each), left in balances.items() if each == of) == 0
        if all(cell.entitled >= 0 for cell in sharing.cells):
            assert sharing.largest_excess < MILLION
            for cell in sharing.cells:
                assert cell.spread.millionths < MILLION
                # With shares that change, the opening balance is the most that is added.
                assert cell.owed.millionths < MILLION + abs(cell.opening)


# Held, not proven beyond the first period (ADR-0025): the same examples at each run.
@settings(max_examples=60, derandomize=True)
@given(
    volumes=st.lists(st.integers(1, 1000), min_size=2, max_size=11),
    sizes=st.lists(st.integers(1, 40), min_size=2, max_size=8),
)
def test_with_constant_shares_no_prefix_of_any_period_is_a_guard_from_what_is_owed(
    volumes: list[int], sizes: list[int]
) -> None:
    balances: dict[tuple[int, KindOfSeat], int] = {}
    for size in sizes:
        sharing = share_period(make_period(volumes, {EVENING: size}, balances=balances))

        balances = closing(sharing)
        assert max(cell.owed.millionths for cell in sharing.cells) < MILLION


@settings(max_examples=40)
@given(some_volumes, some_counts, st.integers(2, 1000))
def test_the_unit_of_volume_does_not_matter(
    volumes: list[int], counts: dict[KindOfSeat, int], factor: int
) -> None:
    scaled = [volume * factor for volume in volumes]

    assert (
        share_period(make_period(scaled, counts)).owed
        == share_period(make_period(volumes, counts)).owed
    )


@settings(max_examples=40)
@given(some_volumes, some_counts, st.randoms())
def test_the_order_of_what_is_told_does_not_matter_and_a_replay_is_identical(
    volumes: list[int], counts: dict[KindOfSeat, int], random: Random
) -> None:
    period = make_period(volumes, counts)
    shuffled = replace(
        period,
        members=random.sample(period.members, len(period.members)),
        seats=random.sample(period.seats, len(period.seats)),
    )

    assert share_period(shuffled) == share_period(period) == share_period(period)


@given(st.permutations(range(5)))
def test_who_a_society_is_does_not_matter_only_its_volume_and_its_place_in_the_names(
    order: list[int],
) -> None:
    volumes = [900, 700, 400, 250, 80]
    period = make_period(volumes, {EVENING: 17, NIGHT: 9})
    # The same societies under other ids.
    renamed = replace(
        period,
        members=[
            replace(member, id=100 + order[number]) for number, member in enumerate(period.members)
        ],
    )

    owed = share_period(period).owed
    assert share_period(renamed).owed == {
        seat: 100 + order[society - 1] for seat, society in owed.items()
    }


@given(st.integers(1, 11), some_counts)
def test_equal_volumes_give_counts_that_differ_by_one_at_most(
    societies: int, counts: dict[KindOfSeat, int]
) -> None:
    sharing = share_period(make_period([7] * societies, counts))

    for of in counts:
        seats = [cell.seats for cell in sharing.cells if cell.of == of]
        assert max(seats) - min(seats) <= 1


def test_a_society_that_is_added_changes_no_period_before_it() -> None:
    first = make_period([3, 2], {EVENING: 9})
    before = share_period(first)
    balances = closing(before)

    second = share_period(make_period([3, 2, 4], {EVENING: 9}, balances=balances))

    assert share_period(first) == before
    assert [cell.opening for cell in second.cells] == [
        balances[1, EVENING],
        balances[2, EVENING],
        0,
    ]


def test_no_volume_is_no_seat_and_keeps_its_balance() -> None:
    sharing = share_period(make_period([5, 0], {EVENING: 8}))

    assert set(sharing.owed.values()) == {1}
    assert [cell.closing for cell in sharing.cells] == [0, 0]


def test_a_small_society_is_served_once_its_credit_is_due() -> None:
    balances: dict[tuple[int, KindOfSeat], int] = {}
    served = []
    for _ in range(20):
        # 2 % of 5 guards: a tenth of a guard each month.
        sharing = share_period(make_period([49, 49, 2], {EVENING: 5}, balances=balances))
        balances = closing(sharing)
        served.append(next(cell.seats for cell in sharing.cells if cell.society == 3))

    assert sum(served) == 2
    assert max(map(abs, balances.values())) < MILLION


def test_a_period_of_one_guard_goes_to_the_largest_volume() -> None:
    assert share_period(make_period([2, 3, 2], {EVENING: 1})).owed == {1: 2}


def test_fewer_guards_than_societies_go_round() -> None:
    balances: dict[tuple[int, KindOfSeat], int] = {}
    served: list[int] = []
    for _ in range(11):
        sharing = share_period(make_period([1] * 11, {NIGHT: 3}, balances=balances))
        balances = closing(sharing)
        served += sharing.owed.values()

    assert sorted(served) == sorted(list(range(1, 12)) * 3)
    assert max(map(abs, balances.values())) < 100


def test_no_seat_is_nothing_to_share() -> None:
    sharing = share_period(make_period([1, 2], {}))

    assert (sharing.owed, sharing.cells, sharing.largest_excess) == ({}, (), 0)


@pytest.mark.parametrize("volumes", [[], [0], [0, 0]])
def test_without_any_volume_nothing_is_shared(volumes: list[int]) -> None:
    with pytest.raises(ValueError, match="no society has any volume"):
        share_period(make_period(volumes, {EVENING: 1}))


def test_a_debt_above_one_guard_is_kept_and_the_smallest_excess_falls_on_the_others() -> None:
    period = make_period(
        [1, 1, 1],
        {EVENING: 3},
        balances={(1, EVENING): -2_500_000, (2, EVENING): 1_250_000, (3, EVENING): 1_250_000},
    )

    sharing = share_period(period)

    first, *others = sharing.cells
    assert (first.entitled, first.seats) == (-1_499_998, 0)
    # 4.5 guards are owed, and there are three: the two others are 0.25 and 1.25 short.
    assert sorted(cell.seats for cell in others) == [1, 2]
    assert max(abs(cell.closing) for cell in others) < 1_250_001


def test_below_one_guard_at_every_prefix_cannot_be_held_when_shares_change() -> None:
    # Eleven equal societies and six seats; then the five that were not served bring 19 % each.
    before = share_period(make_period([1] * 11, {NIGHT: 6}))
    served = set(before.owed.values())
    volumes = [1 if society in served else 23 for society in range(1, 12)]
    period = make_period(volumes, {NIGHT: 60}, balances=closing(before))
    assert all(
        189_000 <= cell.share <= 191_000
        for cell in share_period(period).cells
        if cell.society not in served
    )

    sharing = share_period(period)

    # After four seats one of the five is owed 0.545 + 4 * 0.19 guards, whoever was served.
    assert max(cell.owed.millionths for cell in sharing.cells) == 1_305_786
    assert sharing.largest_excess < MILLION
    assert max(cell.spread.millionths for cell in sharing.cells) < MILLION


def test_accounts_that_do_not_sum_to_nothing_are_refused_by_kind() -> None:
    with pytest.raises(ValueError, match="the balances of evening sum to 5 millionths"):
        share_period(make_period([1, 1], {EVENING: 2}, balances={(1, EVENING): 5}))


def test_accounts_of_strangers_and_members_named_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="no member of the period: 9"):
        share_period(make_period([1], {EVENING: 2}, balances={(9, EVENING): -5, (1, EVENING): 5}))
    twice = Period(start=MONDAY, members=make_members([1]) * 2, seats=[])
    with pytest.raises(ValueError, match="takes part twice"):
        share_period(twice)


def test_the_totals_of_eleven_equal_societies_over_four_kinds_differ_by_one() -> None:
    counts = {kind(segment): 5 for segment in ("day", "evening", "night", "weekend")}

    sharing = share_period(make_period([1] * 11, counts))

    assert {seats for _, seats in totals(sharing).values()} == {1, 2}
