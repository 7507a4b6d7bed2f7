"""Methods of apportionment beside ours: published vectors, and why none of the others is used.

Vectors: Balinski & Young, *The quota method of apportionment*, American Mathematical Monthly 82
(1975), 701-730.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction

import pytest

from app.planning.domain.sharing.model import share_period
from app.planning.domain.sharing.shares import apportion
from tests.unit.planning.domain.sharing import EVENING, closing, make_period

Method = Callable[[Sequence[int], int], list[int]]
FIVE = [5117, 4400, 162, 161, 160]
OTHER_FIVE = [9061, 7179, 5259, 3319, 1182]


def hamilton(votes: Sequence[int], seats: int) -> list[int]:
    return list(
        apportion(seats, volumes={f"{place:02}": vote for place, vote in enumerate(votes)}).values()
    )


def by_divisor(square_of: Callable[[int], Fraction]) -> Method:
    """Give seats one by one to the largest `vote / divisor`; squares, as one divisor is a root."""

    def share(votes: Sequence[int], seats: int) -> list[int]:
        counts = [0] * len(votes)
        for _ in range(seats):
            counts[max(range(len(votes)), key=lambda place: _rank(votes, counts, place))] += 1
        return counts

    def _rank(
        votes: Sequence[int], counts: Sequence[int], place: int
    ) -> tuple[bool, Fraction, int]:
        square = square_of(counts[place])
        if square == 0:
            return True, Fraction(votes[place]), -place
        return False, Fraction(votes[place] ** 2) / square, -place

    return share


dhondt = by_divisor(lambda count: Fraction((count + 1) ** 2))
webster = by_divisor(lambda count: Fraction((2 * count + 1) ** 2))
hill = by_divisor(lambda count: Fraction(count * (count + 1)))


def quota_method(votes: Sequence[int], seats: int) -> list[int]:
    """Give seats as d'Hondt does, but to nobody above its quota rounded up."""
    counts = [0] * len(votes)
    total = sum(votes)
    for given in range(1, seats + 1):
        may = [
            place
            for place, vote in enumerate(votes)
            if Fraction(vote * given, total) > counts[place]
        ]
        counts[max(may, key=lambda place: (Fraction(votes[place], counts[place] + 1), -place))] += 1
    return counts


def by_months_of_one_guard(votes: Sequence[int], seats: int) -> list[int]:
    """Share a guard at a time with our model, each on the balances of the one before."""
    sharing = share_period(make_period(votes, {EVENING: 1}))
    counts = [cell.seats for cell in sharing.cells]
    for _ in range(seats - 1):
        sharing = share_period(make_period(votes, {EVENING: 1}, balances=closing(sharing)))
        counts = [count + cell.seats for count, cell in zip(counts, sharing.cells, strict=True)]
    return counts


@pytest.mark.parametrize(
    ("method", "votes", "seats", "expected"),
    [
        (quota_method, FIVE, 100, [52, 44, 2, 1, 1]),
        (hamilton, FIVE, 100, [51, 44, 2, 2, 1]),
        (dhondt, FIVE, 100, [52, 45, 1, 1, 1]),
        (webster, FIVE, 100, [51, 43, 2, 2, 2]),
        (hamilton, OTHER_FIVE, 26, [9, 7, 5, 4, 1]),
        (dhondt, OTHER_FIVE, 26, [10, 7, 5, 3, 1]),
        (webster, OTHER_FIVE, 26, [9, 8, 5, 3, 1]),
        (hill, OTHER_FIVE, 26, [9, 7, 6, 3, 1]),
        (hamilton, [10, 9, 8, 8, 11, 12], 3, [1, 0, 0, 0, 1, 1]),
        *(
            (method, [14, 28, 7, 35], 12, [2, 4, 1, 5])
            for method in (quota_method, hamilton, dhondt, webster, hill, by_months_of_one_guard)
        ),
    ],
)
def test_published_vectors_come_out(
    method: Method, votes: list[int], seats: int, expected: list[int]
) -> None:
    assert method(votes, seats) == expected


@pytest.mark.parametrize(("votes", "seats"), [(FIVE, 100), (OTHER_FIVE, 26)])
def test_a_period_of_our_model_keeps_the_quota_where_divisors_break_it(
    votes: list[int], seats: int
) -> None:
    total = sum(votes)
    ours = [cell.seats for cell in share_period(make_period(votes, {EVENING: seats})).cells]

    assert all(
        abs(count - Fraction(seats * vote, total)) < 1
        for vote, count in zip(votes, ours, strict=True)
    )
    assert sum(ours) == seats


def test_more_volume_never_gives_fewer_guards_in_the_long_run() -> None:
    # Counts of one period may move against a volume; what is carried over may not.
    before = by_months_of_one_guard([14, 28, 7, 35], 60)
    after = by_months_of_one_guard([21, 28, 7, 35], 60)

    assert after[0] > before[0]
    assert all(more <= less for more, less in zip(after[1:], before[1:], strict=True))
