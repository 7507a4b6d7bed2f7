"""How far societies are from their share."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.shares import MILLION, find_deficits


def test_who_read_less_than_their_share_is_short_by_that_many_exams() -> None:
    shares = {1: 500_000, 2: 300_000, 3: 200_000}

    assert find_deficits({1: 2, 2: 8}, shares=shares) == {1: 3.0, 2: -5.0, 3: 2.0}
    assert find_deficits({}, shares=shares) == {1: 0.0, 2: 0.0, 3: 0.0}


def test_who_has_no_share_is_beyond_it_by_all_they_read() -> None:
    assert find_deficits({9: 2}, shares={1: MILLION}) == {1: 2.0, 9: -2.0}


@given(
    st.dictionaries(st.integers(1, 11), st.integers(0, 60)),
    st.lists(st.integers(0, MILLION), max_size=10),
)
def test_deficits_sum_to_zero(read: dict[int, int], cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), MILLION]
    shares = {at: after - before for at, (before, after) in enumerate(pairwise(edges), 1)}

    assert sum(find_deficits(read, shares=shares).values()) == pytest.approx(0, abs=0.02)
